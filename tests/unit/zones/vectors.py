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

MONDAY_NOON = "2026-03-02T12:00:00+01:00"
GAPS = [
    ("FR-PARIS-ZFE", "2025-03-04T12:00:00+01:00", {"cat": "N1"}, "stickers.critair"),
    ("FR-PARIS-ZFE", "2025-03-08T12:00:00+01:00", {"critair": 4}, "category"),
    ("BE-BRUSSELS-LEZ", "2026-05-05T12:00:00+02:00",
     {"cat": "N1", "fuel": "diesel", "euro": "5"}, "n1_class"),
    ("BE-BRUSSELS-LEZ", "2026-05-05T12:00:00+02:00", {"cat": "M1", "euro": "5"}, "fuels"),
    ("BE-BRUSSELS-LEZ", "2026-05-05T12:00:00+02:00",
     {"cat": "N3", "fuel": "diesel"}, "euro_class"),
    ("NL-ZE-GENERIC(2025-01-01)", MONDAY_NOON,
     {"cat": "N1", "fuel": "diesel", "first_registration": "2019-01-01"}, "euro_class"),
    ("NL-ZE-GENERIC(2025-01-01)", MONDAY_NOON,
     {"cat": "N3", "body": "rigid", "fuel": "diesel", "euro": "VI"}, "first_registration_on"),
    ("NL-ZE-GENERIC(2025-01-01)", "2028-06-01T12:00:00+02:00",
     {"cat": "N3", "fuel": "diesel", "euro": "VI", "first_registration": "2018-01-01"}, "body"),
    ("NL-ZE-GENERIC(2025-01-01)", "2028-06-01T12:00:00+02:00",
     {"cat": "N1", "euro": "6", "first_registration": "2018-01-01"}, "fuels"),
    ("NDW-FEED ZE s-Hertogenbosch", MONDAY_NOON,
     {"cat": "N1", "fuel": "diesel", "first_registration": "2012-01-01"}, "euro_class"),
    ("IT-MILANO-AREA-B", "2024-10-01T12:00:00+02:00",
     {"cat": "N3", "fuel": "diesel", "euro": "VI"}, "blind_spot_detection"),
    ("IT-MILANO-AREA-B", "2024-10-01T12:00:00+02:00",
     {"cat": "N2", "fuel": "diesel", "euro": "V", "pm_v5": 0.008}, "particulate_filter"),
    ("IT-MILANO-AREA-B", "2024-10-01T12:00:00+02:00",
     {"cat": "N2", "fuel": "diesel", "euro": "V", "dpf": "factory"}, "particulates_g_per_kwh"),
    ("IT-MILANO-AREA-C", "2024-02-06T12:00:00+01:00",
     {"cat": "N2", "fuel": "diesel", "euro": "VI"}, "gross_weight_kg"),
    ("IT-MILANO-AREA-C/bay", "2024-02-06T09:00:00+01:00",
     {"cat": "N1", "fuel": "diesel"}, "body"),
    ("ES-BARCELONA-ZBE", MONDAY_NOON, {"cat": "N1", "fuel": "diesel"}, "stickers.dgt"),
    ("BE-BRUSSELS-LEZ", "2026-05-05T12:00:00+02:00", {"cat": "M1", "euro": "2"}, "fuels"),
    ("US-SANTA-MONICA-ZEDZ/bay", "2022-03-01T12:00:00-08:00", {"cat": "van"}, "fuels"),
]  # fmt: skip
"""Zone, time, vehicle and a fact that it lacks and that matters."""


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
    known = {calendar.code for calendar in scheme.calendars}
    orders = tuple(
        msgspec.structs.replace(order, never_in_force="", rows=_switchable(order.rows, known))
        for order in scheme.regulations
    )
    calendars = tuple(
        msgspec.structs.replace(calendar, code=CALENDAR) for calendar in scheme.calendars
    )
    return msgspec.structs.replace(scheme, regulations=orders, calendars=calendars)


def _switchable(rows: list[dict[str, Any]], known: set[str]) -> list[dict[str, Any]]:
    for_vectors = json.loads(json.dumps(rows))
    for window in (window for row in for_vectors for window in row.get("when", ())):
        if window.get("calendar") in known:
            window["calendar"] = CALENDAR
    return for_vectors


@contextmanager
def under(known: Mapping[str, Scheme]) -> Iterator[None]:
    """Let vectors run under these schemes."""
    with mock.patch.object(schemes, "schemes", return_value=known):
        yield
