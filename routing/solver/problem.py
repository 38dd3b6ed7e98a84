"""What the solver is given and what it returns. Seconds count from the problem's epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Window = tuple[int, int]


@dataclass(frozen=True)
class Task:
    """A stop to serve: how long, how heavy, and by whom.

    `windows` are, by vehicle, the disjoint spans in which service may begin (empty: never); a
    vehicle without an entry must not serve it. `aboard` marks goods that lie in their vehicle.
    """

    id: str
    service_s: int
    windows: Mapping[str, tuple[Window, ...]]
    kg: int = 0
    units: int = 0
    pickup: bool = False


@dataclass(frozen=True)
class Truck:
    """A vehicle: when and where it starts, when it must be back, what it holds.

    `home` says whether the route ends at the end place of its table; otherwise at its last stop.
    None as a capacity means that it is not known and binds nothing.
    """

    id: str
    start_s: int
    end_s: int
    home: bool
    capacity_kg: int | None = None
    capacity_units: int | None = None


@dataclass(frozen=True)
class Problem:
    """Tasks, vehicles and seconds of travel.

    `travel[vehicle]` is a square matrix over [start, end, *tasks] in the order of `tasks`, NaN
    where the vehicle has no legal way.
    """

    tasks: tuple[Task, ...]
    trucks: tuple[Truck, ...]
    travel: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Visit:
    """A task in a route: arrival, begin and end of service."""

    task: str
    arrive_s: int
    start_s: int
    depart_s: int


@dataclass(frozen=True)
class Solution:
    """Routes by vehicle (every vehicle has one, it may be empty), and the tasks left over."""

    routes: Mapping[str, tuple[Visit, ...]]
    left_over: tuple[str, ...]
    end_s: Mapping[str, int] = field(default_factory=dict)


START, END, FIRST_TASK = 0, 1, 2


def seconds(matrix: NDArray[np.float64], origin: int, destination: int) -> int | None:
    """Return whole seconds of travel, rounded up, or None where there is no way."""
    value = matrix[origin, destination]
    return None if np.isnan(value) else int(np.ceil(value))
