"""Calendars as they stand in the books."""

from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from kernel.periods import Period
from zones.models import Calendar


class Standing(NamedTuple):
    """A calendar's days and the times in which it is on, in order, and whether it holds now."""

    days: list[date]
    times: list[Period]
    holds: bool


def with_entries(rows: Any = Calendar.objects) -> Any:
    """Return calendars with what `standing` asks of them; two more queries."""
    return rows.prefetch_related("days", "switches")


def standing(row: Calendar, at: datetime, tz: ZoneInfo) -> Standing:
    """Return what stands in the books of a calendar at an instant."""
    days = [day.on for day in row.days.all() if day.recorded_until is None]
    times = [time.on for time in row.switches.all() if time.recorded_until is None]
    today = at.astimezone(tz).date()
    return Standing(days, times, today in days or any(time.contains(at) for time in times))
