"""One process that keeps ours running: web, worker, beat, and the servers beneath them.

A child that ends is started again, after a pause that doubles up to 30 s and is forgotten once
the child has lasted a minute. SIGTERM stops the children in turn, then the servers.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher import say
from launcher.checkout import Checkout, write_whole
from launcher.processes import Process, dies_with_parent, recall, start_of, wait_for
from launcher.processes import stop as stop_process

LONGEST_PAUSE_S = 30.0
LASTING_S = 60.0
LOG_LIMIT = 50_000_000  # bytes; a longer log is moved to NAME.log.1 when its child starts


@dataclass(frozen=True)
class Program:
    """Something to keep running."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def pause_s(failures: int) -> float:
    """Return how long to wait after the n-th failure in a row: 0.5, 1, 2, … at most 30 s."""
    return min(LONGEST_PAUSE_S, 0.5 * 2.0 ** max(0, failures - 1))


class Child:
    """A program with its process, its log and its record of failures."""

    def __init__(self, program: Program, log: Path, cwd: Path) -> None:
        self.program = program
        self.log = log
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._not_before = 0.0
        self.failures = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def tend(self, now: float) -> bool:
        """Start the program if it should run and does not; return whether anything changed."""
        if self.pid is not None:
            if self.failures and now - self._began > LASTING_S:
                self.failures = 0
            return False
        if self._process is not None:
            code = self._process.returncode
            self._process = None
            self.failures += 1
            self._not_before = now + pause_s(self.failures)
            say.step(f"{self.program.name} ended with {code}; again in {pause_s(self.failures)} s")
            return True
        if now < self._not_before:
            return False
        self.start(now)
        return True

    def start(self, now: float) -> None:
        """Start the program."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._cwd,
                env={**os.environ, **self.program.env},
                preexec_fn=dies_with_parent,
                start_new_session=True,
            )
        self._began = now

    def stop(self) -> None:
        """Stop the program, gently first."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Supervisor:
    """Tends children until told to stop."""

    def __init__(self, children: Sequence[Child], on_change: Path | None = None) -> None:
        self.children = children
        self._on_change = on_change

    def tend(self) -> None:
        """Look after every child once."""
        changed = [child.tend(time.monotonic()) for child in self.children]
        if any(changed) and self._on_change is not None:
            write_whole(self._on_change, json.dumps(self.facts()))

    def facts(self) -> dict[str, dict[str, int]]:
        """Return pid, start and failures of every child that runs."""
        return {
            child.program.name: {
                "pid": child.pid,
                "started": start_of(child.pid) or 0,
                "failures": child.failures,
            }
            for child in self.children
            if child.pid is not None
        }

    def stop(self) -> None:
        """Stop the children, the last started first."""
        for child in reversed(self.children):
            child.stop()


def pid_file(checkout: Checkout) -> Path:
    """Return where the supervisor of `up` leaves its pid."""
    return checkout.run / "supervisor.pid"


def children_file(checkout: Checkout) -> Path:
    """Return where the supervisor of `up` leaves the pids of its children."""
    return checkout.run / "children.json"


def find(checkout: Checkout) -> tuple[Process, dict[str, object]] | None:
    """Return the running supervisor of this checkout with its facts (port), if any."""
    return recall(pid_file(checkout))


def children(checkout: Checkout) -> dict[str, tuple[Process, int]]:
    """Return the children that the supervisor has running, with their failures."""
    try:
        facts = json.loads(children_file(checkout).read_text())
    except (OSError, ValueError):
        return {}
    found = {
        name: (Process(fact["pid"], fact["started"]), fact["failures"])
        for name, fact in facts.items()
    }
    return {name: each for name, each in found.items() if each[0].alive()}


def stop_running(checkout: Checkout) -> bool:
    """Stop the supervisor of this checkout and all it started; return whether there was one."""
    found = find(checkout)
    if found is None:
        return False
    stop_process(found[0], signal.SIGTERM, timeout_s=120)
    pid_file(checkout).unlink(missing_ok=True)
    children_file(checkout).unlink(missing_ok=True)
    return True


def launch(checkout: Checkout, *, port: int) -> Process:
    """Start the supervisor as a daemon (`launcher.daemon`); return it once it has begun."""
    log = checkout.log / "supervisor.log"
    with log.open("ab") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "launcher.daemon", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=checkout.root,
            start_new_session=True,
        )
    begun = wait_for(lambda: find(checkout) is not None or child.poll() is not None, timeout_s=20)
    found = find(checkout)
    if not begun or found is None:
        raise say.Trouble("the supervisor did not start", "./hub logs supervisor", log=log)
    return found[0]
