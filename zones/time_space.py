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
from zones.formulas import Formula, among, every, flag, flag_is_among, number, some, within

TUESDAY = 1
_ONE_DAY = timedelta(days=1)


class TimeSpace:
    """Days from `first` until before `last` without those that `but` names; minutes of a day.

    Ask for all features (`day_is`, `active`) before `allowed`.
    """

    def __init__(
        self, first: date, last: date, holidays: frozenset[date], but: Iterable[date] = ()
    ) -> None:
        self._first, self._last = first, last
        self._holidays = holidays
        without = {day.toordinal() - first.toordinal() for day in but}
        self._days = [i for i in range((last - first).days) if i not in without]
        self._features: dict[str, bytes] = {}
        self._calendars: dict[str, str] = {}
        self._classes: list[date] = []

    def day_is(self, name: str, holds: Callable[[date], bool]) -> Formula:
        """Return a feature of the day as a formula; equal names are one feature."""
        if name not in self._features:
            length = (self._last - self._first).days
            self._features[name] = bytes(
                holds(self._first + timedelta(days=i)) for i in range(length)
            )
        return flag(name)

    def active(self, schedule: Schedule) -> Formula:
        """Return the formula that holds when the schedule is active."""
        if not schedule.spans:
            return z3.BoolVal(True)
        return some([self._span(span) for span in schedule.spans])

    def allowed(self) -> Iterable[Formula]:
        """Yield what holds of every time: the day is of a class, and has its features."""
        classes: dict[tuple[int, ...], date] = {}
        columns = list(self._features.values())
        for i in self._days:
            told = tuple(column[i] for column in columns)
            day = self._first + timedelta(days=i)
            known = classes.get(told)
            if known is None or (known.weekday() != TUESDAY and day.weekday() == TUESDAY):
                classes[told] = day
        self._classes = list(classes.values())
        yield within("day", len(self._classes))
        yield within("minute", DAY_MINUTES)
        for place, name in enumerate(self._features):
            having = tuple(i for i, told in enumerate(classes) if told[place])
            yield flag_is_among(name, "day", having)

    def typical(self) -> Iterable[Formula]:
        """Yield what makes an example easy to picture: half past nine on a Tuesday."""
        yield every([z3.Not(flag(name)) for name in self._calendars])
        tuesdays = tuple(i for i, day in enumerate(self._classes) if day.weekday() == TUESDAY)
        if tuesdays:
            yield among("day", tuesdays)
        yield among("minute", (9 * 60 + 30,))

    def local(self, model: z3.ModelRef) -> tuple[datetime, tuple[str, ...]]:
        """Return the local time of a model, and the calendars that have its day.

        A calendar that has the day before (a window that wraps midnight) is named with `-1`.
        """

        def value(name: str) -> int:
            return int(model.eval(number(name), model_completion=True).as_long())

        named = tuple(
            said
            for name, said in self._calendars.items()
            if z3.is_true(model.eval(flag(name), model_completion=True))
        )
        day, minute = self._classes[value("day")], value("minute")
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
            back = 0 if today else 1
            said = _starting(_plain(span), self._first, self._last, self._holidays)
            self._features[name] = said[1 - back : len(said) - back]
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
    now = z3.And(minute >= start, minute < end, _started(span, today=True))
    if end <= DAY_MINUTES:
        return now
    return z3.Or(now, z3.And(minute < end - DAY_MINUTES, _started(span, today=False)))


def _started(span: Span, *, today: bool) -> Formula:
    name, calendar = _start_names(span, today)
    if not calendar:
        return flag(name)
    named = flag(calendar)
    return z3.And(flag(name), named if span.calendar_mode == "only" else z3.Not(named))


@lru_cache(maxsize=512)
def _starting(span: Span, first: date, last: date, holidays: frozenset[date]) -> bytes:
    """Return for each day from the eve of `first` until before `last` whether a span starts."""
    days = DayCalendar(holidays)
    return bytes(
        span.starts_on(first + timedelta(days=i), days) for i in range(-1, (last - first).days)
    )


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
