"""What carriers' endpoints take and give."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from carriers.models import Facility, RoutePlan, Stop, Vehicle

Ref = Annotated[str, Meta(min_length=1, max_length=64)]
IdOrRef = Annotated[
    str,
    Meta(
        pattern=r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|ref:.{1,64})$",
        description="A UUID of ours, or ref:<your own id>.",
    ),
]
Instant = Annotated[datetime, Meta(tz=True)]
Metres = Annotated[float, Meta(gt=0, lt=100)]
Count = Annotated[int, Meta(ge=0, le=2_000_000_000)]
Minute = Annotated[int, Meta(ge=0, le=1440)]
Category = Literal[
    "M1", "M2", "M3", "N1", "N2", "N3", "L1e", "L2e", "L3e", "L4e", "L5e", "L6e", "L7e",
    "bicycle", "cargo_bicycle",
]  # fmt: skip
Word = Annotated[str, Meta(max_length=24)]


class LngLat(Struct, forbid_unknown_fields=True):
    """A position in WGS84 degrees."""

    lng: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]


class VehiclePatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """Facts of a vehicle; what is left out stays as it is, `null` makes it unknown."""

    plate: Annotated[str, Meta(max_length=16)] | UnsetType = UNSET
    category: Category | UnsetType | None = UNSET
    body: Word | UnsetType | None = UNSET
    fuels: list[Word] | UnsetType = UNSET
    euro_class: Annotated[str, Meta(max_length=16)] | UnsetType | None = UNSET
    gross_weight_kg: Annotated[int, Meta(gt=0, le=200000)] | UnsetType | None = UNSET
    length_m: Metres | UnsetType | None = UNSET
    width_m: Metres | UnsetType | None = UNSET
    height_m: Metres | UnsetType | None = UNSET
    first_registration_on: date | UnsetType | None = UNSET
    stickers: dict[str, str] | UnsetType = UNSET
    special_purpose: list[Word] | UnsetType = UNSET
    particulate_filter: bool | UnsetType | None = UNSET
    capacity_kg: Count | UnsetType | None = UNSET
    capacity_units: Count | UnsetType | None = UNSET
    shift_start_min: Minute | UnsetType | None = UNSET
    shift_end_min: Minute | UnsetType | None = UNSET
    depot_id: IdOrRef | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class VehicleIn(VehiclePatch, kw_only=True):
    """A vehicle to register. With a `ref` that is known the vehicle is updated."""

    ref: Ref | UnsetType = UNSET
    organisation_id: UUID | UnsetType = UNSET


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
    capacity_kg: int | None
    capacity_units: int | None
    shift_start_min: int | None
    shift_end_min: int | None
    depot_id: UUID | None
    active: bool


class FacilityIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A facility to register. With a `ref` that is known the facility is updated."""

    kind: Literal["depot", "station", "dock", "micro_hub", "locker", "pickup_point"]
    name: Annotated[str, Meta(min_length=1, max_length=160)]
    location: LngLat
    ref: Ref | UnsetType = UNSET
    organisation_id: UUID | UnsetType = UNSET
    active: bool = True


class FacilityOut(Struct, kw_only=True):
    """A facility."""

    id: UUID
    organisation_id: UUID
    ref: str
    kind: str
    name: str
    location: LngLat
    active: bool


class StopIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A stop of a route, in the order of the list."""

    stop_id: IdOrRef
    location: LngLat
    name: Annotated[str, Meta(max_length=160)] = ""
    address: Annotated[str, Meta(max_length=240)] = ""
    kind: Literal["delivery", "pickup"] = "delivery"
    window_start_at: Instant | None = None
    window_end_at: Instant | None = None
    planned_arrival_at: Instant | None = None
    service_s: Annotated[int, Meta(ge=0, le=86_400)] = 180
    demand_kg: Count = 0
    demand_units: Count = 0
    curb_zone_id: UUID | None = None


class RouteIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The route of a trip. Sent again it becomes the trip's next revision."""

    trip_id: IdOrRef
    vehicle_id: IdOrRef
    service_on: date
    stops: Annotated[list[StopIn], Meta(max_length=1000)]
    start_at: Instant | None = None
    end_at: Instant | None = None
    start_location: LngLat | None = None
    end_location: LngLat | None = None
    organisation_id: UUID | UnsetType = UNSET


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
_OR_UNKNOWN = frozenset({"category", "body", "euro_class"})


def vehicle(row: Vehicle) -> dict[str, Any]:
    """Return a vehicle as JSON data; what is empty is unknown: null."""
    shown = {name: getattr(row, name) for name in _VEHICLE}
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
