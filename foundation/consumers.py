"""Consumers: read a stream in the order of commit, and keep what they derive.

A row becomes readable when every transaction older than its own has ended
(`xid < pg_snapshot_xmin(pg_current_snapshot())`); then `(xid, id)` is a total order in which
nothing appears behind a reader, so that what commits late is never skipped.

Each consumer has one checkpoint per shard. A worker claims it with `FOR UPDATE SKIP LOCKED`, and
derived rows and checkpoint commit together: several processes share the shards, and a crash
repeats a batch without effect.

What a consumer cannot take stops the vehicle (or other subject) that it is about, and nothing
else (`foundation.stopped`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from foundation import advancing, stopped
from foundation.logs import without_rows
from foundation.models import Checkpoint, OutboxMessage
from foundation.streams import (
    AFTER,
    BEGINNING_ID,
    Consumer,
    Cursor,
    Stream,
    oldest_in,
    pending_in,
    places,
)
from kernel.clock import wall
from kernel.identifiers import SHARDS

log = structlog.get_logger(__name__)

# The newest readable transaction, as SQL; every stream's `read` uses it.
HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"
LONGEST_PAUSE_S = 60


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


def stream_of(consumer: str) -> str:
    """Return the name of the stream that a consumer reads; '' when nobody has that name."""
    found = _consumers.get(consumer)
    return "" if found is None else found.stream


class OutboxStream:
    """The outbox as a stream; the subject of a message is its key."""

    name = "outbox"

    def read(self, *, after: dict[int, Cursor], limit: int) -> list[OutboxMessage]:
        return list(
            OutboxMessage.objects.raw(
                f"SELECT found.* FROM {AFTER} CROSS JOIN LATERAL ("
                " SELECT * FROM foundation_outboxmessage one"
                " WHERE one.shard = c.shard AND (one.xid, one.id) > (c.xid, c.id)"
                f" AND one.xid < {HORIZON} ORDER BY one.xid, one.id LIMIT %s) found"
                " ORDER BY found.xid, found.id LIMIT %s",
                [*places(after), limit, limit],
            )
        )

    def read_subject(
        self, *, shard: int, subject: UUID, after: Cursor, upto: Cursor, limit: int
    ) -> list[OutboxMessage]:
        return list(
            OutboxMessage.objects.raw(
                "SELECT * FROM foundation_outboxmessage WHERE shard = %s AND key = %s"
                " AND (xid, id) > (%s::xid8, %s) AND (xid, id) <= (%s::xid8, %s)"
                " ORDER BY xid, id LIMIT %s",
                [shard, subject, str(after.xid), after.id, str(upto.xid), upto.id, limit],
            )
        )

    def subject_of(self, row: OutboxMessage) -> UUID:
        return row.key

    def told(self, row: OutboxMessage) -> tuple[str, UUID, datetime]:
        return row.topic, row.id, row.at

    def pending(self, *, after: dict[int, Cursor]) -> dict[int, int]:
        return pending_in("foundation_outboxmessage", after)

    def oldest(self, *, after: dict[int, Cursor]) -> dict[int, datetime]:
        return oldest_in("foundation_outboxmessage", "at", after)


def run_once(
    *,
    as_of: datetime,
    consumers: Iterable[Consumer] | None = None,
    limit: int = 2000,
    strict: bool = False,
) -> int:
    """Let each consumer read at most `limit` rows of each shard that has news: shards with few
    are read together, since a batch costs about as much as a hundred rows in it.

    Returns how many rows were handled. What a consumer cannot take stops the subject at fault;
    stopped subjects are tried again when their pause is over. What fails in passing (a deadlock,
    a lost connection) keeps the consumer's place in that shard and is tried again after a pause
    that grows to a minute; other shards and consumers go on.
    With `strict` what a consumer raises is raised instead (tests, demo).
    """
    handled = 0
    chosen = registered() if consumers is None else list(consumers)
    known = _places(chosen)
    moment = wall()
    for consumer in chosen:
        stream = _streams[consumer.stream]
        cursors = {shard: place[0] for shard, place in known[consumer.name].items()}
        ready = {
            shard: rows
            for shard, rows in stream.pending(after=cursors).items()
            if strict or known[consumer.name][shard][1] <= moment
        }
        for shards in _together(ready, limit):
            handled += _run(consumer, stream, shards, as_of, limit, strict)
    return handled + _resume(chosen, as_of, limit, strict)


def _together(pending: dict[int, int], limit: int) -> Iterator[list[int]]:
    """Yield shards that have no more than `limit` rows together, and those that alone have more."""
    shards: list[int] = []
    rows = 0
    for shard, count in pending.items():
        if shards and rows + count > limit:
            yield shards
            shards, rows = [], 0
        shards.append(shard)
        rows += count
    if shards:
        yield shards


def _resume(chosen: list[Consumer], as_of: datetime, limit: int, strict: bool) -> int:
    """Try the stopped subjects whose pause is over again; return how many rows they handled."""
    by_name = {consumer.name: consumer for consumer in chosen}
    handled = 0
    for row in stopped.due(by_name, wall()):
        consumer = by_name[row.consumer]
        stream = _streams[consumer.stream]
        try:
            with transaction.atomic():
                handled += advancing.resume(consumer, stream, row, as_of, limit, strict)
        except Exception:
            if strict:
                raise
            log.exception("consumer_failed", consumer=consumer.name, shard=row.shard)
            stopped.postpone(row)
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
    known: dict[str, dict[int, tuple[Cursor, datetime]]] = {name: {} for name in names}
    for row in rows:
        known[row.consumer][row.shard] = (Cursor(row.xid, row.row_id), _next_try(row))
    return known


def _next_try(row: Checkpoint) -> datetime:
    if row.failed_at is None:
        return datetime.min.replace(tzinfo=wall().tzinfo)
    # 0, 1, 3, 7, … seconds: what failed by chance (a deadlock) is tried again at once.
    return row.failed_at + timedelta(
        seconds=min(2 ** min(row.failures - 1, 6) - 1, LONGEST_PAUSE_S)
    )


def _run(
    consumer: Consumer, stream: Stream, shards: list[int], as_of: datetime, limit: int, strict: bool
) -> int:
    """Let a consumer read shards together; when that fails, each by itself, and then subject by
    subject."""
    for isolating in (False, True):
        try:
            with transaction.atomic():
                return advancing.advance(
                    consumer, stream, shards, as_of, limit, isolating=isolating
                )
        except Exception as error:
            if strict:
                raise
            if len(shards) > 1:
                break
            if isolating or stopped.will_pass(error):
                _note_failure(consumer, shards[0], error)
                return 0
    return sum(_run(consumer, stream, [one], as_of, limit, strict) for one in shards)


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
    return {name: sum(shards.values()) for name, shards in lag_by_shard(consumers).items()}


def lag_by_shard(consumers: Iterable[Consumer] | None = None) -> dict[str, dict[int, int]]:
    """Return how many committed rows each consumer has not read yet, by shard that has some."""
    chosen = registered() if consumers is None else list(consumers)
    known = _places(chosen)
    return {
        consumer.name: _streams[consumer.stream].pending(
            after={shard: place[0] for shard, place in known[consumer.name].items()}
        )
        for consumer in chosen
    }


def oldest_unread(consumer: Consumer, after: dict[int, Cursor]) -> dict[int, datetime]:
    """Return when the first row behind each cursor of a consumer's stream was received."""
    return _streams[consumer.stream].oldest(after=after) if after else {}
