"""One step of one consumer in one shard: read, derive, move the checkpoint, all in a transaction.

A batch that cannot be consumed is read once more to be tried subject by subject, and the subject
that fails in halves, until the row at fault is known. That row stops its subject and nobody else.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from foundation import stopped
from foundation.models import Checkpoint, StoppedSubject
from foundation.stopped import Failure
from foundation.streams import Consumer, Cursor, Stream

BROKEN = 10
"""So many subjects in a row that fail, and none that goes through, are the consumer's fault: it
keeps its place in the shard, and no list of stopped vehicles hides that it is broken."""


def advance(
    consumer: Consumer,
    stream: Stream,
    shard: int,
    as_of: datetime,
    limit: int,
    *,
    isolating: bool = False,
) -> int:
    """Consume the next rows of a shard; return how many: none when another worker has the shard.

    What a consumer raises is raised. `isolating` it stops the subject at fault instead, and only
    what lies in the circumstances is raised (the caller tries again).
    """
    place = locked(consumer.name, shard, skip_locked=True)
    if place is None:
        return 0
    start = cursor_of(place)
    rows = stream.read(shard=shard, after=start, limit=limit)
    if not rows:
        return 0
    # Workers that share shards read the clock at different moments: time must not go back here.
    as_of = as_of if place.as_of is None else max(as_of, place.as_of)
    standing, dropped = stopped.exceptions(consumer.name, shard)
    wanted = _wanted(consumer, rows, dropped)
    if standing:
        wanted = [row for row in wanted if stream.subject_of(row) not in standing]
    if wanted and isolating:
        stopped.stop(
            consumer.name, shard, stream, _isolated(consumer, stream, wanted, start, shard, as_of)
        )
    elif wanted:
        consumer.consume(wanted, shard=shard, as_of=as_of)
    _move(place, rows[-1], as_of)
    return len(rows)


def resume(
    consumer: Consumer,
    stream: Stream,
    row: StoppedSubject,
    as_of: datetime,
    limit: int,
    strict: bool,
) -> int:
    """Try a stopped subject again, up to where its shard was read meanwhile; return how many rows
    were handled. It goes on with the others once it has caught up.
    """
    place = locked(consumer.name, row.shard, skip_locked=True)
    if place is None:
        return 0
    standing = StoppedSubject.objects.select_for_update().filter(pk=row.pk).first()
    if standing is None:  # another worker was quicker
        return 0
    after = Cursor(standing.xid, standing.after_id)
    rows = stream.read_subject(
        shard=row.shard,
        subject=row.subject_id,
        after=after,
        upto=cursor_of(place),
        limit=limit,
    )
    as_of = as_of if place.as_of is None else max(as_of, place.as_of)
    wanted = _wanted(consumer, rows, stopped.exceptions(consumer.name, row.shard)[1])
    failure = _through(consumer, wanted, after, row.shard, as_of, strict) if wanted else None
    if failure is not None:
        stopped.stop_again(standing, stream, failure)
        return 0
    if len(rows) < limit:
        standing.delete()
    else:
        standing.xid, standing.after_id = rows[-1].xid, rows[-1].id
        standing.save(update_fields=["xid", "after_id"])
    return max(len(rows), 1)


def locked(consumer: str, shard: int, *, skip_locked: bool = False) -> Checkpoint | None:
    """Return the checkpoint, locked until the transaction ends; None when it is not to be had."""
    rows = Checkpoint.objects.select_for_update(skip_locked=skip_locked)
    return rows.filter(consumer=consumer, shard=shard).first()


def cursor_of(place: Checkpoint) -> Cursor:
    """Return up to where a shard is read."""
    return Cursor(place.xid, place.row_id)


def _move(place: Checkpoint, last: Any, as_of: datetime) -> None:
    place.xid, place.row_id, place.as_of = last.xid, last.id, as_of
    place.failures, place.failed_at, place.error = 0, None, ""
    place.save(update_fields=["xid", "row_id", "as_of", "failures", "failed_at", "error"])


def _wanted(consumer: Consumer, rows: Sequence[Any], dropped: set[UUID]) -> list[Any]:
    topics = getattr(consumer, "topics", frozenset())
    return [row for row in rows if (not topics or row.topic in topics) and row.id not in dropped]


def _isolated(
    consumer: Consumer,
    stream: Stream,
    rows: Sequence[Any],
    start: Cursor,
    shard: int,
    as_of: datetime,
) -> list[Failure]:
    """Consume a batch subject by subject; return the row at fault of each that cannot be gone on
    with."""
    subjects: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        subjects[stream.subject_of(row)].append(row)
    failures: list[Failure] = []
    for number, own in enumerate(subjects.values(), start=1):
        failure = _through(consumer, own, start, shard, as_of)
        if failure is not None:
            failures.append(failure)
            if number == len(failures) == BROKEN:
                raise failure.error
    return failures


def _through(
    consumer: Consumer,
    rows: Sequence[Any],
    after: Cursor,
    shard: int,
    as_of: datetime,
    strict: bool = False,
) -> Failure | None:
    """Consume rows of one subject as far as they go; return the first that does not, if any."""
    error = _attempt(consumer, rows, shard, as_of, strict)
    if error is None:
        return None
    if len(rows) == 1:
        return Failure(rows[0], after, error)
    half = len(rows) // 2
    first = _through(consumer, rows[:half], after, shard, as_of)
    if first is not None:
        return first
    before = rows[half - 1]
    return _through(consumer, rows[half:], Cursor(before.xid, before.id), shard, as_of)


def _attempt(
    consumer: Consumer, rows: Sequence[Any], shard: int, as_of: datetime, strict: bool
) -> Exception | None:
    """Consume rows in a savepoint; return what they raise, unless it will pass by itself."""
    try:
        with transaction.atomic():
            consumer.consume(rows, shard=shard, as_of=as_of)
    except Exception as error:
        if strict or stopped.will_pass(error):
            raise
        return error
    return None
