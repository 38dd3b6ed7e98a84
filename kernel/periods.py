"""Half-open periods of time, `[start, end)`, and the set algebra over lists of them.

An end of None means open: the period never ends. All times are aware datetimes; comparisons are
those of instants, so periods given in different time zones mix freely.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

YEARS = range(1900, 9000)
"""Times outside of these years are nobody's; arithmetic with them would run out of the calendar."""


@dataclass(frozen=True, slots=True)
class Period:
    """The instants t with `start <= t` and, unless the end is open, `t < end`.

    Raises ValueError for a naive time and for an end before the start. `start == end` is the
    empty period: it contains nothing and overlaps nothing.
    """

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError("A period needs aware times.")
        if self.end is not None and self.end < self.start:
            raise ValueError("A period cannot end before it starts.")

    def __lt__(self, other: "Period") -> bool:
        if self.start != other.start:
            return self.start < other.start
        if self.end is None:
            return False
        return other.end is None or self.end < other.end

    @property
    def empty(self) -> bool:
        return self.end is not None and self.end == self.start

    @property
    def duration(self) -> timedelta | None:
        """Return the length, or None when the end is open."""
        return None if self.end is None else self.end - self.start

    def contains(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def overlaps(self, other: "Period") -> bool:
        """Return whether some instant lies in both."""
        return self.intersection(other) is not None

    def intersection(self, other: "Period") -> "Period | None":
        """Return the instants that lie in both, or None when there are none."""
        start = max(self.start, other.start)
        end = earlier_end(self.end, other.end)
        if end is not None and end <= start:
            return None
        return Period(start, end)


def earlier_end(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two ends, where None never comes."""
    if one is None:
        return other
    return one if other is None else min(one, other)


def edges(periods: Iterable[Period]) -> list[datetime]:
    """Return the instants at which the periods start and end, sorted, each once."""
    return sorted({at for period in periods for at in (period.start, period.end) if at is not None})


def union(periods: Iterable[Period]) -> list[Period]:
    """Return the same instants as sorted periods that neither overlap nor touch."""
    merged: list[Period] = []
    for period in sorted(p for p in periods if not p.empty):
        last = merged[-1] if merged else None
        if last is not None and (last.end is None or period.start <= last.end):
            open_end = last.end is None or period.end is None
            end = None if open_end else max(last.end, period.end)  # type: ignore[type-var]
            merged[-1] = Period(last.start, end)
        else:
            merged.append(period)
    return merged


def intersect(a: Sequence[Period], b: Sequence[Period]) -> list[Period]:
    """Return the instants that lie in some period of `a` and in some period of `b`."""
    return union(both for one in a for other in b if (both := one.intersection(other)))


def subtract(a: Sequence[Period], b: Sequence[Period]) -> list[Period]:
    """Return the instants that lie in some period of `a` and in none of `b`."""
    rest = union(a)
    for cut in union(b):
        rest = [piece for period in rest for piece in _without(period, cut)]
    return rest


def _without(period: Period, cut: Period) -> list[Period]:
    if not period.overlaps(cut):
        return [period]
    pieces = []
    if period.start < cut.start:
        pieces.append(Period(period.start, cut.start))
    if cut.end is not None and (period.end is None or cut.end < period.end):
        pieces.append(Period(cut.end, period.end))
    return pieces
