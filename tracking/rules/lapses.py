"""A service exception, made of the event that shows it."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tracking.rules.told import Lapse, Told
from tracking.rules.trips import Namer

KINDS = (
    "late", "out_of_sequence", "dwell_spike", "missing_scan", "silent_vehicle", "misload",
)  # fmt: skip


class Where(NamedTuple):
    """What an exception is about, beside its subject."""

    facility_id: UUID | None = None
    trip_id: UUID | None = None
    stop_id: UUID | None = None


def lapse(
    name: Namer,
    kind: str,
    detail: str,
    place: UUID,
    told: Told,
    *,
    where: Where | None = None,
    since: datetime | None = None,
    first_event_id: UUID | None = None,
    facts: dict[str, Any] | None = None,
    lasts: bool = False,
) -> Lapse:
    """Return the exception that `told` shows: from `since` (else the event's time) to the event's
    time, or open if it `lasts`. `first_event_id` is the event that it began with, if another;
    `where` what it is about, if not what the event names."""
    first = first_event_id or told.event_id
    about = where or Where(told.facility_id, told.trip_id, told.stop_id)
    return Lapse(
        id=name(f"exception {kind} {detail}", place, first),
        kind=kind,
        detail=detail,
        facility_id=about.facility_id,
        trip_id=about.trip_id,
        stop_id=about.stop_id,
        started_at=since or told.at,
        ended_at=None if lasts else told.at,
        facts=facts or {},
        first_event_id=first,
        touched_at=told.at,
        organisation_id=told.sender_id,
    )
