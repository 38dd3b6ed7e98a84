"""`up`, `down`, `status`."""

import argparse
import json

from launcher import demo, django, packages, programs, say, servers, setup, supervisor
from launcher.checkout import Checkout, port_is_free, web_port, write_whole
from launcher.processes import Process, recall, uptime_s, wait_for


def up(checkout: Checkout, arguments: list[str]) -> int:
    """Set up, migrate, start everything; a second call finds it running."""
    parser = argparse.ArgumentParser(prog="./hub up")
    parser.add_argument("--port", type=int, help="TCP port of the web server")
    wanted = parser.parse_args(arguments)
    running = supervisor.find(checkout)
    if running is not None:
        say.step(f"already up: http://localhost:{running[1]['port']}/")
        return 0
    chosen = setup.main_servers(checkout)
    setup.ensure(checkout, given=chosen)
    port = _port(checkout, wanted.port)
    with servers.running(checkout, chosen, database="cityhub"):
        say.step("migrating the database")
        django.migrate(checkout, chosen)
        say.step("starting web, worker and beat")
        supervisor.launch(checkout, port=port)
        if not wait_for(lambda: programs.health(port) is not None, timeout_s=60, pause_s=0.3):
            raise say.Trouble("the web server does not answer", "./hub logs web")
    say.step(f"up: http://localhost:{port}/  (./hub status, ./hub logs -f, ./hub down)")
    return 0


def _port(checkout: Checkout, wanted: int | None) -> int:
    if wanted is None:
        return web_port(checkout)
    if not port_is_free(wanted):
        raise say.Trouble(f"port {wanted} is taken", f"./hub up --port {wanted + 1}")
    write_whole(checkout.run / "web.port", str(wanted))
    return wanted


def down(checkout: Checkout, arguments: list[str]) -> int:
    """Stop what `up` started, and nothing else."""
    argparse.ArgumentParser(prog="./hub down").parse_args(arguments)
    stopped = supervisor.stop_running(checkout)
    if not stopped:  # a supervisor that was killed leaves its servers
        chosen = setup.main_servers(checkout)
        with servers.running_if_up(checkout, chosen) as any_ran:
            stopped = any_ran
    say.step("stopped what `up` had started" if stopped else "nothing of `up` was running")
    return 0


def status(checkout: Checkout, arguments: list[str]) -> int:
    """Show every process with pid, place, uptime and health; exit 0 when all is well, else 3."""
    parser = argparse.ArgumentParser(prog="./hub status")
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")
    as_json = parser.parse_args(arguments).json
    rows = _rows(checkout)
    if as_json:
        print(json.dumps({row["name"]: row for row in rows}))
    else:
        for row in rows:
            pid = row["pid"] or "-"
            print(f"{row['name']:<11}{row['state']:<9}{pid!s:>8}  {row['for']:>9}  {row['where']}")
    return 0 if all(row["state"] in ("ready", "running", "given") for row in rows) else 3


def _rows(checkout: Checkout) -> list[dict[str, object]]:
    chosen = setup.main_servers(checkout)
    rows = [_database_row(chosen), _redis_row(chosen)]
    found = supervisor.find(checkout)
    port = int(str(found[1]["port"])) if found else None
    where = "no Django" if port is None else ""
    rows.append(_row("supervisor", found[0] if found else None, str(checkout.log)))
    children = supervisor.children(checkout) if found else {}
    for name in ("web", "worker", "beat"):
        process, failures = children.get(name, (None, 0))
        where = f"http://localhost:{port}/" if name == "web" and port else ""
        where += f"  ended {failures} times lately" if failures else ""
        row = _row(name, process, where)
        if name == "web" and process is not None and port is not None:
            row["state"] = "ready" if programs.health(port) == "ready" else "unwell"
            row["where"] = f"{where}  /readyz: {programs.health(port)}"
        rows.append(row)
    beside = recall(demo.pid_file(checkout))
    if beside is not None:
        where = f"http://localhost:{beside[1]['port']}/  database {demo.DATABASE}, servers its own"
        rows.append(_row("demo", beside[0], where))
    return rows


def _database_row(chosen: servers.Servers) -> dict[str, object]:
    if chosen.cluster is None:
        return _row("postgres", None, "DATABASE_URL", given=True)
    if packages.missing(database=True, broker=False, chromium=False):
        return _row("postgres", None, "PostGIS is not installed")
    process = chosen.cluster.process()
    return _row("postgres", process, str(chosen.cluster.sockets))


def _redis_row(chosen: servers.Servers) -> dict[str, object]:
    if chosen.redis is None:
        return _row("redis", None, "REDIS_URL", given=True)
    return _row("redis", chosen.redis.process(), str(chosen.redis.socket))


def _row(
    name: str, process: Process | None, where: str, *, given: bool = False
) -> dict[str, object]:
    state = "given" if given else "running" if process else "down"
    return {
        "name": name,
        "state": state,
        "pid": process.pid if process else None,
        "for": duration(uptime_s(process)) if process else "",
        "where": where,
    }


def duration(seconds: float) -> str:
    """Return a duration for people: `45s`, `12m05s`, `3h07m`, `2d04h`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02}h"
