"""Disputes: the list, opening one at a finding, deciding one; and the evidence on paper."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import scopes
from compliance.models import Dispute
from compliance.services import disputes as services
from compliance.services import evidence, printing
from foundation.api import mandate_use
from kernel.refusals import Refusal
from portal import disputes
from portal.people import Page
from portal.tables import table
from portal.views.findings import OneFinding


class Disputes(Page):
    """`/disputes/`: what waits for a decision first; narrowed by `state`."""

    scope = scopes.FINDINGS_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        state = request.GET.get("state", "")
        rows = disputes.visible(self.actor).select_related("finding")
        if state:
            rows = rows.filter(state=state)
        return self.show(
            "portal/disputes/list.html",
            table=table(request, rows, disputes.COLUMNS, default="by", prepare=self._prepared),
            states=[(value, label) for value, (label, _tone) in disputes.STATES.items()],
            chosen=state,
        )

    def _prepared(self, page: Any) -> list[dict[str, Any]]:
        rows = list(page)
        mandate_use.note(self.actor, rows, scope=self.scope, at=self.now)
        return disputes.listed(rows, self.actor, self.now)


class OpenDispute(OneFinding):
    """`POST /findings/<id>/dispute/` (`reason, statement`)."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, finding_id: UUID) -> HttpResponse:
        given = {name: request.POST.get(name, "").strip() for name in ("reason", "statement")}
        if not self.actor.may(scopes.FINDINGS_DISPUTE):
            raise PermissionDenied(_("Your role does not include this page."))
        try:
            services.open_dispute(actor=self.actor, finding_id=finding_id, now=self.now, **given)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            return self.shown(finding_id, refusal, given)
        messages.success(request, _("The finding is disputed. The city decides."))
        return redirect("portal:finding", finding_id)


class DecideDispute(OneFinding):
    """`POST /disputes/<id>/decide/` (`outcome, reasons`)."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, dispute_id: UUID) -> HttpResponse:
        if not self.actor.may(scopes.FINDINGS_DECIDE):
            raise PermissionDenied(_("Your role does not include this page."))
        known = disputes.visible(self.actor).filter(pk=dispute_id).first()
        outcome = request.POST.get("outcome", "")
        given = {"outcome": outcome, "reasons": request.POST.get("reasons", "").strip()}
        if known is not None and outcome not in (Dispute.State.UPHELD, Dispute.State.DISMISSED):
            error = {"field": "outcome", "text": _("Choose who is right.")}
            return self.shown(known.finding_id, None, given, [error])
        try:
            decided = services.decide(
                actor=self.actor,
                dispute_id=dispute_id,
                upheld=outcome == Dispute.State.UPHELD,
                reasons=given["reasons"],
                now=self.now,
            )
        except Refusal as refusal:
            if refusal.status == 404 or known is None:
                raise
            return self.shown(known.finding_id, refusal, given)
        messages.success(request, _("The dispute is decided."))
        return redirect("portal:finding", decided.finding_id)


class EvidencePdf(OneFinding):
    """`/findings/<id>/evidence.pdf`."""

    def get(self, request: HttpRequest, finding_id: UUID) -> HttpResponse:
        row = self.found(finding_id)
        try:
            made = printing.pdf(evidence.bundle_of(row, now=self.now), self.actor.city)
        except Refusal as refusal:  # kept no longer, or others print: the page says so
            return self.shown(finding_id, refusal, {})
        answer = HttpResponse(made, content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="finding-{finding_id}.pdf"'
        return answer
