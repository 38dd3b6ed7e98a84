"""What carriers' endpoints take and give."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from carriers.models import Facility, RoutePlan, Stop, Vehicle
from carriers.wishes import (
    FacilityIn,
    IdOrRef,
    LngLat,
    RouteIn,
    StopIn,
    VehicleIn,
    VehiclePatch,
)
from kernel.vehicles import NOT_STATED

__all__ = ["FacilityIn", "IdOrRef", "RouteIn", "StopIn", "VehicleIn", "VehiclePatch"]


class VehicleOut(Struct, kw_only=True):
    """A vehicle."""

    id: UUID
    organisation_id: UUID
    ref: str
    plate: str
    category: str | None
    body: str | None
    fuels: list[str]
    euro_class: str | None
    gross_weight_kg: int | None
    length_m: float | None
    width_m: float | None
    height_m: float | None
    first_registration_on: date | None
    stickers: dict[str, str]
    special_purpose: list[str]
    particulate_filter: bool | None
    n1_class: str | None
    unladen_weight_kg: int | None
    particulates_g_per_kwh: float | Literal["not_stated"] | None
    blind_spot_detection: bool | None
    combination: bool | None
    registered_in: str | None
    capacity_kg: int | None
    capacity_units: int | None
    shift_start_min: int | None
    shift_end_min: int | None
    depot_id: UUID | None
    grai: str | None
    giai: str | None
    active: bool


class FacilityOut(Struct, kw_only=True):
    """A facility."""

    id: UUID
    organisation_id: UUID
    ref: str
    kind: str
    name: str
    location: LngLat
    gln: str | None
    active: bool


class StopOut(Struct, kw_only=True):
    """A stop of a route."""

    stop_id: UUID
    seq: int
    ref: str
    name: str
    address: str
    location: LngLat
    kind: str
    window_start_at: datetime | None
    window_end_at: datetime | None
    planned_arrival_at: datetime | None
    service_s: int
    demand_kg: int
    demand_units: int
    curb_zone_id: UUID | None


class RouteOut(Struct, kw_only=True):
    """One revision of a route."""

    id: UUID
    organisation_id: UUID
    vehicle_id: UUID
    trip_id: UUID
    trip_ref: str
    service_on: date
    revision: int
    source: str
    is_current: bool
    published_at: datetime
    start_at: datetime | None
    end_at: datetime | None
    start_location: LngLat | None
    end_location: LngLat | None
    stops: list[StopOut]


_VEHICLE = tuple(VehicleOut.__struct_fields__)
_OR_UNKNOWN = frozenset(
    {"category", "body", "euro_class", "n1_class", "registered_in", "grai", "giai"}
)


def vehicle(row: Vehicle) -> dict[str, Any]:
    """Return a vehicle as JSON data; what is empty is unknown: null."""
    shown = {name: getattr(row, name) for name in _VEHICLE}
    if shown["particulates_g_per_kwh"] == NOT_STATED:
        shown["particulates_g_per_kwh"] = "not_stated"
    return shown | {name: shown[name] or None for name in _OR_UNKNOWN}


def facility(row: Facility) -> dict[str, Any]:
    """Return a facility as JSON data."""
    return {
        "id": row.id,
        "organisation_id": row.organisation_id,
        "ref": row.ref,
        "kind": row.kind,
        "name": row.name,
        "location": _lnglat(row.location),
        "gln": row.gln or None,
        "active": row.active,
    }


def route(row: RoutePlan) -> dict[str, Any]:
    """Return a route with its stops as JSON data."""
    names = (
        "id", "organisation_id", "vehicle_id", "trip_id", "trip_ref", "service_on", "revision",
        "source", "is_current", "published_at", "start_at", "end_at",
    )  # fmt: skip
    shown = {name: getattr(row, name) for name in names}
    return shown | {
        "start_location": _lnglat(row.start_location),
        "end_location": _lnglat(row.end_location),
        "stops": [stop(one) for one in sorted(row.stops.all(), key=lambda one: one.seq)],
    }


def stop(row: Stop) -> dict[str, Any]:
    """Return a stop as JSON data."""
    names = (
        "stop_id", "seq", "name", "address", "kind", "window_start_at", "window_end_at",
        "planned_arrival_at", "service_s", "demand_kg", "demand_units", "curb_zone_id",
    )  # fmt: skip
    shown = {name: getattr(row, name) for name in names}
    return shown | {"ref": row.stop_ref, "location": _lnglat(row.location)}


def _lnglat(point: Any) -> dict[str, float] | None:
    return None if point is None else {"lng": point.x, "lat": point.y}
