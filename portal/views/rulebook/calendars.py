"""Calendars: which hold, and one made, switched on and off."""

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import scopes
from kernel.refusals import Refusal
from portal import fields
from portal.fields import Field
from portal.people import Page
from portal.rulebook import calendars
from portal.views.slots import as_uuid
from zones import codes
from zones.services import calendars as keeping

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")


class Calendars(Page):
    """`/rules/calendars/`: all calendars; POST (`calendar, since, until`) switches one on."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        wrong, sent = more.pop("wrong", {}), more.pop("sent", {})
        shown = calendars.shown(self.actor, self.now)
        return self.show(
            "portal/rules/calendars.html",
            422 if wrong else 200,
            calendars=shown,
            may_write=self.actor.may(scopes.RULES_WRITE),
            on_form=self._on_form(shown, sent, wrong),
            day_form=self._day_form(shown, sent, wrong),
            new_form=self._new_form(sent, wrong),
            errors=fields.errors(wrong),
        )

    def _on_form(self, shown: list[calendars.Shown], sent: Any, wrong: Any) -> list[Field]:
        given = {name: fields.text(sent, name, 40) for name in ("calendar", "since", "until")}
        options = [(str(one.id), one.name) for one in shown]
        specs: list[tuple[str, str, str, str, Any]] = [
            ("calendar", _("Calendar"), "select", "", options),
            ("since", _("On from"), "datetime-local", _("Empty: from now."), ()),
            ("until", _("On until"), "datetime-local", _("Empty: until it is switched off."), ()),
        ]
        return [
            Field(name, label, kind, given[name], hint, wrong.get(name, ""), options)
            for name, label, kind, hint, options in specs
        ]

    def _day_form(self, shown: list[calendars.Shown], sent: Any, wrong: Any) -> list[Field]:
        options = [(str(one.id), one.name) for one in shown]
        chosen, day = (fields.text(sent, name, 40) for name in ("days_of", "day"))
        return [
            Field("days_of", _("Calendar"), "select", chosen, "", wrong.get("days_of", ""),
                  options),
            Field("day", _("Day"), "date", day, "", wrong.get("day", "")),
        ]  # fmt: skip

    def _new_form(self, sent: Any, wrong: Any) -> list[Field]:
        hint = _("Letters, digits, hyphens; rules name it so.")
        specs = [("name", _("Name"), "", 160), ("code", _("Code"), hint, 60)]
        return [
            Field(
                name, label, "text", fields.text(sent, name), hint, wrong.get(name, ""), most=most
            )
            for name, label, hint, most in specs
        ]

    def post(self, request: HttpRequest) -> HttpResponse:
        self.needs_writer()
        sent, tz = request.POST, self.actor.city.tz
        typed = {name: fields.text(sent, name, 40) for name in ("since", "until")}
        at = {name: fields.moment(text, tz) for name, text in typed.items()}
        wrong: dict[str, Any] = {
            name: _("This is no day and time.")
            for name, text in typed.items()
            if text and at[name] is None
        }
        calendar_id = as_uuid(fields.text(sent, "calendar", 40))
        if calendar_id is None:
            wrong["calendar"] = _("Choose a calendar.")
        if calendar_id is not None and not wrong:
            try:
                keeping.switch_on(actor=self.actor, calendar_id=calendar_id, now=self.now, **at)
            except Refusal as refusal:
                if refusal.code == codes.CALENDAR_NOT_FOUND:
                    raise
                places = {"/since": "since", "/until": "until"}
                wrong = fields.wrong_of(refusal, places, "calendar")
        if wrong:
            return self.get(request, sent=sent, wrong=wrong)
        messages.success(request, _("The calendar is switched on."))
        return redirect("portal:calendars")

    def needs_writer(self) -> None:
        """Refuse who may only look."""
        if not self.actor.may(scopes.RULES_WRITE):
            raise PermissionDenied(_("Your role does not include this page."))


class NewCalendar(Calendars):
    """`POST /rules/calendars/new/` (`name, code`) makes a calendar."""

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = request.POST
        name, code = fields.text(sent, "name"), fields.text(sent, "code")
        wrong: dict[str, Any] = {}
        if not 0 < len(name) <= 160:
            wrong["name"] = _("Give a name of at most 160 characters.")
        if not SLUG.fullmatch(code):
            wrong["code"] = _("Give a code of letters, digits and hyphens.")
        if not wrong:
            try:
                keeping.create(actor=self.actor, code=code, name=name, now=self.now)
            except Refusal as refusal:
                wrong = fields.wrong_of(refusal, {}, "code")
        if wrong:
            return self.get(request, sent=sent, wrong=wrong)
        messages.success(request, _("The calendar is made; it is off."))
        return redirect("portal:calendars")


class CalendarDays(Calendars):
    """`POST /rules/calendars/days/` (`days_of, day, do`): a day is put in or taken out."""

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = request.POST
        calendar_id = as_uuid(fields.text(sent, "days_of", 40))
        day = fields.day(fields.text(sent, "day", 40))
        wrong: dict[str, Any] = {}
        if calendar_id is None:
            wrong["days_of"] = _("Choose a calendar.")
        if day is None:
            wrong["day"] = _("This is no day.")
        if calendar_id is None or day is None:
            return self.get(request, sent=sent, wrong=wrong)
        change = {"actor": self.actor, "calendar_id": calendar_id, "days": [day], "now": self.now}
        if sent.get("do") == "withdraw":
            keeping.withdraw_days(**change)
            messages.success(request, _("The day is not in the calendar any more."))
        else:
            keeping.put_days(**change)
            messages.success(request, _("The day is in the calendar."))
        return redirect("portal:calendars")


class SwitchOff(Calendars):
    """`POST /rules/calendars/<id>/off/`: off from now on, announced times too."""

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, calendar_id: UUID) -> HttpResponse:
        try:
            keeping.switch_off(actor=self.actor, calendar_id=calendar_id, now=self.now)
        except Refusal as refusal:
            if refusal.code != codes.ALREADY_OFF:
                raise
            messages.info(request, refusal.reasons[0].detail)
            return redirect("portal:calendars")
        messages.success(request, _("The calendar is switched off."))
        return redirect("portal:calendars")
