"""Calendars: which the city has, and one switched on and off."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from rest_framework.response import Response

from accounts.scopes import RULES_WRITE
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView
from zones.api.shapes import Instant, Slug
from zones.models import Calendar
from zones.selectors.calendars import standing, with_entries
from zones.services import calendars

TAGS = ["rules"]
MOST_DAYS = 1000


class CalendarIn(Struct, forbid_unknown_fields=True):
    """A calendar that rules may name by its code; it has no days and is off."""

    code: Slug
    name: Annotated[str, Meta(min_length=1, max_length=160)]


class OnIn(Struct, forbid_unknown_fields=True):
    """From when (default: now) a calendar is on, and until when (default: until switched off)."""

    since: Instant | None = None
    until: Instant | None = None


class OffIn(Struct, forbid_unknown_fields=True):
    """From when (default: now) a calendar is off."""

    since: Instant | None = None


class DaysIn(Struct, forbid_unknown_fields=True):
    """Days, as the city's local dates."""

    days: Annotated[list[date], Meta(min_length=1, max_length=MOST_DAYS)]


class OnOut(Struct):
    """A time in which a calendar is on; without an end until it is switched off."""

    on_from: datetime
    on_until: datetime | None


class CalendarOut(Struct):
    """A calendar as it stands in the books: whether it holds now, its days, and the times in which
    it is switched on."""

    id: UUID
    code: str
    name: str
    holds: bool
    days: list[date]
    times: list[OnOut]


class _View(HubView):
    scope = {"POST": RULES_WRITE}
    rows = with_entries()

    def told(self, row: Calendar) -> dict[str, Any]:
        """Return a calendar as JSON data."""
        stands = standing(row, self.now, self.actor.city.tz)
        return {
            "id": row.id,
            "code": row.code,
            "name": row.name,
            "holds": stands.holds,
            "days": stands.days,
            "times": [{"on_from": time.start, "on_until": time.end} for time in stands.times],
        }


class CalendarsView(_View):
    """The city's calendars."""

    scope = {"GET": None, "POST": RULES_WRITE}

    @schema(
        response=CalendarOut,
        paged=True,
        summary="List the calendars and switches that rules may name",
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        return self.page(self.told, order=("code", "id"))

    @schema(
        request=CalendarIn,
        response=CalendarOut,
        status=201,
        summary="Make a calendar",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any) -> Response:
        sent = body(request, CalendarIn)
        made = calendars.create(actor=self.actor, code=sent.code, name=sent.name, now=self.now)
        return Response(self.told(made), status=201)


class OnView(_View):
    """A calendar is switched on."""

    @schema(
        request=OnIn,
        response=CalendarOut,
        summary="Switch a calendar on, now or announced ahead",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, calendar_id: UUID) -> Response:
        sent = body(request, OnIn)
        switched = calendars.switch_on(
            actor=self.actor,
            calendar_id=calendar_id,
            since=sent.since,
            until=sent.until,
            now=self.now,
        )
        return Response(self.told(switched))


class OffView(_View):
    """A calendar is switched off."""

    @schema(
        request=OffIn,
        response=CalendarOut,
        summary="Switch a calendar off, and take back what was announced for later",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, calendar_id: UUID) -> Response:
        sent = body(request, OffIn)
        switched = calendars.switch_off(
            actor=self.actor, calendar_id=calendar_id, since=sent.since, now=self.now
        )
        return Response(self.told(switched))


class DaysView(_View):
    """Days of a calendar."""

    @schema(
        request=DaysIn,
        response=CalendarOut,
        summary="Put days into a calendar; those that it has stay",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, calendar_id: UUID) -> Response:
        days = body(request, DaysIn).days
        changed = calendars.put_days(
            actor=self.actor, calendar_id=calendar_id, days=days, now=self.now
        )
        return Response(self.told(changed))


class WithdrawnDaysView(_View):
    """Days that are taken out of a calendar."""

    @schema(
        request=DaysIn,
        response=CalendarOut,
        summary="Take days out of a calendar; what was recorded of them stays readable",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, calendar_id: UUID) -> Response:
        days = body(request, DaysIn).days
        changed = calendars.withdraw_days(
            actor=self.actor, calendar_id=calendar_id, days=days, now=self.now
        )
        return Response(self.told(changed))
