"""MDS 2.0 Policy and Geography: public, without a token."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from msgspec import Struct
from rest_framework.response import Response

from foundation import codes
from foundation.api.openapi import schema
from foundation.api.query import unix_ms
from foundation.api.renderers import HubJSONRenderer, ProblemRenderer
from kernel.refusals import Refusal
from zones.api.exchange import TAGS, ExportView
from zones.api.renderers import MdsRenderer
from zones.exchange import mds
from zones.selectors import exporting

AT = {"at": "What rules at this instant or later (default: now)."}
RANGE = AT | {
    "start_date": "Milliseconds since 1970: what rules then or later (default: now).",
    "end_date": "Milliseconds since 1970: only what begins to rule before.",
}


class Policies(Struct):
    """Policy documents."""

    version: str
    last_updated: int
    policies: list[dict[str, Any]]


class Geographies(Struct):
    """Geography documents."""

    version: str
    last_updated: int
    geographies: list[dict[str, Any]]


class _MdsView(ExportView):
    scope = None
    form = "mds"
    renderer_classes = (HubJSONRenderer, MdsRenderer, ProblemRenderer)

    def told(
        self,
        request: Any,
        name: str,
        wanted: UUID | None = None,
        until: datetime | None = None,
    ) -> Response:
        """Return the documents of a kind, those in force before `until`, or the one that is
        wanted. Raises 404."""
        zones = self.zones(request)
        made = (
            mds.policies(zones, exporting.publisher(self.actor.city))[0]
            if name == "policies"
            else [mds.geography(zone) for zone in zones]
        )
        if until is not None:
            made = [one for one in made if one["start_date"] < mds.milliseconds(until)]
        key = "policy_id" if name == "policies" else "geography_id"
        if wanted is not None:
            made = [one for one in made if one[key] == wanted]
            if not made:
                raise Refusal(codes.NOT_FOUND, _("There is nothing here, or nothing of yours."))
        updated = max((one["published_date"] for one in made), default=mds.EARLIEST)
        content = {"version": mds.VERSION, "last_updated": updated, name: made}
        return self.answer(request, zones, lambda: content)


class MdsPoliciesView(_MdsView):
    """The policies in force at some time of a range."""

    @schema(response=Policies, summary="List policies (MDS)", parameters=RANGE, tags=TAGS)
    def get(self, request: Any) -> Response:
        start, end = unix_ms(request, "start_date"), unix_ms(request, "end_date")
        if end is not None and end <= (start or self.now):
            detail = _("The range ends before it starts.")
            raise Refusal(codes.REQUEST_INVALID, detail, parameter="end_date")
        return self.told(request, "policies", until=end)

    def since(self, request: Any) -> datetime:
        return unix_ms(request, "start_date") or super().since(request)


class MdsPolicyView(_MdsView):
    """One policy."""

    @schema(response=Policies, summary="Get a policy (MDS)", parameters=AT, tags=TAGS)
    def get(self, request: Any, policy_id: UUID) -> Response:
        return self.told(request, "policies", policy_id)


class MdsGeographiesView(_MdsView):
    """All geographies."""

    @schema(response=Geographies, summary="List geographies (MDS)", parameters=AT, tags=TAGS)
    def get(self, request: Any) -> Response:
        return self.told(request, "geographies")


class MdsGeographyView(_MdsView):
    """One geography."""

    @schema(response=Geographies, summary="Get a geography (MDS)", parameters=AT, tags=TAGS)
    def get(self, request: Any, geography_id: UUID) -> Response:
        return self.told(request, "geographies", geography_id)
