"""From actions of OTM to canonical events: what was done at stops, stations and lockers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from carriers import codes
from carriers.adapters.otm.context import Context, identity
from carriers.adapters.otm.messages import ACTION_TYPES, Action, ActionLink
from carriers.adapters.otm.naming import id_or_ref, linked, place_of, trip_unknown, units_of
from carriers.adapters.translated import Namer, Translated
from carriers.messages import CarrierEvent, Outcome, VehicleRef
from kernel.refusals import Reason

REASONS: dict[str, Any] = {
    "damage": "damaged",
    "deliveredElsewhere": "delivered_elsewhere",
    "deliveredToWrongReceiver": "wrong_recipient",
    "inaccessibleAddress": "no_access",
    "incomplete": "incomplete",
    "invalidAddress": "wrong_address",
    "invalidShippingLabel": "label_unreadable",
    "receiverAbsent": "recipient_absent",
    "rejectedByReceiver": "recipient_refused",
    "other": "other",
}
_STATUS: dict[str, Any] = {"failed": "failed", "partiallySucceeded": "partial"}
_DONE = frozenset({"actual", "realized"})
_AHEAD = frozenset({"requested", "planned"})


def nested(links: Any, context: Context, made: Translated) -> None:
    """Take up the actions of a trip or stop."""
    for place, link in enumerate(links or ()):
        inner = context.at(f"/actions/{place}")
        if link.entity is UNSET:
            note(made, inner, "An action by reference says nothing that happened.")
        else:
            take(link.entity, inner.at("/entity"), made)


def take(action: Action, context: Context, made: Translated) -> None:
    """Take one action up: with those inside of it where it is a stop."""
    if action.does not in ACTION_TYPES:
        detail = f"{action.does[:40]!r} is no action of OTM 5."
        made.reasons.append(Reason(codes.INVALID, detail, pointer=f"{context.base}/actionType"))
        return
    context = _placed(action, _named(action, context))
    if action.does == "stop":
        _stop(action, context, made)
        nested(action.actions, context, made)
    elif action.lifecycle in _DONE:
        _GOODS.get(action.does, _unmapped)(action, context, made)
    elif action.lifecycle not in _AHEAD:
        note(made, context, f"{action.does} says no lifecycle in which it was done.")


def note(made: Translated, context: Context, detail: str) -> None:
    """Note that a part was kept and has no event."""
    made.notes.append(Reason(codes.NOT_MAPPED, detail, pointer=context.base))


def _named(action: Action, context: Context) -> Context:
    """Return the context with the trip, stop and vehicle that the action itself names."""
    known = context.known
    trip = action.trip
    if trip is not UNSET and linked(trip):
        context = replace(context, trip=id_or_ref(linked(trip) or ""))
        inline = trip.entity
        vehicle = linked(inline.vehicle) if inline is not UNSET else None
        named = known.vehicle(vehicle.lower()) if vehicle else known.trips.get(context.trip or "")
        context = replace(context, vehicle=named or context.vehicle)
    if linked(action.vehicle):
        context = replace(context, vehicle=known.vehicle((linked(action.vehicle) or "").lower()))
    if isinstance(action.stop, ActionLink) and linked(action.stop):
        context = _with_stop(action.stop, context)
    if context.vehicle is None:
        context = replace(context, vehicle=known.trips.get(context.trip or ""))
    return context


def _with_stop(link: ActionLink, context: Context) -> Context:
    if link.entity is not UNSET:
        inner = _placed(link.entity, _named(link.entity, context))
        return replace(inner, stop=link.entity)
    stop_id = id_or_ref(linked(link) or "")
    stop = context.known.stops.get(stop_id)
    if stop is None:
        return replace(context, stop_id=stop_id)
    return replace(context, stop_id=stop_id, trip=stop.trip_id, vehicle=stop.vehicle_id)


def _placed(action: Action, context: Context) -> Context:
    location = context.place_at(action.location) or context.location
    if action.does != "stop":
        return replace(context, location=location)
    stop_id = None if action.id is UNSET else id_or_ref(action.id)
    known = context.known.stops.get(stop_id or "")
    if known is not None and context.trip is None:
        context = replace(context, trip=known.trip_id, vehicle=known.vehicle_id)
    return replace(context, location=location, stop=action, stop_id=stop_id)


def _stop(action: Action, context: Context, made: Translated) -> None:
    if action.lifecycle == "projected":
        _eta(action, context, made)
    elif action.lifecycle in _DONE:
        if action.result is not UNSET and action.result.status == "cancelled":
            at = action.endTime or action.startTime or action.lastModified or context.told_at
            _event("stop.skipped", at, "/result", action, context, made)
        elif context.is_station:
            _event("station.gate_in", action.startTime, "/startTime", action, context, made)
            _event("station.gate_out", action.endTime, "/endTime", action, context, made)
        else:
            _event("stop.arrived", action.startTime, "/startTime", action, context, made)
            _event("stop.departed", action.endTime, "/endTime", action, context, made)
        if not (action.startTime or action.endTime or action.result):
            note(made, context, "The stop says neither when it began nor when it ended.")
    elif action.lifecycle not in _AHEAD:
        note(made, context, "The stop says no lifecycle.")


def _eta(action: Action, context: Context, made: Translated) -> None:
    if context.is_station or action.startTime is UNSET:
        note(made, context, "A projection without startTime, or of a station, has no event.")
        return
    told_at = action.lastModified or action.creationDate or context.told_at
    if not told_at:
        detail = "A projection says in lastModified or creationDate when it was made."
        pointer = f"{context.base}/lastModified"
        made.reasons.append(Reason(codes.UNTIMED, detail, pointer=pointer))
        return
    event = _event("stop.eta_updated", told_at, "/lastModified", action, context, made)
    if event is not None:
        event.classifier = "projected"
        event.eta = action.startTime.at


def _load(action: Action, context: Context, made: Translated) -> None:
    status = action.result.status if action.result is not UNSET else None
    if context.is_locker:
        _done("ooh.expired", action, context, made, {"succeeded"})
        return
    if not context.is_station:
        if status in ("failed", "partiallySucceeded"):
            event_type = "pickup.failed" if status == "failed" else "pickup.succeeded"
            _done(event_type, action, context, made, {"failed", "partiallySucceeded"})
        else:
            _done("pickup.succeeded", action, context, made, {"succeeded"})
        return
    _event("station.load_started", action.startTime, "/startTime", action, context, made)
    if status == "succeeded":
        _done("station.load_verified", action, context, made, {"succeeded"})
    elif status in ("failed", "partiallySucceeded"):
        _done("station.load_mismatch", action, context, made, {status})
    elif action.startTime is UNSET:
        note(made, context, "A load without startTime and result has no event.")


def _unload(action: Action, context: Context, made: Translated) -> None:
    if context.is_locker:
        _done("ooh.deposited", action, context, made, {"succeeded"})
    elif context.is_station:
        _done("return.received", action, context, made, {"succeeded"})
    else:
        _delivered(action, context, made)


def _hand_over(action: Action, context: Context, made: Translated) -> None:
    roles = set(action.to.roles or ()) if action.to is not UNSET else set()
    if context.is_locker:
        collected = roles & {"consignee", "receiver"}
        event_type = "ooh.collected" if collected else "ooh.deposited"
        _done(event_type, action, context, made, {"succeeded"})
    elif context.is_station:
        _done("custody.handed_over", action, context, made, {"succeeded"})
    else:
        _delivered(action, context, made)


def _delivered(action: Action, context: Context, made: Translated) -> None:
    status = action.result.status if action.result is not UNSET else "succeeded"
    event_type = {
        "succeeded": "delivery.succeeded",
        "partiallySucceeded": "delivery.partial",
        "failed": "delivery.failed",
    }.get(status)
    if event_type is None:
        note(made, context, f"A {action.does} that was cancelled has no event.")
    else:
        _done(event_type, action, context, made, {status})


def _done(
    event_type: str, action: Action, context: Context, made: Translated, statuses: set[str]
) -> None:
    """Take up what came of an action, when its result is among these.

    What was realized and says no result was done: so the standard's own sample has it.
    """
    result = action.result
    if result is UNSET and action.lifecycle != "realized":
        note(made, context, f"A {action.does} that is not over yet has no event.")
        return
    status = "succeeded" if result is UNSET else result.status
    if status not in statuses:
        note(made, context, f"A {action.does} that {status} here has no event.")
        return
    stop = context.stop
    at = action.endTime or action.startTime
    if not at and stop is not None:
        at = stop.endTime or stop.startTime
    event = _event(event_type, at, "/endTime", action, context, made)
    if event is None:
        if not at:
            note(made, context, f"The {action.does} says no time, nor does its stop.")
        return
    if status in _STATUS:
        _explain(event, action, _STATUS[status])


def _explain(event: CarrierEvent, action: Action, status: Any) -> None:
    result = action.result
    reason: Any = "other" if result is UNSET or result.reason is UNSET else REASONS[result.reason]
    event.outcome = Outcome(status=status, reason=reason)
    if result is not UNSET and result.remark:
        event.outcome.note = result.remark[:500]


def _refuel(action: Action, context: Context, made: Translated) -> None:
    inline = action.vehicle.entity if action.vehicle is not UNSET else UNSET
    if inline is UNSET or inline.fuel != "electricity":
        note(made, context, "A refuel of no vehicle said to be electric has no event.")
        return
    _event("telemetry.charging_started", action.startTime, "/startTime", action, context, made)
    _event("telemetry.charging_ended", action.endTime, "/endTime", action, context, made)


def _unmapped(action: Action, context: Context, made: Translated) -> None:
    note(made, context, f"{action.does} has no event.")


_GOODS: Mapping[str, Callable[[Action, Context, Translated], None]] = {
    "load": _load,
    "unload": _unload,
    "handOver": _hand_over,
    "refuel": _refuel,
}


def _event(
    event_type: Any, at: Any, where: str, action: Action, context: Context, made: Translated
) -> CarrierEvent | None:
    """Take up the event of an action's beginning, end or result; nothing when it says no time."""
    if not at:
        return None
    facility, family = context.facility(), event_type.partition(".")[0]
    at_stop = family in {"stop", "delivery", "pickup"}
    lacking = (family not in {"ooh", "custody"} and context.vehicle is None) or (
        at_stop and (context.trip is None or context.stop_id is None)
    )
    if lacking:
        made.reasons.append(_lacking(event_type, at_stop, action, context))
        return None
    place = place_of(context.location)
    if facility is not None:
        member = "ooh_point_id" if family == "ooh" else "station_id"
        setattr(place, member, facility.id)
    name = Namer(context.sender, "otm", identity(action, context.sender), str(action.lifecycle))
    event = CarrierEvent(
        event_id=name.of(event_type),
        event_type=event_type,
        classifier="actual",
        carrier_id=str(context.sender),
        occurred_at=at.at,
        trip_id=context.trip or UNSET,
        stop_id=(context.stop_id or UNSET) if at_stop else UNSET,
        place=place,
    )
    if family != "ooh" and context.vehicle is not None:
        event.vehicle = VehicleRef(vehicle_id=context.vehicle)
    if action.does != "stop":
        event.units = units_of(action.consignment, context.consignments) or UNSET
    made.add(event, _origin(context.base, where))
    made.occurred_at = made.occurred_at or at.at
    return event


def _lacking(event_type: str, at_stop: bool, action: Action, context: Context) -> Reason:
    """Return why an action's vehicle, trip or stop is not known: it names something that nobody
    has told of, or nothing at all."""
    trip, stop = linked(action.trip), linked(action.stop)
    if context.vehicle is None and trip:
        return trip_unknown(trip, f"{context.base}/trip")
    if stop and (context.vehicle is None or context.trip is None):
        detail = (
            f"The stop {stop} is not known here, and so neither are its trip and vehicle."
            " Send the trip with its planned stops first, or name trip and vehicle."
        )
        return Reason(codes.STOP_UNKNOWN, detail, pointer=f"{context.base}/stop")
    detail = f"{event_type} needs a vehicle" + (", a trip and a stop." if at_stop else ".")
    return Reason(codes.UNNAMED, detail, pointer=context.base)


def _origin(base: str, where: str) -> dict[str, str]:
    return {
        "": base,
        "/occurred_at": f"{base}{where}",
        "/event_id": f"{base}/id",
        "/stop_id": f"{base}/id",
        "/place": f"{base}/location",
        "/units": f"{base}/consignment",
        "/eta": f"{base}/startTime",
        "/outcome": f"{base}/result",
        "/vehicle": "/vehicle" if base.startswith("/actions") else f"{base}/vehicle",
    }
