"""A web server for a benchmark: one worker of granian on a free loopback port."""

import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Web:
    """A running server: where it listens and what CPU time it has used."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self._process = process

    def cpu_s(self) -> float:
        """Return the CPU seconds used by the server and its worker."""
        return sum(_cpu_s(pid) for pid in (self._process.pid, *_children(self._process.pid)))

    def token(self, client_id: str, secret: str) -> str:
        """Return an access token of a machine client."""
        basic = b64encode(f"{client_id}:{secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        grant = urlencode({"grant_type": "client_credentials"})
        connection.request("POST", "/oauth/token", grant, headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return str(answer["access_token"])


@contextmanager
def serving(
    application: str = "cityhub.asgi:application", environment: Mapping[str, str] | None = None
) -> Iterator[Web]:
    """Serve an ASGI application with one worker for a while."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "CITYHUB_LOG_LEVEL": "WARNING",
        "CITYHUB_RATE_CLIENT": "100000000",
        **(environment or {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "asginl", "--host", "127.0.0.1",
         "--port", str(port), "--workers", "1", "--no-ws", "--log-level", "warning", application],
        cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(port, process)
        yield Web(port, process)
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("the web server of the benchmark did not start")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S
