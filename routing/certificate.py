"""Certification: the timed path replayed through the evaluator. Nothing leaves without it.

Knows nothing of how the plan was made: it reads times and positions and asks what the rules say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from curbs.evaluator import AtCurb, AtPoint, Crossing, Evaluator, Place
from kernel.periods import Period
from kernel.verdicts import Verdict, combine
from routing.jobs import Job, PlannedRoute, PlannedStop, StopJob, VehicleJob

TOLERANCE = timedelta(seconds=1)


@dataclass(frozen=True)
class Fault:
    """Why a route cannot be: what was broken, where and when; `zone_id` where it is a zone."""

    vehicle_id: UUID
    kind: str
    at: datetime
    sentence: str
    zone_id: UUID | None = None
    stop_id: UUID | None = None


def certify(evaluator: Evaluator, job: Job, routes: Sequence[PlannedRoute]) -> list[Fault]:
    """Return every fault of a plan; an empty list is the certificate."""
    vehicles = {vehicle.id: vehicle for vehicle in job.vehicles}
    stops = {stop.id: stop for stop in job.stops}
    served = [stop.stop_id for route in routes for stop in route.stops]
    faults = [
        Fault(route.vehicle_id, "twice", route.start_at, "The stop is served twice.", stop_id=one)
        for route in routes
        for one in {stop.stop_id for stop in route.stops if served.count(stop.stop_id) > 1}
    ]
    for route in routes:
        vehicle = vehicles[route.vehicle_id]
        faults += _path(evaluator, vehicle, route)
        for planned in route.stops:
            faults += _stop(evaluator, vehicle, stops[planned.stop_id], planned)
        faults += _shift(vehicle, route)
        faults += _load(vehicle, [stops[planned.stop_id] for planned in route.stops])
    return faults


def _path(evaluator: Evaluator, vehicle: VehicleJob, route: PlannedRoute) -> list[Fault]:
    """Return where the path is inside a zone that does not admit the vehicle at that time.

    Who stands inside when it begins may leave: that one crossing is judged as an act, with the
    time that `vacate_by` grants, and its end is the first exit.
    """
    faults = []
    for crossing in evaluator.along(vehicle.question, route.path):
        leaving = crossing.period.start <= route.start_at
        if crossing.verdict.admissible or (leaving and _leaves(evaluator, crossing, route)):
            continue
        faults.append(
            Fault(
                vehicle.id, "zone", crossing.period.start, _why(crossing.verdict), crossing.zone_id
            )
        )
    return faults


def _leaves(evaluator: Evaluator, crossing: Crossing, route: PlannedRoute) -> bool:
    """Return whether a crossing that the route begins with only leads out, in the time granted."""
    assert crossing.period.end is not None
    if any(stop.arrive_at < crossing.period.end for stop in route.stops):
        return False
    ruling = evaluator.zones.regulations(
        crossing.zone_id, route.start_at, known_at=evaluator.known_at
    )
    granted = max((rule.legal.start + rule.vacate_by for rule in ruling), default=route.start_at)
    stands = any(
        a[1:] == b[1:] and b[0] > granted
        for a, b in pairwise(route.path)
        if a[0] < crossing.period.end
    )
    return not stands


def _stop(
    evaluator: Evaluator, vehicle: VehicleJob, stop: StopJob, planned: PlannedStop
) -> list[Fault]:
    stay = Period(planned.arrive_at, max(planned.depart_at, planned.arrive_at + TOLERANCE))
    places: list[Place] = [AtPoint(*stop.at), AtPoint(*planned.at)]
    if stop.booking is not None and stop.curb_zone_id is not None:
        stay = Period(planned.start_at, planned.depart_at)
        places = [AtCurb(stop.curb_zone_id)]
    answers = [
        answer for place in places for answer in evaluator.over(vehicle.question, place, stay)
    ]
    verdict = combine(verdict for _, verdict in answers)
    faults = []
    if not verdict.admissible:
        zone = next(iter(_zones(evaluator, stop, planned)), None)
        faults.append(Fault(vehicle.id, "stop", stay.start, _why(verdict), zone, stop_id=stop.id))
    first, last = stop.window
    early = first is not None and planned.start_at < first
    late = last is not None and planned.start_at > last
    held = stop.booking
    outside = held is not None and held.intersection(stay) != stay
    if early or late or outside:
        sentence = "Service begins outside of the stop's window or booking."
        faults.append(Fault(vehicle.id, "window", planned.start_at, sentence, stop_id=stop.id))
    return faults


def _zones(evaluator: Evaluator, stop: StopJob, planned: PlannedStop) -> list[UUID]:
    for place in (AtPoint(*stop.at), AtPoint(*planned.at)):
        if found := evaluator.zone_ids(place, planned.arrive_at):
            return list(found)
    return []


def _shift(vehicle: VehicleJob, route: PlannedRoute) -> list[Fault]:
    if route.end_at <= vehicle.ends_at + TOLERANCE or not route.stops:
        return []
    return [Fault(vehicle.id, "shift", route.end_at, "The route ends after the shift.")]


def _load(vehicle: VehicleJob, stops: Sequence[StopJob]) -> list[Fault]:
    for unit, capacity in (("kg", vehicle.capacity_kg), ("units", vehicle.capacity_units)):
        if capacity is None:
            continue
        aboard = sum(getattr(stop, unit) for stop in stops if not stop.pickup)
        most = aboard
        for stop in stops:
            aboard += getattr(stop, unit) * (1 if stop.pickup else -1)
            most = max(most, aboard)
        if most > capacity:
            text = f"{most} {unit} aboard, room for {capacity}."
            return [Fault(vehicle.id, "load", vehicle.starts_at, text)]
    return []


def _why(verdict: Verdict) -> str:
    return " ".join(dict.fromkeys(reason.sentence for reason in verdict.reasons)) or verdict.access
