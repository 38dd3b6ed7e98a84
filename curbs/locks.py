"""Advisory locks of bookings. They end with the transaction, or with its rolled-back savepoint.

The order, so that nobody waits in a ring: vehicles before lines, each sorted by key. A lock is
never upgraded: who needs the exclusive one rolls back and begins again.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection


def hold_vehicles(vehicle_ids: Iterable[UUID]) -> None:
    """Let one transaction at a time decide about each vehicle's bookings."""
    _take("pg_advisory_xact_lock", "curbs.vehicle", vehicle_ids)


def share_lines(line_ids: Iterable[UUID]) -> None:
    """Allow others to add bookings, but nobody to rearrange the lines."""
    _take("pg_advisory_xact_lock_shared", "curbs.line", line_ids)


def hold_lines(line_ids: Iterable[UUID]) -> None:
    """Keep everybody else from writing bookings on the lines."""
    _take("pg_advisory_xact_lock", "curbs.line", line_ids)


def _take(function: str, kind: str, ids: Iterable[UUID]) -> None:
    names = sorted({f"{kind}:{one}" for one in ids})
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [name])
