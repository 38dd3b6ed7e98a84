"""What a draft would change for whom, and its publication."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import scopes
from kernel.refusals import Refusal
from portal import fields
from portal.fields import Field
from portal.people import Page
from portal.rulebook import analysis, impact, versions
from portal.views.slots import as_uuid
from reports.services import impacts
from zones.models import RegulationVersion
from zones.services import publishing
from zones.terms import RuleTerms

State = RegulationVersion.State


class Impact(Page):
    """`/rules/versions/<id>/impact/`: computed page by page while one looks; POST (`impact_id,
    bookings`) publishes on it."""

    scope = scopes.RULES_WRITE
    template: ClassVar[str] = "portal/rules/impact.html"

    def get(self, request: HttpRequest, version_id: UUID, **more: Any) -> HttpResponse:
        version = versions.version_of(self.actor, version_id)
        if version.state not in (State.DRAFT, State.REVIEWED):
            return redirect("portal:rule-version", version.id)
        found = impacts.of_draft(actor=self.actor, version_id=version_id, now=self.now)
        wrong = more.pop("wrong", {})
        shown = impact.shown(found, self.actor)
        settled = not shown.running and not shown.failed
        return self.show(
            self.template,
            more.pop("status", 200),
            version=version,
            shown=versions.shown(version, self.actor.city.tz),
            impact=shown,
            drawn_on=impact.drawn_within(found, version, self.actor.city.tz),
            clashes=analysis.contradictions(version, self.actor, self.now) if settled else [],
            outrun=versions.is_outrun(version),
            ready=version.state == State.REVIEWED
            or not RuleTerms.of(self.actor.city.settings).review,
            bookings=Field(
                "bookings",
                _("What becomes of bookings that this version forbids"),
                "radio",
                fields.text(request.POST, "bookings"),
                _("A cancelled booking gets the reason and alternatives."),
                wrong.get("bookings", ""),
                RegulationVersion.Bookings.choices,
            ),
            errors=fields.errors(wrong),
        )

    def post(self, request: HttpRequest, version_id: UUID) -> HttpResponse:
        versions.version_of(self.actor, version_id)
        impact_id = as_uuid(request.POST.get("impact_id"))
        bookings = request.POST.get("bookings")
        wrong: dict[str, Any] = {}
        if bookings not in RegulationVersion.Bookings.values:
            wrong["bookings"] = _("Choose what becomes of bookings.")
        if impact_id is None:
            wrong["main"] = _("Wait until the impact is computed.")
        if wrong or impact_id is None:
            return self.get(request, version_id, status=422, wrong=wrong)
        try:
            publishing.publish(
                actor=self.actor,
                version_id=version_id,
                impact_id=impact_id,
                bookings=str(bookings),
                now=self.now,
            )
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            wrong = fields.wrong_of(refusal, {}, "main")
            return self.get(request, version_id, status=refusal.status, wrong=wrong)
        messages.success(request, _("The version is published. Decisions and feeds show it now."))
        return redirect("portal:rule-version", version_id)


class ImpactPart(Impact):
    """`/rules/versions/<id>/impact/progress/`: the part of the page that moves."""

    template = "portal/parts/impact.html"
    http_method_names = ("get",)
