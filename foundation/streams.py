"""Streams: rows in the order of commit, by shard, as a consumer reads them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

BEGINNING_ID = UUID(int=0)
HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"
"""The newest readable transaction, as SQL; every stream's `read` uses it."""


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in a stream: everything up to and including this row has been read."""

    xid: int
    id: UUID


BEGINNING = Cursor(0, BEGINNING_ID)


class Row(Protocol):
    """What a stream yields: anything with the transaction and the id it was written under."""

    xid: int
    id: UUID
    city_id: UUID


class Stream(Protocol):
    """Rows in the order of commit, by shard. Rows of one subject are all in one shard.

    `tables`: where they are.
    """

    name: str
    tables: tuple[str, ...]

    def read(
        self, *, after: dict[int, Cursor], limit: int, topics: frozenset[str] = frozenset()
    ) -> list[Any]:
        """Return the first `limit` readable rows of some shards, each after its cursor, ordered by
        (xid, id). Rows of other topics than those given, if any are, may be left out, but for the
        last of each shard, which says how far it was read."""

    def read_subject(
        self, *, shard: int, subject: UUID, after: Cursor, upto: Cursor, limit: int
    ) -> list[Any]:
        """Return at most `limit` rows of one subject after a cursor and up to another."""

    def subject_of(self, row: Any) -> UUID:
        """Return whom a row is about."""

    def told(self, row: Any) -> tuple[str, UUID, datetime]:
        """Return what a row says (its type), the id it is known by, and when it happened."""

    def oldest(self, *, after: dict[int, Cursor]) -> dict[int, datetime]:
        """Return when the first row behind the cursor of each shard was received."""


class Consumer(Protocol):
    """Somebody who derives rows from a stream. `topics` filters the outbox; empty = all."""

    name: str
    stream: str
    topics: frozenset[str]

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Derive from rows; runs in the transaction that moves the checkpoints of their shards.

        Rows of one subject come in their order. What cannot be consumed raises; `Poisoned` says
        which event was at fault where that need not be the last row given.
        """


class Poisoned(Exception):
    """An event that a consumer cannot take; raised from the error that it met."""

    def __init__(self, event_id: UUID, event_type: str, at: datetime) -> None:
        super().__init__(f"{event_type} {event_id}")
        self.event_id = event_id
        self.event_type = event_type
        self.at = at


def places(after: dict[int, Cursor]) -> list[list[Any]]:
    """Return shards, transactions and ids of cursors: the values of AFTER."""
    return [
        list(after),
        [str(cursor.xid) for cursor in after.values()],
        [cursor.id for cursor in after.values()],
    ]


AFTER = "unnest(%s::int[], %s::text[]::xid8[], %s::uuid[]) AS c(shard, xid, id)"
"""Cursors by shard as a table."""


def pending(
    asked: Sequence[tuple[tuple[str, ...], dict[int, Cursor]]],
) -> list[dict[int, int]]:
    """Return how many committed rows, readable or not, lie behind the cursor of each shard that
    has some: for each of some tables and cursors that are asked for, all in one query.

    Readers that have read everything stand at the same places, which are looked at once. Counts to
    10,000 per table and shard.
    """
    looked: dict[str, dict[tuple[int, Cursor], int]] = defaultdict(dict)
    for tables, after in asked:
        for table in tables:
            looked[table].update(dict.fromkeys(after.items(), 0))
    _look(looked)
    return [_added_up([looked[table] for table in tables], after) for tables, after in asked]


def _look(looked: dict[str, dict[tuple[int, Cursor], int]]) -> None:
    """Count what lies behind the places in each table."""
    by_number = [(table, list(found)) for table, found in looked.items() if found]
    if not by_number:
        return
    each = " UNION ALL ".join(
        f"SELECT {number}, c.place, (SELECT count(*) FROM (SELECT 1 FROM {table} t"
        "  WHERE t.shard = c.shard AND (t.xid, t.id) > (c.xid, c.id) LIMIT 10000) few)"
        " FROM unnest(%s::int[], %s::text[]::xid8[], %s::uuid[])"
        " WITH ORDINALITY AS c(shard, xid, id, place)"
        for number, (table, _) in enumerate(by_number)
    )
    values = [
        column
        for _, found in by_number
        for column in (
            [shard for shard, _ in found],
            [str(cursor.xid) for _, cursor in found],
            [cursor.id for _, cursor in found],
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({each}) AS found(part, place, rows) WHERE rows > 0", values)
        for number, place, rows in cursor.fetchall():
            table, found = by_number[number]
            looked[table][found[place - 1]] = rows


def _added_up(
    tables: Sequence[dict[tuple[int, Cursor], int]], after: dict[int, Cursor]
) -> dict[int, int]:
    rows = {place[0]: sum(table[place] for table in tables) for place in after.items()}
    return {shard: count for shard, count in rows.items() if count}


def oldest_in(table: str, column: str, after: dict[int, Cursor]) -> dict[int, datetime]:
    """Return the time in a column of the first row of a table behind each shard's cursor."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.shard, t.{column} FROM {AFTER}"
            f" CROSS JOIN LATERAL (SELECT {column} FROM {table} t"
            "  WHERE t.shard = c.shard AND (t.xid, t.id) > (c.xid, c.id)"
            "  ORDER BY t.xid, t.id LIMIT 1) t",
            places(after),
        )
        return dict(cursor.fetchall())
