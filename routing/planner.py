"""Solve, certify, and repair until the certificate is given. Pure: snapshots and networks in.

A plan that fails certification never leaves: the zone that was broken gets wider margins for that
vehicle, then is closed to it, and the part is solved again. A vehicle that cannot be certified
even so gets no route, and its stops a reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from curbs.evaluator import Evaluator
from routing.certificate import Fault, certify
from routing.driving import drive, stand
from routing.jobs import Draft, Job, PlannedRoute, StopJob, Unserved, VehicleJob
from routing.setting import Setting, setting
from routing.solver.parts import parts
from routing.solver.problem import END, FIRST_TASK, START, Problem, Solution, Task, Visit
from routing.solver.reasons import causes
from routing.solver.search import solve
from routing.ways import Streets

ROUNDS = 8
_CODES = {
    "unreachable": "routing.unreachable_for_vehicle",
    "window": "routing.window_closed",
    "shift": "routing.shift",
    "capacity": "routing.capacity",
}


@dataclass
class _Demands:
    """What certification has found so far, by vehicle."""

    strictness: dict[UUID, dict[UUID, int]] = field(default_factory=lambda: defaultdict(dict))
    barred: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    given_up: set[UUID] = field(default_factory=set)

    def key(self, vehicle_id: UUID) -> tuple[object, ...]:
        zones = tuple(sorted(self.strictness[vehicle_id].items()))
        stops = tuple(sorted(self.barred[vehicle_id]))
        return vehicle_id, zones, stops, vehicle_id in self.given_up

    def learn(self, faults: Iterable[Fault], last: bool) -> None:
        for fault in faults:
            if last or (fault.zone_id is None and fault.stop_id is None):
                self.given_up.add(fault.vehicle_id)
            elif fault.zone_id is not None:
                zones = self.strictness[fault.vehicle_id]
                zones[fault.zone_id] = zones.get(fault.zone_id, 0) + 1
            elif fault.stop_id is not None:
                self.barred[fault.vehicle_id].add(fault.stop_id)


def plan(job: Job, evaluator: Evaluator, streets: Streets) -> Draft:
    """Return certified routes for a job, and a reason for every stop that is left out."""
    return _Planner(job, evaluator, streets).plan()


@dataclass
class _Planner:
    """One job; what certification did not object to is kept from round to round."""

    job: Job
    evaluator: Evaluator
    streets: Streets
    demands: _Demands = field(default_factory=_Demands)
    settings: dict[tuple[object, ...], Setting] = field(default_factory=dict)
    solved: dict[tuple[object, ...], Solution] = field(default_factory=dict)

    def plan(self) -> Draft:
        for number in range(1, ROUNDS + 2):
            chosen = {vehicle.id: self._setting(vehicle) for vehicle in self.job.vehicles}
            pieces = list(parts(_problem(self.job, chosen)))
            solutions = [self._solution(piece) for piece in pieces]
            routes = tuple(
                self._route(chosen[UUID(truck)], visits)
                for solution in solutions
                for truck, visits in solution.routes.items()
            )
            faults = certify(self.evaluator, self.job, routes)
            if not faults:
                unserved = _unserved(self.job, chosen, pieces, solutions)
                return Draft(_in_order(self.job, routes), unserved, number)
            self.demands.learn(faults, last=number >= ROUNDS)
        raise AssertionError("vehicles that stand still failed certification")

    def _setting(self, vehicle: VehicleJob) -> Setting:
        key = self.demands.key(vehicle.id)
        if key not in self.settings:
            self.settings[key] = _setting(
                self.job, self.evaluator, self.streets, vehicle, self.demands
            )
        return self.settings[key]

    def _solution(self, piece: Problem) -> Solution:
        trucks = tuple(self.demands.key(UUID(truck.id)) for truck in piece.trucks)
        key = trucks, tuple(task.id for task in piece.tasks)
        if key not in self.solved:
            self.solved[key] = solve(piece)
        return self.solved[key]

    def _route(self, setting_: Setting, visits: Sequence[Visit]) -> PlannedRoute:
        if setting_.vehicle.id in self.demands.given_up:
            return stand(setting_)
        return drive(setting_, visits, self.job.now)


def _setting(
    job: Job, evaluator: Evaluator, streets: Streets, vehicle: VehicleJob, demands: _Demands
) -> Setting:
    given_up = vehicle.id in demands.given_up
    mine = job.stops_for(vehicle)
    return setting(
        evaluator=evaluator,
        streets=streets,
        vehicle=vehicle,
        stops=mine,
        epoch=job.now,
        strictness=demands.strictness[vehicle.id],
        barred=frozenset(stop.id for stop in mine)
        if given_up
        else frozenset(demands.barred[vehicle.id]),
    )


def _problem(job: Job, chosen: Mapping[UUID, Setting]) -> Problem:
    """Return the solver's problem: matrices over all stops, each vehicle's own rows filled."""
    tasks = tuple(_task(stop, chosen) for stop in job.stops)
    row = {stop.id: FIRST_TASK + number for number, stop in enumerate(job.stops)}
    travel = {}
    for setting_ in chosen.values():
        matrix = np.full((FIRST_TASK + len(tasks),) * 2, np.nan)
        own = [START, END, *(row[stop.id] for stop in setting_.stops)]
        matrix[np.ix_(own, own)] = setting_.travel
        travel[setting_.truck.id] = matrix
    return Problem(tasks, tuple(each.truck for each in chosen.values()), travel)


def _task(stop: StopJob, chosen: Mapping[UUID, Setting]) -> Task:
    windows = {
        each.truck.id: each.windows[stop.id] for each in chosen.values() if stop.id in each.windows
    }
    return Task(str(stop.id), stop.service_s, windows, stop.kg, stop.units, stop.pickup)


def _in_order(job: Job, routes: Iterable[PlannedRoute]) -> tuple[PlannedRoute, ...]:
    place = {vehicle.id: number for number, vehicle in enumerate(job.vehicles)}
    return tuple(sorted(routes, key=lambda route: place[route.vehicle_id]))


def _unserved(
    job: Job,
    chosen: Mapping[UUID, Setting],
    pieces: Iterable[Problem],
    solutions: Iterable[Solution],
) -> tuple[Unserved, ...]:
    stops = {str(stop.id): stop for stop in job.stops}
    found = []
    for piece, solution in zip(pieces, solutions, strict=True):
        for left in causes(piece, solution):
            stop = stops[left.task]
            found.append(_reason(stop, left.truck, left.cause, chosen))
    place = {stop.id: number for number, stop in enumerate(job.stops)}
    return tuple(sorted(found, key=lambda each: place[each.stop_id]))


def _reason(stop: StopJob, truck: str, cause: str, chosen: Mapping[UUID, Setting]) -> Unserved:
    """Return why a stop is left out: what its vehicle's setting says, else what the solver says."""
    vehicle_id = UUID(truck) if truck else stop.vehicle_id
    known = chosen[vehicle_id].causes.get(stop.id)
    if known is not None and (not truck or cause == "window"):
        return Unserved(stop.id, vehicle_id, known[0], known[1])
    return Unserved(stop.id, vehicle_id, _CODES[cause])
