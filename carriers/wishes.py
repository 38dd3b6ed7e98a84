"""What carriers' services take: vehicles, facilities and routes as somebody wishes them. Pure."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kernel.vehicles import Category, EuroClass, Fuel

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
Gs1 = Annotated[
    str,
    Meta(max_length=120, description="Plain, as urn:epc:id:… or as https://id.gs1.org/…"),
]
Word = Annotated[str, Meta(max_length=24)]
Particulates = (
    Annotated[float, Meta(ge=0, le=100, description="Grams per kilowatt-hour (V.5).")]
    | Literal["not_stated"]
)


class LngLat(Struct, forbid_unknown_fields=True):
    """A position in WGS84 degrees."""

    lng: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]


class VehiclePatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """Facts of a vehicle; what is left out stays as it is, `null` makes it unknown."""

    plate: Annotated[str, Meta(max_length=16)] | UnsetType = UNSET
    category: Category | UnsetType | None = UNSET
    body: Word | UnsetType | None = UNSET
    fuels: list[Fuel] | UnsetType = UNSET
    euro_class: EuroClass | UnsetType | None = UNSET
    gross_weight_kg: Annotated[int, Meta(gt=0, le=200000)] | UnsetType | None = UNSET
    length_m: Metres | UnsetType | None = UNSET
    width_m: Metres | UnsetType | None = UNSET
    height_m: Metres | UnsetType | None = UNSET
    first_registration_on: date | UnsetType | None = UNSET
    stickers: dict[str, str] | UnsetType = UNSET
    special_purpose: list[Word] | UnsetType = UNSET
    particulate_filter: bool | UnsetType | None = UNSET
    n1_class: Literal["I", "II", "III"] | UnsetType | None = UNSET
    unladen_weight_kg: Annotated[int, Meta(gt=0, le=200000)] | UnsetType | None = UNSET
    particulates_g_per_kwh: Particulates | UnsetType | None = UNSET
    blind_spot_detection: bool | UnsetType | None = UNSET
    combination: bool | UnsetType | None = UNSET
    registered_in: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | UnsetType | None = UNSET
    capacity_kg: Count | UnsetType | None = UNSET
    capacity_units: Count | UnsetType | None = UNSET
    shift_start_min: Minute | UnsetType | None = UNSET
    shift_end_min: Minute | UnsetType | None = UNSET
    depot_id: IdOrRef | UnsetType | None = UNSET
    grai: Gs1 | UnsetType | None = UNSET
    giai: Gs1 | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class VehicleIn(VehiclePatch, kw_only=True):
    """A vehicle to register. With a `ref` that is known the vehicle is updated."""

    ref: Ref | UnsetType = UNSET
    organisation_id: UUID | UnsetType = UNSET


class FacilityIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A facility to register. With a `ref` that is known the facility is updated."""

    kind: Literal["depot", "station", "dock", "micro_hub", "locker", "pickup_point"]
    name: Annotated[str, Meta(min_length=1, max_length=160)]
    location: LngLat
    ref: Ref | UnsetType = UNSET
    organisation_id: UUID | UnsetType = UNSET
    gln: Gs1 | None = None
    active: bool = True


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
