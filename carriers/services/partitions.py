"""Partitions of the log: made ahead by the tick, and at need by the intake.

`carriers.services.retention` lets them go.

A demo's clock jumps, and a server may stand still over midnight, so the intake never trusts that
somebody made tomorrow's partition. A new one is attached, which readers do not feel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction

from carriers.services import log

AHEAD_DAYS = 3
_LOCK = 0x70617274  # "part": one maker of partitions at a time
_made: set[str] = set()


@dataclass(frozen=True)
class Slice:
    """One partition: the rows of `table` received from `start` until before `end`."""

    table: str
    name: str
    start: date
    end: date

    @property
    def ends_at(self) -> datetime:
        """Return the instant from which on nothing received belongs here."""
        return datetime.combine(self.end, time(), UTC)


def of(at: datetime) -> list[Slice]:
    """Return the partitions that hold what is received at an instant: a day of positions and a
    month of other events (UTC)."""
    day = at.astimezone(UTC).date()
    month = day.replace(day=1)
    following = (month + timedelta(days=32)).replace(day=1)
    return [
        Slice("carriers_position", f"carriers_position_{day:%Y%m%d}", day, day + timedelta(days=1)),
        Slice("carriers_event", f"carriers_event_{month:%Y%m}", month, following),
    ]


def named(table: str, name: str) -> Slice:
    """Return the partition of `table` with a name that `of` gave it."""
    digits = name.removeprefix(f"{table}_")
    start = datetime.strptime(f"{digits}01"[:8], "%Y%m%d").replace(tzinfo=UTC)
    return next(part for part in of(start) if part.name == name)


def ensure(at: datetime) -> None:
    """Make the partitions for an instant if this process does not know that they exist."""
    missing = [part for part in of(at) if part.name not in _made]
    if missing:
        _make(missing)


def forget() -> None:
    """Forget which partitions exist (another database, or one was dropped)."""
    _made.clear()


def make_ahead(as_of: datetime) -> int:
    """Make the partitions of today and the next days (a job of the tick); returns how many."""
    wanted = [part for part in _ahead(as_of) if part.name not in _made]
    return _make(wanted) if wanted else 0


def _ahead(as_of: datetime) -> Iterator[Slice]:
    for days in range(AHEAD_DAYS + 1):
        yield from of(as_of + timedelta(days=days))


def _make(wanted: list[Slice]) -> int:
    unique = {part.name: part for part in wanted}
    with transaction.atomic(), connection.cursor() as cursor:
        log.limit_waits()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relispartition"
            " AND pg_table_is_visible(oid)",
            [list(unique)],
        )
        there = {name for (name,) in cursor.fetchall()}
        for part in unique.values():
            if part.name not in there:
                cursor.execute(f"CREATE TABLE {part.name} (LIKE {part.table} INCLUDING DEFAULTS)")
                attach(part)
    _made.update(unique)
    return len(unique.keys() - there)


def attach(part: Slice) -> None:
    """Make a table a partition of the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {part.table} ATTACH PARTITION {part.name}"
            f" FOR VALUES FROM ('{part.start} 00:00+00') TO ('{part.end} 00:00+00')"
        )
