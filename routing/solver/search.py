"""Search for routes with OR-Tools' routing library, the same result on every run.

Iterated greedy: descend to a local optimum, take a few neighbouring tasks out, descend again, keep
what is no worse. The number of rounds ends it, never a clock: guided local search would go on for
ever on small instances. A clock only guards against a descent that does not end, and then the
search fails instead of answering.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.solver.parts import parts
from routing.solver.problem import END, FIRST_TASK, START, Problem, Solution, Task, Visit
from routing.solver.timing import schedule

# Serving one more task is worth more than any detour of a day.
DROP_COST = 1_000_000
ROUNDS, PATIENCE, TAKEN_OUT = 120, 30, 4
SEED = 20260512
GUARD_S = 120
UNLIMITED = 1 << 40


class SearchStuck(Exception):
    """The guard against a search that does not end has fired."""


def solve(problem: Problem) -> Solution:
    """Return routes that serve as many tasks as possible in as little time as possible.

    Vehicles that share no task are solved apart. Windows, loads, shifts and missing ways bind;
    what cannot be served is left over. Raises SearchStuck when a search does not end.
    """
    routes: dict[str, tuple[Visit, ...]] = {}
    ends: dict[str, int] = {}
    left_over: list[str] = []
    for part in parts(problem):
        orders = _orders(part)
        served = {task_id for order in orders.values() for task_id in order}
        left_over += [task.id for task in part.tasks if task.id not in served]
        places = {task.id: FIRST_TASK + index for index, task in enumerate(part.tasks)}
        for truck in part.trucks:
            timed = schedule(part, truck, orders[truck.id], places)
            assert timed is not None, "the search returned a route that cannot be driven"
            routes[truck.id], ends[truck.id] = timed
    return Solution(routes, tuple(left_over), ends)


def _orders(problem: Problem) -> dict[str, list[str]]:
    """Return the order of tasks for each vehicle of one part."""
    if not problem.tasks or not problem.trucks:
        return {truck.id: [] for truck in problem.trucks}
    model = _Model(problem)
    return model.search()


class _Model:
    """One routing model: node numbers are 2 per vehicle (start, end), then the tasks."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        count = len(problem.trucks)
        starts = [2 * number for number in range(count)]
        ends = [2 * number + 1 for number in range(count)]
        self.first = 2 * count
        nodes = self.first + len(problem.tasks)
        self.manager = pywrapcp.RoutingIndexManager(nodes, count, starts, ends)
        self.model = pywrapcp.RoutingModel(self.manager)
        self.latest = max(truck.end_s for truck in problem.trucks)
        self.row = {task.id: FIRST_TASK + i for i, task in enumerate(problem.tasks)}
        self.index = {
            task.id: self.manager.NodeToIndex(self.first + i)
            for i, task in enumerate(problem.tasks)
        }
        self._time()
        self._loads()
        self._choices()

    def _time(self) -> None:
        """Add time: service at the origin plus travel; windows; a cost of each second."""
        matrices = [self._seconds(number) for number in range(len(self.problem.trucks))]
        evaluators = [self.model.RegisterTransitMatrix(matrix) for matrix in matrices]
        for number, evaluator in enumerate(evaluators):
            self.model.SetArcCostEvaluatorOfVehicle(evaluator, number)
        self.model.AddDimensionWithVehicleTransits(
            evaluators, self.latest, self.latest, False, "time"
        )
        self.time = self.model.GetDimensionOrDie("time")
        for number, truck in enumerate(self.problem.trucks):
            self.time.CumulVar(self.model.Start(number)).SetValue(truck.start_s)
            self.time.CumulVar(self.model.End(number)).SetRange(truck.start_s, truck.end_s)
            self.time.SetSpanCostCoefficientForVehicle(1, number)
            self.model.AddVariableMinimizedByFinalizer(self.time.CumulVar(self.model.End(number)))

    def _seconds(self, number: int) -> list[list[int]]:
        """Return service plus travel between all nodes for one vehicle; beyond the day: no way."""
        truck = self.problem.trucks[number]
        travel = self.problem.travel[truck.id]
        size = self.first + len(self.problem.tasks)
        no_way = self.latest + 1
        rows = np.full((size, size), no_way, dtype=np.int64)
        own = [2 * number, 2 * number + 1, *range(self.first, size)]
        cost = np.where(np.isnan(travel), no_way, np.ceil(np.nan_to_num(travel))).astype(np.int64)
        if not truck.home:
            cost[:, END] = 0
        service = np.array([0, 0, *(task.service_s for task in self.problem.tasks)])
        cost = np.minimum(cost + service[:, None], no_way)
        cost[START, END] = 0  # a vehicle that serves nobody needs no way home
        rows[np.ix_(own, own)] = cost
        return rows.tolist()

    def _loads(self) -> None:
        for unit in ("kg", "units"):
            capacities = [getattr(truck, f"capacity_{unit}") for truck in self.problem.trucks]
            if any(capacity is not None for capacity in capacities):
                limits = [UNLIMITED if limit is None else limit for limit in capacities]
                self._load(unit, limits)

    def _load(self, unit: str, limits: list[int]) -> None:
        """Bound what is aboard: deliveries not yet made plus pickups made.

        Deliveries count down to zero at the end of the route, pickups up from zero at its start.
        """
        aboard = []
        for pickup, sign in ((False, -1), (True, 1)):
            demands = [0] * self.first + [
                sign * getattr(task, unit) if task.pickup is pickup else 0
                for task in self.problem.tasks
            ]
            evaluator = self.model.RegisterUnaryTransitVector(demands)
            name = f"{unit} {'fetched' if pickup else 'to deliver'}"
            self.model.AddDimensionWithVehicleCapacity(evaluator, 0, limits, pickup, name)
            aboard.append(self.model.GetDimensionOrDie(name))
        for number in range(len(limits)):
            aboard[0].CumulVar(self.model.End(number)).SetValue(0)
        if not any(task.pickup for task in self.problem.tasks):
            return
        solver = self.model.solver()
        for index in range(self.model.Size() + len(limits)):
            both = aboard[0].CumulVar(index) + aboard[1].CumulVar(index)
            if len(set(limits)) == 1:
                solver.Add(both <= limits[0])
            else:
                vehicle = solver.Max(self.model.VehicleVar(index), 0)
                solver.Add(both <= solver.Element(limits, vehicle.Var()))

    def _choices(self) -> None:
        """Let each task go unserved at a cost, and only to vehicles that may serve it, in time."""
        for number, task in enumerate(self.problem.tasks):
            index = self.manager.NodeToIndex(self.first + number)
            self.model.AddDisjunction([index], DROP_COST)
            vehicle = self.model.VehicleVar(index)
            for other, truck in enumerate(self.problem.trucks):
                if not task.windows.get(truck.id):
                    vehicle.RemoveValue(other)
            self._window(index, task)

    def _window(self, index: int, task: Task) -> None:
        """Open the spans in which some vehicle may begin; who differs is checked by `schedule`."""
        spans = sorted({span for own in task.windows.values() for span in own})
        if not spans:
            return
        time = self.time.CumulVar(index)
        time.SetRange(max(0, spans[0][0]), max(last for _, last in spans))
        reached = spans[0][1]
        for first, last in spans[1:]:
            if first > reached + 1:
                time.RemoveInterval(reached + 1, first - 1)
            reached = max(reached, last)
        self._differing(index, task, spans)

    def _differing(self, index: int, task: Task, spans: Sequence[tuple[int, int]]) -> None:
        """Keep a vehicle out of spans that are open to others only."""
        solver, time = self.model.solver(), self.time.CumulVar(index)
        vehicle = self.model.VehicleVar(index)
        for number, truck in enumerate(self.problem.trucks):
            own = task.windows.get(truck.id, ())
            if not own or set(own) == set(spans):
                continue
            inside = [solver.IsBetweenVar(time, first, last) for first, last in own]
            is_mine = solver.IsEqualCstVar(vehicle, number)
            solver.Add(solver.Sum(inside) >= is_mine)

    def search(self) -> dict[str, list[str]]:
        """Return the order of tasks for each vehicle."""
        self.model.CloseModelWithParameters(self._parameters())
        best = self._checked(self.model.SolveWithParameters(self._parameters()))
        if best is None:
            return {truck.id: [] for truck in self.problem.trucks}
        orders, cost = self._read(best), best.ObjectiveValue()
        chance, idle = random.Random(SEED), 0
        for _ in range(ROUNDS if len(self.problem.tasks) > 1 else 0):
            again = self._descend(self._without_some(orders, chance))
            if again is not None and again.ObjectiveValue() <= cost:
                idle = 0 if again.ObjectiveValue() < cost else idle + 1
                orders, cost = self._read(again), again.ObjectiveValue()
            else:
                idle += 1
            if idle >= PATIENCE:
                break
        return dict(zip((truck.id for truck in self.problem.trucks), orders, strict=True))

    def _parameters(self) -> Any:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        strategy = routing_enums_pb2.FirstSolutionStrategy
        parameters.first_solution_strategy = strategy.PARALLEL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = (
            routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
        )
        parameters.lns_time_limit.seconds = GUARD_S
        parameters.time_limit.seconds = GUARD_S
        return parameters

    def _checked(self, assignment: Any) -> Any:
        if self.model.status() == routing_enums_pb2.RoutingSearchStatus.ROUTING_FAIL_TIMEOUT:
            raise SearchStuck("the search for routes did not end")
        return assignment

    def _descend(self, orders: list[list[str]]) -> Any:
        """Return the local optimum below the routes given, None when they break a rule."""
        routes = [[self.index[task_id] for task_id in order] for order in orders]
        start = self.model.ReadAssignmentFromRoutes(routes, True)
        if start is None:
            return None
        found = self.model.SolveFromAssignmentWithParameters(start, self._parameters())
        return self._checked(found)

    def _without_some(self, orders: list[list[str]], chance: random.Random) -> list[list[str]]:
        """Return the routes without a random task and those nearest to it."""
        served = [task_id for order in orders for task_id in order]
        if not served:
            return orders
        seed = chance.choice(served)
        near = sorted(served, key=lambda other: (self._apart(seed, other), other))
        taken = set(near[: 1 + chance.randrange(TAKEN_OUT)])
        return [[task_id for task_id in order if task_id not in taken] for order in orders]

    def _apart(self, one: str, other: str) -> float:
        travel = self.problem.travel[self.problem.trucks[0].id]
        apart = travel[self.row[one], self.row[other]]
        return float("inf") if np.isnan(apart) else float(apart)

    def _read(self, assignment: Any) -> list[list[str]]:
        return [self._order(assignment, number) for number in range(len(self.problem.trucks))]

    def _order(self, assignment: Any, number: int) -> list[str]:
        order = []
        index = assignment.Value(self.model.NextVar(self.model.Start(number)))
        while not self.model.IsEnd(index):
            node = self.manager.IndexToNode(index)
            order.append(self.problem.tasks[node - self.first].id)
            index = assignment.Value(self.model.NextVar(index))
        return order


def route_ids(solution: Solution) -> Mapping[str, list[str]]:
    """Return the tasks of each route in order: what tests and logs compare."""
    return {truck: [visit.task for visit in visits] for truck, visits in solution.routes.items()}
