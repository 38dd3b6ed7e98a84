"""Tiny instances whose best answer is worked out by hand.

Most lie on a line: place k is k minutes from place 0, so travel is the difference of positions.
"""

from itertools import pairwise, permutations

import numpy as np
import pytest

from routing.solver.problem import Problem, Task, Truck
from routing.solver.reasons import causes
from routing.solver.search import route_ids, solve

DAY = (0, 24 * 3600)


def line(start: float, end: float, *positions: float) -> np.ndarray:
    """Travel in seconds along a line, positions in minutes."""
    places = np.array([start, end, *positions], dtype=float) * 60
    return np.abs(places[:, None] - places[None, :])


def van(name: str = "van", **changes) -> Truck:
    facts = {"start_s": 0, "end_s": 24 * 3600, "home": True}
    return Truck(name, **(facts | changes))


def task(name: str, *windows, vans=("van",), service_s: int = 60, **changes) -> Task:
    return Task(name, service_s, dict.fromkeys(vans, windows or (DAY,)), **changes)


def one_van(tasks, *positions, **changes) -> Problem:
    return Problem(tuple(tasks), (van(**changes),), {"van": line(0, 0, *positions)})


def test_stops_along_a_line_are_served_in_order_and_the_times_add_up():
    """0 → 1 → 2 → 3 and back: each minute of the way is driven twice, three minutes of service."""
    problem = one_van([task("far"), task("near"), task("middle")], 3, 1, 2)

    solution = solve(problem)

    order = route_ids(solution)["van"]
    assert order in (["near", "middle", "far"], ["far", "middle", "near"])
    assert solution.end_s["van"] == 6 * 60 + 3 * 60
    assert solution.left_over == ()


def test_a_window_turns_the_order_round():
    problem = one_van([task("near", (600, 3600)), task("far", (0, 240))], 1, 3)

    solution = solve(problem)

    assert route_ids(solution)["van"] == ["far", "near"]
    far, near = solution.routes["van"]
    assert (far.arrive_s, far.start_s, far.depart_s) == (180, 180, 240)
    assert (near.arrive_s, near.start_s, near.depart_s) == (360, 600, 660)


def test_of_two_windows_the_second_is_used_when_the_first_is_missed():
    problem = one_van([task("a", (0, 30), (600, 900))], 1)

    [visit] = solve(problem).routes["van"]

    assert (visit.arrive_s, visit.start_s) == (60, 600)


def test_a_missing_way_is_never_driven():
    """The only way to the stop leads in, none leads back: it is left over as unreachable."""
    problem = one_van([task("island")], 1)
    problem.travel["van"][2, 1] = np.nan

    solution = solve(problem)

    assert solution.left_over == ("island",)
    assert [each.cause for each in causes(problem, solution)] == ["unreachable"]


def test_a_missing_arc_between_two_stops_is_avoided():
    """a → b has no way, b → a has: b first, though both cost the same."""
    problem = one_van([task("a"), task("b")], 1, 2)
    problem.travel["van"][2, 3] = np.nan

    assert route_ids(solve(problem))["van"] == ["b", "a"]


def test_what_does_not_fit_aboard_is_left_over_for_its_weight():
    problem = one_van([task("light", kg=300), task("heavy", kg=800)], 1, 2, capacity_kg=1000)

    solution = solve(problem)

    assert len(solution.left_over) == 1
    assert [each.cause for each in causes(problem, solution)] == ["capacity"]


def test_a_pickup_fits_once_the_delivery_has_left_the_van():
    """600 kg to deliver at 1, 600 kg to fetch at 2, 1000 kg capacity."""
    tasks = [task("fetch", kg=600, pickup=True), task("bring", kg=600)]

    solution = solve(one_van(tasks, 2, 1, capacity_kg=1000))

    assert route_ids(solution)["van"] == ["bring", "fetch"]


def test_what_would_end_after_the_shift_is_left_over_for_the_shift():
    problem = one_van([task("a"), task("b")], 1, 30, end_s=20 * 60)

    solution = solve(problem)

    assert solution.left_over == ("b",)
    assert [each.cause for each in causes(problem, solution)] == ["shift"]


def test_two_windows_that_cannot_both_be_met_leave_one_over_for_its_window():
    problem = one_van([task("west", (0, 650)), task("east", (0, 650))], -10, 10)

    solution = solve(problem)

    assert len(solution.left_over) == 1
    assert [each.cause for each in causes(problem, solution)] == ["window"]


def test_a_window_that_is_over_is_named():
    problem = one_van([task("late", (0, 30))], 5)

    assert [each.cause for each in causes(problem, solve(problem))] == ["window"]


def test_a_stop_that_no_vehicle_may_serve_is_left_over():
    problem = Problem((Task("a", 60, {"van": ()}),), (van(),), {"van": line(0, 0, 1)})

    solution = solve(problem)

    assert solution.left_over == ("a",)
    assert route_ids(solution) == {"van": []}


def test_a_vehicle_without_a_way_home_stays_and_the_other_works():
    """The van cannot even leave; the bike serves what both may."""
    cut_off = np.full((3, 3), np.nan)
    shared = task("shared", vans=("van", "bike"))
    travel = {"van": cut_off, "bike": line(0, 0, 1)}

    solution = solve(Problem((shared,), (van(), van("bike")), travel))

    assert route_ids(solution) == {"van": [], "bike": ["shared"]}


def test_each_vehicle_serves_what_only_it_may():
    tasks = [task("zone", vans=("bike",)), task("outside", vans=("van",))]
    travel = {"van": line(0, 0, 1, 1), "bike": line(0, 0, 1, 1)}

    routes = route_ids(solve(Problem(tuple(tasks), (van(), van("bike")), travel)))

    assert routes == {"van": ["outside"], "bike": ["zone"]}


def test_a_stop_that_both_may_serve_goes_to_the_nearer_vehicle():
    shared = task("shared", vans=("van", "bike"))
    travel = {"van": line(0, 0, 9), "bike": line(10, 10, 9)}

    routes = route_ids(solve(Problem((shared,), (van(), van("bike")), travel)))

    assert routes == {"van": [], "bike": ["shared"]}


def test_a_window_that_is_open_to_another_vehicle_only_is_not_used():
    """The van may come from 600, the bike at once, but the bike's shift is over."""
    windows = {"van": ((600, 900),), "bike": ((0, 900),)}
    problem = Problem(
        (Task("a", 60, windows),),
        (van(), van("bike", end_s=1)),
        {"van": line(0, 0, 1), "bike": line(0, 0, 1)},
    )

    [visit] = solve(problem).routes["van"]

    assert visit.start_s == 600


def test_a_route_without_a_home_ends_at_its_last_stop():
    problem = one_van([task("a"), task("b")], 5, 1, home=False)

    solution = solve(problem)

    assert route_ids(solution)["van"] == ["b", "a"]
    assert solution.end_s["van"] == 5 * 60 + 2 * 60


def test_the_same_problem_has_the_same_answer_every_time():
    rng = np.random.default_rng(1)
    positions = rng.uniform(0, 30, (10, 2))
    travel = 60 * np.abs(positions[:, None] - positions[None, :]).sum(axis=2)
    windows = [(int(first), int(first) + 2400) for first in rng.uniform(0, 6000, 8)]
    tasks = [task(str(i), window, vans=("a", "b")) for i, window in enumerate(windows)]
    problem = Problem(tuple(tasks), (van("a"), van("b")), {"a": travel, "b": travel})

    assert solve(problem) == solve(problem)


@pytest.mark.law
@pytest.mark.parametrize("seed", range(2))
def test_six_stops_of_one_van_are_served_in_the_best_of_all_orders(seed):
    """Against all 720 orders, by a computation of its own."""

    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 30, (7, 2))
    minutes = np.ceil(60 * np.abs(places[:, None] - places[None, :]).sum(axis=2)).astype(int)
    travel = minutes[np.ix_([0, 0, *range(1, 7)], [0, 0, *range(1, 7)])].astype(float)
    problem = Problem(tuple(task(str(i)) for i in range(6)), (van(),), {"van": travel})
    best = min(
        minutes[0, order[0] + 1]
        + sum(minutes[a + 1, b + 1] for a, b in pairwise(order))
        + minutes[order[-1] + 1, 0]
        for order in permutations(range(6))
    )

    assert solve(problem).end_s["van"] == best + 6 * 60
