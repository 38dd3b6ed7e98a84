"""`demo`: a working day in a real city, in a database of its own."""

import argparse
import json
import os
import subprocess
import time
from pathlib import Path

from launcher import django, postgres, programs, say, servers, setup, templates
from launcher.checkout import Checkout, port_is_free, web_port
from launcher.processes import at_most_one, dies_with_parent, recall, remember, this_process
from launcher.redis import Redis
from launcher.supervisor import Child, Program, Supervisor

DATABASE = "cityhub_demo"
CITY = "cities/helsinki"
WEB_START_S = 60
GIVEN_DATABASE_REFUSED = 3  # exit code of launcher.given_database


def demo(checkout: Checkout, arguments: list[str]) -> int:
    """Set up, run the demo day, say what was driven and found, then serve the portal."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(prog="./hub demo")
    parser.add_argument("--once", action="store_true", help="stop everything after the day")
    parser.add_argument("--seed", type=int, default=1, help="which day (default 1)")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--port", type=int, help="TCP port of the portal")
    wanted = parser.parse_args(arguments)
    with at_most_one(checkout.run / "demo.lock", _already(checkout)):
        chosen = its_servers(checkout)
        setup.ensure(checkout, given=chosen)
        port = _port(checkout, wanted.port)
        remember(pid_file(checkout), this_process(), port=port)
        with servers.running(checkout, chosen, database=None):
            _prepare(checkout, chosen)
            return Day(checkout, chosen, port, began).run(wanted)


def its_servers(checkout: Checkout) -> servers.Servers:
    """Return the servers of the demo, with its own databases in them."""
    cluster = postgres.main_cluster(checkout)
    return servers.choose(cluster, Redis(checkout), database=DATABASE, redis_database=1)


def pid_file(checkout: Checkout) -> Path:
    """Return the file that says which process runs the demo, and its port."""
    return checkout.run / "demo.pid"


def _already(checkout: Checkout) -> say.Trouble:
    found = recall(pid_file(checkout))
    if found is None:
        return say.Trouble("another ./hub demo of this checkout begins just now", "./hub demo")
    process, facts = found
    return say.Trouble(
        f"a demo of this checkout runs already: http://localhost:{facts['port']}/",
        f"kill {process.pid}   # stops it, then call ./hub demo again",
    )


def _port(checkout: Checkout, wanted: int | None) -> int:
    if wanted is None:
        return web_port(checkout, name="demo", base=9000)
    if not port_is_free(wanted):
        raise say.Trouble(f"port {wanted} is taken", f"./hub demo --port {wanted + 1}")
    return wanted


def _prepare(checkout: Checkout, chosen: servers.Servers) -> None:
    """Give the demo an empty database, its clock and its city."""
    if chosen.cluster is not None:
        say.step(f"making the demo's own database {DATABASE} anew")
        templates.copy(checkout, chosen, chosen.cluster, DATABASE)
        # The figures of a demo may be lost with the power; its commits need not wait for disks.
        chosen.cluster.sql(f'ALTER DATABASE "{DATABASE}" SET synchronous_commit = off')
    else:
        _empty_given_database(checkout, chosen)
        say.step("migrating the demo's database")
        django.migrate(checkout, chosen)
    say.step("setting the demo's clock")
    django.call(checkout, chosen, ["demo_clock", "start"], check=True, on_stderr=True)
    say.step(f"loading the city pack {CITY}")
    pack = str(checkout.root / CITY)
    django.call(checkout, chosen, ["city_load", pack], check=True, on_stderr=True)


def _empty_given_database(checkout: Checkout, chosen: servers.Servers) -> None:
    say.step("emptying the database of DATABASE_URL, if it is a demo's")
    done = subprocess.run(
        [checkout.python, "-m", "launcher.given_database"],
        env={**os.environ, **programs.environment(checkout, chosen.environment())},
        cwd=checkout.root,
        preexec_fn=dies_with_parent,
    )
    if done.returncode == GIVEN_DATABASE_REFUSED:
        raise say.Trouble(
            "the database of DATABASE_URL is neither empty nor marked as demo; it stays untouched",
            "unset DATABASE_URL   # the demo then makes a database of its own",
        )
    if done.returncode != 0:
        raise say.Trouble("the database of DATABASE_URL cannot be used", "check DATABASE_URL")


class Day:
    """One run of the demo: its processes and what comes of it."""

    def __init__(
        self, checkout: Checkout, chosen: servers.Servers, port: int, began: float
    ) -> None:
        self._checkout = checkout
        self._env = programs.environment(checkout, chosen.environment())
        self._port = port
        self._began = began

    @property
    def address(self) -> str:
        return f"http://localhost:{self._port}"

    def run(self, wanted: argparse.Namespace) -> int:
        """Run the day, print the result, and keep serving unless --once; return an exit code."""
        web = self._child(programs.web(self._checkout, self._env, port=self._port))
        supervisor = Supervisor([web])
        result: dict[str, object] = {}
        try:
            self._start_web(supervisor)
            result = self._drive(supervisor, wanted)
            if not wanted.once:
                self._serve(result, wanted, supervisor)
        except KeyboardInterrupt:
            if not result:
                raise
            say.step("stopping the demo")
        finally:
            supervisor.stop()
        if wanted.once and wanted.json:
            print(json.dumps(result), flush=True)
        return 0

    def _child(self, program: Program) -> Child:
        log = self._checkout.log / f"demo-{program.name}.log"
        return Child(program, log, self._checkout.root)

    def _start_web(self, supervisor: Supervisor) -> None:
        say.step(f"starting the web server on {self.address}/")
        deadline = time.monotonic() + WEB_START_S
        while programs.health(self._port) is None:
            supervisor.tend()
            time.sleep(0.2)
            if time.monotonic() > deadline:
                log = self._checkout.log / "demo-web.log"
                raise say.Trouble("the web server does not answer", "./hub logs demo-web", log=log)

    def _drive(self, supervisor: Supervisor, wanted: argparse.Namespace) -> dict[str, object]:
        """Run `manage demo_day`; return its figures with the seconds that the whole run took."""
        say.step(f"simulating a working day (seed {wanted.seed})")
        report = self._checkout.run / "demo.json"
        report.unlink(missing_ok=True)
        command = [
            self._checkout.python, "manage.py", "demo_day", "--seed", str(wanted.seed),
            "--base-url", self.address, "--report", report,
        ]  # fmt: skip
        day = subprocess.Popen(
            [str(part) for part in command],
            cwd=self._checkout.root,
            env={**os.environ, **self._env},
            stdout=2 if wanted.json else None,  # stdout belongs to the JSON then
            preexec_fn=dies_with_parent,
        )
        try:
            while day.poll() is None:
                supervisor.tend()
                time.sleep(0.2)
        finally:
            if day.poll() is None:
                day.terminate()
                day.wait()
        if day.returncode != 0:
            raise say.Trouble(
                f"the demo day ended with exit code {day.returncode}", "./hub logs demo-web"
            )
        result: dict[str, object] = json.loads(report.read_text())
        result["seconds"] = round(time.monotonic() - self._began, 1)
        return result

    def _serve(
        self, result: dict[str, object], wanted: argparse.Namespace, supervisor: Supervisor
    ) -> None:
        """Keep the portal and the work in the background running until interrupted."""
        supervisor.children = [
            *supervisor.children,
            self._child(programs.worker(self._checkout, self._env)),
            self._child(programs.beat(self._checkout, self._env, name="demo-beat")),
        ]
        supervisor.tend()
        say.step(f"the portal serves on {self.address}/ until you press Ctrl-C")
        if wanted.json:
            print(json.dumps(result), flush=True)
        while True:
            supervisor.tend()
            time.sleep(0.5)
