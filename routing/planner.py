"""Solve, certify, and repair until the certificate is given. Pure: snapshots and networks in.

A plan that fails certification never leaves: the zone that was broken gets wider margins for that
vehicle, then is closed to it, and the part is solved again. A vehicle that cannot be certified
even so gets no route, and its stops a reason.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from curbs.evaluator import Evaluator
from routing.certificate import Fault, certify
from routing.driving import drive
from routing.jobs import Draft, Job, PlannedRoute, StopJob, Unserved, VehicleJob
from routing.setting import Setting, setting
from routing.solver.parts import parts
from routing.solver.problem import END, FIRST_TASK, START, Problem, Solution, Task
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
    demands = _Demands()
    settings: dict[tuple[object, ...], Setting] = {}
    solved: dict[tuple[object, ...], Solution] = {}
    for number in range(1, ROUNDS + 2):
        chosen = {
            vehicle.id: _known(
                settings,
                demands.key(vehicle.id),
                lambda v=vehicle: _setting(job, evaluator, streets, v, demands),
            )
            for vehicle in job.vehicles
        }
        problem = _problem(job, chosen)
        pieces = list(parts(problem))
        solutions = [
            _known(
                solved,
                _piece_key(piece, demands),
                lambda p=piece: solve(p),
            )
            for piece in pieces
        ]
        routes = tuple(
            drive(chosen[UUID(truck)], visits, job.now)
            for solution in solutions
            for truck, visits in solution.routes.items()
        )
        faults = certify(evaluator, job, routes)
        if not faults:
            unserved = _unserved(job, chosen, pieces, solutions, demands)
            return Draft(_in_order(job, routes), unserved, number)
        demands.learn(faults, last=number >= ROUNDS)
    raise AssertionError("a plan without routes failed certification")


def _piece_key(piece: Problem, demands: _Demands) -> tuple[object, ...]:
    trucks = tuple(demands.key(UUID(truck.id)) for truck in piece.trucks)
    return trucks, tuple(task.id for task in piece.tasks)


def _known[K, V](memory: dict[K, V], key: K, make: Callable[[], V]) -> V:
    if key not in memory:
        memory[key] = make()
    return memory[key]


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
    demands: _Demands,
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
