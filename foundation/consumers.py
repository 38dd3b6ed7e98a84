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
from datetime import UTC, datetime, timedelta

import structlog
from django.db import transaction

from foundation import advancing, messages, stopped, streams
from foundation.logs import without_rows
from foundation.models import Checkpoint
from foundation.streams import BEGINNING_ID, Consumer, Cursor, Stream
from kernel.clock import wall
from kernel.identifiers import SHARDS

log = structlog.get_logger(__name__)

LONGEST_PAUSE_S = 60
EARLIEST = datetime.min.replace(tzinfo=UTC)


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


def run_once(
    *,
    as_of: datetime,
    consumers: Iterable[Consumer] | None = None,
    limit: int = 2000,
    strict: bool = False,
) -> int:
    """Let each consumer read at most `limit` rows of each shard that has news: shards with few
    are read together, since a batch costs about as much as a hundred rows in it. Where there is
    news is asked once for all when the pass begins, so that readers without any cost nothing.

    Returns how many rows were handled or passed over. What a consumer cannot take stops the
    subject at fault; stopped subjects are tried again when their pause is over. What fails in
    passing (a deadlock, a lost connection) keeps the consumer's place in that shard and is tried
    again after a pause that grows to a minute; other shards and consumers go on.
    With `strict` what a consumer raises is raised instead (tests, demo).
    """
    chosen = registered() if consumers is None else list(consumers)
    moment = wall()
    after = {
        name: {shard: cursor for shard, (cursor, at) in known.items() if strict or at <= moment}
        for name, known in _places(chosen).items()
    }
    ready = _pending(chosen, after)
    handled = _pass_over(chosen, after, ready, limit, strict)
    for consumer in chosen:
        stream = _streams[consumer.stream]
        for shards in _together(ready[consumer.name], limit):
            handled += _run(consumer, stream, shards, as_of, limit, strict)
    return handled + _resume(chosen, as_of, limit, strict)


def _pending(
    chosen: Iterable[Consumer], after: dict[str, dict[int, Cursor]]
) -> dict[str, dict[int, int]]:
    """Return how many rows lie behind each consumer's cursors, by shard that has some."""
    asked = {one.name: (_streams[one.stream].tables, after[one.name]) for one in chosen}
    return dict(zip(asked, streams.pending(list(asked.values())), strict=True))


def _pass_over(
    chosen: Iterable[Consumer],
    after: dict[str, dict[int, Cursor]],
    ready: dict[str, dict[int, int]],
    limit: int,
    strict: bool,
) -> int:
    """Move readers of topics past messages that they do not want; return how many that were.

    Leaves in `ready` only the shards in which there is something for them.
    """
    readers = [
        (one, {shard: after[one.name][shard] for shard in ready[one.name]})
        for one in chosen
        if one.stream == messages.OutboxStream.name and one.topics and ready[one.name]
    ]
    ready.update({one.name: {} for one, _ in readers})
    try:
        found = messages.pass_over(readers, limit)
    except Exception:
        if strict:
            raise
        log.exception("consumers_not_passed_over")
        return 0
    for ahead in found:
        if ahead.wanted:
            ready[ahead.consumer][ahead.shard] = ahead.messages
    return sum(ahead.messages for ahead in found if ahead.passed)


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


def _places(consumers: Iterable[Consumer]) -> dict[str, dict[int, tuple[Cursor, datetime]]]:
    """Return cursor and earliest next try per consumer and shard; make missing checkpoints."""
    known: dict[str, dict[int, tuple[Cursor, datetime]]] = {one.name: {} for one in consumers}
    ordered = Checkpoint.objects.order_by("shard")  # the same rows are read together every time
    rows = ordered.filter(consumer__in=list(known)).values_list(
        "consumer", "shard", "xid", "row_id", "failures", "failed_at"
    )
    for name, shard, xid, row_id, failures, failed_at in rows:
        known[name][shard] = Cursor(xid, row_id), _next_try(failures, failed_at)
    missing = [
        Checkpoint(consumer=name, shard=shard, row_id=BEGINNING_ID)
        for name, found in known.items()
        for shard in range(SHARDS)
        if shard not in found
    ]
    if missing:
        Checkpoint.objects.bulk_create(missing, ignore_conflicts=True)
        return _places(consumers)
    return known


def _next_try(failures: int, failed_at: datetime | None) -> datetime:
    if failed_at is None:
        return EARLIEST
    # 0, 1, 3, 7, … seconds: what failed by chance (a deadlock) is tried again at once.
    return failed_at + timedelta(seconds=min(2 ** min(failures - 1, 6) - 1, LONGEST_PAUSE_S))


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
    after = {
        name: {shard: cursor for shard, (cursor, _) in known.items()}
        for name, known in _places(chosen).items()
    }
    return _pending(chosen, after)


def oldest_unread(consumer: Consumer, after: dict[int, Cursor]) -> dict[int, datetime]:
    """Return when the first row behind each cursor of a consumer's stream was received."""
    return _streams[consumer.stream].oldest(after=after) if after else {}
