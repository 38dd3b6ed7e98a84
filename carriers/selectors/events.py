"""What became of the events that were sent: in the log, voided, or kept aside."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import scopes
from accounts.actors import Actor
from accounts.models import Organisation
from carriers.models import EventIdentity, LoggedEvent, LoggedPosition, Quarantined

SCOPE = scopes.EVENTS_WRITE
POSITION = "telemetry.position"

Row = LoggedEvent | LoggedPosition


@dataclass
class Fate:
    """What became of one event id of one sender: the row of the log, if there is one, the voids
    that name it, and what was kept in quarantine under that id. `waits`: a void whose target has
    not come."""

    row: Row | None
    voided_by: list[UUID] = field(default_factory=list)
    kept: list[Quarantined] = field(default_factory=list)
    waits: bool = False


def fate(actor: Actor, event_id: UUID) -> Fate | None:
    """Return what became of an event that the actor may see; None if nothing did.

    Looked up by identity: one row for each sender that the actor reaches.
    """
    senders = _senders(actor)
    kept = list(
        Quarantined.objects.visible_to(actor, SCOPE).filter(
            organisation_id__in=senders, event_id=event_id
        )
    )
    identities = EventIdentity.objects.filter(sender_id__in=senders, event_id=event_id)
    for identity in identities.exclude(content_hash=None):
        if identity.subject_id is None:
            return Fate(None, kept=kept, waits=True)
        row = _row(actor, identity)
        if row is not None:
            return Fate(row, voids_of([row]).get(row.event_id, []), kept)
    return Fate(None, kept=kept) if kept else None


def _senders(actor: Actor) -> Collection[UUID]:
    if actor.is_city:
        return list(Organisation.objects.of_city(actor.city_id).values_list("pk", flat=True))
    return actor.organisation_ids(SCOPE)


def _row(actor: Actor, identity: EventIdentity) -> Row | None:
    """Return the row of an identity, by the index of its subject; None when it is not theirs, or
    has left the log."""
    for model in (LoggedEvent, LoggedPosition):
        found = (
            model.objects.visible_to(actor, SCOPE)
            .filter(
                subject_id=identity.subject_id,
                effective_at=identity.effective_at,
                received_at__gte=identity.received_at,
                sender_id=identity.sender_id,
                event_id=identity.event_id,
            )
            .first()
        )
        if found is not None:
            return found
    return None


def voids_of(rows: Iterable[Row]) -> dict[UUID, list[UUID]]:
    """Return, by event id, the ids of the voids that name rows: one query."""
    senders = {row.event_id: row.sender_id for row in rows}
    voids = LoggedEvent.objects.filter(voids_event_id__in=senders).order_by("received_at", "id")
    found: dict[UUID, list[UUID]] = {}
    for target, sender, void in voids.values_list("voids_event_id", "sender_id", "event_id"):
        if senders[target] == sender:
            found.setdefault(target, []).append(void)
    return found


def of_subject(
    *, subject_id: UUID, start: datetime, end: datetime, event_type: str | None
) -> list[Any]:
    """Return the querysets of a vehicle's or facility's events that happened in [start, end)."""
    if event_type == POSITION:
        models: tuple[Any, ...] = (LoggedPosition,)
    else:
        models = (LoggedEvent,) if event_type else (LoggedPosition, LoggedEvent)
    found = []
    for model in models:
        rows = model.objects.filter(
            subject_id=subject_id, effective_at__gte=start, effective_at__lt=end
        )
        named = event_type is not None and model is LoggedEvent
        found.append(rows.filter(event_type=event_type) if named else rows)
    return found
