"""What happens when: actions at instants of the day, in a fixed order."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class _Entry:
    t: float
    number: int
    run: Callable[[], None] = field(compare=False)


class Agenda:
    """A queue of actions by time; actions at one instant run in the order they were put in."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._numbers = itertools.count()

    def put(self, t: float, run: Callable[[], None]) -> None:
        heapq.heappush(self._heap, _Entry(t, next(self._numbers), run))

    @property
    def next_at(self) -> float | None:
        return self._heap[0].t if self._heap else None

    def run_until(self, t: float) -> int:
        """Run everything due at or before t; returns how many actions ran."""
        count = 0
        while self._heap and self._heap[0].t <= t:
            heapq.heappop(self._heap).run()
            count += 1
        return count
