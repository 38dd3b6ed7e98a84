"""The messages of MDS 2.0.2 Agency: shape only.

Source: mds-openapi (fae69cb), models/{vehicle,trip,telemetry,event}.yaml. Members that are not
named here are allowed by the schemas and stay in the kept original.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from carriers.adapters.reading import Millis

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
Uuid = Annotated[str, Meta(pattern=_UUID)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Count = Annotated[int, Meta(ge=0)]

VehicleType = Literal[
    "bicycle", "bus", "cargo_bicycle", "car", "delivery_robot", "moped", "motorcycle",
    "scooter_standing", "scooter_seated", "truck", "other",
]  # fmt: skip
Propulsion = Literal[
    "human", "electric_assist", "electric", "combustion", "combustion_diesel", "hybrid",
    "hydrogen_fuel_cell", "plug_in_hybrid",
]  # fmt: skip
VehicleState = Literal[
    "removed", "available", "non_operational", "reserved", "on_trip", "stopped",
    "non_contactable", "missing", "elsewhere",
]  # fmt: skip
# `recommissioned` stands in the schema of delivery robots, `recommission` in the global list, and
# `system_start` in the documentation of `service_start`: all three are read.
EventType = Literal[
    "agency_drop_off", "agency_pick_up", "battery_charged", "battery_low", "changed_geographies",
    "charging_end", "charging_start", "comms_lost", "comms_restored", "compliance_pick_up",
    "customer_cancellation", "decommissioned", "driver_cancellation", "fueling_end",
    "fueling_start", "located", "maintenance", "maintenance_end", "maintenance_pick_up",
    "not_located", "off_hours", "on_hours", "order_drop_off", "order_pick_up",
    "passenger_cancellation", "provider_cancellation", "provider_drop_off", "rebalance_pick_up",
    "recommission", "recommissioned", "remote_end", "remote_start", "reservation_cancel",
    "reservation_start", "reservation_stop", "service_end", "service_start", "system_resume",
    "system_start", "system_suspend", "trip_cancel", "trip_end", "trip_enter_jurisdiction",
    "trip_leave_jurisdiction", "trip_pause", "trip_resume", "trip_start", "trip_stop",
    "unspecified",
]  # fmt: skip


class Gps(Struct, kw_only=True):
    """A position: degrees, metres, metres per second, degrees clockwise from north."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lng: Annotated[float, Meta(ge=-180, le=180)]
    heading: float | UnsetType = UNSET
    speed: float | UnsetType = UNSET
    horizontal_accuracy: float | UnsetType = UNSET


class Attributes(Struct, kw_only=True):
    """Measures of a vehicle in whole metres, as the modes with goods have them."""

    width: Count | UnsetType = UNSET
    length: Count | UnsetType = UNSET
    height: Count | UnsetType = UNSET


class Vehicle(Struct, kw_only=True):
    """models/vehicle.yaml"""

    device_id: Uuid
    provider_id: Uuid
    vehicle_id: Annotated[str, Meta(min_length=1)]
    vehicle_type: VehicleType
    propulsion_types: Annotated[list[Propulsion], Meta(min_length=1)]
    vehicle_attributes: Attributes | UnsetType = UNSET


class Trip(Struct, kw_only=True):
    """models/trip.yaml"""

    device_id: Uuid
    provider_id: Uuid
    trip_id: Uuid
    start_time: Millis
    end_time: Millis
    start_location: Gps
    end_location: Gps
    duration: Count
    distance: Count


class Telemetry(Struct, kw_only=True):
    """models/telemetry.yaml"""

    device_id: Uuid
    provider_id: Uuid
    telemetry_id: Uuid
    timestamp: Millis
    trip_ids: Annotated[list[Uuid], Meta(min_length=1)] | None
    journey_id: Uuid | None
    location: Gps
    battery_percent: Percent | UnsetType = UNSET
    fuel_percent: Percent | UnsetType = UNSET


class Event(Struct, kw_only=True):
    """models/event.yaml; `stop_id` is an extra member that the schema allows (2.0.2, data types:
    the stop at which the vehicle is)."""

    device_id: Uuid
    provider_id: Uuid
    event_id: Uuid
    vehicle_state: VehicleState
    event_types: Annotated[list[EventType], Meta(min_length=1)]
    timestamp: Millis
    location: Gps | UnsetType = UNSET
    event_geographies: list[Uuid] | UnsetType = UNSET
    battery_percent: Percent | UnsetType = UNSET
    fuel_percent: Percent | UnsetType = UNSET
    trip_ids: list[Uuid] | UnsetType = UNSET
    stop_id: Uuid | UnsetType = UNSET


Message = Vehicle | Trip | Telemetry | Event
KINDS: dict[str, type[Message]] = {
    "vehicles": Vehicle,
    "trips": Trip,
    "telemetry": Telemetry,
    "events": Event,
}
NATIVE_ID = {
    "vehicles": "device_id",
    "trips": "trip_id",
    "telemetry": "telemetry_id",
    "events": "event_id",
}
