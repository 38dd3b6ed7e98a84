"""What the curb's endpoints take and give."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from curbs import rules
from curbs.book import Policy, Zone
from curbs.models import Booking
from curbs.timeline import Slot


class BookingIn(msgspec.Struct, rename={"from_": "from"}, forbid_unknown_fields=True):
    """Metres for a vehicle; `vehicle_id` is ours or `ref:<your own id>`."""

    curb_zone_id: UUID
    vehicle_id: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    from_: Annotated[datetime, msgspec.Meta(tz=True)]
    until: Annotated[datetime, msgspec.Meta(tz=True)]
    confirm: bool = False
    stop_id: UUID | None = None


class ExtensionIn(msgspec.Struct, forbid_unknown_fields=True):
    """A later end."""

    until: Annotated[datetime, msgspec.Meta(tz=True)]


class MetresOut(msgspec.Struct):
    """A stretch of the curb line in metres from its start, half-open."""

    start: float
    end: float


class PriceOut(msgspec.Struct):
    """Smallest unit of the currency (ISO 4217)."""

    amount: int
    currency: str


class CancelledFor(msgspec.Struct):
    """Why the city cancelled a booking: a rule that was published after it was made.

    `rows` says of each sentence which row of the version it is, counted from 0.
    """

    code: str
    rule_code: str
    version_id: UUID
    sentences: list[str]
    remedies: list[str]
    alternatives: dict[str, Any]
    rows: list[int] = []


class BookingOut(msgspec.Struct, rename={"from_": "from"}):
    """A booking. `version` grows with every change."""

    id: UUID
    reference: str
    state: str
    version: int
    organisation_id: UUID
    booked_by_id: UUID
    vehicle_id: UUID
    plate: str
    curb_zone_id: UUID
    metres: MetresOut
    from_: datetime
    until: datetime
    hold_expires_at: datetime | None
    price: PriceOut
    policy_version_id: UUID
    stop_id: UUID | None
    created_at: datetime
    confirmed_at: datetime | None
    checked_in_at: datetime | None
    ended_at: datetime | None
    cancelled_for: CancelledFor | None


class SlotOut(msgspec.Struct, rename={"from_": "from"}):
    """A time in which what is free does not change; `fits` only where a length was asked."""

    from_: datetime
    until: datetime
    free_m: float
    longest_free_m: float
    fits: int | None = None


class SlotsOut(msgspec.Struct):
    """The timeline of a curb zone."""

    curb_zone_id: UUID
    length_m: float
    items: list[SlotOut]


class PolicyOut(msgspec.Struct):
    """What is allowed and what it costs: the slot price is for each started quarter of an hour."""

    id: UUID
    number: int
    title: str
    rows: list[Any]
    max_stay_min: int | None
    no_return_min: int | None
    bookable: bool
    slot_price: PriceOut | None


class CurbZoneProperties(msgspec.Struct):
    """A curb zone; `metres` on its line."""

    curb_zone_id: UUID
    curb_line_id: UUID
    code: str
    name: str
    street_name: str
    side: str
    metres: MetresOut
    length_m: float
    legal_from: datetime
    legal_until: datetime | None
    policy: PolicyOut | None


class CurbZoneFeature(msgspec.Struct):
    """A GeoJSON feature (RFC 7946)."""

    type: str
    id: UUID
    geometry: dict[str, Any]
    properties: CurbZoneProperties


class CurbZonesOut(msgspec.Struct):
    """A GeoJSON feature collection."""

    type: str
    features: list[CurbZoneFeature]


def booking(row: Booking) -> dict[str, Any]:
    """Return a booking as the API writes it."""
    return {
        "id": str(row.id),
        "reference": row.reference,
        "state": str(row.state),
        "version": row.version,
        "organisation_id": str(row.organisation_id),
        "booked_by_id": str(row.booked_by_id),
        "vehicle_id": str(row.vehicle_id),
        "plate": row.plate,
        "curb_zone_id": str(row.curb_zone_id),
        "metres": {"start": float(row.metres.lower), "end": float(row.metres.upper)},
        "from": row.during.lower.isoformat(),
        "until": row.during.upper.isoformat(),
        "hold_expires_at": _iso(row.hold_expires_at),
        "price": {"amount": row.price_amount, "currency": row.currency},
        "policy_version_id": str(row.policy_version_id),
        "stop_id": str(row.stop_id) if row.stop_id else None,
        "created_at": row.created_at.isoformat(),
        "confirmed_at": _iso(row.confirmed_at),
        "checked_in_at": _iso(row.checked_in_at),
        "ended_at": _iso(row.ended_at),
        "cancelled_for": row.cancelled_for,
    }


def slot(found: Slot) -> dict[str, Any]:
    """Return a part of a timeline as the API writes it."""
    out: dict[str, Any] = {
        "from": found.period.start.isoformat(),
        "until": _iso(found.period.end),
        "free_m": float(found.free_m),
        "longest_free_m": float(found.longest_free_m),
    }
    return out if found.fits is None else out | {"fits": found.fits}


def curb_zone(zone: Zone, policy: Policy | None) -> dict[str, Any]:
    """Return a curb zone as a GeoJSON feature."""
    return {
        "type": "Feature",
        "id": str(zone.id),
        "geometry": {
            "type": "LineString",
            "coordinates": [[round(x, 7), round(y, 7)] for x, y in zone.geometry.coords],
        },
        "properties": {
            "curb_zone_id": str(zone.id),
            "curb_line_id": str(zone.line_id),
            "code": zone.code,
            "name": zone.name,
            "street_name": zone.street_name,
            "side": zone.side,
            "metres": metres(zone.metres),
            "length_m": float(zone.metres.length),
            "legal_from": zone.when.legal.start.isoformat(),
            "legal_until": _iso(zone.when.legal.end),
            "policy": policy and policy_out(policy),
        },
    }


def policy_out(policy: Policy) -> dict[str, Any]:
    """Return a policy version as the API writes it."""
    stay = policy.stay
    price = stay.per_quarter
    return {
        "id": str(policy.id),
        "number": policy.number,
        "title": policy.title,
        "rows": list(policy.rows),
        "max_stay_min": _minutes(stay.max_stay),
        "no_return_min": _minutes(stay.no_return),
        "bookable": stay.bookable,
        "slot_price": price and {"amount": price.amount, "currency": price.currency},
    }


def metres(found: rules.Metres) -> dict[str, float]:
    """Return metres as the API writes them."""
    return {"start": float(found.start), "end": float(found.end)}


def _minutes(duration: Any) -> int | None:
    return None if duration is None else int(duration.total_seconds() // 60)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
