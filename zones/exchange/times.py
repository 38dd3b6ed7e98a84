"""Times as DATEX II and D-TRO share them: instants, days of the week, spans of the day."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product

from kernel.periods import YEARS, Period
from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange.drafts import Context, Note
from zones.language import DAYS, Day, When

FOR_EVER = 2900
"""Publishers write an end in a year like 2999 where there is none."""
_CLOCK = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:\.0+)?)?(Z|[+-]\d{2}:\d{2})?")
_NAMES: dict[str, Day] = {
    "monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu", "friday": "fri",
    "saturday": "sat", "sunday": "sun",
}  # fmt: skip
FULL_NAMES = {short: name for name, short in _NAMES.items()}


def instant(text: str, context: Context) -> datetime | None:
    """Return an instant, None when it is none. Without an offset it is local time of the city."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.year not in YEARS:
        return None
    return at.replace(tzinfo=context.tz) if at.tzinfo is None else at


def end(text: str, context: Context) -> datetime | None:
    """Return an end, None when it never comes."""
    at = instant(text, context)
    return None if at is None or at.year >= FOR_EVER else at


def period(start: str, end_text: str, context: Context, notes: list[Note]) -> Period | None:
    """Return the period from one text to another; None, named, when it cannot be read."""
    first = instant(start, context)
    last = end(end_text, context) if end_text else None
    unread = end_text and last is None and instant(end_text, context) is None
    if first is None or unread or (last is not None and last <= first):
        detail = Filled(_("“%(start)s” to “%(end)s” is no period."), start=start, end=end_text)
        notes.append(Note("not_understood", "period_malformed", detail))
        return None
    return Period(first, last)


def days(names: Iterable[str], notes: list[Note]) -> tuple[Day, ...] | None:
    """Return weekdays, None (named) when one is unknown."""
    found = set()
    for name in names:
        if name not in _NAMES:
            notes.append(
                Note("not_understood", "day_unknown", Filled(_("“%(name)s” is no day."), name=name))
            )
            return None
        found.add(_NAMES[name])
    return tuple(day for day in DAYS if day in found)


def clock(text: str, notes: list[Note], *, is_end: bool = False) -> str | None:
    """Return a time of day as HH:MM, None (named) when it cannot be said.

    An offset is left aside, and named: the schedule of a sign is what the clock on the wall says.
    The last second or minute of the day as an end is midnight.
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        notes.append(
            Note(
                "not_understood",
                "time_malformed",
                Filled(_("“%(text)s” is no time of day."), text=text),
            )
        )
        return None
    hour, minute, second, offset = found.groups()
    shown = f"{hour}:{minute}"
    if is_end and shown in ("23:59", "00:00"):
        shown = "24:00"
    elif int(second or 0) or int(hour) > 24 or int(minute) > 59 or shown > "24:00":
        notes.append(
            Note(
                "not_understood",
                "time_malformed",
                Filled(_("“%(text)s” is no minute of a day."), text=text),
            )
        )
        return None
    if offset:
        notes.append(
            Note(
                "repaired",
                "clock_offset",
                Filled(
                    _("“%(text)s” has an offset; read as what the clocks of the city show."),
                    text=text,
                ),
            )
        )
    return shown


def windows(
    spans: Sequence[tuple[str, str]],
    weekdays: Sequence[tuple[Day, ...]],
    holidays: str = "any",
) -> tuple[When, ...]:
    """Return a window for each span on each set of days; none when nothing is limited."""
    if not spans and not weekdays and holidays == "any":
        return ()
    return tuple(
        When(start, stop, chosen, holidays=holidays)  # type: ignore[arg-type]
        for (start, stop), chosen in product(spans or [("00:00", "24:00")], weekdays or [DAYS])
    )
