"""Skipping an event that a consumer cannot take: it becomes void, for all who read the log.

Derived state is a function of the live events, so an event that is not to count must not be live:
then rewinds, rebuilds and every projection agree. The void is an event of its own type,
`event.skipped`, which only this module writes, under the sender of the event that it voids.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from carriers import rules
from carriers.messages import CarrierEvent, Voids
from carriers.models import LoggedEvent
from carriers.rules import Statement
from carriers.selectors.log import SKIPPED
from carriers.services import log, partitions
from foundation.models import StoppedSubject
from kernel import identifiers


def skip(stopped: StoppedSubject, *, actor: Actor, now: datetime) -> list[UUID]:
    """Void the event at which a subject stopped; return the rows of the log that its consumer is
    not to be given.

    Those are the row of the event and of its voids when it stopped at the event itself: what it
    never counted it need not take back. A void that cannot be consumed is only dropped: its
    target is void already, and a void has no void.
    """
    target = _row_of(stopped)
    if target is None:
        return [stopped.row_id]
    voids = _voids_of(stopped, target[0])
    if not voids:
        _write(target[0], stopped, actor, now)
        voids = _voids_of(stopped, target[0])
    return [stopped.row_id, *voids] if target[1] == stopped.row_id else []


def _row_of(stopped: StoppedSubject) -> tuple[UUID, UUID] | None:
    """Return sender and row of the event at fault; None when it is a void."""
    where = "WHERE subject_id = %s AND effective_at = %s AND event_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sender_id, id FROM carriers_position {where} UNION ALL"
            f" SELECT sender_id, id FROM carriers_event {where} AND voids_event_id IS NULL",
            [stopped.subject_id, stopped.event_at, stopped.event_id] * 2,
        )
        row = cursor.fetchone()
        return None if row is None else (row[0], row[1])


def _voids_of(stopped: StoppedSubject, sender_id: UUID) -> list[UUID]:
    rows = LoggedEvent.objects.filter(voids_event_id=stopped.event_id, sender_id=sender_id)
    return list(rows.values_list("id", flat=True))


def _write(sender_id: UUID, stopped: StoppedSubject, actor: Actor, now: datetime) -> None:
    event_id = identifiers.derived(stopped.city_id, "skip", str(sender_id), str(stopped.event_id))
    event = CarrierEvent(
        event_id=str(event_id),
        event_type="event.voided",
        classifier="actual",
        carrier_id=str(sender_id),
        occurred_at=now,
        voids=Voids(event_id=str(stopped.event_id), reason="incorrect_data"),
    )
    statement = rules.prepare(0, event, rules.Names(sender_id), rules.Ages(now))
    assert isinstance(statement, Statement)
    rules.seal([statement])
    event.event_type = SKIPPED  # type: ignore[assignment]  # no sender can say it
    log.limit_waits()
    partitions.ensure(now)
    log.store([log.Lot(log.Receipt(stopped.city_id, actor.client_id, now), [statement])])
