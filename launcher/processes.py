"""Processes and locks: who runs, who may go on, and who ends with whom."""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher import say
from launcher.checkout import write_whole

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Process:
    """A process as the system knows it; `started` tells it from a later one of the same pid."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Return whether this very process still runs (a zombie does not)."""
        return start_of(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Send a signal to this very process; nothing happens when it is gone."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def parse_stat(text: str) -> tuple[str, int]:
    """Return state letter and start (clock ticks since boot) from a line of /proc/PID/stat.

    The second field is the program's name in parentheses and may hold blanks and parentheses.
    """
    fields = text[text.rindex(")") + 2 :].split()
    return fields[0], int(fields[19])


def start_of(pid: int) -> int | None:
    """Return when the process began, in clock ticks since boot; None when it does not run."""
    try:
        state, started = parse_stat(Path(f"/proc/{pid}/stat").read_text())
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else started


def uptime_s(process: Process) -> float:
    """Return for how long the process has been running."""
    since_boot = float(Path("/proc/uptime").read_text().split()[0])
    return max(0.0, since_boot - process.started / os.sysconf("SC_CLK_TCK"))


def this_process(pid: int | None = None) -> Process:
    """Return the calling process (or the one with this pid, which must run)."""
    pid = pid or os.getpid()
    return Process(pid, start_of(pid) or 0)


def remember(path: Path, process: Process, **facts: Any) -> None:
    """Write a pid file: pid, start time and whatever else is worth knowing."""
    write_whole(path, json.dumps({"pid": process.pid, "started": process.started, **facts}))


def recall(path: Path) -> tuple[Process, dict[str, Any]] | None:
    """Return the running process of a pid file with its facts; None when stale or missing."""
    try:
        facts = json.loads(path.read_text())
        process = Process(int(facts.pop("pid")), int(facts.pop("started")))
    except (OSError, ValueError, KeyError):
        return None
    return (process, facts) if process.alive() else None


def dies_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, even by SIGKILL (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_for(condition: Callable[[], bool], *, timeout_s: float, pause_s: float = 0.05) -> bool:
    """Return whether the condition came true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause_s)
    return True


def stop(process: Process, number: int = signal.SIGTERM, *, timeout_s: float = 20) -> None:
    """Ask a process to end; after the timeout end it."""
    process.signal(number)
    if not wait_for(lambda: not process.alive(), timeout_s=timeout_s):
        process.signal(signal.SIGKILL)
        wait_for(lambda: not process.alive(), timeout_s=5)


def run_logged(
    command: Sequence[str | Path],
    *,
    log: Path,
    problem: str,
    mend: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    watch: Callable[[str], str | None] | None = None,
) -> None:
    """Run a step of the set-up; its output goes to `log`.

    `watch` turns a line of output into a line of progress, or None. Raises `Trouble` with the
    end of the log when the command fails. The command ends when we do, whatever ends us.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    said = time.monotonic()
    with log.open("w") as file:
        file.write(f"$ {say.command_line(command)}\n")
        file.flush()
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(env) if env is not None else None,
            cwd=cwd,
            preexec_fn=dies_with_parent,
        )
        try:
            assert child.stdout is not None
            for line in child.stdout:
                file.write(line)
                file.flush()
                text = watch(line.rstrip()) if watch else None
                if text and time.monotonic() - said > 1:
                    say.progress(text)
                    said = time.monotonic()
            code = child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
            say.progress_done()
    if code != 0:
        again = say.command_line(command)
        raise say.Trouble(f"{problem} (exit code {code})", mend or again, log=log)


@contextlib.contextmanager
def exclusive(path: Path, *, waiting: str) -> Iterator[None]:
    """Hold a lock; say what is waited for when somebody else has it.

    The kernel frees it when its holder dies, so it is never stale.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say.step(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def at_most_one(path: Path, error: say.Trouble) -> Iterator[None]:
    """Hold a lock, or raise the given trouble when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise error from None
        yield


class Use:
    """A shared use of something that the last user switches off.

    Users hold a shared lock on a file. Whoever leaves and can turn it into an exclusive one was
    the last. A user that is killed leaves too: the kernel drops its lock.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a")

    def begin(self) -> None:
        """Count as a user from now on."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def end(self, switch_off: Callable[[], None]) -> None:
        """Leave; call `switch_off` if nobody else uses it, before anybody can begin to."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            switch_off()
        finally:
            self._file.close()
