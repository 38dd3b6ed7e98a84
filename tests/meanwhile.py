"""Two transactions at once: another begins, and waits for a lock of ours."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Event
from typing import Any

from django.db import connection, connections, transaction


def waits_for_a_lock(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
        return cursor.fetchone() is not None


def beside(pool: Executor, work: Callable[[], Any]) -> Future[Any]:
    """Let another do their work meanwhile; return what becomes of it once they wait for us."""
    asking = Event()
    pids: list[int] = []

    def other() -> Any:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
                asking.set()
                return work()
        finally:
            connections.close_all()

    later = pool.submit(other)
    assert asking.wait(timeout=30)
    while not waits_for_a_lock(pids[0]):
        assert not later.done()
    return later
