"""Why a task was left over: which constraint, if it gave way, would let it in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from routing.solver.problem import (
    END,
    FIRST_TASK,
    START,
    Problem,
    Solution,
    Task,
    Truck,
    seconds,
)
from routing.solver.timing import begin, drive, most_aboard

UNREACHABLE, WINDOW, CAPACITY, SHIFT = "unreachable", "window", "capacity", "shift"
ANY_TIME = ((0, 1 << 40),)
# From the hardest to the softest: what is said first is what would have to change first.
_ORDER = (UNREACHABLE, WINDOW, SHIFT, CAPACITY)


@dataclass(frozen=True)
class LeftOver:
    """A task that was left over, the vehicle that came nearest to serving it, and why not."""

    task: str
    truck: str
    cause: str


def causes(problem: Problem, solution: Solution) -> list[LeftOver]:
    """Return a cause for every task that was left over."""
    by_id = {task.id: task for task in problem.tasks}
    return [_cause(problem, solution, by_id[task_id]) for task_id in solution.left_over]


def _cause(problem: Problem, solution: Solution, task: Task) -> LeftOver:
    """Return the softest cause over all vehicles that may serve the task."""
    found = [
        LeftOver(task.id, truck.id, _for_truck(problem, solution, truck, task))
        for truck in problem.trucks
        if task.windows.get(truck.id)
    ]
    if not found:
        return LeftOver(task.id, "", WINDOW)
    return max(found, key=lambda each: _ORDER.index(each.cause))


def _for_truck(problem: Problem, solution: Solution, truck: Truck, task: Task) -> str:
    places = {each.id: FIRST_TASK + index for index, each in enumerate(problem.tasks)}
    alone = _alone(problem, truck, task, places[task.id])
    if alone is not None:
        return alone
    order = [visit.task for visit in solution.routes[truck.id]]
    tasks = {each.id: each for each in problem.tasks}
    if _fits(problem, truck, task, order, places):
        return CAPACITY
    if _fits(_any_time(problem, truck), truck, task, order, places):
        loaded = [*(tasks[each] for each in order), task]
        return CAPACITY if not _holds(truck, loaded) else WINDOW
    return SHIFT


def _alone(problem: Problem, truck: Truck, task: Task, place: int) -> str | None:
    """Return what keeps a vehicle from serving the task even with nothing else to do."""
    matrix = problem.travel[truck.id]
    there = seconds(matrix, START, place)
    back = seconds(matrix, place, END) if truck.home else 0
    if there is None or back is None:
        return UNREACHABLE
    start = begin(task.windows[truck.id], truck.start_s + there)
    if start is None:
        return WINDOW
    if start + task.service_s + back > truck.end_s:
        return SHIFT
    return None if _holds(truck, [task]) else CAPACITY


def _holds(truck: Truck, tasks: Sequence[Task]) -> bool:
    kg, units = most_aboard(tasks)
    return (truck.capacity_kg is None or kg <= truck.capacity_kg) and (
        truck.capacity_units is None or units <= truck.capacity_units
    )


def _fits(
    problem: Problem, truck: Truck, task: Task, order: Sequence[str], places: dict[str, int]
) -> bool:
    """Return whether the task fits somewhere into the route in time, loads apart."""
    for tried in _insertions(order, task.id):
        timed = drive(problem, truck, tried, places)
        if timed is not None and timed[1] <= truck.end_s:
            return True
    return False


def _insertions(order: Sequence[str], task_id: str) -> Iterator[list[str]]:
    for index in range(len(order) + 1):
        yield [*order[:index], task_id, *order[index:]]


def _any_time(problem: Problem, truck: Truck) -> Problem:
    open_at_all_times = {truck.id: ANY_TIME}
    return replace(
        problem,
        tasks=tuple(
            replace(task, windows=open_at_all_times) if task.windows.get(truck.id) else task
            for task in problem.tasks
        ),
    )
