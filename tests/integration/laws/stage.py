"""Several processes of the platform in one, played one step at a time.

A process is a thread with a database connection of its own. It runs until it halts: before and
after every commit, and after every rollback. Whoever directs the play says who goes on, who dies
there, and whose database connection breaks there; so a play is a function of the director's
choices, and one that went wrong can be played again.

A process that waits for a lock of another is told from one that works by asking PostgreSQL, and
stands aside until the lock is free.
"""

import threading
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import OperationalError, connection, connections

GO, DIE, BREAK = "go", "die", "break"
BEFORE_COMMIT, AFTER_COMMIT, AFTER_ROLLBACK = "before commit", "after commit", "after rollback"
LOST = "the connection is lost"
PATIENCE_S = 60.0
"""A step that takes longer than this hangs, which is a failure of its own."""


class Died(BaseException):
    """The process ended here, as by SIGKILL: nothing below may handle it."""


class Process:
    """One process. It does one job at a time; `place` says where it halts, '' when it is idle."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.place = ""
        self.waits = False
        self.alive = True
        self.outcome: tuple[str, Any] | None = None
        self.pid = 0
        self._job: Callable[[], Any] | None = None
        self._fate = GO
        self._dying = False
        self._own: Any = None
        self._turn, self._halted = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()
        self._await_halt(lambda: False)

    @property
    def idle(self) -> bool:
        return self.alive and self._job is None

    def give(self, job: Callable[[], Any]) -> None:
        """Have it do a job when it is its turn."""
        assert self.idle
        self._job, self.place, self.outcome = job, "begin", None

    def go_on(self, fate: str, is_blocked: Callable[[], bool]) -> None:
        """Let it go on to its next halt, or until it waits for a lock."""
        self._fate = fate
        self._halted.clear()
        self._turn.set()
        self._await_halt(is_blocked)

    def look(self, is_blocked: Callable[[], bool], patiently: bool) -> None:
        """See whether a process that waited for a lock goes on; if so, until its next halt."""
        if patiently or self._halted.is_set() or not is_blocked():
            self._await_halt(is_blocked)

    def end(self) -> None:
        """Close its connection and join its thread."""
        if self.alive:
            assert self.idle, f"{self.name} halts {self.place}"
            self.alive = False
            self._turn.set()
        self._thread.join(PATIENCE_S)

    def _await_halt(self, is_blocked: Callable[[], bool]) -> None:
        waited = 0.0
        while not self._halted.wait(0.01):
            waited += 0.01
            if is_blocked():
                self.waits = True
                return
            assert waited < PATIENCE_S, f"{self.name} hangs"
        self.waits = False

    # From here on in its own thread.

    def _live(self) -> None:
        self._own = connections["default"]
        self._own.connect, self._own.commit = self._connect, self._commit
        self._own.rollback = self._rollback
        try:
            while not self._died():
                self._halt("")
                if not self.alive:
                    break
                self.outcome = self._done()
                self._job = None
        finally:
            self._own.close()
            self.alive, self.place = False, ""
            self._halted.set()

    def _died(self) -> bool:
        return self.outcome is not None and self.outcome[0] == "died"

    def _done(self) -> tuple[str, Any]:
        assert self._job is not None
        try:
            return "answered", self._job()
        except Died:
            return "died", None
        except Exception as error:
            self._own.close()
            return "failed", error

    def _halt(self, place: str) -> str:
        self.place = place
        self._halted.set()
        self._turn.wait()
        self._turn.clear()
        return self._fate

    def _connect(self) -> None:
        if self._dying:
            raise Died
        type(self._own).connect(self._own)
        self.pid = self._own.connection.info.backend_pid

    def _commit(self) -> None:
        self._suffer(self._halt(BEFORE_COMMIT))
        type(self._own).commit(self._own)
        self._suffer(self._halt(AFTER_COMMIT))

    def _rollback(self) -> None:
        type(self._own).rollback(self._own)
        self._suffer(self._halt(AFTER_ROLLBACK))

    def _suffer(self, fate: str) -> None:
        if fate == GO:
            return
        self._own.connection.close()  # the server rolls back what is open
        if fate == DIE:
            self._dying, self._own.connection = True, None
            raise Died
        raise lost_connection()


def lost_connection() -> OperationalError:
    """Return what Django raises when the connection to the database breaks."""
    error = OperationalError(LOST)
    error.__cause__ = psycopg.OperationalError(LOST)
    return error


class Stage:
    """All processes of a play, and the means to see who waits for whom."""

    def __init__(self) -> None:
        params = connection.get_connection_params()
        names = ("dbname", "user", "host", "port", "password")
        self._monitor = psycopg.connect(
            **{name: params[name] for name in names if name in params}, autocommit=True
        )
        self.processes: list[Process] = []
        # A commit has let go of its locks when it returns, so that one look says who still waits;
        # of a connection that was closed the server hears in its own time.
        self._was_closed = False

    def hire(self, name: str) -> Process:
        """Start a process."""
        process = Process(name)
        self.processes.append(process)
        return process

    def replace(self, dead: Process) -> Process:
        """Start a process in the place of one that died."""
        dead.end()
        place = self.processes.index(dead)
        self.processes[place] = Process(dead.name)
        return self.processes[place]

    def ready(self) -> list[Process]:
        """Return those that have something to do and wait for nobody."""
        self._look()
        return [one for one in self.processes if one.place and not one.waits]

    def go_on(self, process: Process, fate: str = GO) -> None:
        """Let one go on to its next halt; then those that waited for it."""
        self._was_closed = fate != GO
        process.go_on(fate, lambda: self._blocked(process))
        self._look()

    def close(self) -> None:
        """End all processes; those that a play which failed left halting die there."""
        while busy := [one for one in self.processes if one.alive and not one.idle]:
            for process in busy:
                if not process.waits:
                    self.go_on(process, DIE)
            self._look()
        for process in self.processes:
            process.end()
        self._monitor.close()

    def _look(self) -> None:
        for process in self.processes:
            if process.waits:
                process.look(lambda process=process: self._blocked(process), self._was_closed)

    def _blocked(self, process: Process) -> bool:
        row = self._monitor.execute(
            "SELECT cardinality(pg_blocking_pids(%s))", [process.pid]
        ).fetchone()
        return bool(row and row[0])
