"""Cut a problem where vehicles share no task: each part is solved alone."""

from collections.abc import Iterator

import numpy as np

from routing.solver.problem import END, FIRST_TASK, START, Problem


def parts(problem: Problem) -> Iterator[Problem]:
    """Yield the parts in the order of their first vehicle; tasks nobody may serve come last."""
    groups = _groups(problem)
    for group in groups:
        yield _restricted(problem, group)
    orphans = [task for task in problem.tasks if not any(task.windows.values())]
    if orphans:
        yield Problem(tuple(orphans), (), {})


def _groups(problem: Problem) -> list[set[str]]:
    leader = {truck.id: truck.id for truck in problem.trucks}

    def find(truck: str) -> str:
        while leader[truck] != truck:
            truck = leader[truck]
        return truck

    for task in problem.tasks:
        sharing = [truck for truck in leader if task.windows.get(truck)]
        for other in sharing[1:]:
            leader[find(other)] = find(sharing[0])
    groups: dict[str, set[str]] = {}
    for truck in problem.trucks:
        groups.setdefault(find(truck.id), set()).add(truck.id)
    return list(groups.values())


def _restricted(problem: Problem, group: set[str]) -> Problem:
    chosen = [
        index
        for index, task in enumerate(problem.tasks)
        if any(task.windows.get(truck) for truck in group)
    ]
    rows = np.array([START, END, *(FIRST_TASK + index for index in chosen)])
    return Problem(
        tuple(problem.tasks[index] for index in chosen),
        tuple(truck for truck in problem.trucks if truck.id in group),
        {truck: problem.travel[truck][np.ix_(rows, rows)] for truck in sorted(group)},
    )
