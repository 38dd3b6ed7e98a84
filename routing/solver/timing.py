"""When a route with a given order is driven: as early as windows allow. Pure arithmetic."""

from collections.abc import Mapping, Sequence

from routing.solver.problem import END, START, Problem, Task, Truck, Visit, Window, seconds


def begin(windows: Sequence[Window], arrive_s: int) -> int | None:
    """Return when service begins for who arrives at an instant, None when it is too late."""
    for first, last in windows:
        if arrive_s <= last:
            return max(arrive_s, first)
    return None


def schedule(
    problem: Problem, truck: Truck, order: Sequence[str], places: Mapping[str, int]
) -> tuple[tuple[Visit, ...], int] | None:
    """Return the visits of an order and when the route ends; None when it cannot be driven.

    `places` gives each task's row in the travel matrix. The end of the shift binds.
    """
    timed = drive(problem, truck, order, places)
    return None if timed is None or timed[1] > truck.end_s else timed


def drive(
    problem: Problem, truck: Truck, order: Sequence[str], places: Mapping[str, int]
) -> tuple[tuple[Visit, ...], int] | None:
    """Return visits and end of an order without regard to the shift; None when impossible."""
    if not order:
        return (), truck.start_s
    matrix, tasks = problem.travel[truck.id], {task.id: task for task in problem.tasks}
    here, now = START, truck.start_s
    visits = []
    for task_id in order:
        task = tasks[task_id]
        travel = seconds(matrix, here, places[task_id])
        start = None if travel is None else begin(task.windows.get(truck.id, ()), now + travel)
        if travel is None or start is None:
            return None
        visits.append(Visit(task_id, now + travel, start, start + task.service_s))
        here, now = places[task_id], start + task.service_s
    if truck.home:
        back = seconds(matrix, here, END)
        if back is None:
            return None
        now += back
    return tuple(visits), now


def most_aboard(order: Sequence[Task]) -> tuple[int, int]:
    """Return the most kilograms and units that are aboard at a time over a route.

    Deliveries are aboard from the start until they are served, pickups from then on.
    """
    kg = sum(task.kg for task in order if not task.pickup)
    units = sum(task.units for task in order if not task.pickup)
    most_kg, most_units = kg, units
    for task in order:
        sign = 1 if task.pickup else -1
        kg, units = kg + sign * task.kg, units + sign * task.units
        most_kg, most_units = max(most_kg, kg), max(most_units, units)
    return most_kg, most_units
