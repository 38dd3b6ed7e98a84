"""What runs beside the servers: web, worker, beat."""

import os
import resource
import urllib.error
import urllib.request
from collections.abc import Mapping

from launcher.checkout import Checkout
from launcher.supervisor import Program

AT_ONCE = 4096
"""Requests that a web process keeps open, if the machine lets it: live pages and slow senders are
among them, which cost next to nothing and must not shut others out."""


def environment(checkout: Checkout, servers: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every Django process of ours."""
    return {
        **servers,
        "CITYHUB_VAR": str(checkout.var),
        "DJANGO_SETTINGS_MODULE": "cityhub.settings",
        "PYTHONPATH": str(checkout.root),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "",  # every command would compile the house anew
        "PATH": f"{checkout.venv / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def web(checkout: Checkout, env: Mapping[str, str], *, port: int) -> Program:
    """Return the web server: granian, ASGI, on the loopback interface only."""
    workers = os.environ.get("CITYHUB_WEB_WORKERS", "1")
    command = (
        str(checkout.python), "-m", "granian", "--interface", "asginl",
        "--host", os.environ.get("CITYHUB_BIND", "127.0.0.1"), "--port", str(port),
        "--workers", workers, "--no-ws", "--respawn-failed-workers",
        "--workers-kill-timeout", "10", "--backpressure", str(_at_once()),
        "cityhub.asgi:application",
    )  # fmt: skip
    return Program("web", command, env)


def health(port: int) -> str | None:
    """Return what /readyz answers ('ready' or the status); None when nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
            return "ready" if answer.status == 200 else str(answer.status)
    except urllib.error.HTTPError as error:
        return "answers, has no /readyz" if error.code == 404 else f"not ready ({error.code})"
    except (OSError, ValueError):
        return None


def _at_once() -> int:
    """Return how many requests a process may keep open: half of its descriptors, of which it and
    those that it starts get as many as the machine grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 2 * AT_ONCE if hard == resource.RLIM_INFINITY else min(2 * AT_ONCE, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most // 2


def worker(checkout: Checkout, env: Mapping[str, str]) -> Program:
    """Return the Celery worker; two processes share the shards of the consumers."""
    processes = os.environ.get("CITYHUB_WORKER_PROCESSES", "2")
    command = (
        str(checkout.python), "-m", "celery", "-A", "cityhub.celery", "worker",
        "--loglevel=INFO", f"--concurrency={processes}", "--without-gossip", "--without-mingle",
        f"--hostname=worker-{checkout.mark}@%h",
    )  # fmt: skip
    return Program("worker", command, env)


def beat(checkout: Checkout, env: Mapping[str, str], *, name: str = "beat") -> Program:
    """Return Celery beat, which fires `tick` every wall second."""
    command = (
        str(checkout.python), "-m", "celery", "-A", "cityhub.celery", "beat",
        "--loglevel=WARNING", "--schedule", str(checkout.run / f"{name}.schedule"),
        "--pidfile=", "--max-interval=1",
    )  # fmt: skip
    return Program("beat", command, env)
