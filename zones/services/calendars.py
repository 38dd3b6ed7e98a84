"""The city's own calendars: days of bad air, of snow, of a market."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from accounts.actors import Actor
from foundation import audit, outbox
from zones.models import Calendar, CalendarDay
from zones.services.recording import book_changed, recorded_since, require_city


@transaction.atomic
def set_days(
    *,
    actor: Actor,
    code: str,
    days: Iterable[date],
    now: datetime,
    name: str = "",
    recorded_from: datetime | None = None,
) -> Calendar:
    """Return the calendar with exactly these days: new ones are recorded, missing ones closed.

    `recorded_from` is for imports of a new calendar: the publication date in the source.
    Raises `zones.city_only`, `zones.recorded_later`.
    """
    require_city(actor)
    calendar, made = Calendar.objects.get_or_create(
        city=actor.city, code=code, defaults={"name": name or code}
    )
    since = recorded_since(recorded_from if made else None, now)
    open_days = CalendarDay.objects.filter(calendar=calendar, recorded_until__isnull=True)
    known, wanted = set(open_days.values_list("on", flat=True)), set(days)
    open_days.filter(on__in=known - wanted).update(recorded_until=now)
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=calendar, on=day, recorded_from=since)
        for day in sorted(wanted - known)
    )
    if known != wanted:
        book_changed(actor.city_id)
        outbox.add(
            city_id=actor.city_id,
            topic="calendar.changed",
            key=calendar.id,
            payload={
                "code": code,
                "added": sorted(wanted - known),
                "removed": sorted(known - wanted),
            },
            at=now,
        )
        audit.record(
            city_id=actor.city_id,
            actor=actor,
            action="zones.calendar_changed",
            subject=calendar.id,
            at=now,
            inputs={"code": code},
            outcome={"added": sorted(wanted - known), "removed": sorted(known - wanted)},
        )
    return calendar
