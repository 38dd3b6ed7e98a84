"""Consumers: read a stream in the order of commit, and keep what they derive.

A row becomes readable when every transaction older than its own has ended
(`xid < pg_snapshot_xmin(pg_current_snapshot())`); then `(xid, id)` is a total order in which
nothing appears behind a reader, so that what commits late is never skipped.

Each consumer has one checkpoint per shard. A worker claims it with `FOR UPDATE SKIP LOCKED`, and
derived rows and checkpoint commit together: several processes share the shards, and a crash
repeats a batch without effect.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.db import connection, transaction

from foundation.logs import without_rows
from foundation.models import Checkpoint, OutboxMessage
from kernel.clock import wall
from kernel.identifiers import SHARDS

log = structlog.get_logger(__name__)

BEGINNING_ID = UUID(int=0)
# The newest readable transaction, as SQL; every stream's `read` uses it.
HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"
LONGEST_PAUSE_S = 60


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


class Stream(Protocol):
    """Rows in the order of commit, by shard."""

    name: str

    def read(self, *, shard: int, after: Cursor, limit: int) -> list[Any]:
        """Return at most `limit` readable rows of a shard after a cursor, ordered by (xid, id)."""

    def pending(self, *, after: dict[int, Cursor]) -> dict[int, int]:
        """Return how many committed rows lie behind the cursor of each shard (readable or not)."""


class Consumer(Protocol):
    """Somebody who derives rows from a stream. `topics` filters the outbox; empty = all."""

    name: str
    stream: str
    topics: frozenset[str]

    def consume(self, rows: Sequence[Any], *, shard: int, as_of: datetime) -> None:
        """Derive from rows of one shard; runs in the transaction that moves the checkpoint."""


_streams: dict[str, Stream] = {}
_consumers: dict[str, Consumer] = {}


def register_stream(stream: Stream) -> None:
    """Make a stream known (in `AppConfig.ready`)."""
    _streams[stream.name] = stream


def register(consumer: Consumer) -> None:
    """Make a consumer known (in `AppConfig.ready`). Its name keeps its place: never reuse one."""
    _consumers[consumer.name] = consumer


def registered() -> list[Consumer]:
    """Return all consumers in the order of registration."""
    return list(_consumers.values())


class OutboxStream:
    """The outbox as a stream."""

    name = "outbox"

    def read(self, *, shard: int, after: Cursor, limit: int) -> list[OutboxMessage]:
        return list(
            OutboxMessage.objects.raw(
                "SELECT * FROM foundation_outboxmessage"
                " WHERE shard = %s AND (xid, id) > (%s::xid8, %s)"
                f" AND xid < {HORIZON} ORDER BY xid, id LIMIT %s",
                [shard, str(after.xid), after.id, limit],
            )
        )

    def pending(self, *, after: dict[int, Cursor]) -> dict[int, int]:
        return pending_in("foundation_outboxmessage", after)


def pending_in(table: str, after: dict[int, Cursor]) -> dict[int, int]:
    """Return how many rows of a table (shard, xid, id) lie behind each shard's cursor.

    Counts to 10,000 per shard and leaves out shards that have nothing.
    """
    shards = list(after)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.shard, (SELECT count(*) FROM (SELECT 1 FROM " + table + " t"
            " WHERE t.shard = c.shard AND (t.xid, t.id) > (c.xid, c.id) LIMIT 10000) few)"
            " FROM unnest(%s::int[], %s::text[]::xid8[], %s::uuid[]) AS c(shard, xid, id)",
            [
                shards,
                [str(after[shard].xid) for shard in shards],
                [after[shard].id for shard in shards],
            ],
        )
        return {shard: count for shard, count in cursor.fetchall() if count}


def run_once(
    *,
    as_of: datetime,
    consumers: Iterable[Consumer] | None = None,
    limit: int = 2000,
    strict: bool = False,
) -> int:
    """Let each consumer read at most `limit` rows of each shard that has news.

    Returns how many rows were handled. A consumer that raises keeps its place in that shard and
    is tried again after a pause that grows to a minute; other shards and consumers go on.
    With `strict` its exception is raised instead (tests, demo).
    """
    handled = 0
    chosen = registered() if consumers is None else list(consumers)
    places = _places(chosen)
    moment = wall()
    for consumer in chosen:
        stream = _streams[consumer.stream]
        cursors = {shard: place[0] for shard, place in places[consumer.name].items()}
        for shard in stream.pending(after=cursors):
            if not strict and places[consumer.name][shard][1] > moment:
                continue
            handled += _run_shard(consumer, stream, shard, as_of, limit, strict)
    return handled


def _places(consumers: list[Consumer]) -> dict[str, dict[int, tuple[Cursor, datetime]]]:
    """Return cursor and earliest next try per consumer and shard; make missing checkpoints."""
    names = [consumer.name for consumer in consumers]
    rows = list(Checkpoint.objects.filter(consumer__in=names))
    found = {(row.consumer, row.shard) for row in rows}
    missing = [
        Checkpoint(consumer=name, shard=shard, row_id=BEGINNING_ID)
        for name in names
        for shard in range(SHARDS)
        if (name, shard) not in found
    ]
    if missing:
        Checkpoint.objects.bulk_create(missing, ignore_conflicts=True)
        rows = list(Checkpoint.objects.filter(consumer__in=names))
    places: dict[str, dict[int, tuple[Cursor, datetime]]] = {name: {} for name in names}
    for row in rows:
        places[row.consumer][row.shard] = (Cursor(row.xid, row.row_id), _next_try(row))
    return places


def _next_try(row: Checkpoint) -> datetime:
    if row.failed_at is None:
        return datetime.min.replace(tzinfo=wall().tzinfo)
    # 0, 1, 3, 7, … seconds: what failed by chance (a deadlock) is tried again at once.
    return row.failed_at + timedelta(
        seconds=min(2 ** min(row.failures - 1, 6) - 1, LONGEST_PAUSE_S)
    )


def _run_shard(
    consumer: Consumer, stream: Stream, shard: int, as_of: datetime, limit: int, strict: bool
) -> int:
    try:
        with transaction.atomic():
            return _advance(consumer, stream, shard, as_of, limit)
    except Exception as error:
        if strict:
            raise
        _note_failure(consumer, shard, error)
        return 0


def _advance(consumer: Consumer, stream: Stream, shard: int, as_of: datetime, limit: int) -> int:
    place = (
        Checkpoint.objects.select_for_update(skip_locked=True)
        .filter(consumer=consumer.name, shard=shard)
        .first()
    )
    if place is None:  # another worker has it
        return 0
    rows = stream.read(shard=shard, after=Cursor(place.xid, place.row_id), limit=limit)
    if not rows:
        return 0
    # Workers that share shards read the clock at different moments: time must not go back here.
    as_of = as_of if place.as_of is None else max(as_of, place.as_of)
    topics = getattr(consumer, "topics", frozenset())
    wanted = [row for row in rows if row.topic in topics] if topics else rows
    if wanted:
        consumer.consume(wanted, shard=shard, as_of=as_of)
    place.xid, place.row_id, place.as_of = rows[-1].xid, rows[-1].id, as_of
    place.failures, place.failed_at, place.error = 0, None, ""
    place.save(update_fields=["xid", "row_id", "as_of", "failures", "failed_at", "error"])
    return len(rows)


def _note_failure(consumer: Consumer, shard: int, error: Exception) -> None:
    log.exception("consumer_failed", consumer=consumer.name, shard=shard)
    with transaction.atomic():
        place = (
            Checkpoint.objects.select_for_update(skip_locked=True)
            .filter(consumer=consumer.name, shard=shard)
            .first()
        )
        if place is None:
            return
        place.failures += 1
        place.failed_at = wall()
        place.error = without_rows(f"{type(error).__name__}: {error}")[:2000]
        place.save(update_fields=["failures", "failed_at", "error"])


def backlog(consumers: Iterable[Consumer] | None = None) -> int:
    """Return how many committed rows are not consumed yet, added up over all consumers."""
    return sum(lag().values()) if consumers is None else sum(lag(consumers).values())


def lag(consumers: Iterable[Consumer] | None = None) -> dict[str, int]:
    """Return how many committed rows each consumer has not read yet."""
    chosen = registered() if consumers is None else list(consumers)
    places = _places(chosen)
    return {
        consumer.name: sum(
            _streams[consumer.stream]
            .pending(after={shard: place[0] for shard, place in places[consumer.name].items()})
            .values()
        )
        for consumer in chosen
    }
