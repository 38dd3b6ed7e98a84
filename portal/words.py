"""Numbers, times and money as people read them, in the reader's language and the city's zone."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from foundation.texts import language_of_request
from kernel.money import Money
from zones import writing


def money(amount: int, currency: str) -> str:
    """Return an amount of the smallest unit as rules say it, on one line: `€1.50` or `1,50 €`."""
    return writing.money(Money(amount, currency), language_of_request()).replace(" ", "\xa0")


def labelled(label: str, text: str) -> str:
    """Return a text with what it is before it, e.g. `No access: Kamppi`."""
    return _("%(label)s: %(text)s") % {"label": label, "text": text}


def clock(at: datetime, tz: Any) -> str:
    """Return the local time of day, e.g. `14:05`."""
    return at.astimezone(tz).strftime("%H:%M")


def day(at: datetime, tz: Any) -> str:
    """Return the local day, e.g. `Tue 12 May` or `Di 12. Mai`, in the reader's language."""
    return weekday(at.astimezone(tz))


def weekday(on: date) -> str:
    """Return a day of this year, e.g. `Tue 12 May`."""
    return _said(on, pgettext("date format", "D j M"))


def dated(on: date) -> str:
    """Return a day of any year, e.g. `12 May 2026`."""
    return _said(on, pgettext("date format", "j M Y"))


def in_full(on: date) -> str:
    """Return a day as a heading says it, e.g. `Tuesday 12 May 2026`."""
    return _said(on, pgettext("date format", "l j F Y"))


def _said(on: date, pattern: str) -> str:
    if on.day == 1 and language_of_request() == "fr":
        pattern = pattern.replace("j", r"1\e\r")
    return formats.date_format(on, pattern)


def lately(at: datetime, tz: Any) -> str:
    """Return a local time of these days, e.g. `Tue 14:05`."""
    return f"{formats.date_format(at.astimezone(tz), 'D')} {clock(at, tz)}"


def stamp(at: datetime, tz: Any) -> str:
    """Return the local day and time with seconds."""
    return f"{day(at, tz)} {at.astimezone(tz):%H:%M:%S}"


def moment(at: datetime, tz: Any) -> str:
    """Return the local day and time."""
    return f"{day(at, tz)} {clock(at, tz)}"


def recorded(at: datetime, tz: Any) -> str:
    """Return the local day of any year and the time with seconds: `12 May 2026 14:05:09`."""
    local = at.astimezone(tz)
    return f"{dated(local)} {local:%H:%M:%S}"


def span(start: datetime, end: datetime | None, tz: Any) -> str:
    """Return a period, e.g. `Tue 12 May 14:00–14:30`; an open one says so."""
    if end is None:
        return _("since %(start)s") % {"start": moment(start, tz)}
    if start.astimezone(tz).date() == end.astimezone(tz).date():
        return f"{moment(start, tz)}–{clock(end, tz)}"
    return f"{moment(start, tz)} – {moment(end, tz)}"


def period(start: datetime, end: datetime | None, tz: Any) -> str:
    """Return a legal period with its years, e.g. `1 Jan 2026 – 1 Jul 2026 06:00`. Midnight is not
    said: what ends with it has the day before as its last, `1 Jan 2026 – 30 Jun 2026`. Nor is an
    open end: `from 1 Jan 2026`."""
    if end is None:
        return _("from %(start)s") % {"start": _dated(start, tz)}
    last = end.astimezone(tz).date() - timedelta(days=1)
    until = dated(last) if _at_midnight(end, tz) else _dated(end, tz)
    return f"{_dated(start, tz)} – {until}"


def _dated(at: datetime, tz: Any) -> str:
    said = dated(at.astimezone(tz))
    return said if _at_midnight(at, tz) else f"{said} {clock(at, tz)}"


def _at_midnight(at: datetime, tz: Any) -> bool:
    local = at.astimezone(tz)
    return (local.hour, local.minute) == (0, 0)


def seconds(count: float | None) -> str:
    """Return a duration, e.g. `4 min 30 s` or `1 h 05 min`."""
    if count is None:
        return ""
    whole = round(count)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def speed(mps: float | None) -> str:
    """Return a speed in km/h; empty when unknown."""
    return "" if mps is None else f"{mps * 3.6:.0f} km/h"


def metres(lower: Any, upper: Any) -> str:
    """Return a stretch of a curb, e.g. `12.00–20.50 m (8.5 m)`."""
    ends = f"{formats.number_format(lower, 1)}–{formats.number_format(upper, 1)} m"
    return f"{ends} ({formats.number_format(upper - lower, 1)} m)"
