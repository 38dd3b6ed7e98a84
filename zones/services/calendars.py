"""The city's own calendars: days of a market, an episode of bad air, a snow emergency.

Of some the days are known; others are switched on from an instant, until another or until they are
switched off.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.actors import Actor
from foundation import audit, outbox
from kernel.periods import Period
from kernel.refusals import Refusal
from zones import codes
from zones.models import Calendar, CalendarDay, CalendarSwitch
from zones.services.recording import (
    book_changed,
    constraint_means,
    recorded_since,
    require_city,
)


@transaction.atomic
def create(*, actor: Actor, code: str, name: str, now: datetime) -> Calendar:
    """Return a new calendar without days, switched off. Raises `zones.city_only`,
    `zones.code_taken`."""
    require_city(actor)
    detail = _("This city has a calendar with this code.")
    with constraint_means("calendar_code_once", codes.CODE_TAKEN, detail):
        calendar = Calendar.objects.create(city=actor.city, code=code, name=name)
    _audit(actor, calendar, "zones.calendar_created", now, {"name": name})
    return calendar


@transaction.atomic
def switch_on(
    *,
    actor: Actor,
    calendar_id: UUID,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Calendar:
    """Return the calendar, on from an instant (default: now) until another or until it is
    switched off.

    Raises `zones.city_only`, `zones.calendar_not_found`, `zones.period_empty`, `zones.already_on`.
    """
    calendar, since = _locked(actor, calendar_id), since or now
    if until is not None and until <= since:
        raise Refusal(codes.PERIOD_EMPTY, _("It ends before it begins."), pointer="/until")
    detail = _("The calendar is on at that time already.")
    with constraint_means("calendar_switch_on_once", codes.ALREADY_ON, detail, "/since"):
        CalendarSwitch.objects.create(
            calendar=calendar, on_from=since, on_until=until, recorded_from=now
        )
    _switched(actor, calendar, "on", [Period(since, until)], now)
    return calendar


@transaction.atomic
def switch_off(
    *, actor: Actor, calendar_id: UUID, now: datetime, since: datetime | None = None
) -> Calendar:
    """Return the calendar, off from an instant on (default: now): what runs then ends, what was
    announced for later is taken back.

    Raises `zones.city_only`, `zones.calendar_not_found`, `zones.already_off`.
    """
    calendar, since = _locked(actor, calendar_id), since or now
    known = CalendarSwitch.objects.known().filter(calendar=calendar)
    ended = [time for time in known if time.on_until is None or time.on_until > since]
    if not ended:
        detail = _("The calendar is off from that time on already.")
        raise Refusal(codes.ALREADY_OFF, detail, pointer="/since")
    _close(known.filter(id__in=[time.id for time in ended]), now)
    CalendarSwitch.objects.bulk_create(
        CalendarSwitch(calendar=calendar, on_from=time.on_from, on_until=since, recorded_from=now)
        for time in ended
        if time.on_from < since
    )
    gone = [Period(max(time.on_from, since), time.on_until) for time in ended]
    _switched(actor, calendar, "off", gone, now)
    return calendar


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
    calendar = _locked(actor, calendar.id)
    since = recorded_since(recorded_from if made else None, now)
    _record_days(actor, calendar, set(days), since, now)
    return calendar


@transaction.atomic
def put_days(*, actor: Actor, calendar_id: UUID, days: Iterable[date], now: datetime) -> Calendar:
    """Return the calendar with these days besides those that it has.

    Raises `zones.city_only`, `zones.calendar_not_found`.
    """
    calendar = _locked(actor, calendar_id)
    _record_days(actor, calendar, _days_of(calendar) | set(days), now, now)
    return calendar


@transaction.atomic
def withdraw_days(
    *, actor: Actor, calendar_id: UUID, days: Iterable[date], now: datetime
) -> Calendar:
    """Return the calendar without these days; their records end, and stay readable.

    Raises `zones.city_only`, `zones.calendar_not_found`.
    """
    calendar = _locked(actor, calendar_id)
    _record_days(actor, calendar, _days_of(calendar) - set(days), now, now)
    return calendar


def _days_of(calendar: Calendar) -> set[date]:
    return set(CalendarDay.objects.known().filter(calendar=calendar).values_list("on", flat=True))


def _record_days(
    actor: Actor, calendar: Calendar, wanted: set[date], since: datetime, now: datetime
) -> None:
    """Let the calendar have the wanted days, and tell which came and which went, if any did."""
    known = _days_of(calendar)
    if known == wanted:
        return
    added, removed = sorted(wanted - known), sorted(known - wanted)
    _close(CalendarDay.objects.known().filter(calendar=calendar, on__in=removed), now)
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=calendar, on=day, recorded_from=since) for day in added
    )
    book_changed(actor.city_id)
    changed = {"added": added, "removed": removed}
    _tell(actor, calendar, changed, now)
    _audit(actor, calendar, "zones.calendar_changed", now, changed)


def _close(entries: QuerySet[Any], now: datetime) -> None:
    """End records. One that began after `now`, because another waited less long for the lock,
    never was."""
    entries.update(recorded_until=Greatest("recorded_from", Value(now)))


def _locked(actor: Actor, calendar_id: UUID) -> Calendar:
    require_city(actor)
    own = Calendar.objects.of_city(actor.city_id).select_for_update()
    calendar = own.filter(pk=calendar_id).first()
    if calendar is None:
        raise Refusal(codes.CALENDAR_NOT_FOUND, _("This city has no such calendar."))
    return calendar


def _switched(
    actor: Actor, calendar: Calendar, switched: str, times: list[Period], now: datetime
) -> None:
    """Tell which times a calendar gained (`on`) or lost (`off`)."""
    book_changed(actor.city_id)
    told = {"times": [{"from": time.start, "until": time.end} for time in times]}
    _tell(actor, calendar, {"switched": switched} | told, now)
    _audit(actor, calendar, f"zones.calendar_switched_{switched}", now, told)


def _tell(actor: Actor, calendar: Calendar, changed: dict[str, Any], now: datetime) -> None:
    outbox.add(
        city_id=actor.city_id,
        topic="calendar.changed",
        key=calendar.id,
        payload={"code": calendar.code, "added": [], "removed": [], "times": []} | changed,
        at=now,
    )


def _audit(
    actor: Actor, calendar: Calendar, action: str, now: datetime, outcome: dict[str, Any]
) -> None:
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=calendar.id,
        at=now,
        inputs={"code": calendar.code},
        outcome=outcome,
    )
