"""Vectors of the schemes, and schemes under which they run.

`scheme_vectors.json` holds what follows from the public facts about real schemes, worked out by
hand: a vector on each side of every bound. `pattern_vectors.json` does the same for what no city
ever put in force: the plain patterns, loaded in Helsinki, and the class 3 that Stockholm planned.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import holidays
import msgspec

from zones import schemes
from zones.schemes import Holidays, Scheme

_HERE = Path(__file__).parent
HOLIDAY_YEARS = range(2019, 2033)
CALENDAR = "episode"  # the one calendar that a vector can switch on


def real() -> list[dict[str, Any]]:
    """Return the vectors of real schemes."""
    return json.loads((_HERE / "scheme_vectors.json").read_text())


def patterns() -> list[dict[str, Any]]:
    """Return the vectors of patterns; they need `as_if_in_force`."""
    return json.loads((_HERE / "pattern_vectors.json").read_text())


@functools.cache
def holidays_of(country: str, subdivision: str) -> frozenset[date]:
    """Return the public holidays of a country and a subdivision."""
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=HOLIDAY_YEARS)
    return frozenset(found)


def as_if_in_force(scheme: Scheme) -> Scheme:
    """Return the scheme of a city and in force: a pattern in Helsinki, with one calendar."""
    if scheme.is_plain:
        scheme = msgspec.structs.replace(
            scheme,
            time_zone="Europe/Helsinki",
            currency="EUR",
            holidays=Holidays("FI", ""),
        )
    orders = tuple(
        msgspec.structs.replace(order, never_in_force="", rows=_switchable(order.rows))
        for order in scheme.regulations
    )
    calendars = tuple(
        msgspec.structs.replace(calendar, code=CALENDAR) for calendar in scheme.calendars
    )
    return msgspec.structs.replace(scheme, regulations=orders, calendars=calendars)


def _switchable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for_vectors = json.loads(json.dumps(rows))
    for window in (window for row in for_vectors for window in row.get("when", ())):
        if "calendar" in window:
            window["calendar"] = CALENDAR
    return for_vectors


@contextmanager
def under(known: Mapping[str, Scheme]) -> Iterator[None]:
    """Let vectors run under these schemes."""
    with mock.patch.object(schemes, "schemes", return_value=known):
        yield
