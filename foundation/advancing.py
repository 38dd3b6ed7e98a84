"""One step of one consumer: read shards, derive, move their checkpoints, all in a transaction.

A batch that cannot be consumed is read once more to be tried subject by subject, and the subject
that fails in halves, until the row at fault is known. That row stops its subject and nobody else.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

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
    shards: Sequence[int],
    as_of: datetime,
    limit: int,
    *,
    isolating: bool = False,
) -> int:
    """Consume the next rows of shards; return how many: none of those that other workers have.

    What a consumer raises is raised. `isolating`, which takes one shard, it stops the subject at
    fault instead, and only what lies in the circumstances is raised.
    """
    places = _all_locked(consumer.name, shards)
    rows = _read(consumer, stream, places, limit)
    if not rows:
        return 0
    as_of = _no_earlier(as_of, places)
    wanted = _given(consumer, stream, rows, shards)
    if wanted and isolating:
        (place,) = places
        failures = _isolated(consumer, stream, wanted, cursor_of(place), as_of)
        stopped.stop(consumer.name, place.shard, stream, failures)
    elif wanted:
        consumer.consume(wanted, as_of=as_of)
    _move(places, rows, as_of)
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
    as_of = _no_earlier(as_of, [place])
    wanted = _wanted(consumer, rows, stopped.exceptions(consumer.name, [row.shard])[1])
    failure = _through(consumer, wanted, after, as_of, strict) if wanted else None
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


def _all_locked(consumer: str, shards: Sequence[int]) -> list[Checkpoint]:
    """Return the checkpoints that no other worker has, locked until the transaction ends."""
    rows = Checkpoint.objects.select_for_update(skip_locked=True)
    return list(rows.filter(consumer=consumer, shard__in=shards).order_by("shard"))


def _read(
    consumer: Consumer, stream: Stream, places: Sequence[Checkpoint], limit: int
) -> list[Any]:
    after = {place.shard: cursor_of(place) for place in places}
    return stream.read(after=after, limit=limit, topics=consumer.topics) if after else []


def _no_earlier(as_of: datetime, places: Sequence[Checkpoint]) -> datetime:
    """Return the time to go by: workers that share shards read the clock at different moments,
    and time must not go back in any."""
    return max([as_of, *(place.as_of for place in places if place.as_of is not None)])


def _given(
    consumer: Consumer, stream: Stream, rows: Sequence[Any], shards: Sequence[int]
) -> list[Any]:
    """Return the rows that the consumer is to be given: none of subjects that stand still."""
    standing, dropped = stopped.exceptions(consumer.name, shards)
    wanted = _wanted(consumer, rows, dropped)
    if not standing:
        return wanted
    return [row for row in wanted if stream.subject_of(row) not in standing]


def _move(places: Sequence[Checkpoint], rows: Sequence[Any], as_of: datetime) -> None:
    """Move the checkpoints of the shards that rows were read of."""
    last = {row.shard: row for row in rows}
    moved = {place.pk: last[place.shard] for place in places if place.shard in last}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE foundation_checkpoint place SET xid = moved.xid, row_id = moved.id,"
            " as_of = %s, failures = 0, failed_at = NULL, error = ''"
            " FROM unnest(%s::bigint[], %s::text[]::xid8[], %s::uuid[]) AS moved(place_id, xid, id)"
            " WHERE place.id = moved.place_id",
            [
                as_of,
                list(moved),
                [str(row.xid) for row in moved.values()],
                [row.id for row in moved.values()],
            ],
        )


def _wanted(consumer: Consumer, rows: Sequence[Any], dropped: set[UUID]) -> list[Any]:
    topics = consumer.topics
    return [row for row in rows if (not topics or row.topic in topics) and row.id not in dropped]


def _isolated(
    consumer: Consumer,
    stream: Stream,
    rows: Sequence[Any],
    start: Cursor,
    as_of: datetime,
) -> list[Failure]:
    """Consume a batch subject by subject; return the row at fault of each that cannot be gone on
    with."""
    subjects: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        subjects[stream.subject_of(row)].append(row)
    failures: list[Failure] = []
    for number, own in enumerate(subjects.values(), start=1):
        failure = _through(consumer, own, start, as_of)
        if failure is not None:
            failures.append(failure)
            if number == len(failures) == BROKEN:
                raise failure.error
    return failures


def _through(
    consumer: Consumer,
    rows: Sequence[Any],
    after: Cursor,
    as_of: datetime,
    strict: bool = False,
) -> Failure | None:
    """Consume rows of one subject as far as they go; return the first that does not, if any."""
    error = _attempt(consumer, rows, as_of, strict)
    if error is None:
        return None
    if len(rows) == 1:
        return Failure(rows[0], after, error)
    half = len(rows) // 2
    first = _through(consumer, rows[:half], after, as_of)
    if first is not None:
        return first
    before = rows[half - 1]
    return _through(consumer, rows[half:], Cursor(before.xid, before.id), as_of)


def _attempt(
    consumer: Consumer, rows: Sequence[Any], as_of: datetime, strict: bool
) -> Exception | None:
    """Consume rows in a savepoint; return what they raise, unless it will pass by itself."""
    try:
        with transaction.atomic():
            consumer.consume(rows, as_of=as_of)
    except Exception as error:
        if strict or stopped.will_pass(error):
            raise
        return error
    return None
