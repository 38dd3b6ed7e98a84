"""Streams: rows in the order of commit, by shard, as a consumer reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

BEGINNING_ID = UUID(int=0)


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
    """Rows in the order of commit, by shard. Rows of one subject are all in one shard."""

    name: str

    def read(self, *, after: dict[int, Cursor], limit: int) -> list[Any]:
        """Return the first `limit` readable rows of some shards, each after its cursor, ordered by
        (xid, id)."""

    def read_subject(
        self, *, shard: int, subject: UUID, after: Cursor, upto: Cursor, limit: int
    ) -> list[Any]:
        """Return at most `limit` rows of one subject after a cursor and up to another."""

    def subject_of(self, row: Any) -> UUID:
        """Return whom a row is about."""

    def told(self, row: Any) -> tuple[str, UUID, datetime]:
        """Return what a row says (its type), the id it is known by, and when it happened."""

    def pending(self, *, after: dict[int, Cursor]) -> dict[int, int]:
        """Return how many committed rows lie behind the cursor of each shard (readable or not)."""

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


def pending_in(table: str, after: dict[int, Cursor]) -> dict[int, int]:
    """Return how many rows of a table (shard, xid, id) lie behind each shard's cursor.

    Counts to 10,000 per shard and leaves out shards that have nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.shard, (SELECT count(*) FROM (SELECT 1 FROM " + table + " t"
            " WHERE t.shard = c.shard AND (t.xid, t.id) > (c.xid, c.id) LIMIT 10000) few)"
            f" FROM {AFTER}",
            places(after),
        )
        return {shard: count for shard, count in cursor.fetchall() if count}


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
