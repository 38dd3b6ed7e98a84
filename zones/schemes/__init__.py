"""Templates: the rules of real schemes and plain ones, to be loaded into any zone. Pure.

A scheme is a file beside this module: its regulations in the rule language, with the date and the
sources of its facts, what was left out and why, and the time zone, currency and holidays under
which it was written. Facts change: a template is never legal advice.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from kernel.periods import Period
from kernel.schedules import local_midnight

_HERE = Path(__file__).resolve().parent
_RELATIVE = re.compile(r"\+([0-9]+) months")
_NAMED = re.compile(r"(?P<code>.+?)(?:\((?P<starts>\d{4}-\d\d-\d\d)\))?(?P<bay>/bay)?")


class Holidays(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose public holidays are meant: ISO 3166-1 country and a subdivision of it."""

    country: str
    subdivision: str


class NamedCalendar(Struct, frozen=True, forbid_unknown_fields=True):
    """A calendar that the rules ask for and a city has to keep."""

    code: str
    title: str


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """A regulation of a scheme, as it is written in the file."""

    code: str
    title: str
    rows: list[dict[str, Any]]
    legal_from: datetime | None = None
    legal_until: datetime | None = None
    never_in_force: str = ""


class Scheme(Struct, frozen=True, forbid_unknown_fields=True):
    """A template. `starts` says that the first day of its rules has to be named; plain schemes
    have no time zone and begin when they are loaded. `bay` is the rule of its loading bays."""

    code: str
    title: str
    kind: str
    sources: tuple[str, ...]
    left_out: tuple[str, ...]
    regulations: tuple[Order, ...]
    facts_on: date | None = None
    time_zone: str | None = None
    currency: str | None = None
    holidays: Holidays | None = None
    calendars: tuple[NamedCalendar, ...] = ()
    label: str = ""
    starts: str = ""
    bay: Order | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether it is a pattern of ours and no scheme of a city."""
        return self.time_zone is None


class Regulation(NamedTuple):
    """A regulation of a scheme with its dates worked out."""

    code: str
    title: str
    legal: Period
    rows: list[dict[str, Any]]
    never_in_force: str


@lru_cache(maxsize=1)
def schemes() -> Mapping[str, Scheme]:
    """Return all templates by code."""
    read = [
        msgspec.convert(json.loads(path.read_text("utf-8")), Scheme)
        for path in sorted(_HERE.glob("*.json"))
    ]
    return {scheme.code: scheme for scheme in read}


def find(name: str) -> tuple[Scheme, Sequence[Order], date | None] | None:
    """Return a scheme, its orders and the first day that a name gives, None for an unknown name.

    `CODE` names a scheme, `CODE(2025-01-01)` one whose rules begin on that day, `CODE/bay` the
    rule of its loading bays.
    """
    known = schemes()
    if name in known:
        return known[name], known[name].regulations, None
    match = _NAMED.fullmatch(name)
    scheme = known.get(match["code"]) if match else None
    if match is None or scheme is None or (match["bay"] and scheme.bay is None):
        return None
    try:
        starts = date.fromisoformat(match["starts"]) if match["starts"] else None
    except ValueError:  # no day of the calendar, so no name of a template
        return None
    orders = (scheme.bay,) if match["bay"] and scheme.bay else scheme.regulations
    return scheme, orders, starts


def regulations(
    orders: Sequence[Order], tz: ZoneInfo, starts_on: date | None = None
) -> list[Regulation]:
    """Return orders with their dates: as written, or beginning on a first local day.

    Dates of the form `+3 months` count from the first day. Raises ValueError for an order that
    has no date of its own when no first day is given.
    """
    return [_dated(order, tz, starts_on) for order in orders]


def _dated(order: Order, tz: ZoneInfo, starts_on: date | None) -> Regulation:
    if starts_on is not None:
        start = local_midnight(starts_on, tz)
    elif order.legal_from is not None:
        start = order.legal_from.astimezone(UTC)
    else:
        raise ValueError(f"{order.code} begins on a day that has to be named.")
    first = start.astimezone(tz).date()
    rows = [resolved(row, first) for row in order.rows]
    until = order.legal_until and order.legal_until.astimezone(UTC)
    return Regulation(order.code, order.title, Period(start, until), rows, order.never_in_force)


def resolved(value: Any, first: date) -> Any:
    """Return a row with its relative dates worked out from a first day."""
    if isinstance(value, dict):
        return {name: resolved(member, first) for name, member in value.items()}
    if isinstance(value, list):
        return [resolved(member, first) for member in value]
    match = _RELATIVE.fullmatch(value) if isinstance(value, str) else None
    return value if match is None else _months_after(first, int(match[1])).isoformat()


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def day_passes(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """Yield kind and yearly quota of the day passes that rows know."""
    for row in rows:
        unless = row.get("unless", {})
        for entry in unless if isinstance(unless, list) else (unless,):
            for one in entry.get("day_pass", ()):
                yield one["kind"], one["per_year"]
