"""From entities of OTM to canonical events. Table: docs/api/dialects.md."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from carriers import codes
from carriers.adapters import reading, units
from carriers.adapters.otm import actions, routes
from carriers.adapters.otm.context import Context, around, identity, inlined, of_trip
from carriers.adapters.otm.messages import (
    ACTION_TYPES,
    EVENT_TYPES,
    KINDS,
    Action,
    Event,
    Location,
    Message,
    Trip,
    Vehicle,
)
from carriers.adapters.otm.naming import id_or_ref, linked, moving_place, trip_unknown
from carriers.adapters.reading import Unreadable
from carriers.adapters.translated import Asked, Known, Namer, Translated
from carriers.messages import CarrierEvent, Energy, VehicleRef
from kernel.refusals import Reason

_MOVING = frozenset({"locationUpdateEvent", "startMovingEvent", "stopMovingEvent"})
_OF_ENGINE = {
    "startEngineEvent": "telemetry.engine_on",
    "stopEngineEvent": "telemetry.engine_off",
    "startWaitingEvent": "telemetry.idle",
}
_OF_STATUS = {
    "inTransit": "trip.started",
    "completed": "trip.ended",
    "cancelled": "trip.cancelled",
}
_BY_ENTITY = {"trip": "trips", "vehicle": "vehicles", "location": "locations"}


def kind_of(raw: bytes) -> str:
    """Return what an entity of a file is; '' when it is none that is read here."""
    try:
        members = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    if "eventType" in members:
        return "events"
    if "actionType" in members:
        return "actions"
    kind = _BY_ENTITY.get(str(members.get("entityType")), "")
    if not kind and "actions" in members:  # the published samples leave entityType out
        return "trips"
    return kind


def read(kind: str, raw: bytes) -> Message | list[Reason]:
    """Return an entity of a kind (`trips`, `vehicles`, …), or the reasons against it."""
    found = reading.read(raw, KINDS[kind])
    if isinstance(found, Event) and found.eventType not in EVENT_TYPES:
        detail = f"{found.eventType[:40]!r} is no event of OTM 5.6; {_listed(EVENT_TYPES)}."
        return [Reason(codes.INVALID, detail, pointer="/eventType")]
    if isinstance(found, Action) and found.does not in ACTION_TYPES:
        detail = f"{found.does[:40]!r} is no action of OTM 5.6; {_listed(ACTION_TYPES)}."
        return [Reason(codes.INVALID, detail, pointer="/actionType")]
    if isinstance(found, Event) and found.eventType == "updateEvent":
        inner = _updated(found)
        return inner if isinstance(inner, list) else found
    needs_id = isinstance(found, Trip | Vehicle | Location)
    if needs_id and found.id is UNSET:  # type: ignore[union-attr]
        return [Reason(codes.MISSING, f"{kind} need an id here.", pointer="/id")]
    return found


def _listed(allowed: Iterable[str]) -> str:
    return f"allowed: {', '.join(sorted(allowed))}"


def _updated(event: Event) -> Trip | Action | list[Reason] | None:
    """Return the trip or action that an updateEvent tells; None when it is of another kind."""
    if event.entity is UNSET:
        return [Reason(codes.MISSING, "An updateEvent needs an entity.", pointer="/entity")]
    try:
        named = msgspec.json.decode(event.entity, type=dict[str, Any]).get("entityType")
    except msgspec.MsgspecError as error:
        return [Reason(codes.INVALID, str(error), pointer="/entity")]
    named = named if isinstance(named, str) else ""
    kind: Any = Trip if named == "trip" else Action if named in ACTION_TYPES else None
    if kind is None:
        return None
    found = reading.read(bytes(event.entity), kind)
    if isinstance(found, list):
        return [Reason(one.code, one.detail, pointer=f"/entity{one.pointer}") for one in found]
    return found  # type: ignore[no-any-return]


def asks(message: Message, asked: Asked) -> None:
    """Note what has to be looked up for an entity."""
    roots: list[Any] = [message]
    if isinstance(message, Event) and message.eventType == "updateEvent":
        roots.append(_updated(message))
    for root in roots:
        if isinstance(root, msgspec.Struct):
            for entity in (root, *inlined(root)):
                _asks(entity, asked)


def _asks(entity: msgspec.Struct, asked: Asked) -> None:
    for name, wanted in (("vehicle", asked.vehicles), ("location", asked.locations)):
        named = linked(getattr(entity, name, UNSET))
        if named:
            wanted.add(named.lower())
    location = linked(getattr(entity, "location", UNSET))
    if location:
        asked.facilities.add(location.lower())
    if isinstance(entity, Location) and entity.gln is not UNSET:
        asked.facilities.add(entity.gln)
    for name in ("trip", "stop"):
        named = linked(getattr(entity, name, UNSET))
        if named:
            getattr(asked, f"{name}s").add(id_or_ref(named))
    own = getattr(entity, "id", UNSET)
    if isinstance(entity, Trip) and own is not UNSET:
        asked.trips.add(id_or_ref(own))
    if isinstance(entity, Action) and entity.does == "stop" and own is not UNSET:
        asked.stops.add(id_or_ref(own))


def translate(kind: str, message: Message, sender: UUID, known: Known, raw: bytes) -> Translated:
    """Return the canonical events that an entity stands for, and the route that it plans."""
    native = identity(message, sender)
    lifecycle = str(getattr(message, "lifecycle", None) or "")
    made = Translated(kind, f"{native}|{lifecycle}" if lifecycle else native)
    if isinstance(message, Vehicle | Location):
        made.is_state = True
    elif isinstance(message, Trip):
        made.is_state = True
        context = of_trip(message, around(message, sender, known))
        made.vehicle = context.vehicle
        made.route = routes.plan(message, context, made)
        actions.nested(message.actions, context, made)
    elif isinstance(message, Action):
        made.is_state = True
        actions.take(message, around(message, sender, known), made)
    else:
        _event(message, native, sender, known, made)
    if made.vehicle is None and made.made:
        vehicle = made.made[0].event.vehicle
        made.vehicle = vehicle.vehicle_id if vehicle is not UNSET else None
    return made


def _event(message: Event, native: str, sender: UUID, known: Known, made: Translated) -> None:
    if message.lifecycle not in (UNSET, "actual", "realized"):
        made.notes.append(
            Reason(codes.NOT_MAPPED, f"An event that is {message.lifecycle} did not happen yet.")
        )
        return
    if message.creationDate is UNSET:
        detail = "The time of an event of OTM is its creationDate."
        made.reasons.append(Reason(codes.UNTIMED, detail, pointer="/creationDate"))
        return
    made.occurred_at = message.creationDate.at
    if message.eventType == "updateEvent":
        _update(message, native, sender, known, made)
        return
    name = linked(message.vehicle)
    made.vehicle = known.vehicle(name.lower()) if name else None
    trip = linked(message.trip)
    if made.vehicle is None and trip:
        made.vehicle = known.trips.get(id_or_ref(trip))
    event = CarrierEvent(
        event_id="",
        event_type="telemetry.position",
        classifier="actual",
        carrier_id=str(sender),
        occurred_at=message.creationDate.at,
        trip_id=id_or_ref(trip) if trip else UNSET,
    )
    try:
        event_type = _measured(message, event)
    except Unreadable as fault:
        made.reasons.append(fault.reason)
        return
    if event_type is None:
        detail = f"{message.eventType} with what it says has no event."
        made.notes.append(Reason(codes.NOT_MAPPED, detail, pointer="/eventType"))
        return
    if made.vehicle is None and trip:
        made.reasons.append(trip_unknown(trip, "/trip"))
        return
    if made.vehicle is None:
        detail = "The event says no vehicle, nor a trip with one."
        made.reasons.append(Reason(codes.UNNAMED, detail, pointer="/vehicle"))
        return
    event.vehicle = VehicleRef(vehicle_id=made.vehicle)
    event.event_type = event_type
    event.event_id = Namer(sender, "otm", native, str(message.lifecycle or "")).of(event_type)
    made.add(event, _ORIGIN)


def _measured(message: Event, event: CarrierEvent) -> Any:
    """Fill in what an event measured and return its canonical type, None when it has none."""
    if message.geoReference is not UNSET:
        event.place = moving_place(message.geoReference, "/geoReference") or UNSET
    if message.eventType in _MOVING:
        return "telemetry.position" if event.place is not UNSET else None
    if message.eventType in _OF_ENGINE:
        return _OF_ENGINE[message.eventType]
    if message.eventType == "fuelConsumedEvent" and message.amount is not UNSET:
        litres = units.litres(message.amount.value, message.amount.unit)
        kwh = units.kilowatt_hours(message.amount.value, message.amount.unit)
        if litres is None and kwh is None:
            return None  # kilograms of hydrogen, say: kept
        event.energy = Energy(
            litres=UNSET if litres is None else litres, kwh=UNSET if kwh is None else kwh
        )
        return "telemetry.energy"
    return None


def _update(message: Event, native: str, sender: UUID, known: Known, made: Translated) -> None:
    entity = _updated(message)
    if isinstance(entity, Action):
        context = around(entity, sender, known).at("/entity")
        actions.take(entity, _told(context, message), made)
    elif isinstance(entity, Trip) and entity.status in _OF_STATUS and entity.id is not UNSET:
        context = of_trip(entity, around(entity, sender, known))
        if context.vehicle is None:
            detail = "The trip says no vehicle and has no published route."
            made.reasons.append(Reason(codes.UNNAMED, detail, pointer="/entity/vehicle"))
            return
        made.vehicle = context.vehicle
        event_type: Any = _OF_STATUS[str(entity.status)]
        event = CarrierEvent(
            event_id=Namer(sender, "otm", native, str(message.lifecycle or "")).of(event_type),
            event_type=event_type,
            classifier="actual",
            carrier_id=str(sender),
            occurred_at=message.creationDate.at,  # type: ignore[union-attr]
            vehicle=VehicleRef(vehicle_id=context.vehicle),
            trip_id=context.trip or UNSET,
        )
        made.add(event, _ORIGIN | {"/trip_id": "/entity/id", "/vehicle": "/entity/vehicle"})
    else:
        detail = "This update has no event."
        made.notes.append(Reason(codes.NOT_MAPPED, detail, pointer="/entity"))


def _told(context: Context, message: Event) -> Context:
    return replace(context, told_at=message.creationDate)


_ORIGIN = {
    "/occurred_at": "/creationDate",
    "/event_id": "/id",
    "/vehicle": "/vehicle",
    "/trip_id": "/trip",
    "/place": "/geoReference",
    "/place/lng": "/geoReference/lon",
    "/energy": "/amount",
}
