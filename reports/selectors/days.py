"""Local days as instants."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kernel.periods import Period
from kernel.refusals import Refusal
from reports import codes

LONGEST_DAYS = 366


def period_of(start_on: date, end_on: date, tz: ZoneInfo) -> Period:
    """Return the time from local midnight of `start_on` to that of `end_on` (exclusive).

    Raises Refusal `reports.period_invalid` or `reports.period_too_long`.
    """
    if end_on <= start_on:
        raise Refusal(codes.PERIOD_INVALID, _("The last day is before the first."), parameter="to")
    if (end_on - start_on).days > LONGEST_DAYS:
        raise Refusal(codes.PERIOD_TOO_LONG, _("At most a year at once."), parameter="to")
    return Period(_midnight(start_on, tz), _midnight(end_on, tz))


def local_day(at: datetime, tz: ZoneInfo) -> date:
    """Return the day that the city's calendars show at an instant."""
    return at.astimezone(tz).date()


def next_day(day: date) -> date:
    """Return the day after."""
    return day + timedelta(days=1)


def _midnight(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=tz)
