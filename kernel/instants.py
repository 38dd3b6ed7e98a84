"""Many RFC 3339 instants at once, read in a few calls for all of them. Pure."""

import re
from collections.abc import Sequence
from datetime import date

import numpy as np

from kernel.wire import EPOCH

Micros = np.ndarray[tuple[int], np.dtype[np.int64]]

_LAYOUT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d{1,6}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_DATE_WEIGHTS = 10 ** np.arange(7, -1, -1)
_SECOND = 1_000_000
_TIME_WEIGHTS = np.array([36_000, 3600, 600, 60, 10, 1]) * _SECOND
_FRACTION_WEIGHTS = 10 ** np.arange(5, -1, -1)
_DAY = 86_400 * _SECOND


def micros(texts: Sequence[str]) -> Micros | None:
    """Return instants as microseconds since 2000.

    None where they have to be read one by one: their layouts or offsets differ, as those of one
    sender seldom do, or one is not sound.
    """
    if not texts:
        return np.empty(0, np.int64)
    layout, width, joined = _LAYOUT.fullmatch(texts[0]), len(texts[0]), "".join(texts)
    if layout is None or not joined.isascii() or set(map(len, texts)) != {width}:
        return None
    fraction, sign, hours, minutes = layout.groups(default="")
    counted = [*_DIGITS, *range(20, 20 + len(fraction))]
    others = set(range(width)).difference(counted)
    if any(joined[place::width] != joined[place] * len(texts) for place in others):
        return None
    cells = np.frombuffer(joined.encode(), np.uint8).reshape(-1, width)
    # What is no digit wraps around, and lies beyond 9.
    digits = np.ascontiguousarray(cells.T)[counted] - np.uint8(ord("0"))
    if (digits > 9).any() or (10 * digits[8] + digits[9] > 23).any() or (digits[10:13:2] > 5).any():
        return None
    days = _days(_DATE_WEIGHTS @ digits[:8])
    if days is None or int(hours or 0) > 23 or int(minutes or 0) > 59:
        return None
    found: Micros = days * _DAY + _TIME_WEIGHTS @ digits[8:14]
    found += _FRACTION_WEIGHTS[: len(fraction)] @ digits[14:]
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * 60 * _SECOND
    return found + offset if sign == "-" else found - offset


def _days(dates: Micros) -> Micros | None:
    """Return the days since 2000 of dates as numbers of eight digits, None if one is no date."""
    found, rows = (dates[:1], np.zeros(len(dates), np.int64))
    if (dates != dates[0]).any():
        found, rows = np.unique(dates, return_inverse=True)
    try:
        ordinals = [date(n // 10_000, n // 100 % 100, n % 100).toordinal() for n in found.tolist()]
    except ValueError:
        return None
    return (np.array(ordinals) - EPOCH.toordinal())[rows]
