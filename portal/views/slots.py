"""Which vehicle and when: the times of a day that a curb still has."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import scopes
from carriers.models import Vehicle
from curbs import rules
from curbs.book import Zone
from curbs.models import Booking
from curbs.selectors import snapshots
from curbs.services import bookings as booking_service
from curbs.services.placing import HoldRequest
from curbs.terms import BookingTerms
from kernel.periods import YEARS, Period
from kernel.refusals import Refusal
from portal import booking_day, displaced, refusals, words
from portal.booking_day import Day
from portal.people import Page
from portal.rulebook import verdicts

DURATIONS = (15, 30, 45, 60, 90, 120)


class ChooseSlot(Page):
    """`/bookings/new/<curb zone>/`: `?vehicle=&on=&minutes=`; POST `start` holds that time."""

    scope = scopes.CURBS_BOOK

    def get(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        return self._page(zone_id, request.GET)

    def post(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        start = _instant(request.POST.get("start"))
        vehicle_id = as_uuid(request.POST.get("vehicle"))
        if start is None or vehicle_id is None:
            error = {"field": "start", "text": _("Choose a time to start.")}
            return self._page(zone_id, request.POST, status=422, errors=[error])
        period = Period(start, start + timedelta(minutes=self._minutes(zone_id, request.POST)))
        wanted = HoldRequest(curb_zone_id=zone_id, vehicle_id=vehicle_id, period=period)
        try:
            booking = booking_service.hold(actor=self.actor, request=wanted, now=self.now)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            return self._page(
                zone_id,
                request.POST,
                status=409,
                errors=refusals.errors(refusal, "start"),
                alternatives=self._alternatives(refusal, request.POST),
            )
        return redirect("portal:check-booking", booking.id)

    def _page(self, zone_id: UUID, query: Any, *, status: int = 200, **more: Any) -> HttpResponse:
        zone, tz = self._zone(zone_id), self.actor.city.tz
        fleet = self._vehicles()
        today = self.now.astimezone(tz).date()
        terms = BookingTerms.of(self.actor.city.settings)
        on = as_date(query.get("on")) or today
        on = min(max(on, today), today + terms.book_ahead)
        context: dict[str, Any] = {
            "zone": _Named(zone),
            "vehicles": _by_company(fleet),
            "on": on,
            "first_day": today,
            "last_day": today + terms.book_ahead,
            "minutes": self._minutes(zone_id, query),
            "durations": self._durations(zone),
            "hold_minutes": int(terms.hold_ttl.total_seconds() // 60),
            "quarters": ("00", "15", "30", "45"),
        }
        if fleet:
            chosen = as_uuid(query.get("vehicle"))
            vehicle = next((one for one in fleet if one.pk == chosen), fleet[0])
            day = booking_day.of(
                actor=self.actor,
                zone=zone,
                vehicle=vehicle,
                on=on,
                duration=timedelta(minutes=context["minutes"]),
                now=self.now,
            )
            context |= self._day(day, zone, vehicle, on, today, today + terms.book_ahead)
        return self.show("portal/bookings/choose_slot.html", status, **context, **more)

    def _day(
        self, day: Day, zone: Zone, vehicle: Vehicle, on: date, first: date, last: date
    ) -> dict[str, Any]:
        tz = self.actor.city.tz
        reasons = (verdicts.sentence(r) for _, found in day.case.verdicts for r in found.reasons)
        return {
            "vehicle": vehicle,
            "day_title": words.in_full(on),
            "hours": hours(day, tz),
            "free": sum(start.code is None for start in day.starts),
            "reasons": list(dict.fromkeys(reasons)),
            "previous_day": self._on(vehicle, on - timedelta(days=1)) if on > first else "",
            "next_day": self._on(vehicle, on + timedelta(days=1)) if on < last else "",
            "island": self._timeline(day, zone, vehicle, on),
        }

    def _on(self, vehicle: Vehicle, on: date) -> str:
        return (
            f"?vehicle={vehicle.pk}&on={on:%Y-%m-%d}&minutes={self.request.GET.get('minutes', '')}"
        )

    def _zone(self, zone_id: UUID) -> Zone:
        zone = snapshots.book(self.actor.city.id).zone(zone_id)
        if zone is None or not zone.when.holds(self.now, self.now):
            raise Http404(_("No such curb."))
        return zone

    def _vehicles(self) -> list[Vehicle]:
        rows = Vehicle.objects.visible_to(self.actor, scopes.CURBS_BOOK)
        rows = rows.filter(length_m__isnull=False).select_related("organisation")
        return list(rows.order_by("organisation__name", "plate")[:500])

    def _durations(self, zone: Zone) -> list[int]:
        policy = zone.policy_at(self.now)
        longest = policy.stay.max_stay if policy else None
        fitting = [n for n in DURATIONS if longest is None or timedelta(minutes=n) <= longest]
        return fitting or [DURATIONS[0]]

    def _minutes(self, zone_id: UUID, query: Any) -> int:
        choices = self._durations(self._zone(zone_id))
        given = query.get("minutes", "")
        wanted = int(given) if given.isdecimal() and len(given) < 5 else 30
        return wanted if wanted in choices else choices[min(1, len(choices) - 1)]

    def _alternatives(self, refusal: Refusal, query: Any) -> dict[str, Any]:
        found = refusal.reasons[0].facts.get("alternatives") or {}
        tz = self.actor.city.tz
        carry = {name: query.get(name, "") for name in ("vehicle", "on", "minutes")}
        return {
            "times": [
                {
                    "value": one["from"],
                    "label": words.clock(datetime.fromisoformat(one["from"]), tz),
                }
                for one in found.get("times", ())
            ],
            "zones": displaced.elsewhere(found.get("zones", ()), carry),
        }

    def _timeline(self, day: Day, zone: Zone, vehicle: Vehicle, on: date) -> dict[str, Any]:
        tz = self.actor.city.tz
        block = rules.needed(float(vehicle.length_m), day.case.city_terms.manoeuvring_gap_m)
        bays = booking_day.bays(zone, block)
        mine = {
            (row.during.lower, row.metres.lower)
            for row in Booking.objects.visible_to(self.actor, scopes.CURBS_READ).filter(
                curb_line_id=zone.line_id, during__overlap=(day.period.start, day.period.end)
            )
        }
        events = [
            {
                "id": f"{n}-{bay}",
                "resourceId": str(bay),
                "start": _local(held.period.start, tz),
                "end": _local(held.period.end, tz),
                "title": _("yours") if own else _("taken"),
                "kind": "mine" if own else "taken",
            }
            for n, held in enumerate(day.held)
            for own in [(held.period.start, held.metres.start) in mine]
            for bay, stretch in enumerate(bays)
            if stretch.overlaps(held.metres)
        ]
        return {
            "date": f"{on:%Y-%m-%d}",
            "locale": get_language() or "en",
            "scroll": self._scroll(on),
            "resources": [
                {"id": str(n), "title": f"{bay.start:.0f}–{bay.end:.0f} m"}
                for n, bay in enumerate(bays)
            ],
            "events": events,
        }

    def _scroll(self, on: date) -> str:
        """Return where the drawing begins: at the present hour today, in the morning else."""
        local = self.now.astimezone(self.actor.city.tz)
        return f"{local.hour:02d}:00" if on == local.date() else "06:00"


class _Named:
    """A zone for a template."""

    def __init__(self, zone: Zone) -> None:
        self.name, self.code, self.street_name = zone.name, zone.code, zone.street_name
        self.length = zone.metres.length


def hours(day: Day, tz: Any) -> list[dict[str, Any]]:
    """Return the starts as rows of an hour with four cells each; hours without any are left out."""

    def hour(start: booking_day.Start) -> str:
        return start.period.start.astimezone(tz).strftime("%H:00 %z")

    rows = []
    for label, starts in groupby(day.starts, key=hour):
        cells: list[dict[str, Any]] = [{} for _quarter in range(4)]
        for start in starts:
            local = start.period.start.astimezone(tz)
            cells[local.minute // 15] = {
                "free": start.code is None,
                "value": start.period.start.isoformat(),
                "label": f"{local:%H:%M}",
                "why": refusals.short(start.code) if start.code else "",
            }
        rows.append({"label": label.split()[0], "cells": cells})
    told = [
        n for n, row in enumerate(rows) if any(c.get("free") or c.get("why") for c in row["cells"])
    ]
    return rows[told[0] : told[-1] + 1] if told else []


def _says(cell: dict[str, Any]) -> bool:
    return bool(cell.get("free") or cell.get("why"))


def _by_company(fleet: list[Vehicle]) -> list[dict[str, Any]]:
    groups = groupby(fleet, key=lambda vehicle: vehicle.organisation.name)
    return [{"name": name, "vehicles": list(rows)} for name, rows in groups]


def _local(at: datetime | None, tz: Any) -> str:
    return at.astimezone(tz).strftime("%Y-%m-%dT%H:%M:%S") if at else ""


def _instant(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo and at.year in YEARS else None


def as_date(text: str | None) -> date | None:
    """Return the day of a parameter; None when there is none, or of a year that is nobody's."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day.year in YEARS else None


def as_uuid(text: str | None) -> UUID | None:
    """Return the id in a parameter, None when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
