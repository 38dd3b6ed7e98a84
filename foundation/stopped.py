"""Subjects that a consumer cannot go on with: they stop, everybody else goes on.

A stopped subject is tried again after pauses that grow to an hour, since a new version of the
program may take what the old one could not; by an official at once. An official may also skip the
event. What that means is the stream's business: a carrier's event becomes void in the log for all
who read it; a message of the outbox is dropped for this consumer.
"""

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from foundation import audit, codes
from foundation.models import DroppedRow, StoppedSubject
from foundation.streams import Cursor, Poisoned, Stream
from kernel.clock import wall
from kernel.refusals import Refusal

log = structlog.get_logger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_TOP = Path(__file__).resolve().parents[1]
# Classes of PostgreSQL's SQLSTATE that pass: connection, rollback (deadlock, serialization),
# resources, object not available (locks), intervention (cancelled, shut down), system.
_PASSING = frozenset({"08", "40", "53", "55", "57", "58"})

Skip = Callable[..., list[UUID]]
"""`(stopped, *, actor, now) -> rows to drop for the consumer`: what a skip does to the stream."""

_skips: dict[str, Skip] = {}


def register_skip(stream: str, skip: Skip) -> None:
    """Say what skipping an event does to a stream (in `AppConfig.ready`)."""
    _skips[stream] = skip


@dataclass(frozen=True)
class Failure:
    """A row that a consumer cannot take. `after`: all rows of its subject up to there are read."""

    row: Any
    after: Cursor
    error: Exception


def will_pass(error: Exception) -> bool:
    """Return whether an error lies in the circumstances (a deadlock, a lost connection, a full
    disk), so that the same rows may well go through when they are tried again."""
    if isinstance(error, OperationalError | InterfaceError):
        state = getattr(error.__cause__, "sqlstate", None) or "08"
        return state[:2] in _PASSING
    return isinstance(error, OSError | MemoryError)


def exceptions(consumer: str, shards: Sequence[int]) -> tuple[set[UUID], set[UUID]]:
    """Return the subjects of shards that a consumer has stopped, and the rows that it is not to
    be given. Read under the locks of their checkpoints."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject_id, true FROM foundation_stoppedsubject"
            " WHERE consumer = %s AND shard = ANY(%s) UNION ALL"
            " SELECT row_id, false FROM foundation_droppedrow"
            " WHERE consumer = %s AND shard = ANY(%s)",
            [consumer, list(shards)] * 2,
        )
        found = cursor.fetchall()
    return {one for one, stands in found if stands}, {one for one, stands in found if not stands}


def due(consumers: Iterable[str], moment: datetime, limit: int = 100) -> list[StoppedSubject]:
    """Return the subjects to be tried again at a moment of wall time, the longest due first."""
    rows = StoppedSubject.objects.filter(consumer__in=list(consumers), retry_at__lte=moment)
    return list(rows.order_by("retry_at")[:limit])


def stop(consumer: str, shard: int, stream: Stream, failures: Iterable[Failure]) -> None:
    """Stop the subjects of rows that a consumer cannot take; commits with its checkpoint."""
    for failure in failures:
        row = StoppedSubject(
            consumer=consumer,
            shard=shard,
            city_id=failure.row.city_id,
            subject_id=stream.subject_of(failure.row),
            failures=0,
            first_failed_at=wall(),
        )
        _note(row, stream, failure)
        row.save(force_insert=True)


def stop_again(row: StoppedSubject, stream: Stream, failure: Failure) -> None:
    """Keep a subject stopped: where it stands now, and when it is tried again."""
    if row.row_id != failure.row.id:  # it came on, to another row
        row.failures, row.first_failed_at = 0, wall()
    _note(row, stream, failure)
    row.save()


def postpone(row: StoppedSubject) -> None:
    """Try a stopped subject later: what failed this time lies in the circumstances."""
    StoppedSubject.objects.filter(pk=row.pk).update(retry_at=wall() + SHORTEST_PAUSE)


def _note(row: StoppedSubject, stream: Stream, failure: Failure) -> None:
    error = failure.error
    row.xid, row.after_id = failure.after.xid, failure.after.id
    row.row_id = failure.row.id
    row.event_type, row.event_id, row.event_at = stream.told(failure.row)
    if isinstance(error, Poisoned):
        row.event_type, row.event_id, row.event_at = error.event_type, error.event_id, error.at
    row.error = described(error)
    row.failures += 1
    row.failed_at = wall()
    row.retry_at = row.failed_at + _pause(row.failures)
    log.error(
        "consumer_stopped_subject",
        consumer=row.consumer,
        shard=row.shard,
        subject_id=str(row.subject_id),
        event_id=str(row.event_id),
        event_type=row.event_type,
        failures=row.failures,
        exc_info=error,
    )


def _pause(failures: int) -> timedelta:
    return min(SHORTEST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)


def described(error: Exception) -> str:
    """Return the kind of an error and the place in the program where it was met.

    Not its message, which may quote what somebody sent; that is in the log.
    """
    met = error.__cause__ if isinstance(error, Poisoned) and error.__cause__ else error
    ours = [
        frame
        for frame in traceback.extract_tb(met.__traceback__)
        if Path(frame.filename).is_relative_to(_TOP) and "site-packages" not in frame.filename
    ]
    if not ours:
        return type(met).__name__
    last = ours[-1]
    place = Path(last.filename).relative_to(_TOP)
    return f"{type(met).__name__} ({place}:{last.lineno}, {last.name})"


@transaction.atomic
def retry(*, actor: audit.Acting, stopped_id: UUID, now: datetime) -> StoppedSubject:
    """Have a stopped subject tried again at once, by the next worker that looks; return it.

    Raises `consumers.not_stopped`, also for another city's.
    """
    row = _locked(actor, stopped_id)
    row.retry_at = wall()
    row.save(update_fields=["retry_at"])
    _record(actor, "consumers.retried", row, now, {})
    return row


@transaction.atomic
def skip(*, actor: audit.Acting, stopped_id: UUID, now: datetime) -> StoppedSubject:
    """Take the event at which a subject stopped out of its way, and have it go on; return it.

    What is derived afterwards is what a stream without that event gives.
    Raises `consumers.not_stopped`, also for another city's.
    """
    from foundation import consumers

    row = _locked(actor, stopped_id)
    stream = consumers.stream_of(row.consumer)
    rows = _skips[stream](row, actor=actor, now=now) if stream in _skips else [row.row_id]
    DroppedRow.objects.bulk_create(
        [
            DroppedRow(consumer=row.consumer, shard=row.shard, row_id=row_id, at=now)
            for row_id in rows
        ],
        ignore_conflicts=True,
    )
    row.retry_at = wall()
    row.save(update_fields=["retry_at"])
    _record(actor, "consumers.skipped", row, now, {"dropped": [str(row_id) for row_id in rows]})
    return row


def _locked(actor: audit.Acting, stopped_id: UUID) -> StoppedSubject:
    rows = StoppedSubject.objects.select_for_update().filter(city_id=actor.city_id)
    row = rows.filter(pk=stopped_id).first()
    if row is None:
        raise Refusal(codes.NOT_STOPPED, _("This does not stand still, or not any more."))
    return row


def _record(
    actor: audit.Acting, action: str, row: StoppedSubject, now: datetime, outcome: dict[str, Any]
) -> None:
    audit.record(
        city_id=row.city_id,
        actor=actor,
        action=action,
        subject=row.subject_id,
        at=now,
        inputs={
            "consumer": row.consumer,
            "event_id": str(row.event_id),
            "event_type": row.event_type,
            "error": row.error,
            "failures": row.failures,
        },
        outcome=outcome,
    )
