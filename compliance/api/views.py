"""Findings: a carrier's own and those of its mandates, for the city all."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.response import Response

from accounts.scopes import FINDINGS_READ
from compliance.api import shapes
from compliance.models import Finding
from compliance.services import evidence, printing
from foundation.api.openapi import schema
from foundation.api.query import choice, identifier, instant
from foundation.api.renderers import HubJSONRenderer
from foundation.api.views import HubView

FILTERS = {
    "zone": "Only findings in this zone.",
    "curb_zone": "Only findings at this curb zone.",
    "vehicle": "Only findings of this vehicle.",
    "state": "provisional, confirmed or withdrawn.",
    "severity": "violation or warning.",
    "organisation": "Only findings of this carrier.",
    "regulation": "Only findings under this regulation (or curb zone's policy).",
    "kind": "prohibited, permit, booking, max_stay or warning.",
    "standing": "`true`: without what was withdrawn.",
    "hour": "Only findings that begin in this hour of the local day, 0 to 23.",
    "from": "Only findings that begin at this time or later.",
    "to": "Only findings that begin before this time.",
}


class PdfRenderer(HubJSONRenderer):
    """Lets a client ask for `application/pdf`; what is refused is a problem document as ever."""

    media_type = "application/pdf"
    format = "pdf"


class FindingsView(HubView):
    """The findings that the sender may see, the latest first."""

    scope = FINDINGS_READ
    rows = Finding.objects

    @schema(response=shapes.FindingOut, paged=True, summary="List findings", parameters=FILTERS)
    def get(self, request: Any) -> Response:
        rows = Finding.objects.between(instant(request, "from"), instant(request, "to"))
        for name, column in (
            ("zone", "zone_id"),
            ("curb_zone", "curb_zone_id"),
            ("vehicle", "vehicle_id"),
            ("organisation", "organisation_id"),
            ("regulation", "regulation_id"),
        ):
            wanted = identifier(request, name)
            if wanted is not None:
                rows = rows.filter(**{column: wanted})
        if choice(request, "standing", ("true", "false")) == "true":
            rows = rows.standing()
        hour = choice(request, "hour", [str(number) for number in range(24)])
        if hour is not None:
            rows = rows.in_hour(int(hour), self.actor.city.tz)
        for name, choices in (
            ("state", Finding.State),
            ("severity", Finding.Severity),
            ("kind", Finding.Kind),
        ):
            chosen = choice(request, name, choices.values)
            if chosen is not None:
                rows = rows.filter(**{name: chosen})
        return self.page(shapes.finding, rows, order=("-from_at", "-id"))


class FindingView(HubView):
    """One finding with its evidence and its journal."""

    scope = FINDINGS_READ
    rows = Finding.objects

    @schema(response=shapes.FindingDetail, summary="Read a finding with its evidence")
    def get(self, request: Any, finding_id: UUID) -> Response:
        row = self.one(finding_id)
        journal = [shapes.entry(entry) for entry in row.journal.order_by("id")]
        return Response(shapes.finding(row) | {"evidence": row.evidence, "journal": journal})


class EvidenceView(HubView):
    """What a finding rests on, as it was frozen."""

    scope = FINDINGS_READ
    rows = Finding.objects

    @schema(
        response=shapes.EvidenceOut,
        refusals=(410,),
        summary="Read the evidence of a finding, with its chain of hashes verified",
    )
    def get(self, request: Any, finding_id: UUID) -> Response:
        bundle = evidence.bundle_of(self.one(finding_id), now=self.now)
        return Response(shapes.evidence(bundle))


class EvidencePdfView(HubView):
    """The same on paper."""

    scope = FINDINGS_READ
    rows = Finding.objects
    renderer_classes = (HubJSONRenderer, PdfRenderer)

    @schema(
        response={"type": "string", "format": "binary"},
        media="application/pdf",
        refusals=(410,),
        summary="Read the evidence of a finding as a PDF",
    )
    def get(self, request: Any, finding_id: UUID) -> HttpResponse:
        bundle = evidence.bundle_of(self.one(finding_id), now=self.now)
        answer = HttpResponse(printing.pdf(bundle, self.actor.city), content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="finding-{finding_id}.pdf"'
        return answer
