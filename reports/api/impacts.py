"""The impact of a draft over HTTP; the city's alone."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.scopes import RULES_READ
from foundation import codes
from foundation.api.openapi import schema
from foundation.api.query import identifier
from foundation.api.views import HubView
from kernel.refusals import Refusal
from reports.models import Impact
from reports.services import impacts

TAGS = ["reports"]


class Changed(msgspec.Struct):
    """A case whose verdict changes: a visit, stay, stop, booking or plan."""

    id: UUID
    vehicle_id: UUID
    organisation_id: UUID
    at: datetime
    before: str
    after: str
    change: Literal["worse", "better"]


class Count(msgspec.Struct):
    """How many fare worse, and how many better."""

    worse: int
    better: int


class ImpactOut(msgspec.Struct):
    """What a draft changes for whom, in the last and the next seven days.

    `hash` is of what the draft said; lists name the first 200 of each kind.
    """

    id: UUID
    draft: UUID
    hash: str
    state: Literal["computing", "done", "failed"]
    requested_at: datetime
    finished_at: datetime | None
    looked_at: int
    total: int
    counts: dict[str, Count]
    items: dict[str, list[Changed]]


class DraftImpactView(HubView):
    """The impact of a draft, begun by who asks first."""

    scope = RULES_READ
    rows = Impact.objects

    @schema(
        response=ImpactOut,
        refusals=(404, 409, 422),
        summary="Show what a draft would change for whom",
        parameters={"draft": "The id of the draft (a version of a regulation)."},
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        draft = identifier(request, "draft")
        if draft is None:
            raise Refusal(codes.REQUEST_INVALID, _("Give an id (UUID)."), parameter="draft")
        return Response(_said(impacts.of_draft(actor=self.actor, version_id=draft, now=self.now)))


class ImpactView(HubView):
    """One impact, as far as it is computed."""

    scope = RULES_READ
    rows = Impact.objects

    @schema(response=ImpactOut, summary="Show an impact", tags=TAGS)
    def get(self, request: Any, impact_id: UUID) -> Response:
        return Response(_said(self.one(impact_id)))


def _said(impact: Impact) -> dict[str, Any]:
    return {
        "id": impact.id,
        "draft": impact.version_id,
        "hash": impact.content_hash,
        "state": impact.state,
        "requested_at": impact.requested_at,
        "finished_at": impact.finished_at,
        "looked_at": impact.looked_at,
        "total": impact.total,
        "counts": impact.counts,
        "items": impact.items,
    }
