"""Trips and stops: what a vehicle's own words make of them, in the order of meaning."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from tracking.rules.told import StopDone, Told, Trip

FORGET = timedelta(hours=36)
"""A trip or stop that nobody mentioned for so long is over; its row stays, the fold lets it go."""

Namer = Callable[[str, UUID, UUID], UUID]
"""Gives a row its id, of the kind, the trip or stop and the first event that names it."""

_TRIP_STATES = {
    "trip.planned": "planned",
    "trip.started": "started",
    "trip.paused": "paused",
    "trip.resumed": "started",
    "trip.ended": "ended",
    "trip.cancelled": "cancelled",
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


class Journal(Struct):
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
        _set_current(journal, trip, told)
    if told.stop_id is not None:
        known = journal.stops.get(told.stop_id)
        stop = _stop(known, told, name)
        if stop is not known:
            journal.stops[told.stop_id] = stop
            yield stop


def forget(journal: Journal, at: datetime) -> None:
    """Drop what nobody mentioned for a day and a half, so that the state stays small."""
    horizon = at - FORGET
    journal.trips = {key: row for key, row in journal.trips.items() if row.touched_at >= horizon}
    journal.stops = {key: row for key, row in journal.stops.items() if row.touched_at >= horizon}


def _trip(trip: Trip | None, told: Told, name: Namer) -> Trip:
    assert told.trip_id is not None
    if trip is None:
        row_id = name("trip", told.trip_id, told.event_id)
        trip = Trip(row_id, told.trip_id, "planned", None, None, None, told.at)
    state = _TRIP_STATES.get(told.event_type)
    if state is None:
        return trip
    if state == "planned" or told.classifier != "actual":
        planned_at = told.eta_at or told.at
        return structs.replace(trip, planned_at=planned_at, touched_at=told.at)
    started_at, ended_at = trip.started_at, trip.ended_at
    if told.event_type == "trip.started":
        started_at = told.at
    if state in {"ended", "cancelled"}:
        ended_at = told.at
    return structs.replace(
        trip, state=state, started_at=started_at, ended_at=ended_at, touched_at=told.at
    )


def _set_current(journal: Journal, trip: Trip, told: Told) -> None:
    if trip.state in {"started", "paused"}:
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
    if told.eta_at is not None:
        stop = structs.replace(stop, eta_at=told.eta_at, touched_at=told.at)
    if told.classifier != "actual":
        return stop
    changes: dict[str, object] = {}
    state = _STOP_STATES.get(told.event_type)
    if state is not None:
        changes["state"] = state
    outcome = _OUTCOMES.get(told.event_type)
    if outcome is not None:
        changes |= {"outcome": outcome, "reason": told.reason}
    if told.event_type == "stop.arrived" and stop.arrived_at is None:
        changes["arrived_at"] = told.at
    if told.event_type == "stop.service_started":
        changes["service_started_at"] = told.at
    if told.event_type == "stop.departed":
        changes["departed_at"] = told.at
    return structs.replace(stop, touched_at=told.at, **changes) if changes else stop
