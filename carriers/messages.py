"""The canonical carrier event as typed structs: shape only, no judgement.

Field order is the order of `carrier_event.schema.json`; the content hash depends on it, so a new
field goes to the end. A member that is absent is `UNSET`; `null` is not a value of any member.
JSON has no cycles, so the garbage collector need not watch these structs (`gc=False`).
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Instant = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=100)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Degrees = Annotated[float, Meta(ge=0, lt=360)]
NotNegative = Annotated[float, Meta(ge=0)]
MOST_SEQ = 2**63 - 1
MOST_SKEW_MS = 10**11
"""Counters that no 64-bit column can hold; the schema sets no limit, storage does."""
Text64 = Annotated[str, Meta(max_length=64)]

EventType = Literal[
    "station.gate_in",
    "station.dock_arrival",
    "station.load_started",
    "station.load_verified",
    "station.load_mismatch",
    "station.unload_verified",
    "station.dock_departure",
    "station.gate_out",
    "trip.planned",
    "trip.started",
    "trip.paused",
    "trip.resumed",
    "trip.ended",
    "trip.cancelled",
    "route.published",
    "route.revised",
    "stop.eta_updated",
    "stop.approaching",
    "stop.arrived",
    "stop.service_started",
    "stop.departed",
    "stop.skipped",
    "delivery.attempted",
    "delivery.succeeded",
    "delivery.partial",
    "delivery.failed",
    "pickup.succeeded",
    "pickup.failed",
    "return.received",
    "ooh.deposited",
    "ooh.ready",
    "ooh.collected",
    "ooh.expired",
    "ooh.rejected",
    "custody.handed_over",
    "curb.claimed",
    "curb.checked_in",
    "curb.checked_out",
    "curb.blocked",
    "telemetry.position",
    "telemetry.engine_on",
    "telemetry.engine_off",
    "telemetry.idle",
    "telemetry.charging_started",
    "telemetry.charging_ended",
    "telemetry.energy",
    "telemetry.comms_lost",
    "telemetry.comms_restored",
    "zone.entered",
    "zone.exited",
    "event.voided",
]
Classifier = Literal["planned", "projected", "actual"]


class Clock(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """How the sender measured the time of the event."""

    source: Literal["gnss", "device", "backend", "manual"] | UnsetType = UNSET
    captured_at: Instant | UnsetType = UNSET
    captured_offline: bool | UnsetType = UNSET
    device_id: Text64 | UnsetType = UNSET
    session_id: Text64 | UnsetType = UNSET
    seq: Count | UnsetType = UNSET
    sent_at: Instant | UnsetType = UNSET
    skew_ms: int | UnsetType = UNSET


class VehicleRef(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Which vehicle: our UUID or `ref:<the sender's own id>`."""

    vehicle_id: str
    plate: Annotated[str, Meta(max_length=16)] | UnsetType = UNSET
    grai: str | UnsetType = UNSET
    giai: str | UnsetType = UNSET


class Unit(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One logistic unit (parcel, roll cage, pallet)."""

    id: str
    scheme: Literal["sscc", "s10", "gsin", "ginc", "grai", "carrier"]


class Place(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Where: WGS84 degrees, metres, metres per second, degrees clockwise from north."""

    lat: Latitude | UnsetType = UNSET
    lng: Longitude | UnsetType = UNSET
    accuracy_m: NotNegative | UnsetType = UNSET
    heading_deg: Degrees | UnsetType = UNSET
    speed_mps: NotNegative | UnsetType = UNSET
    gln: Annotated[str, Meta(pattern=r"^[0-9]{13}$")] | UnsetType = UNSET
    gln_extension: str | UnsetType = UNSET
    unlocode: str | UnsetType = UNSET
    curb_zone_id: str | UnsetType = UNSET
    station_id: str | UnsetType = UNSET
    ooh_point_id: str | UnsetType = UNSET
    compartment: str | UnsetType = UNSET
    geography_ids: list[str] | UnsetType = UNSET


class Energy(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Charge, fuel and distance counters."""

    soc_pct: Share | UnsetType = UNSET
    fuel_pct: Share | UnsetType = UNSET
    kwh: float | UnsetType = UNSET
    litres: float | UnsetType = UNSET
    odometer_m: Count | UnsetType = UNSET
    idle_s: Count | UnsetType = UNSET


class Outcome(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """What came of a delivery, a pickup or a deposit."""

    status: Literal["succeeded", "partial", "failed", "cancelled"]
    reason: (
        Literal[
            "recipient_absent",
            "recipient_refused",
            "wrong_address",
            "no_access",
            "damaged",
            "label_unreadable",
            "wrong_recipient",
            "delivered_elsewhere",
            "incomplete",
            "ooh_full",
            "ooh_fault",
            "id_check_failed",
            "zone_denied",
            "no_curb_space",
            "time_window_missed",
            "vehicle_failure",
            "other",
        ]
        | UnsetType
    ) = UNSET
    note: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    attempt: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    next_action: Literal["reattempt", "redirect_ooh", "return", "hold"] | UnsetType = UNSET
    proof: dict[str, Any] | UnsetType = UNSET


class Voids(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Which earlier (or later) event of the same sender did not happen as told."""

    event_id: str
    reason: Literal["did_not_occur", "incorrect_data"]
    replaced_by: list[str] | UnsetType = UNSET


class CarrierEvent(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One thing that happened, is planned or is projected, told by a carrier."""

    schema_version: Literal["1.0"] | UnsetType = UNSET
    event_id: str
    event_type: EventType
    classifier: Classifier
    carrier_id: str
    occurred_at: Instant
    clock: Clock | UnsetType = UNSET
    vehicle: VehicleRef | UnsetType = UNSET
    trip_id: str | UnsetType = UNSET
    stop_id: str | UnsetType = UNSET
    stop_seq: Count | UnsetType = UNSET
    units: Annotated[list[Unit], Meta(max_length=500)] | UnsetType = UNSET
    units_expected: Count | UnsetType = UNSET
    units_counted: Count | UnsetType = UNSET
    place: Place | UnsetType = UNSET
    energy: Energy | UnsetType = UNSET
    outcome: Outcome | UnsetType = UNSET
    eta: Instant | UnsetType = UNSET
    voids: Voids | UnsetType = UNSET
    ext: dict[str, Any] | UnsetType = UNSET
    facility_id: str | UnsetType = UNSET


#: Members that the schema calls integer; JSON Schema counts 3.0 as one (Draft 2020-12, 6.1.1).
INTEGER_MEMBERS: dict[str, frozenset[str]] = {
    "": frozenset({"stop_seq", "units_expected", "units_counted"}),
    "clock": frozenset({"seq", "skew_ms"}),
    "energy": frozenset({"odometer_m", "idle_s"}),
    "outcome": frozenset({"attempt"}),
}
