"""Opening hours as OpenStreetMap writes them, read into windows of the rule language and back.

The part of the grammar that a rule of ours can say: weekdays, public holidays, clock times (also
past midnight), dates with their year, `24/7`, `off`. Anything else is not understood, and named.
Source: the specification of the key `opening_hours` in the OpenStreetMap wiki, rules separated by
`;`: a later one replaces earlier ones on the days it names.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from zones.language import DAYS, Day, When

SHORT = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EVERY = frozenset(range(7))
_DAY = "|".join(SHORT)
_DATE = rf"(\d{{4}})\s+({'|'.join(MONTHS)})\s+(\d{{1,2}})"
_RANGE = re.compile(
    rf"{_DATE}(?:\s*-\s*(?:(\d{{4}})\s+)?({'|'.join(MONTHS)})\s+(\d{{1,2}}))?(?=\s|$)"
)
_SELECTOR = re.compile(
    rf"(?:(?:{_DAY}|PH)(?:\s*-\s*(?:{_DAY}))?)(?:\s*,\s*(?:{_DAY}|PH)(?:\s*-\s*(?:{_DAY}))?)*(?=[\s:]|$)"
)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


class NotUnderstood(Exception):
    """A part of opening hours that no window can say; `part` is the text."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule: on which days (None = unnamed, so every day), between which dates, when."""

    days: frozenset[int]
    holidays: bool
    all_days: bool
    from_on: date | None
    until_on: date | None
    spans: tuple[tuple[str, str], ...]


def read(text: str) -> tuple[When, ...]:
    """Return the windows that are open, at least one.

    Raises NotUnderstood with the part that is not in the subset, or when it never is open.
    """
    rules = [_rule(part.strip()) for part in text.split(";") if part.strip()]
    if not rules:
        raise NotUnderstood(text)
    windows: list[When] = []
    for rule in rules:
        windows = [rest for window in windows for rest in _without(window, rule)]
        windows += _windows(rule)
    if not windows:
        raise NotUnderstood(text)
    return tuple(windows)


def write(windows: tuple[When, ...]) -> str | None:
    """Return windows as opening hours; None when they name a calendar or days of every year, which
    have no name there.

    No windows at all are `24/7`: a row without `when` always holds.
    """
    if not windows or windows == (When(),):
        return "24/7"
    if any(one.calendar is not None or one.on is not None or one.not_on for one in windows):
        return None
    plain = [window for window in windows if window.holidays != "only"]
    holy = [window for window in windows if window.holidays == "only"]
    modes = {window.holidays for window in plain}
    if len(modes) > 1 or not _apart(plain) or any(w.from_on or w.until_on for w in holy):
        return None
    if holy and modes == {"any"}:
        return None  # a rule for PH replaces what the days say
    parts = _grouped(plain)
    if holy:
        if {w.days for w in holy} != {DAYS}:
            return None
        parts.append("PH " + ",".join(f"{w.from_}-{w.to}" for w in holy))
    elif modes == {"except"}:
        parts.append("PH off")
    return "; ".join(parts)


def _grouped(windows: Sequence[When]) -> list[str]:
    """Return one rule for each set of days and dates."""
    groups: dict[str, list[str]] = {}
    for window in windows:
        head = " ".join(filter(None, [_dates(window), _days(window.days)]))
        groups.setdefault(head, []).append(f"{window.from_}-{window.to}")
    return [f"{head} {','.join(spans)}".strip() for head, spans in groups.items()]


def _apart(windows: Sequence[When]) -> bool:
    """Return whether no rule would replace another's days: same head, or other days or dates."""
    heads = {(w.days, w.from_on, w.until_on) for w in windows}
    ordered = list(heads)
    return all(
        not set(one[0]) & set(other[0]) or _disjoint(one[1:], other[1:])
        for index, one in enumerate(ordered)
        for other in ordered[index + 1 :]
    )


def _disjoint(one: tuple[date | None, date | None], other: tuple[date | None, date | None]) -> bool:
    return bool(
        (one[1] and other[0] and one[1] <= other[0]) or (other[1] and one[0] and other[1] <= one[0])
    )


def _dates(window: When) -> str:
    if window.from_on is None and window.until_on is None:
        return ""
    first = window.from_on or date(1900, 1, 1)
    last = (window.until_on or date(8999, 12, 31)) - timedelta(days=1)
    return f"{_date(first)}-{_date(last)}"


def _date(day: date) -> str:
    return f"{day.year} {MONTHS[day.month - 1]} {day.day:02d}"


def _days(days: tuple[Day, ...]) -> str:
    if set(days) == set(DAYS):
        return ""
    numbers = sorted(DAYS.index(day) for day in days)
    if numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) > 2:
        return f"{SHORT[numbers[0]]}-{SHORT[numbers[-1]]}"
    return ",".join(SHORT[number] for number in numbers)


def _rule(text: str) -> _Rule:
    rest = text
    first = last = None
    if found := _RANGE.match(rest):
        first, last = _between(found, text)
        rest = rest[found.end() :].strip()
    days, holidays, all_days = _EVERY, False, True
    if found := _SELECTOR.match(rest):
        days, holidays = _selected(found.group())
        all_days = False
        rest = rest[found.end() :].lstrip(": ").strip()
    if rest in ("off", "closed"):
        return _Rule(days, holidays, all_days, first, last, ())
    if rest in ("", "24/7") and (rest or first or not all_days):
        return _Rule(days, holidays, all_days, first, last, (("00:00", "24:00"),))
    return _Rule(days, holidays, all_days, first, last, tuple(_spans(rest)))


def _between(found: "re.Match[str]", text: str) -> tuple[date, date]:
    """Return the first day and the first day after the last."""
    year, month, day, last_year, last_month, last_day = found.groups()
    try:
        first = date(int(year), MONTHS.index(month) + 1, int(day))
        if last_month is None:
            return first, first + timedelta(days=1)
        last = date(int(last_year or year), MONTHS.index(last_month) + 1, int(last_day))
    except ValueError:
        raise NotUnderstood(text) from None
    if not 1900 <= first.year <= last.year < 8999 or last < first:
        raise NotUnderstood(text)
    return first, last + timedelta(days=1)


def _selected(text: str) -> tuple[frozenset[int], bool]:
    days: set[int] = set()
    holidays = False
    for part in re.split(r"\s*,\s*", text):
        if part == "PH":
            holidays = True
            continue
        first, _, last = re.sub(r"\s", "", part).partition("-")
        start = SHORT.index(first)
        length = (SHORT.index(last) - start) % 7 if last else 0
        days |= {(start + step) % 7 for step in range(length + 1)}
    return frozenset(days), holidays


def _spans(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise NotUnderstood(text)
        hour, minute, to_hour, to_minute = map(int, found.groups())
        start, end = hour * 60 + minute, to_hour * 60 + to_minute
        if minute > 59 or to_minute > 59 or start >= 1440 or end > 2880 or end == start:
            raise NotUnderstood(text)
        if end > 1440 and end - start > 1440:
            raise NotUnderstood(text)
        yield _clock(start), _clock(end if end <= 1440 else end - 1440)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _windows(rule: _Rule) -> Iterable[When]:
    for start, end in rule.spans:
        if rule.days:
            yield When(start, end, _named(rule.days), rule.from_on, rule.until_on)
        if rule.holidays:
            yield When(start, end, DAYS, rule.from_on, rule.until_on, holidays="only")


def _without(window: When, rule: _Rule) -> Iterable[When]:
    """Yield what remains of an earlier window when a later rule speaks for some of its days."""
    if rule.from_on is not None or rule.until_on is not None:
        raise NotUnderstood("dates in a later rule")
    if rule.all_days:
        return
    days = frozenset(DAYS.index(day) for day in window.days)
    kept = window.holidays
    if window.holidays == "only":
        if not rule.holidays:
            yield window
        return
    if rule.holidays:
        kept = "except"
    remaining = days - rule.days
    if remaining:
        yield When(
            window.from_,
            window.to,
            _named(remaining),
            window.from_on,
            window.until_on,
            holidays=kept,
        )


def _named(days: frozenset[int]) -> tuple[Day, ...]:
    return tuple(DAYS[number] for number in sorted(days))
