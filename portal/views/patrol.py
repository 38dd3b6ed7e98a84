"""The patrol page: an officer on a phone checks a plate, or sees who is at a place."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import scopes
from compliance.services import checks
from curbs.evaluator import AtPoint, Place
from kernel.refusals import Reason, Refusal
from portal import patrol
from portal.people import Page

FIELDS = {"/plate": "plate", "/zone_id": "where", "/curb_zone_id": "where"}


class Patrol(Page):
    """`/patrol/`: `?where=` shows who is there; POST `plate, where` (or `lng, lat`) checks.

    A plate is sent in the body and never in an address: addresses are kept in logs and histories.
    """

    scope = scopes.ENFORCEMENT_CHECK

    def get(self, request: HttpRequest) -> HttpResponse:
        where = request.GET.get("where", "")
        place = patrol.place_of(where, "", "") if where else None
        return self._page(where=where, place=place)

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = request.POST
        plate, where = sent.get("plate", "").strip()[:40], sent.get("where", "")
        place = patrol.place_of(where, sent.get("lng", ""), sent.get("lat", ""))
        if not plate:
            if place is not None and not isinstance(place, AtPoint):
                return redirect(f"{request.path}?where={where}")
            return self._again(sent, [("plate", _("Enter a plate, or choose a place."))])
        if place is None:
            against = checks.against_plate(plate)
            if against:
                return self._refused(sent, against)
            place = patrol.last_seen(self.actor, plate, self.now)
            if isinstance(place, str):
                return self._again(sent, [("where", place)])
        try:
            row = checks.check(actor=self.actor, plate=plate, place=place, now=self.now)
        except Refusal as refusal:
            return self._refused(sent, refusal.reasons)
        return redirect("portal:patrol-check", row.id)

    def _refused(self, sent: Any, reasons: Iterable[Reason]) -> HttpResponse:
        wrong = [(FIELDS.get(one.pointer, "plate"), one.detail) for one in reasons]
        return self._again(sent, wrong)

    def _again(self, sent: Any, wrong: list[tuple[str, str]]) -> HttpResponse:
        return self._page(
            status=422,
            plate=sent.get("plate", "")[:40],
            where=sent.get("where", ""),
            errors=[{"field": field, "text": text} for field, text in wrong],
            wrong=dict(wrong),
        )

    def _page(self, *, where: str, place: Place | None = None, **more: Any) -> HttpResponse:
        rows = patrol.visible(self.actor).order_by("-checked_at", "-id")[: patrol.SHOWN]
        return self.show(
            "portal/patrol/ask.html",
            more.pop("status", 200),
            where=where,
            spots=patrol.spots(self.actor.city, self.now),
            here=None if place is None else patrol.here(self.actor, place, self.now),
            log=patrol.shown(rows, self.actor),
            **more,
        )


class PatrolCheck(Page):
    """`/patrol/<check>/`: the answer of a check, as it was given."""

    scope = scopes.ENFORCEMENT_CHECK

    def get(self, request: HttpRequest, check_id: UUID) -> HttpResponse:
        row = patrol.visible(self.actor).filter(pk=check_id).first()
        if row is None:
            raise Http404(_("There is no such check."))
        (shown,) = patrol.shown([row], self.actor)
        return self.show("portal/patrol/answer.html", check=shown)
