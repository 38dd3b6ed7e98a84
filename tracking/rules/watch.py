"""The watch over a vehicle's service: what is late, silent, missing, too long or out of sequence.

While contact is said to be lost (`telemetry.comms_lost` to `comms_restored`) nothing is missing:
what overlaps such a bracket is neither a dwell spike nor a missing scan nor silence. A restored
contact that nobody said was lost was lost since the event before it.

What still lasts when the events end depends on the time at which one looks: `lasting` says it
with the same ids with which later events end it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct

from tracking.rules import stations, units
from tracking.rules.lapses import Where, lapse
from tracking.rules.limits import Limits
from tracking.rules.stations import NOWHERE, Yard
from tracking.rules.told import Lapse, StopDone, Told, Trip
from tracking.rules.trips import (
    FORGET,
    Journal,
    Namer,
    is_scanned,
    is_stop_out_of_turn,
    is_trip_out_of_turn,
)


class Dwell(Struct, frozen=True, array_like=True):
    """A stop at which the vehicle is, and how long it may be there."""

    trip_id: UUID | None
    arrived_at: datetime
    event_id: UUID
    limit_s: int


class Left(Struct, frozen=True, array_like=True):
    """A stop that was left without a word on what came of it."""

    trip_id: UUID | None
    since: datetime
    departed_at: datetime
    event_id: UUID


class Watch(Struct, array_like=True):
    """What the watch remembers. `heard`: time and id of the last event that the vehicle told
    itself; `seqs`: by trip the place in the route (revision, number) reached last."""

    heard_at: datetime | None = None
    heard_id: UUID = NOWHERE
    lost: bool = False
    restored_at: datetime | None = None
    dwells: dict[UUID, Dwell] = {}
    left: dict[UUID, Left] = {}
    seqs: dict[UUID, tuple[int | None, int]] = {}
    delivered: dict[str, bytes] = {}


class Before(Struct):
    """Trip and stop of an event as they were before it."""

    trip: Trip | None
    stop: StopDone | None


def hear(watch: Watch, journal: Journal, told: Told, limits: Limits, name: Namer) -> Lapse | None:
    """Take that the vehicle spoke; return its silence until now, if it was too long."""
    silence = None
    heard_at = watch.heard_at
    if heard_at is not None and told.at - heard_at >= limits.silent_vehicle:
        known = not watch.lost and told.event_type != "telemetry.comms_restored"
        if known and _is_driving(journal):
            silence = _silence(watch, journal, limits, name, told)
    watch.heard_at, watch.heard_id = told.at, told.event_id
    return silence


def judge(
    watch: Watch,
    yard: Yard,
    journal: Journal,
    told: Told,
    before: Before,
    limits: Limits,
    name: Namer,
) -> Iterator[Lapse]:
    """Take an event that happened, after the journal took it; yield the exceptions it shows."""
    if told.event_type == "telemetry.comms_lost":
        watch.lost = True
    elif told.event_type == "telemetry.comms_restored":
        watch.lost, watch.restored_at = False, told.at
    yield from _turns(told, before, name)
    yield from _gone_on(watch, told, name)
    if told.stop_id is not None:
        stop = journal.stops[told.stop_id]
        yield from _stop(watch, told, stop, before.stop, limits, name)
    yield from _goods(watch, yard, told, name)


Lasting = tuple[datetime, Callable[[], Lapse]]
"""From when on an exception lasts if nothing more is said, and what makes it."""


def lasting(watch: Watch, journal: Journal, limits: Limits, name: Namer) -> Iterator[Lasting]:
    """Yield the exceptions that begin when the vehicle says nothing more."""
    if watch.lost or watch.heard_at is None:
        return
    if _is_driving(journal):
        silence = partial(_silence, watch, journal, limits, name, None)
        yield watch.heard_at + limits.silent_vehicle, silence
    for stop_id, dwell in watch.dwells.items():
        if not _covered(watch, dwell.arrived_at):
            due = dwell.arrived_at + timedelta(seconds=dwell.limit_s)
            yield due, partial(_spike, watch, stop_id, dwell, name, None)


def forget(watch: Watch, trips: frozenset[str], at: datetime) -> None:
    """Drop what nobody mentioned for a day and a half."""
    horizon = at - FORGET
    watch.dwells = {key: one for key, one in watch.dwells.items() if one.arrived_at >= horizon}
    watch.left = {key: one for key, one in watch.left.items() if one.departed_at >= horizon}
    watch.seqs = {key: seq for key, seq in watch.seqs.items() if str(key) in trips}
    watch.delivered = {key: held for key, held in watch.delivered.items() if key in trips}


def _is_driving(journal: Journal) -> bool:
    trip = None if journal.current is None else journal.trips.get(journal.current)
    return trip is not None and trip.state == "started"


def _covered(watch: Watch, since: datetime) -> bool:
    """Return whether contact was lost at some time since then."""
    return watch.lost or (watch.restored_at is not None and watch.restored_at > since)


def _silence(
    watch: Watch, journal: Journal, limits: Limits, name: Namer, ended_by: Told | None
) -> Lapse:
    assert watch.heard_at is not None
    last = ended_by or Told(watch.heard_at, watch.heard_id, "")
    return lapse(
        name,
        "silent_vehicle",
        "",
        NOWHERE,
        last,
        where=Where(trip_id=journal.current),
        since=watch.heard_at,
        first_event_id=watch.heard_id,
        facts={"limit_s": limits.silent_vehicle_s} | _lasted(watch.heard_at, ended_by),
        lasts=ended_by is None,
    )


def _spike(watch: Watch, stop_id: UUID, dwell: Dwell, name: Namer, ended_by: Told | None) -> Lapse:
    assert watch.heard_at is not None
    last = ended_by or Told(watch.heard_at, watch.heard_id, "")
    return lapse(
        name,
        "dwell_spike",
        "",
        stop_id,
        last,
        where=Where(trip_id=dwell.trip_id, stop_id=stop_id),
        since=dwell.arrived_at,
        first_event_id=dwell.event_id,
        facts={"limit_s": dwell.limit_s} | _lasted(dwell.arrived_at, ended_by),
        lasts=ended_by is None,
    )


def _is_spike(watch: Watch, dwell: Dwell, until: datetime) -> bool:
    too_long = until - dwell.arrived_at >= timedelta(seconds=dwell.limit_s)
    return too_long and not _covered(watch, dwell.arrived_at)


def _missing(
    name: Namer,
    scan: str,
    stop_id: UUID,
    told: Told,
    trip_id: UUID | None,
    since: datetime,
    event_id: UUID,
) -> Lapse:
    where = Where(trip_id=trip_id, stop_id=stop_id)
    return lapse(
        name,
        "missing_scan",
        scan,
        stop_id,
        told,
        where=where,
        since=since,
        first_event_id=event_id,
    )


def _lasted(since: datetime, ended_by: Told | None) -> dict[str, int]:
    return {} if ended_by is None else {"lasted_s": int((ended_by.at - since).total_seconds())}


def _turns(told: Told, before: Before, name: Namer) -> Iterator[Lapse]:
    """Yield what cannot follow on the trip or the stop as they were."""
    trip, stop = before.trip, before.stop
    if told.trip_id is not None and is_trip_out_of_turn(trip, told):
        facts = {"step": told.event_type, "after": "planned" if trip is None else trip.state}
        yield lapse(name, "out_of_sequence", "trip_step", told.trip_id, told, facts=facts)
    if told.stop_id is None:
        return
    if stop is not None and is_stop_out_of_turn(stop, told):
        facts = {"step": told.event_type, "after": stop.state}
        yield lapse(name, "out_of_sequence", "stop_step", told.stop_id, told, facts=facts)
    if trip is not None and trip.state in {"ended", "cancelled"}:
        facts = {"step": told.event_type, "after": trip.state}
        yield lapse(name, "out_of_sequence", "after_trip", told.stop_id, told, facts=facts)


def _gone_on(watch: Watch, told: Told, name: Namer) -> Iterator[Lapse]:
    """Yield the scans that are missing now that the vehicle has gone on to something else."""
    ends = told.event_type == "trip.ended"
    if not ends and told.event_type not in _GOES_ON:
        return
    for stop_id, left in list(watch.left.items()):
        if stop_id != told.stop_id:
            del watch.left[stop_id]
            if not _covered(watch, left.since):
                yield _missing(
                    name, "outcome", stop_id, told, left.trip_id, left.departed_at, left.event_id
                )
    for stop_id, dwell in list(watch.dwells.items()) if ends else ():
        if dwell.trip_id == told.trip_id:
            del watch.dwells[stop_id]
            if not _covered(watch, dwell.arrived_at):
                since = dwell.arrived_at
                yield _missing(
                    name, "departure", stop_id, told, dwell.trip_id, since, dwell.event_id
                )


_GOES_ON = frozenset({"stop.approaching", "stop.arrived", "stop.departed", "station.gate_in"})


def _stop(
    watch: Watch,
    told: Told,
    stop: StopDone,
    before: StopDone | None,
    limits: Limits,
    name: Namer,
) -> Iterator[Lapse]:
    state = "planned" if before is None else before.state
    if is_scanned(stop):
        watch.left.pop(stop.stop_id, None)
    if stop.state in {"departed", "skipped"}:
        dwell = watch.dwells.pop(stop.stop_id, None)
        if dwell is not None and _is_spike(watch, dwell, told.at):
            yield _spike(watch, stop.stop_id, dwell, name, told)
        if stop.state == "departed" != state and not is_scanned(stop):
            since = told.at if dwell is None else dwell.arrived_at
            watch.left[stop.stop_id] = Left(told.trip_id, since, told.at, told.event_id)
    elif told.event_type == "stop.arrived" and state not in {"arrived", "in_service"}:
        limit_s = limits.dwell_s(told.service_s)
        watch.dwells[stop.stop_id] = Dwell(told.trip_id, told.at, told.event_id, limit_s)
        watch.left.pop(stop.stop_id, None)
        yield from _arrival(watch, told, stop, limits, name)


def _arrival(
    watch: Watch, told: Told, stop: StopDone, limits: Limits, name: Namer
) -> Iterator[Lapse]:
    end = told.window_end_at
    if end is not None and stop.arrived_at == told.at:
        late_s = (told.at - end).total_seconds()
        if late_s > limits.late_tolerance_s:
            facts = {"late_s": int(late_s), "window_end_at": end.isoformat()}
            yield lapse(name, "late", "", stop.stop_id, told, since=end, facts=facts)
    # The route's own numbers: carriers go on sending those of the first revision.
    seq = told.stop_seq if told.revision is None else told.route_seq
    if told.trip_id is None or seq is None:
        return
    known = watch.seqs.get(told.trip_id)
    watch.seqs[told.trip_id] = (told.revision, seq)
    if known is not None and known[0] == told.revision and seq < known[1]:
        order = {"stop_seq": seq, "after": known[1]}
        yield lapse(name, "out_of_sequence", "stop_seq", stop.stop_id, told, facts=order)


def _goods(watch: Watch, yard: Yard, told: Told, name: Namer) -> Iterator[Lapse]:
    """Take what is said of units: what is delivered was loaded before, and is delivered once."""
    if not told.units or told.stop_id is None:
        return
    loaded = stations.is_loaded(yard, told)
    if loaded is not None and told.event_type == "pickup.succeeded":
        stations.take(yard, told)
    if told.event_type not in {"delivery.succeeded", "delivery.partial"}:
        return
    strange = [] if loaded is None else [unit for unit in told.units if unit not in loaded]
    if strange:
        facts = {"units": strange}
        yield lapse(name, "misload", "not_loaded", told.stop_id, told, facts=facts)
    twice = [u for held in watch.delivered.values() for u in units.known(held, told.units)]
    if twice:
        facts = {"units": sorted(set(twice))}
        yield lapse(name, "out_of_sequence", "delivered_twice", told.stop_id, told, facts=facts)
    trip = str(told.trip_id)
    watch.delivered[trip] = units.added(watch.delivered.get(trip, b""), told.units)
