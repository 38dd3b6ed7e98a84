"""From messages of MDS to canonical events. Table: docs/api/dialects.md."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from carriers import codes
from carriers.adapters import reading
from carriers.adapters.mds.messages import (
    KINDS,
    NATIVE_ID,
    Event,
    Gps,
    Message,
    Telemetry,
    Trip,
    Vehicle,
)
from carriers.adapters.translated import Asked, Known, Namer, Translated
from carriers.messages import CarrierEvent, Energy, Outcome, Place, VehicleRef
from kernel.refusals import Reason

_ORIGIN = {
    "/occurred_at": "/timestamp",
    "/vehicle": "/device_id",
    "/carrier_id": "/provider_id",
    "/trip_id": "/trip_ids",
    "/stop_id": "/stop_id",
    "/place": "/location",
    "/place/accuracy_m": "/location/horizontal_accuracy",
    "/place/heading_deg": "/location/heading",
    "/place/speed_mps": "/location/speed",
    "/event_id": "/event_id",
}
_OF_TRIP = {
    "trip_start": "trip.started",
    "trip_pause": "trip.paused",
    "trip_resume": "trip.resumed",
    "trip_end": "trip.ended",
    "trip_cancel": "trip.cancelled",
    "driver_cancellation": "trip.cancelled",
    "provider_cancellation": "trip.cancelled",
    "customer_cancellation": "trip.cancelled",
}
# At a named stop the same words speak of the stop. `order_drop_off` and `order_pick_up` have two
# opposite meanings in the documentation; here they mean what they say in plain English.
_OF_STOP = {
    "trip_pause": "stop.arrived",
    "trip_resume": "stop.departed",
    "order_drop_off": "delivery.succeeded",
    "order_pick_up": "pickup.succeeded",
    "customer_cancellation": "delivery.failed",
}
_OF_VEHICLE = {
    "comms_lost": "telemetry.comms_lost",
    "comms_restored": "telemetry.comms_restored",
    "charging_start": "telemetry.charging_started",
    "charging_end": "telemetry.charging_ended",
    "trip_enter_jurisdiction": "zone.entered",
    "trip_leave_jurisdiction": "zone.exited",
}
_LEVELS = frozenset({"battery_charged", "battery_low", "fueling_start", "fueling_end"})
"""They say that a level changed; with the level itself they are an energy reading."""


def kind_of(raw: bytes) -> str:
    """Return what a message of a file is, by the members it has; '' when it is none of MDS."""
    try:
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    for kind, member in (
        ("telemetry", "telemetry_id"),
        ("events", "event_types"),
        ("vehicles", "vehicle_type"),
        ("trips", "trip_id"),
    ):
        if member in members:
            return kind
    return ""


def read(kind: str, raw: bytes) -> Message | list[Reason]:
    """Return a message of a kind (`vehicles`, `trips`, `telemetry`, `events`), or the reasons
    against it."""
    message = reading.read(raw, KINDS[kind])
    if kind == "telemetry" and isinstance(message, list):
        return [_with_null(reason) for reason in message]
    if isinstance(message, Event) and message.location is UNSET and not message.event_geographies:
        detail = "An event has a location, or event_geographies that are not empty."
        return [Reason(codes.MISSING, detail, pointer="/location")]
    return message


def _with_null(reason: Reason) -> Reason:
    """Return a fault of telemetry; an empty list of trips with how no trip is said."""
    if reason.pointer != "/trip_ids" or "length >= 1" not in reason.detail:
        return reason
    detail = f"{reason.detail} Null is meant for no trip."
    return Reason(reason.code, detail, pointer=reason.pointer)


def asks(message: Message, asked: Asked) -> None:
    """Note what has to be looked up for a message."""
    asked.vehicles.add(message.device_id)
    if isinstance(message, Event) and message.stop_id is not UNSET:
        asked.stops.add(message.stop_id)


def translate(kind: str, message: Message, sender: UUID, known: Known, raw: bytes) -> Translated:
    """Return the canonical events that a message stands for."""
    made = Translated(kind, str(getattr(message, NATIVE_ID[kind])))
    made.vehicle = known.vehicle(message.device_id)
    if isinstance(message, Vehicle):
        made.is_state = True
    elif isinstance(message, Trip):
        _trip(message, sender, made)
    elif isinstance(message, Telemetry):
        _telemetry(message, sender, made)
    else:
        _event(message, sender, known, made)
    return made


def vehicle_facts(message: Vehicle) -> dict[str, Any]:
    """Return the facts of a vehicle that MDS can say, as `vehicles.register` takes them.

    MDS knows no EU category, weight, Euro class or registration: they stay unknown.
    """
    facts: dict[str, Any] = {"ref": message.device_id, "body": _BODY.get(message.vehicle_type, "")}
    if len(message.vehicle_id) <= 16:
        facts["plate"] = message.vehicle_id
    if message.vehicle_type in {"bicycle", "cargo_bicycle"}:
        facts["category"] = message.vehicle_type
    fuels = {_FUEL.get(name) for name in message.propulsion_types}
    if None not in fuels:
        facts["fuels"] = sorted(fuel for names in fuels if names for fuel in names)
    if message.vehicle_attributes is not UNSET:
        for name in ("length", "width", "height"):
            value = getattr(message.vehicle_attributes, name)
            if value is not UNSET and 0 < value < 100:
                facts[f"{name}_m"] = float(value)
    return facts


_BODY = {"truck": "truck", "delivery_robot": "delivery_robot", "car": "car", "bus": "bus"}
# `combustion`, `hybrid` and `plug_in_hybrid` do not say which fuel is burnt: unknown.
_FUEL: dict[str, tuple[str, ...] | None] = {
    "human": (),
    "electric_assist": ("electric",),
    "electric": ("electric",),
    "combustion_diesel": ("diesel",),
    "hydrogen_fuel_cell": ("hydrogen",),
}


def _telemetry(message: Telemetry, sender: UUID, made: Translated) -> None:
    made.occurred_at = message.timestamp.at
    only = message.trip_ids[0] if message.trip_ids and len(message.trip_ids) == 1 else UNSET
    event = CarrierEvent(
        event_id=message.telemetry_id,
        event_type="telemetry.position",
        classifier="actual",
        carrier_id=str(sender),
        occurred_at=message.timestamp.at,
        vehicle=_vehicle(made),
        trip_id=only,
        place=_place(message.location),
        energy=_energy(message),
    )
    made.add(event, _ORIGIN | {"/event_id": "/telemetry_id"})


def _trip(message: Trip, sender: UUID, made: Translated) -> None:
    made.occurred_at = message.start_time.at
    if message.end_time.at < message.start_time.at:
        detail = "The trip ends before it starts."
        made.reasons.append(Reason(codes.INVALID, detail, pointer="/end_time"))
        return
    name = Namer(sender, "mds", "trip", message.trip_id)
    ends: tuple[tuple[Any, Any, Gps, str], ...] = (
        ("trip.started", message.start_time.at, message.start_location, "start"),
        ("trip.ended", message.end_time.at, message.end_location, "end"),
    )
    for event_type, at, location, word in ends:
        event = CarrierEvent(
            event_id=name.of(event_type),
            event_type=event_type,
            classifier="actual",
            carrier_id=str(sender),
            occurred_at=at,
            vehicle=_vehicle(made),
            trip_id=message.trip_id,
            place=_place(location),
        )
        origin = {"/occurred_at": f"/{word}_time", "/place": f"/{word}_location"}
        made.add(event, _ORIGIN | origin | {"/trip_id": "/trip_id"})


def _event(message: Event, sender: UUID, known: Known, made: Translated) -> None:
    made.occurred_at = message.timestamp.at
    name = Namer(sender, "mds", message.event_id)
    taken: set[str] = set()
    for place, word in enumerate(message.event_types):
        pointer = f"/event_types/{place}"
        meant = list(_meanings(message, word, known))
        if not meant:
            made.notes.append(Reason(codes.NOT_MAPPED, f"{word} has no event.", pointer=pointer))
        for event_type, trip_id in meant:
            key = event_type if trip_id is UNSET else f"{event_type} {trip_id}"
            if key in taken:  # two words of one message that mean the same
                continue
            event_id = name.of(key) if taken else message.event_id
            taken.add(key)
            event = _one(message, event_type, trip_id, sender, made)
            event.event_id = event_id
            made.add(event, _ORIGIN | {"": pointer, "/event_type": pointer})


def _meanings(message: Event, word: str, known: Known) -> Iterator[tuple[Any, Any]]:
    """Yield the canonical types that a word stands for, each with its trip."""
    trips = message.trip_ids or []
    stop = known.stops.get(message.stop_id) if message.stop_id is not UNSET else None
    if message.stop_id is not UNSET and word in _OF_STOP:
        trip = trips[0] if len(trips) == 1 else (stop.trip_id if stop else None)
        if trip is not None:
            yield _OF_STOP[word], trip
    elif word in _OF_TRIP:
        for trip in trips:
            yield _OF_TRIP[word], trip
    elif word in _OF_VEHICLE:
        if not word.startswith("trip_") or message.event_geographies:
            yield _OF_VEHICLE[word], trips[0] if len(trips) == 1 else UNSET
    elif word in _LEVELS and _energy(message) is not UNSET:
        yield "telemetry.energy", UNSET


def _one(
    message: Event, event_type: Any, trip_id: Any, sender: UUID, made: Translated
) -> CarrierEvent:
    event = CarrierEvent(
        event_id=message.event_id,
        event_type=event_type,
        classifier="actual",
        carrier_id=str(sender),
        occurred_at=message.timestamp.at,
        vehicle=_vehicle(made),
        trip_id=trip_id,
        place=_place(message.location, message.event_geographies),
        energy=_energy(message),
    )
    if event_type.startswith(("stop.", "delivery.", "pickup.")):
        event.stop_id = message.stop_id
    if event_type == "delivery.failed":
        event.outcome = Outcome(status="failed", reason="recipient_refused")
    return event


def _vehicle(made: Translated) -> VehicleRef:
    return VehicleRef(vehicle_id=made.vehicle or "")


def _energy(message: Telemetry | Event) -> Any:
    if message.battery_percent is UNSET and message.fuel_percent is UNSET:
        return UNSET
    return Energy(
        soc_pct=UNSET if message.battery_percent is UNSET else float(message.battery_percent),
        fuel_pct=UNSET if message.fuel_percent is UNSET else float(message.fuel_percent),
    )


def _place(gps: Any, geographies: Any = UNSET) -> Any:
    if gps is UNSET and not geographies:
        return UNSET
    place = Place(geography_ids=geographies or UNSET)
    if gps is not UNSET:
        place.lat, place.lng = gps.lat, gps.lng
        place.accuracy_m = _if_known(gps.horizontal_accuracy)
        place.speed_mps = _if_known(gps.speed)
        heading = _if_known(gps.heading)
        place.heading_deg = heading if heading is UNSET else heading % 360.0
    return place


def _if_known(value: Any) -> Any:
    """Return a measure, or nothing when it is negative: so receivers write the unknown."""
    return UNSET if value is UNSET or value < 0 else value
