"""How events are shown that were sent: what the log holds, and what became of an id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from carriers.api import kept
from carriers.models import LoggedEvent
from carriers.selectors.events import POSITION, Fate, Row


class PlaceOut(Struct, kw_only=True):
    """Where it happened, in WGS84 degrees; metres, metres per second, degrees from north."""

    lng: float
    lat: float
    accuracy_m: float | None
    speed_mps: float | None
    heading_deg: float | None


class EventOut(Struct, kw_only=True):
    """An event in the log. `effective_at` is when it counts, `received_at` domain time; `payload`
    is the event in canonical form, of a position what has no member of its own here."""

    event_id: UUID
    event_type: str
    organisation_id: UUID
    client_id: UUID | None
    vehicle_id: UUID | None
    facility_id: UUID | None
    trip_id: UUID | None
    stop_id: UUID | None
    occurred_at: datetime
    effective_at: datetime
    received_at: datetime
    lateness: str
    place: PlaceOut | None
    voids_event_id: UUID | None
    voided_by: list[UUID]
    payload: dict[str, Any]


class FateOut(Struct, kw_only=True):
    """What became of an event id. `status`: accepted, voided, waiting (a void whose target has not
    come), quarantined, conflict or dismissed. `kept` is what lay or lies in quarantine."""

    event_id: UUID
    status: str
    event: EventOut | None
    kept: list[kept.QuarantinedOut]


def event(row: Row, voided_by: Sequence[UUID]) -> dict[str, Any]:
    """Return an event of the log as JSON data."""
    names = (
        "event_id", "client_id", "trip_id", "occurred_at", "effective_at", "received_at",
        "lateness",
    )  # fmt: skip
    shown = {name: getattr(row, name) for name in names}
    shown |= {
        "organisation_id": row.sender_id,
        "place": _place(row),
        "voided_by": list(voided_by),
        "payload": row.payload or {},
    }
    if isinstance(row, LoggedEvent):
        more = ("event_type", "vehicle_id", "facility_id", "stop_id", "voids_event_id")
        return shown | {name: getattr(row, name) for name in more}
    named = dict.fromkeys(("facility_id", "stop_id", "voids_event_id"))
    return shown | named | {"event_type": POSITION, "vehicle_id": row.subject_id}


def _place(row: Row) -> dict[str, float | None] | None:
    if row.lng is None:
        return None
    names = ("lng", "lat", "accuracy_m", "speed_mps", "heading_deg")
    return {name: getattr(row, name) for name in names}


def fate(event_id: UUID, found: Fate) -> dict[str, Any]:
    """Return what became of an event as JSON data."""
    return {
        "event_id": event_id,
        "status": _status(found),
        "event": None if found.row is None else event(found.row, found.voided_by),
        "kept": [kept.quarantined(row) for row in found.kept],
    }


def _status(found: Fate) -> str:
    if found.row is not None:
        return "voided" if found.voided_by else "accepted"
    if found.waits:
        return "waiting"
    first = min(found.kept, key=lambda row: (row.resolved_at is not None, row.is_conflict))
    if first.resolved_at is not None:
        return first.resolution
    return "conflict" if first.is_conflict else "quarantined"
