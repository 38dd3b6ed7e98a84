"""The tick: everything that is due at a domain instant.

Celery beat fires it every second of wall time; the demo's driver calls it as often as there is
something left. Deadlines are columns that registered jobs look for, never timers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection

from foundation import clock, consumers
from kernel.clock import wall

log = structlog.get_logger(__name__)

LOCK = 0x7469636B  # "tick"
ROUNDS = 50

Job = Callable[[datetime], int]
NextDue = Callable[[datetime], datetime | None]


@dataclass(frozen=True)
class _Registered:
    name: str
    run: Job
    next_due: NextDue | None
    every_s: int


_jobs: dict[str, _Registered] = {}
_last_run: dict[str, datetime] = {}
failures: dict[str, int] = {}


def register(name: str, fn: Job, next_due: NextDue | None = None, *, every_s: int = 0) -> None:
    """Register a job (in `AppConfig.ready`).

    `fn(as_of)` does what is due and returns how many things it did; `next_due(as_of)` returns the
    next instant after `as_of` at which there will be something to do, or None. Housekeeping that
    nobody waits for runs only every so many seconds of wall time in each process (`every_s`).
    """
    _jobs[name] = _Registered(name, fn, next_due, every_s)


def tick(as_of: datetime | None = None, *, strict: bool = False, wait: bool = False) -> int:
    """Run consumers until nothing is left (at most 50 rounds), jobs, and consumers again.

    Returns how many rows and things were handled. While another process ticks, this one shares
    its consumers' shards but leaves the jobs alone (or waits for its turn, with `wait`).
    A job that raises does not stop the others; with `strict` its exception is raised.
    """
    with _alone(wait) as mine:
        at = clock.now() if as_of is None else as_of
        if not mine:
            return consumers.run_once(as_of=at, strict=strict)
        done = _drain(at, strict)
        for job in list(_jobs.values()):
            done += _run(job, at, strict)
        return done + _drain(at, strict)


def next_due_at(as_of: datetime) -> datetime | None:
    """Return the next instant at which a registered job has something to do, or None."""
    dues = [job.next_due(as_of) for job in _jobs.values() if job.next_due is not None]
    return min((due for due in dues if due is not None), default=None)


def _drain(as_of: datetime, strict: bool) -> int:
    done = 0
    for _ in range(ROUNDS):
        handled = consumers.run_once(as_of=as_of, strict=strict)
        done += handled
        if not handled:
            break
    return done


def _run(job: _Registered, as_of: datetime, strict: bool) -> int:
    if job.every_s:
        moment = wall()
        last = _last_run.setdefault(job.name, moment)
        if moment < last + timedelta(seconds=job.every_s):
            return 0
        _last_run[job.name] = moment
    try:
        return job.run(as_of)
    except Exception:
        if strict:
            raise
        failures[job.name] = failures.get(job.name, 0) + 1
        log.exception("tick_job_failed", job=job.name)
        return 0


@contextmanager
def _alone(wait: bool) -> Iterator[bool]:
    """Hold the tick's lock of this database; yields False when another process holds it."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            mine = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            _let_go()


def _let_go() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    except DatabaseError:
        # The lock ends with its session; a broken one must not keep it.
        if not connection.in_atomic_block:
            connection.close()
