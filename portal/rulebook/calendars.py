"""Calendars in the words of a page: which hold, since when, and which rules ask for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from kernel.periods import Period
from portal import words
from zones import selectors
from zones.models import Calendar
from zones.selectors.calendars import Standing, standing, with_entries

SHOWN_DAYS = 5


@dataclass(frozen=True)
class Shown:
    """A calendar as the page shows it; `ends` says that there is something to switch off."""

    id: UUID
    code: str
    name: str
    state: str
    tone: str
    times: list[str]
    rules: list[str]
    ends: bool


def visible(actor: Actor) -> Any:
    """Return the calendars that the reader may see."""
    return with_entries(Calendar.objects.visible_to(actor, scopes.RULES_READ)).order_by("name")


def choices(actor: Actor) -> list[tuple[str, str]]:
    """Return code and name of the calendars that the reader may see."""
    rows = Calendar.objects.visible_to(actor, scopes.RULES_READ)
    return list(rows.order_by("name").values_list("code", "name"))


def shown(actor: Actor, now: datetime) -> list[Shown]:
    """Return all calendars in words."""
    asking, tz = _asking(actor), actor.city.tz
    return [
        _shown(row, standing(row, now, tz), asking.get(row.code, ()), now, tz)
        for row in visible(actor)
    ]


def _asking(actor: Actor) -> Mapping[str, Sequence[str]]:
    """Return the codes of the regulations that name a calendar, by the calendar's code."""
    book, found = selectors.book(actor.city_id), dict[str, dict[str, None]]()
    for zone_id in book.cards:
        for rule in book.regulations(zone_id):
            for span in (span for row in rule.rows for span in row.schedule.spans):
                if span.calendar is not None:
                    found.setdefault(span.calendar, {})[rule.code] = None
    return {calendar: sorted(codes) for calendar, codes in found.items()}


def _shown(row: Calendar, stands: Standing, rules: Sequence[str], now: datetime, tz: Any) -> Shown:
    to_come = [time for time in stands.times if time.end is None or time.end > now]
    today = now.astimezone(tz).date()
    days = [day for day in stands.days if day >= today]
    return Shown(
        id=row.pk,
        code=row.code,
        name=row.name,
        state=_("on") if stands.holds else _("off"),
        tone="warn" if stands.holds else "",
        times=[*(_said(time, tz) for time in to_come), *_days(days)],
        rules=list(rules),
        ends=bool(to_come),
    )


def _said(time: Period, tz: Any) -> str:
    if time.end is None:
        return _("from %(start)s until it is switched off") % {
            "start": words.moment(time.start, tz)
        }
    return words.span(time.start, time.end, tz)


def _days(days: Sequence[date]) -> list[str]:
    """Return the days to come, the first ones in full."""
    said = [f"{words.weekday(day)} {day.year}" for day in days[:SHOWN_DAYS]]
    return [*said, *(["…"] if len(days) > SHOWN_DAYS else [])]
