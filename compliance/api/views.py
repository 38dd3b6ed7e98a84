"""Findings: a carrier's own and those of its mandates, for the city all."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts.scopes import FINDINGS_READ
from compliance.api import shapes
from compliance.models import Finding
from foundation.api.openapi import schema
from foundation.api.query import choice, identifier, instant
from foundation.api.views import HubView

FILTERS = {
    "zone": "Only findings in this zone.",
    "curb_zone": "Only findings at this curb zone.",
    "vehicle": "Only findings of this vehicle.",
    "state": "provisional, confirmed or withdrawn.",
    "severity": "violation or warning.",
    "from": "Only findings that begin at this time or later.",
    "to": "Only findings that begin before this time.",
}


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
        ):
            wanted = identifier(request, name)
            if wanted is not None:
                rows = rows.filter(**{column: wanted})
        for name, choices in (("state", Finding.State), ("severity", Finding.Severity)):
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
