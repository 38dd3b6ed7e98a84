"""The route that an OTM trip plans: its stops ahead, in their order."""

from datetime import datetime
from typing import Any

from msgspec import UNSET

from carriers import codes
from carriers.adapters.otm.context import Context
from carriers.adapters.otm.messages import Action, Trip
from carriers.adapters.otm.naming import id_or_ref, point, window
from carriers.adapters.translated import Translated
from kernel.refusals import Reason

_PLANNED = ("planned", "requested")


def plan(trip: Trip, context: Context, made: Translated) -> dict[str, Any] | None:
    """Return the route as `routes.publish` takes it, `day_of` in place of the day of service;
    None when the trip plans no stop, or a reason stands against its route (then it is noted).

    A station at either end of the trip is where it starts or ends, not a stop.
    """
    planned = _planned(trip)
    if not planned:
        return None
    if context.vehicle is None or context.trip is None:
        _not(made, "A route needs a trip with an id and a vehicle.", "/vehicle")
        return None
    ends, stops = _ends(planned, context)
    day_of = next((at for _, one in planned if (at := _starts(one))), None)
    if day_of is None:
        _not(made, "A route needs a planned time at one of its stops.", "/actions")
        return None
    wishes = []
    for base, stop in stops:
        place = point(getattr(context.place_at(stop.location), "geoReference", UNSET))
        if place is None or stop.id is UNSET:
            detail = "A planned stop needs an id and a location with one point."
            _not(made, detail, f"{base}/location")
            return None
        wishes.append(_stop(stop, place, context))
    if not wishes:
        return None
    return {
        "trip_id": context.trip,
        "vehicle_id": context.vehicle,
        "day_of": day_of,
        "stops": wishes,
        **ends,
    }


def _planned(trip: Trip) -> list[tuple[str, Action]]:
    """Return the stops ahead with their pointers, in order; what is planned goes before what
    was requested under the same id."""
    found: dict[str, tuple[str, Action]] = {}
    for place, link in enumerate(trip.actions or ()):
        action, base = link.entity, f"/actions/{place}/entity"
        if action is UNSET or action.does != "stop" or action.lifecycle not in _PLANNED:
            continue
        key = base if action.id is UNSET else action.id
        if key not in found or action.lifecycle == "planned":
            found[key] = (base, action)
    return sorted(found.values(), key=lambda one: _sequence(one[1]))


def _sequence(action: Action) -> int:
    return 0 if action.sequenceNr is UNSET else action.sequenceNr


def _ends(
    planned: list[tuple[str, Action]], context: Context
) -> tuple[dict[str, Any], list[tuple[str, Action]]]:
    ends: dict[str, Any] = {}
    stops = list(planned)
    for place, word, time in ((0, "start", "endTime"), (-1, "end", "startTime")):
        if not stops:
            break
        action = stops[place][1]
        inner = _at(action, context)
        found = point(inner.location.geoReference) if inner.location is not None else None
        if inner.is_station and found is not None:
            ends[f"{word}_location"] = {"lat": found[0], "lng": found[1]}
            moment = getattr(action, time) or action.startTime
            if moment:
                ends[f"{word}_at"] = moment.at.isoformat()
            stops.pop(place)
    return ends, stops


def _at(action: Action, context: Context) -> Context:
    return Context(
        context.sender,
        context.known,
        location=context.place_at(action.location),
        locations=context.locations,
    )


def _starts(action: Action) -> str | None:
    """Return when a stop is planned to begin, as text."""
    if action.startTime is not UNSET:
        return action.startTime.at.isoformat()
    return next((text for text in window(action) if isinstance(text, str)), None)


def _stop(stop: Action, place: tuple[float, float], context: Context) -> dict[str, Any]:
    location = context.place_at(stop.location)
    inner = [link.entity for link in stop.actions or () if link.entity is not UNSET]
    loads_only = bool(inner) and all(action.does == "load" for action in inner)
    start, end = window(stop)
    wish: dict[str, Any] = {
        "stop_id": id_or_ref(str(stop.id)),
        "location": {"lat": place[0], "lng": place[1]},
        "name": str(stop.name or (location.name if location else "") or "")[:160],
        "kind": "pickup" if loads_only else "delivery",
        "window_start_at": start,
        "window_end_at": end,
    }
    if stop.startTime is not UNSET:
        wish["planned_arrival_at"] = stop.startTime.at.isoformat()
        seconds = _seconds(stop.startTime.at, stop.endTime)
        if seconds is not None:
            wish["service_s"] = seconds
    return wish


def _seconds(start: datetime, end: Any) -> int | None:
    if end is UNSET:
        return None
    seconds = round((end.at - start).total_seconds())
    return seconds if 0 <= seconds <= 86_400 else None


def _not(made: Translated, detail: str, pointer: str) -> None:
    made.notes.append(Reason(codes.NOT_MAPPED, detail, pointer=pointer))
