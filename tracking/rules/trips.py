"""Trips and stops: what a vehicle's own words make of them, in the order of meaning.

A step that comes out of turn is kept: its time stands where none stood, a step forward is taken
though one before it is missing, and a trip that has ended does not begin again.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from tracking.rules.told import StopDone, Told, Trip

FORGET = timedelta(hours=36)
"""A trip or stop that nobody mentioned for so long is over; its row stays, the fold lets it go."""

Namer = Callable[[str, UUID, UUID], UUID]
"""Gives a row its id, of the kind, the trip or stop and the first event that names it."""

UNDER_WAY = frozenset({"started", "paused"})
_OVER = frozenset({"ended", "cancelled"})
_TRIP_STATES = {
    "trip.started": "started",
    "trip.paused": "paused",
    "trip.resumed": "started",
    "trip.ended": "ended",
    "trip.cancelled": "cancelled",
}
_TRIP_TURNS = {
    "trip.started": frozenset({"planned"}),
    "trip.paused": frozenset({"started"}),
    "trip.resumed": frozenset({"paused"}),
    "trip.ended": UNDER_WAY,
    "trip.cancelled": UNDER_WAY | {"planned"},
}
_OUTCOMES = {
    "delivery.succeeded": "served",
    "delivery.partial": "partial",
    "delivery.failed": "failed",
    "pickup.succeeded": "served",
    "pickup.failed": "failed",
    "return.received": "served",
    "stop.skipped": "skipped",
}
_STOP_STATES = {
    "stop.approaching": "approaching",
    "stop.arrived": "arrived",
    "stop.service_started": "in_service",
    "stop.departed": "departed",
    "stop.skipped": "skipped",
}
_STEPS = {"planned": 0, "approaching": 1, "arrived": 2, "in_service": 3, "departed": 4}
_CALLS_AGAIN = frozenset({"stop.approaching", "stop.arrived"})


class Journal(Struct, array_like=True):
    """The trips and stops a vehicle has lately had to do with; `current` is the trip under way."""

    trips: dict[UUID, Trip] = {}
    stops: dict[UUID, StopDone] = {}
    current: UUID | None = None


def note(journal: Journal, told: Told, name: Namer) -> Iterator[Trip | StopDone]:
    """Take one event; yield the trip and the stop as they now are, where they changed."""
    if told.trip_id is not None:
        before = journal.trips.get(told.trip_id)
        trip = _trip(before, told, name)
        if trip is not before:
            journal.trips[told.trip_id] = trip
            yield trip
        _set_current(journal, trip)
    if told.stop_id is not None:
        known = journal.stops.get(told.stop_id)
        stop = _stop(known, told, name)
        if stop is not known:
            journal.stops[told.stop_id] = stop
            yield stop


def forget(journal: Journal, at: datetime) -> None:
    """Drop what nobody mentioned for a day and a half, so that the state stays small; the trip
    under way stays."""
    horizon, current = at - FORGET, journal.current
    journal.trips = {
        key: row
        for key, row in journal.trips.items()
        if row.touched_at >= horizon or key == current
    }
    journal.stops = {key: row for key, row in journal.stops.items() if row.touched_at >= horizon}


def is_trip_out_of_turn(trip: Trip | None, told: Told) -> bool:
    """Return whether what happened to a trip cannot follow on what it was before. The same step
    told twice of the same instant is in turn: two messages may tell of one beginning or end."""
    turns = _TRIP_TURNS.get(told.event_type)
    state = "planned" if trip is None else trip.state
    if turns is None or told.classifier != "actual" or state in turns:
        return False
    return trip is None or not _is_trip_told_again(trip, told)


def _is_trip_told_again(trip: Trip, told: Told) -> bool:
    """Return whether the trip took this step at this very instant already."""
    if told.event_type == "trip.started":
        return trip.started_at == told.at
    return trip.state == _TRIP_STATES[told.event_type] and told.at in (
        trip.ended_at,
        trip.paused_at,
    )


def is_stop_out_of_turn(stop: StopDone | None, told: Told) -> bool:
    """Return whether what happened at a stop cannot follow on what it was before. The same step
    told twice of the same instant is in turn."""
    if stop is None or not _steps_back(stop, told):
        return False
    times = {
        "stop.arrived": stop.arrived_at,
        "stop.service_started": stop.service_started_at,
        "stop.departed": stop.departed_at,
    }
    return times.get(told.event_type) != told.at


def _steps_back(stop: StopDone, told: Told) -> bool:
    """Return whether a step lies before that which the stop has come to."""
    state = _STOP_STATES.get(told.event_type)
    if state is None or told.classifier != "actual" or _calls_again(stop, told):
        return False
    if state == stop.state:
        return False
    if stop.state == "skipped":
        return state in {"in_service", "departed"} and stop.arrived_at is None
    return stop.state == "departed" if state == "skipped" else _STEPS[state] < _STEPS[stop.state]


def is_scanned(stop: StopDone) -> bool:
    """Return whether anything was said of what came of the stop."""
    return stop.outcome != "" or stop.attempted_at is not None


def _calls_again(stop: StopDone, told: Told) -> bool:
    """Return whether the vehicle comes back to a stop that was left unserved."""
    left = stop.state in {"departed", "skipped"} and stop.outcome != "served"
    return left and told.event_type in _CALLS_AGAIN


def _trip(trip: Trip | None, told: Told, name: Namer) -> Trip:
    assert told.trip_id is not None
    if trip is None:
        row_id = name("trip", told.trip_id, told.event_id)
        trip = Trip(row_id, told.trip_id, "planned", None, None, None, told.at)
    if not told.event_type.startswith("trip."):
        return trip
    if told.event_type == "trip.planned" or told.classifier != "actual":
        expected_at = told.eta_at or told.at
        if told.event_type == "trip.ended":
            return structs.replace(trip, eta_at=expected_at, touched_at=told.at)
        return structs.replace(trip, planned_at=expected_at, touched_at=told.at)
    state = _TRIP_STATES[told.event_type]
    if trip.state in _OVER:
        return structs.replace(
            trip,
            started_at=trip.started_at or (told.at if state == "started" else None),
            ended_at=trip.ended_at or (told.at if state in _OVER else None),
            touched_at=told.at,
        )
    return _stepped(trip, told, state)


def _stepped(trip: Trip, told: Told, state: str) -> Trip:
    paused_at, paused_s = trip.paused_at, trip.paused_s
    if state == "paused":
        paused_at = paused_at or told.at
    elif paused_at is not None:
        paused_s += int((told.at - paused_at).total_seconds())
        paused_at = None
    started_at = trip.started_at
    if told.event_type == "trip.started":
        started_at = started_at or told.at
    return structs.replace(
        trip,
        state=state,
        started_at=started_at,
        ended_at=told.at if state in _OVER else None,
        paused_at=paused_at,
        paused_s=paused_s,
        touched_at=told.at,
    )


def _set_current(journal: Journal, trip: Trip) -> None:
    if trip.state in UNDER_WAY:
        journal.current = trip.trip_id
    elif journal.current == trip.trip_id:
        journal.current = None


def _stop(stop: StopDone | None, told: Told, name: Namer) -> StopDone:
    assert told.stop_id is not None
    if stop is None:
        stop = StopDone(
            id=name("stop", told.stop_id, told.event_id),
            stop_id=told.stop_id,
            trip_id=told.trip_id,
            state="planned",
            outcome="",
            reason="",
            eta_at=None,
            arrived_at=None,
            service_started_at=None,
            departed_at=None,
            touched_at=told.at,
        )
    changes = _expected(stop, told)
    if told.classifier == "actual":
        changes |= _named(stop, told) | _arrived(stop, told) | _outcome(stop, told)
    if all(getattr(stop, name) == value for name, value in changes.items()):
        return stop
    return structs.replace(stop, touched_at=told.at, **changes)


def _expected(stop: StopDone, told: Told) -> dict[str, object]:
    """Return what the event says of the time of arrival ahead."""
    ahead = told.eta_at
    if told.classifier != "actual" and told.event_type == "stop.arrived":
        ahead = ahead or told.at
    if ahead is None:
        return {}
    if told.classifier == "planned":
        return {"planned_at": ahead}
    revised = stop.eta_at is not None and stop.eta_at != ahead
    revisions = stop.eta_revisions + revised
    return {"eta_at": ahead, "eta_told_at": told.at, "eta_revisions": revisions}


def _named(stop: StopDone, told: Told) -> dict[str, object]:
    seq = stop.stop_seq if told.stop_seq is None else told.stop_seq
    return {"trip_id": told.trip_id or stop.trip_id, "stop_seq": seq}


def _arrived(stop: StopDone, told: Told) -> dict[str, object]:
    """Return the state and the times that a step of the course of a stop makes."""
    state = _STOP_STATES.get(told.event_type)
    if state is None:
        return {}
    changes: dict[str, object] = {}
    if not _steps_back(stop, told):
        changes["state"] = state
    again = "state" in changes and stop.state != state
    if state == "arrived":
        changes["arrived_at"] = stop.arrived_at or told.at
    elif state == "in_service" and (again or stop.service_started_at is None):
        changes["service_started_at"] = told.at
    elif state == "departed" and (again or stop.departed_at is None):
        changes["departed_at"] = told.at
    return changes


def _outcome(stop: StopDone, told: Told) -> dict[str, object]:
    """Return what came of the stop; an outcome without an attempt before it is an attempt too."""
    outcome = _OUTCOMES.get(told.event_type)
    if told.event_type == "delivery.attempted":
        attempts = max(told.attempt or 0, stop.attempts + 1)
        return {"attempts": attempts, "attempted_at": told.at}
    if outcome is None or (outcome == "skipped" and stop.outcome == "served"):
        return {}
    changes: dict[str, object] = {
        "outcome": outcome,
        "reason": told.reason,
        "outcome_at": told.at,
        "next_action": told.next_action,
    }
    if outcome != "skipped":
        tried, came = stop.attempted_at, stop.outcome_at
        under_way = tried is not None and (came is None or came < tried)
        changes["attempts"] = max(told.attempt or 0, stop.attempts + (not under_way))
    return changes
