"""What the endpoints of checks take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from accounts.actors import Actor
from compliance.models import PlateCheck

Lng = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Lat = Annotated[float, msgspec.Meta(ge=-90, le=90)]


class CheckPointIn(msgspec.Struct, forbid_unknown_fields=True):
    """A position (WGS84); the curb within ten metres counts too."""

    lng: Lng
    lat: Lat


class CheckIn(msgspec.Struct, forbid_unknown_fields=True):
    """A plate, exactly one of `place`, `zone_id` and `curb_zone_id`, and a time (now if absent)."""

    plate: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    place: CheckPointIn | None = None
    zone_id: UUID | None = None
    curb_zone_id: UUID | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class CheckedPlace(msgspec.Struct):
    """Where it was checked."""

    lng: float | None
    lat: float | None
    zone_id: UUID | None
    curb_zone_id: UUID | None


class GraceOut(msgspec.Struct):
    """A rule that the vehicle breaks: since when, and until when it makes no finding yet."""

    rule: dict[str, Any]
    kind: str
    severity: str
    sentence: str
    sentences: dict[str, str]
    since: datetime
    until: datetime
    left_s: int


class CheckOut(msgspec.Struct):
    """A check as it was answered. `vehicle_id` null: nobody registered this plate."""

    id: UUID
    plate: str
    vehicle_id: UUID | None
    organisation_id: UUID | None
    at: datetime
    checked_at: datetime
    checked_by: dict[str, Any] | None
    place: CheckedPlace
    access: Literal["prohibited", "undetermined", "allowed", "unregulated"]
    admissible: bool
    obligations: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    missing_facts: list[str]
    graces: list[GraceOut]
    next_breach_at: datetime | None
    permits: list[dict[str, Any]]
    bookings: list[dict[str, Any]]
    presence: dict[str, Any]
    curb: dict[str, Any] | None


def check(row: PlateCheck, actor: Actor) -> dict[str, Any]:
    """Return a check as JSON data; who of the city asked is for the city to know."""
    return {
        "id": row.id,
        "plate": row.plate,
        "vehicle_id": row.vehicle_id,
        "organisation_id": row.organisation_id,
        "at": row.at,
        "checked_at": row.checked_at,
        "checked_by": {"user_id": row.officer_id, "client_id": row.client_id}
        if actor.is_city
        else None,
        "place": {
            "lng": row.lng,
            "lat": row.lat,
            "zone_id": row.zone_id,
            "curb_zone_id": row.curb_zone_id,
        },
    } | row.answer
