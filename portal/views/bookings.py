"""Booking curb space: where, which vehicle and when, check, confirm, done."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from carriers.selectors import vehicles
from curbs import decisions
from curbs.evaluator import AtCurb, Question
from curbs.models import Booking
from curbs.services import bookings as booking_service
from curbs.states import State
from curbs.terms import BookingTerms
from foundation.api import mandate_use
from kernel.periods import Period
from kernel.refusals import Refusal
from portal import bookings, displaced, maps, places, refusals
from portal.people import Page
from portal.rulebook import verdicts
from portal.tables import Column, link, table

COLUMNS = (
    Column("reference", gettext_lazy("Reference"), ("reference",)),
    Column("when", gettext_lazy("When"), ("during",)),
    Column("place", gettext_lazy("Curb"), ("curb_zone__name",)),
    Column("vehicle", gettext_lazy("Vehicle"), ("plate",)),
    Column("price", gettext_lazy("Price"), ("price_amount",), numeric=True),
    Column("state", gettext_lazy("State"), ("state",)),
)


class Bookings(Page):
    """`/bookings/`: what the reader's organisation and its principals hold."""

    scope = scopes.CURBS_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = bookings.visible(self.actor)
        coming = rows.to_come(self.now)
        groups = {"coming": coming, "past": rows.exclude(pk__in=coming.values("pk"))}
        chosen = "past" if request.GET.get("which") == "past" else "coming"
        labels = {"coming": _("Now and to come"), "past": _("Past")}
        tabs = [
            {
                "label": labels[key],
                "url": link(request, which=key, page=""),
                "current": key == chosen,
                "count": group.count(),
            }
            for key, group in groups.items()
        ]
        shown = table(
            request,
            groups[chosen],
            COLUMNS,
            default="when" if chosen == "coming" else "-when",
            prepare=self._in_words,
        )
        return self.show(
            "portal/bookings/list.html",
            table=shown,
            tabs=tabs,
            may_book=self.actor.may(scopes.CURBS_BOOK),
        )

    def _in_words(self, page: Any) -> list[bookings.Shown]:
        rows = list(page)
        mandate_use.note(self.actor, rows, scope=self.scope, at=self.now)
        return [bookings.shown(row, self.actor.city.tz, self.now) for row in rows]


class ChooseCurb(Page):
    """`/bookings/new/`: which curb, from a list or the map."""

    scope = scopes.CURBS_BOOK

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = request.GET.get("q", "").strip().lower()
        curbs = [curb for curb in places.curbs_now(self.actor.city, self.now) if curb.bookable]
        for curb in curbs:
            curb.url = reverse("portal:choose-slot", args=[curb.id])
        found = [c for c in curbs if wanted in f"{c.name} {c.street} {c.code}".lower()]
        island = {
            "base": maps.base_map(self.actor.city),
            "label": _("Map of curbs; the list beside it says the same"),
            "urls": {"zones": reverse("portal:map-zones"), "curbs": reverse("portal:map-curbs")},
        }
        return self.show(
            "portal/bookings/choose_curb.html",
            curbs=sorted(found, key=lambda curb: (curb.name, curb.code)),
            q=request.GET.get("q", ""),
            island=island,
        )


class CheckBooking(Page):
    """`/bookings/<id>/check/`: the hold with its metres, price and rules; confirm or give back."""

    scope = scopes.CURBS_BOOK

    def get(self, request: HttpRequest, booking_id: UUID, **more: Any) -> HttpResponse:
        booking = _one(self.actor, booking_id, scopes.CURBS_BOOK)
        shown = bookings.shown(booking, self.actor.city.tz, self.now)
        if not shown.can_confirm and not more:
            return redirect(shown.url)
        start = booking.during.lower.astimezone(self.actor.city.tz)
        query = f"?vehicle={booking.vehicle_id}&on={start:%Y-%m-%d}"
        change = reverse("portal:choose-slot", args=[booking.curb_zone_id]) + query
        return self.show(
            "portal/bookings/check.html",
            more.pop("status", 200),
            shown=shown,
            change=change,
            reasons=sentences(self.actor, booking),
            **more,
        )

    def post(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        if request.POST.get("do") == "release":
            booking_service.cancel(actor=self.actor, booking_id=booking_id, now=self.now)
            return redirect("portal:choose-curb")
        try:
            booking_service.confirm(actor=self.actor, booking_id=booking_id, now=self.now)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            return self.get(
                request, booking_id, status=409, errors=refusals.errors(refusal, "main")
            )
        return redirect(reverse("portal:booking", args=[booking_id]) + "?done=1")


class OneBooking(Page):
    """`/bookings/<id>/`: a booking; with `?done=1` the confirmation with its reference."""

    scope = scopes.CURBS_READ

    def get(self, request: HttpRequest, booking_id: UUID, **more: Any) -> HttpResponse:
        booking = _one(self.actor, booking_id, scopes.CURBS_READ)
        mandate_use.note(self.actor, [booking], scope=self.scope, at=self.now)
        terms = BookingTerms.of(self.actor.city.settings)
        return self.show(
            "portal/bookings/detail.html",
            more.pop("status", 200),
            shown=bookings.shown(booking, self.actor.city.tz, self.now),
            fresh="done" in request.GET and booking.state == State.CONFIRMED,
            no_show_minutes=int(terms.no_show_after.total_seconds() // 60),
            may_book=self.actor.may(scopes.CURBS_BOOK),
            displaced=displaced.shown(booking, self.actor, self.now),
            **more,
        )


class CancelBooking(OneBooking):
    """`POST /bookings/<id>/cancel/`: give the metres back."""

    scope = scopes.CURBS_BOOK
    http_method_names = ("post",)

    def post(self, request: HttpRequest, booking_id: UUID) -> HttpResponse:
        try:
            booking_service.cancel(actor=self.actor, booking_id=booking_id, now=self.now)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            return self.get(
                request, booking_id, status=409, errors=refusals.errors(refusal, "main")
            )
        return redirect("portal:booking", booking_id)


def _one(actor: Any, booking_id: UUID, scope: str) -> Booking:
    """Return a visible booking. Raises Refusal (404), the same for what is not there."""
    from curbs import codes

    found = bookings.visible(actor, scope).filter(pk=booking_id).first()
    if found is None:
        raise Refusal(codes.BOOKING_NOT_FOUND, "No such booking.")
    return found


def sentences(actor: Any, booking: Booking) -> list[str]:
    """Return what the rules say to the vehicle at its booked place and time, each rule once."""
    vehicle = vehicles.vehicle_of(
        actor=actor, vehicle_id=booking.vehicle_id, scope=scopes.CURBS_BOOK
    )
    period = Period(booking.during.lower, booking.during.upper)
    holders = {vehicle.id: (vehicle.plate, vehicle.facts())}
    evaluator = decisions.evaluator(actor.city)
    permits = decisions.permits_of(evaluator, holders, period)[vehicle.id]
    question = Question(vehicle.facts(), tuple(permits), ((booking.curb_zone_id, period),))
    pieces = evaluator.over(question, AtCurb(booking.curb_zone_id), period)
    found = (verdicts.sentence(reason) for _, verdict in pieces for reason in verdict.reasons)
    return list(dict.fromkeys(found))
