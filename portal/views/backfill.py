"""Backfill windows: which are open, and for officials, opening and closing them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.models import Organisation
from carriers import codes
from carriers.models import BackfillWindow
from carriers.selectors import horizon
from carriers.services import windows
from kernel.periods import YEARS
from kernel.refusals import Reason, Refusal
from portal import words
from portal.booking_day import local_day
from portal.people import Page
from portal.tables import Column, table
from portal.vehicles import names_of
from portal.views.slots import as_uuid

COLUMNS = (
    Column("carrier", gettext_lazy("Carrier"), ("organisation__name",)),
    Column("events", gettext_lazy("Events of"), ("events_from",)),
    Column("until", gettext_lazy("Open until"), ("open_until",)),
    Column("reason", gettext_lazy("Reason")),
    Column("state", gettext_lazy("State")),
)
FIELDS = ("organisation", "first_day", "last_day", "open_until", "reason")
# Where the reasons against a window belong in the form.
PLACES = {
    "/organisation_id": "organisation",
    "/events_from": "first_day",
    "/events_until": "last_day",
    "/open_until": "open_until",
}


class Backfill(Page):
    """`/backfill/`: the windows; POST (`organisation, first_day, last_day, open_until, reason`)
    opens one, days being local and whole."""

    scope = scopes.EVENTS_WRITE

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        rows = BackfillWindow.objects.visible_to(self.actor, self.scope)
        steward = self.actor.may(scopes.EVENTS_STEWARD)
        days = self._days()
        return self.show(
            "portal/backfill/list.html",
            more.pop("status", 200),
            table=table(request, rows, COLUMNS, default="-until", prepare=self._in_words),
            steward=steward,
            carriers=self._carriers() if steward else [],
            days=days,
            first_day=words.dated(days["first"]),
            given=more.pop("given", {}),
            wrong=more.pop("wrong", {}),
            **more,
        )

    def _carriers(self) -> list[Organisation]:
        rows = Organisation.objects.of_city(self.actor.city_id)
        return list(rows.exclude(kind=Organisation.Kind.CITY).order_by("name"))

    def _days(self) -> dict[str, date]:
        """Return the first day that can still be opened, today, and a week from now."""
        tz = self.actor.city.tz
        since = horizon.foldable_since(self.now, horizon.retired_until()).astimezone(tz)
        today = self.now.astimezone(tz).date()
        return {
            "first": since.date() + timedelta(days=1),
            "today": today,
            "week": today + timedelta(days=7),
        }

    def _in_words(self, page: Any) -> list[dict[str, Any]]:
        rows = list(page)
        names = names_of({row.organisation_id for row in rows})
        tz = self.actor.city.tz
        return [
            {
                "id": row.pk,
                "carrier": names.get(row.organisation_id, ""),
                "events": words.span(row.events_from, row.events_until, tz),
                "until": words.moment(row.closed_at or row.open_until, tz),
                "reason": row.reason,
                "open": row.is_open(self.now),
            }
            for row in rows
        ]

    def post(self, request: HttpRequest) -> HttpResponse:
        self.needs_steward()
        given = {name: request.POST.get(name, "").strip() for name in FIELDS}
        wrong = self._missing(given)
        if not wrong:
            try:
                self._open(given)
            except Refusal as refusal:
                wrong = {
                    PLACES.get(one.pointer, "main"): self._sentence(one) for one in refusal.reasons
                }
        if wrong:
            errors = [{"field": field, "text": text} for field, text in wrong.items()]
            return self.get(request, status=422, given=given, wrong=wrong, errors=errors)
        messages.success(request, _("The window is open."))
        return redirect("portal:backfill")

    def _sentence(self, reason: Reason) -> str:
        """Return what a person is told; days are chosen here, so an instant would not help."""
        if reason.code != codes.WINDOW_BEYOND:
            return reason.detail
        first = words.dated(self._days()["first"])
        return _("The log takes nothing older; the first day to choose is %(day)s.") % {
            "day": first
        }

    def needs_steward(self) -> None:
        """Refuse who may only look."""
        if not self.actor.may(scopes.EVENTS_STEWARD):
            raise PermissionDenied(_("Your role does not include this page."))

    def _missing(self, given: dict[str, str]) -> dict[str, str]:
        wrong = {}
        if as_uuid(given["organisation"]) is None:
            wrong["organisation"] = _("Choose a carrier.")
        days = {
            "first_day": _("Give the first day of the events."),
            "last_day": _("Give the last day of the events."),
            "open_until": _("Give the day on which the window closes."),
        }
        wrong |= {name: text for name, text in days.items() if _day(given[name]) is None}
        if not given["reason"]:
            wrong["reason"] = _("Say why the window is opened.")
        return wrong

    def _open(self, given: dict[str, str]) -> None:
        tz = self.actor.city.tz
        first, last, until = (
            local_day(_day(given[name]) or date.min, tz)
            for name in ("first_day", "last_day", "open_until")
        )
        windows.open_window(
            actor=self.actor,
            organisation_id=UUID(given["organisation"]),
            events_from=first.start,
            events_until=_until_now(last.start, last.end, self.now),
            open_until=until.end,
            reason=given["reason"][:1000],
            now=self.now,
        )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _until_now(start: datetime, end: datetime, now: datetime) -> datetime:
    """Return the end of a day; of today, what has passed of it."""
    return min(end, now) if start < now else end


class CloseBackfill(Backfill):
    """`POST /backfill/<id>/close/`."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, window_id: UUID) -> HttpResponse:
        self.needs_steward()
        try:
            windows.close(actor=self.actor, window_id=window_id, now=self.now)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            errors = [{"field": "main", "text": one.detail} for one in refusal.reasons]
            return self.get(request, status=409, errors=errors)
        messages.success(request, _("The window is closed."))
        return redirect("portal:backfill")
