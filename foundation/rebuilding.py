"""Deriving a projection anew from the log, beside the workers that carry it on.

A chunk is a few subjects in one short transaction, under the lock of their shard's checkpoint: no
worker reads that shard meanwhile, and the subjects are derived up to where it was read. Progress
is a row that commits with the chunk, so that a rebuild that was killed goes on where it was.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.db import transaction

from foundation import advancing, stopped
from foundation.models import Rebuild, StoppedSubject
from foundation.streams import Cursor
from kernel.clock import wall
from kernel.identifiers import SHARDS

log = structlog.get_logger(__name__)

CHUNK = 20


class Projection(Protocol):
    """A consumer's rows, as far as a rebuild needs to know them."""

    def subjects(
        self, *, shard: int, after: UUID | None, limit: int, scope: dict[str, Any]
    ) -> list[UUID]:
        """Return the next subjects of a shard after one, in the order of their ids."""

    def rebuild(
        self,
        subjects: list[UUID],
        *,
        upto: Cursor,
        scope: dict[str, Any],
        announce: bool,
        as_of: datetime,
    ) -> tuple[int, int]:
        """Derive subjects anew from rows up to a cursor. Return how many were, and how many were
        left as they are because the log does not hold enough of their past any more."""


_projections: dict[str, Projection] = {}


def register(consumer: str, projection: Projection) -> None:
    """Say how a consumer's rows are derived anew (in `AppConfig.ready`)."""
    _projections[consumer] = projection


def names() -> list[str]:
    """Return the consumers that can be rebuilt."""
    return sorted(_projections)


def begin(consumer: str, *, scope: dict[str, Any] | None = None, announce: bool = False) -> Rebuild:
    """Return a new rebuild, or the one with this scope that is not finished yet."""
    moment = wall()
    wanted = scope or {}
    rows = Rebuild.objects.filter(consumer=consumer, finished_at=None, announce=announce)
    known = rows.filter(scope=wanted).order_by("id").first()
    return known or Rebuild.objects.create(
        consumer=consumer, scope=wanted, announce=announce, started_at=moment, moved_at=moment
    )


def run(rebuild: Rebuild, *, as_of: datetime) -> Iterator[Rebuild]:
    """Carry a rebuild to its end; yield it after each chunk. Two processes share the work."""
    while rebuild.finished_at is None:
        rebuild = step(rebuild.pk, as_of=as_of)
        yield rebuild


@transaction.atomic
def step(rebuild_id: UUID, *, as_of: datetime) -> Rebuild:
    """Derive the next subjects of a rebuild anew, and return how far it has come."""
    row = Rebuild.objects.select_for_update().get(pk=rebuild_id)
    if row.finished_at is not None:
        return row
    projection = _projections[row.consumer]
    place = advancing.locked(row.consumer, row.shard)
    subjects = (
        projection.subjects(shard=row.shard, after=row.after, limit=CHUNK, scope=row.scope)
        if place is not None
        else []
    )
    if subjects and place is not None:
        _derive(row, projection, subjects, advancing.cursor_of(place), as_of)
        row.after = subjects[-1]
    row.moved_at = wall()
    if len(subjects) < CHUNK:
        row.shard, row.after = row.shard + 1, None
        row.finished_at = row.moved_at if row.shard == SHARDS else None
    row.save()
    return row


def _derive(
    row: Rebuild, projection: Projection, subjects: list[UUID], upto: Cursor, as_of: datetime
) -> None:
    """Derive a chunk at once; when that raises, each subject by itself."""
    standing = {
        one.subject_id: Cursor(one.xid, one.after_id)
        for one in StoppedSubject.objects.filter(consumer=row.consumer, subject_id__in=subjects)
    }
    going = [subject for subject in subjects if subject not in standing]
    chunks = [(going, upto)] if going else []
    chunks += [([subject], cursor) for subject, cursor in standing.items()]
    for chunk, cursor in chunks:
        if not _attempt(row, projection, chunk, cursor, as_of):
            for subject in chunk:
                alone = [subject]
                if len(chunk) == 1 or not _attempt(row, projection, alone, cursor, as_of):
                    row.failed += 1


def _attempt(
    row: Rebuild, projection: Projection, subjects: list[UUID], upto: Cursor, as_of: datetime
) -> bool:
    try:
        with transaction.atomic():
            done, frozen = projection.rebuild(
                subjects, upto=upto, scope=row.scope, announce=row.announce, as_of=as_of
            )
    except Exception as error:
        if stopped.will_pass(error):
            raise
        log.exception("rebuild_failed", consumer=row.consumer, subjects=[str(s) for s in subjects])
        return False
    row.done += done
    row.frozen += frozen
    return True


def go_on(consumer: str, as_of: datetime, chunks: int = 10) -> int:
    """Carry the rebuilds that announce what differs on by some chunks (a job of the tick); return
    how many chunks were done."""
    done = 0
    for row in Rebuild.objects.filter(consumer=consumer, announce=True, finished_at=None):
        while done < chunks and row.finished_at is None:
            row = step(row.pk, as_of=as_of)
            done += 1
    return done
