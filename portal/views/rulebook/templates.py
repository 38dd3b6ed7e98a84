"""Templates: chosen from a list, they become drafts of a zone."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import scopes
from kernel.refusals import Refusal
from portal import fields
from portal.fields import Field
from portal.people import Page
from portal.rulebook import templates, versions
from zones import codes
from zones.services import schemes

PLACES = {"/template": "template", "/starts_on": "starts_on", "/code": "template"}


class Templates(Page):
    """`/rules/zones/<id>/templates/`: what there is; POST `template, starts_on` loads one."""

    scope = scopes.RULES_WRITE

    def get(self, request: HttpRequest, zone_id: UUID, **more: Any) -> HttpResponse:
        zone = versions.zone_of(self.actor, zone_id)
        wrong, sent = more.get("wrong", {}), more.get("sent", {})
        today = self.now.astimezone(self.actor.city.tz).date()
        return self.show(
            "portal/rules/templates.html",
            422 if wrong else 200,
            zone=zone,
            templates=templates.listed(today),
            chosen=fields.text(sent, "template", 200),
            wrong=wrong,
            errors=fields.errors(wrong),
            starts_on=Field(
                "starts_on",
                _("First day"),
                "date",
                fields.text(sent, "starts_on"),
                _("Empty: the day that the template names, and of a plain one today."),
                wrong.get("starts_on", ""),
            ),
        )

    def post(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        sent = request.POST
        typed = fields.text(sent, "starts_on")
        starts_on = fields.day(typed)
        wrong: dict[str, Any] = {}
        if not sent.get("template"):
            wrong["template"] = _("Choose a template.")
        if typed and starts_on is None:
            wrong["starts_on"] = _("This is no day of the calendar.")
        if wrong:
            return self.get(request, zone_id, sent=sent, wrong=wrong)
        try:
            drafts = schemes.load(
                actor=self.actor,
                zone_id=zone_id,
                name=fields.text(sent, "template", 200),
                starts_on=starts_on,
                now=self.now,
            )
        except Refusal as refusal:
            if refusal.code == codes.ZONE_NOT_FOUND:
                raise
            wrong = fields.wrong_of(refusal, PLACES, "template")
            return self.get(request, zone_id, sent=sent, wrong=wrong)
        text = ngettext("%(n)d draft was written.", "%(n)d drafts were written.", len(drafts))
        messages.success(request, text % {"n": len(drafts)})
        if len(drafts) == 1:
            return redirect("portal:rule-version", drafts[0].id)
        return redirect("portal:rule-zone", zone_id)
