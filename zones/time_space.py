"""All times of a horizon, as unknowns of a solver: a class of days and a minute of the local day.

Days that no rule can tell apart are one class; which they are is asked of the schedule itself, so
that both always agree. Days of a city's named calendars are announced as they come: any day may be
one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import z3

from kernel.schedules import DAY_MINUTES, DayCalendar, Schedule, Span
from zones.asking import Example
from zones.formulas import (
    TRUE,
    Formula,
    among,
    every,
    flag,
    flag_is_among,
    negated,
    number,
    some,
    within,
)

TUESDAY = 1
_ONE_DAY = timedelta(days=1)


class TimeSpace:
    """Days from `first` until before `last` without those that `but` names; minutes of a day.

    Ask for all features (`since`, `apart`, `dated`, `active`) before `allowed`.
    """

    def __init__(
        self, first: date, last: date, holidays: frozenset[date], but: Iterable[date] = ()
    ) -> None:
        self._first, self._last, self._length = first, last, (last - first).days
        self._holidays = holidays
        self._without = {day.toordinal() - first.toordinal() for day in but}
        self._features: dict[str, bytes] = {}
        self._numbers: dict[str, Callable[[date], int]] = {}
        self._calendars: dict[str, str] = {}
        self._classes: list[date] = []

    def since(self, day: date) -> Formula:
        """Return the formula that holds from a day on."""
        if not self._first < day < self._last:
            return z3.BoolVal(day <= self._first)
        self.apart(day)
        return flag(f"since {day}")

    def apart(self, day: date) -> None:
        """Keep the days before this one in other classes than it and those after it."""
        if self._first < day < self._last:
            before = (day - self._first).days
            self._features[f"since {day}"] = bytes(before) + b"\1" * (self._length - before)

    def dated(self, name: str, value: Callable[[date], int]) -> None:
        """Let a number follow from the day: from the one that stands for its class."""
        self._numbers[name] = value

    def active(self, schedule: Schedule) -> Formula:
        """Return the formula that holds when the schedule is active."""
        if not schedule.spans:
            return TRUE
        return some([self._span(span) for span in schedule.spans])

    def allowed(self) -> Iterable[Formula]:
        """Yield what holds of every time: the day is of a class, and has its features."""
        classes = self._classified()
        self._classes = list(classes.values())
        yield within("day", len(self._classes))
        yield within("minute", DAY_MINUTES)
        for place, name in enumerate(self._features):
            having = tuple(i for i, told in enumerate(classes) if told[place])
            yield flag_is_among(name, "day", having)
        for name, value in self._numbers.items():
            by_value: dict[int, list[int]] = {}
            for i, day in enumerate(self._classes):
                by_value.setdefault(value(day), []).append(i)
            for said, places in by_value.items():
                yield z3.Implies(among("day", tuple(places)), number(name) == said)

    def _classified(self) -> dict[tuple[int, ...], date]:
        """Return a day for each class of days, a Tuesday if it has one, by its features."""
        columns = self._features.values()
        told_by_day = zip(*columns, strict=True) if columns else iter([()] * self._length)
        first, classes = self._first.toordinal(), dict[tuple[int, ...], int]()
        for i, told in enumerate(told_by_day):
            if i in self._without:
                continue
            # Day 1 of the calendar was a Monday.
            if told not in classes or ((first + i) % 7 == 2 and classes[told] % 7 != 2):
                classes[told] = first + i
        return {told: date.fromordinal(day) for told, day in classes.items()}

    def typical(self) -> Iterable[Formula]:
        """Yield what makes an example easy to picture: half past nine on a Tuesday."""
        yield every([negated(flag(name)) for name in self._calendars])
        tuesdays = tuple(i for i, day in enumerate(self._classes) if day.weekday() == TUESDAY)
        if tuesdays:
            yield among("day", tuesdays)
        yield among("minute", (9 * 60 + 30,))

    def local(self, example: Example) -> tuple[datetime, tuple[str, ...]]:
        """Return the local time of an example, and the calendars that have its day.

        A calendar that has the day before (a window that wraps midnight) is named with `-1`.
        """
        named = tuple(said for name, said in self._calendars.items() if example.flag(name))
        day, minute = self._classes[example.number("day")], example.number("minute")
        return datetime.combine(day, time()) + timedelta(minutes=minute), named

    def _span(self, span: Span) -> Formula:
        self._starts(span, today=True)
        if span.start + span.length > DAY_MINUTES:
            self._starts(span, today=False)
        return _active(span)

    def _starts(self, span: Span, *, today: bool) -> None:
        """Note what the day (or the one before) has to be for the span to start."""
        name, calendar = _start_names(span, today)
        if name not in self._features:
            eve = self._first if today else self._first - _ONE_DAY
            self._features[name] = _starting(span, eve, self._length, self._holidays)
        if calendar:
            self._calendars[calendar] = f"{span.calendar}" if today else f"{span.calendar}-1"


def _plain(span: Span) -> Span:
    """Return the days of a span alone, but for its named calendar."""
    return replace(span, start=0, end=0, calendar=None)


@lru_cache(maxsize=4096)
def _start_names(span: Span, today: bool) -> tuple[str, str]:
    """Return the names of the day's feature and of the calendar that let a span start."""
    calendar = "" if span.calendar is None else f"calendar {span.calendar} {today}"
    return f"starts {_plain(span)} {today}", calendar


@lru_cache(maxsize=4096)
def _active(span: Span) -> Formula:
    """Return that a span is active: it started today, or yesterday and wraps midnight."""
    start, end, minute = span.start, span.start + span.length, number("minute")
    now = every([minute >= start, minute < end, _started(span, today=True)])
    if end <= DAY_MINUTES:
        return now
    return some([now, every([minute < end - DAY_MINUTES, _started(span, today=False)])])


def _started(span: Span, *, today: bool) -> Formula:
    name, calendar = _start_names(span, today)
    if not calendar:
        return flag(name)
    named = flag(calendar)
    return every([flag(name), named if span.calendar_mode == "only" else negated(named)])


def _starting(span: Span, first: date, length: int, holidays: frozenset[date]) -> bytes:
    """Return for each of so many days from `first` on whether a span starts."""
    ever = replace(_plain(span), from_on=None, until_on=None)
    years = 1 + length // 366  # whole years: spans of other zones may be asked for less or more
    ends = length if span.until_on is None else min(max((span.until_on - first).days, 0), length)
    begins = 0 if span.from_on is None else min(max((span.from_on - first).days, 0), ends)
    starting = _ever_starting(ever, first, 366 * years, holidays)[begins:ends]
    return bytes(begins) + starting + bytes(length - ends)


@lru_cache(maxsize=512)
def _ever_starting(span: Span, first: date, length: int, holidays: frozenset[date]) -> bytes:
    days = DayCalendar(holidays)
    return bytes(span.starts_on(first + timedelta(days=i), days) for i in range(length))


def horizon(
    start: date, end: date | None, named: Sequence[date], *, room: int = 400, most: int = 3660
) -> tuple[date, date]:
    """Return the days to look at: from `start` until 400 days after the last date a rule names.

    400 days hold every weekday, every month and every holiday of a year. Never more than ten
    years, never past `end`.
    """
    last = max((start, *named)) + timedelta(days=room)
    last = min(last, start + timedelta(days=most), end or date.max)
    return start, max(last, start + _ONE_DAY)
