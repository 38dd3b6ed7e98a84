"""Laws of the search over random instances, recomputed by arithmetic of the test's own."""

import numpy as np
import pytest

from routing.solver.problem import Problem, Task, Truck
from routing.solver.reasons import causes
from routing.solver.search import solve

pytestmark = pytest.mark.law


def instance(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    count, fleet = int(rng.integers(3, 14)), int(rng.integers(1, 4))
    places = rng.uniform(0, 25, (count + 2, 2))
    travel = 60 * np.abs(places[:, None] - places[None, :]).sum(axis=2)
    travel[rng.uniform(size=travel.shape) < 0.1] = np.nan
    np.fill_diagonal(travel, 0)
    vans = [f"v{number}" for number in range(fleet)]
    tasks = []
    for number in range(count):
        first = int(rng.integers(0, 10_000))
        spans = [(first, first + int(rng.integers(600, 5000)))]
        if rng.uniform() < 0.3:
            spans.append((spans[0][1] + 900, spans[0][1] + 2400))
        able = [van for van in vans if rng.uniform() < 0.7]
        tasks.append(
            Task(
                str(number),
                int(rng.integers(60, 900)),
                {van: tuple(spans) for van in able},
                kg=int(rng.integers(10, 400)),
                pickup=bool(rng.uniform() < 0.3),
            )
        )
    trucks = tuple(
        Truck(van, int(rng.integers(0, 3000)), 15_000, bool(rng.uniform() < 0.7), 1000)
        for van in vans
    )
    return Problem(tuple(tasks), trucks, dict.fromkeys(vans, travel))


@pytest.mark.parametrize("seed", range(25))
def test_routes_keep_windows_loads_shifts_and_ways_and_nothing_is_lost(seed):
    problem = instance(seed)

    solution = solve(problem)

    tasks = {task.id: task for task in problem.tasks}
    served = [visit.task for visits in solution.routes.values() for visit in visits]
    assert sorted([*served, *solution.left_over]) == sorted(tasks)
    for truck in problem.trucks:
        travel = problem.travel[truck.id]
        now, here = truck.start_s, 0
        visits = solution.routes[truck.id]
        aboard = sum(tasks[v.task].kg for v in visits if not tasks[v.task].pickup)
        assert aboard <= truck.capacity_kg
        for visit in visits:
            task, there = tasks[visit.task], 2 + int(visit.task)
            assert visit.arrive_s >= now + travel[here, there]
            assert visit.start_s >= visit.arrive_s
            assert any(a <= visit.start_s <= b for a, b in task.windows[truck.id])
            assert visit.depart_s == visit.start_s + task.service_s
            aboard += task.kg if task.pickup else -task.kg
            assert aboard <= truck.capacity_kg
            now, here = visit.depart_s, there
        if truck.home and visits:
            now += travel[here, 1]
        assert now <= truck.end_s + 1


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_left_over_has_exactly_one_cause(seed):
    problem = instance(seed)
    solution = solve(problem)

    found = causes(problem, solution)

    assert [each.task for each in found] == list(solution.left_over)
    assert {each.cause for each in found} <= {"unreachable", "window", "shift", "capacity"}
