"""Schedules in local wall-clock time: when is a rule, a window or a shift in force?

The definition is the reading of the clock on the wall: a span is active at an instant when the
local time that the city's clocks show then lies in it. Hence

- a span is half-open: `22:00-06:00` includes 22:00 and excludes 06:00;
- an end before the start wraps midnight, and weekday, date and holiday are those of the start;
- `24:00` is the midnight at the end of the day; equal start and end are an empty span, and the
  whole day is `00:00-24:00`;
- in the hour that is skipped in spring nothing is active that only lives in it, and in the hour
  that comes twice in autumn a span is active in both.

A named calendar holds of a span when the span starts on one of its days, and at every instant at
which it is switched on.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from kernel.periods import Period, intersect, subtract, union

DAY_MINUTES = 1440
DAY_SECONDS = 86_400
EVERY_DAY: frozenset[int] = frozenset(range(7))
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayCalendar:
    """The days that a city's schedules know by name: public holidays, and calendars of its own.

    `switched` says when a calendar is switched on, from instant to instant; `on` names those that
    are at the instant that is asked about (`at` fills it in).
    """

    holidays: frozenset[date] = frozenset()
    named: Mapping[str, frozenset[date]] = field(default_factory=dict)
    switched: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    on: frozenset[str] = frozenset()

    def at(self, instant: datetime) -> "DayCalendar":
        """Return the days as they are at an instant."""
        if not self.switched:
            return self
        on = (n for n, times in self.switched.items() if any(t.contains(instant) for t in times))
        return replace(self, on=frozenset(on))


NO_DAYS = DayCalendar()


@dataclass(frozen=True, slots=True)
class Span:
    """One window of a schedule. Minutes of the local day, 0 to 1440; weekdays 0 = Monday.

    `from_on` is the first day on which the span may start, `until_on` the first on which it no
    longer may. `on` and `not_on` are days of every year as (month, day). `calendar` names a
    calendar of the city; a name that the city does not know never holds. Raises ValueError for
    minutes outside the day.
    """

    start: int
    end: int
    days: frozenset[int] = EVERY_DAY
    from_on: date | None = None
    until_on: date | None = None
    holidays: Literal["any", "only", "except"] = "any"
    calendar: str | None = None
    calendar_mode: Literal["only", "except"] = "only"
    on: frozenset[tuple[int, int]] | None = None
    not_on: frozenset[tuple[int, int]] = frozenset()
    start_s: int = field(init=False, repr=False, compare=False)
    end_s: int = field(init=False, repr=False, compare=False)
    """Seconds from the midnight of the starting day; past 86,400 where the span wraps."""

    def __post_init__(self) -> None:
        if not (0 <= self.start <= DAY_MINUTES and 0 <= self.end <= DAY_MINUTES):
            raise ValueError("A span's minutes lie between 0 and 1440.")
        object.__setattr__(self, "start_s", self.start * 60)
        object.__setattr__(self, "end_s", (self.start + self.length) * 60)

    @property
    def length(self) -> int:
        """Return the minutes on the clock from start to end; 0 when they are equal."""
        return self.end - self.start if self.end >= self.start else self.end + 1440 - self.start

    def starts_on(self, day: date, days: DayCalendar) -> bool:
        """Return whether the span starts on this local day, its calendar being on or off."""
        if day.weekday() not in self.days:
            return False
        if self.from_on is not None and day < self.from_on:
            return False
        if self.until_on is not None and day >= self.until_on:
            return False
        if self.on is not None and (day.month, day.day) not in self.on:
            return False
        if self.not_on and (day.month, day.day) in self.not_on:
            return False
        if self.holidays != "any" and (day in days.holidays) != (self.holidays == "only"):
            return False
        if self.calendar is not None:
            holds = self.calendar in days.on or day in days.named.get(self.calendar, ())
            return holds == (self.calendar_mode == "only")
        return True


@dataclass(frozen=True, slots=True)
class Schedule:
    """Active when one of its spans is; without spans always."""

    spans: tuple[Span, ...] = ()


ALWAYS = Schedule()


class Moment(NamedTuple):
    """An instant as the city's clocks show it: the local day, and the whole seconds on its clock.

    Spans begin and end with a minute, so that no part of a second matters.
    """

    day: date
    second: int


def moment(at: datetime, tz: ZoneInfo) -> Moment:
    """Return what the clocks of a time zone show at an instant."""
    local = at.astimezone(tz)
    return Moment(local.date(), local.hour * 3600 + local.minute * 60 + local.second)


def active_in(schedule: Schedule, moment: Moment, days: DayCalendar) -> bool:
    """Return whether the schedule is active when the city's clocks show the moment.

    `days` are those of the instant (`DayCalendar.at`).
    """
    if not schedule.spans:
        return True
    today, second = moment
    for span in schedule.spans:
        if span.start_s <= second < span.end_s and span.starts_on(today, days):
            return True
        if second + DAY_SECONDS < span.end_s and span.starts_on(today - _ONE_DAY, days):
            return True
    return False


def active_at(schedule: Schedule, at: datetime, tz: ZoneInfo, days: DayCalendar = NO_DAYS) -> bool:
    """Return whether the schedule is active at the instant `at` in the time zone `tz`."""
    return active_in(schedule, moment(at, tz), days.at(at))


def intervals(
    schedule: Schedule, period: Period, tz: ZoneInfo, days: DayCalendar = NO_DAYS
) -> list[Period]:
    """Return when within `period` the schedule is active: sorted, disjoint, in UTC.

    Raises ValueError for a period with an open end, which has no finite answer.
    """
    if period.end is None:
        raise ValueError("Intervals need a period that ends.")
    if period.empty:
        return []
    if not schedule.spans:
        return [Period(period.start.astimezone(UTC), period.end.astimezone(UTC))]
    regimes = _regimes(period.start, period.end, tz)
    active: list[Period] = []
    day = (period.start.astimezone(tz) - 2 * _ONE_DAY).date()
    last = (period.end.astimezone(tz) + _ONE_DAY).date()
    while day <= last:
        for span in schedule.spans:
            active += _starting(span, day, days, regimes)
        day += _ONE_DAY
    return intersect(union(active), [period])


def local_midnight(day: date, tz: ZoneInfo) -> datetime:
    """Return the first instant of the local day, in UTC.

    Where the clocks skip midnight, the instant at which the day then begins.
    """
    midnight = datetime.combine(day, time())
    start = midnight.replace(tzinfo=UTC) - _ONE_DAY
    found = [
        max(regime_start, midnight.replace(tzinfo=UTC) - offset)
        for regime_start, regime_end, offset in _regimes(start, start + 3 * _ONE_DAY, tz)
        if midnight.replace(tzinfo=UTC) - offset < regime_end
    ]
    return min(found)


def _starting(
    span: Span, day: date, days: DayCalendar, regimes: list[tuple[datetime, datetime, timedelta]]
) -> list[Period]:
    """Return when the span that may start on a local day is active, its calendar off or on."""
    switched = days.switched.get(span.calendar or "", ())
    off = on = span.starts_on(day, days)
    if switched:
        on = span.starts_on(day, replace(days, on=frozenset(days.switched)))
    if not span.length or not (off or on):
        return []
    start = datetime.combine(day, time()) + timedelta(minutes=span.start)
    whole = _instants(start, start + timedelta(minutes=span.length), regimes)
    if off is on:
        return whole
    return subtract(whole, switched) if off else intersect(whole, switched)


def _instants(
    start: datetime, end: datetime, regimes: list[tuple[datetime, datetime, timedelta]]
) -> list[Period]:
    """Return the instants at which the clocks show a naive time in `[start, end)`."""
    found = []
    for regime_start, regime_end, offset in regimes:
        first = max(start.replace(tzinfo=UTC) - offset, regime_start)
        last = min(end.replace(tzinfo=UTC) - offset, regime_end)
        if first < last:
            found.append(Period(first, last))
    return found


def _regimes(
    start: datetime, end: datetime, tz: ZoneInfo
) -> list[tuple[datetime, datetime, timedelta]]:
    """Return the stretches of constant offset from UTC that cover `[start, end]` with a margin."""
    first, last = start.astimezone(UTC) - 3 * _ONE_DAY, end.astimezone(UTC) + 3 * _ONE_DAY
    changes = [
        change
        for year in range(first.year, last.year + 1)
        for change in _clock_changes(tz, year)
        if first < change < last
    ]
    edges = [first, *changes, last]
    return [
        (a, b, a.astimezone(tz).utcoffset() or timedelta()) for a, b in itertools.pairwise(edges)
    ]


@lru_cache(maxsize=4096)
def _clock_changes(tz: ZoneInfo, year: int) -> tuple[datetime, ...]:
    """Return the instants of a UTC year at which the offset of `tz` changes, to the second.

    `zoneinfo` publishes offsets, not transitions: each day whose ends differ is bisected.
    """
    changes = []
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        following = day + _ONE_DAY
        if _offset(day, tz) != _offset(following, tz):
            low, high = 0, 86400
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(day + timedelta(seconds=middle), tz) == _offset(day, tz):
                    low = middle
                else:
                    high = middle
            changes.append(day + timedelta(seconds=high))
        day = following
    return tuple(changes)


def _offset(at: datetime, tz: ZoneInfo) -> timedelta:
    return at.astimezone(tz).utcoffset() or timedelta()
