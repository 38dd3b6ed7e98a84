"""Curb zones as GeoJSON, and what is free in them."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from rest_framework.response import Response

from curbs import codes
from curbs.api import shapes
from curbs.api.queries import positive
from curbs.models import CurbZone
from curbs.selectors import availability, snapshots
from curbs.terms import BookingTerms
from foundation.api.openapi import schema
from foundation.api.query import instant
from foundation.api.renderers import GeoJSONRenderer, HubJSONRenderer
from foundation.api.views import HubView
from kernel.periods import Period
from kernel.refusals import Refusal

LONGEST = timedelta(days=31)

TAGS = ["curbs"]


class CurbZonesView(HubView):
    """The curb zones in force."""

    scope = None
    rows = CurbZone.objects
    renderer_classes = (GeoJSONRenderer, HubJSONRenderer)

    @schema(
        response=shapes.CurbZonesOut,
        media="application/geo+json",
        summary="List curb zones with their policies",
        parameters={
            "at": "In force at this instant (default: now).",
            "known_at": "As recorded at this instant (default: now).",
        },
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        at = instant(request, "at") or self.now
        known_at = instant(request, "known_at")
        book = snapshots.book(self.actor.city.id)
        zones = [
            shapes.curb_zone(zone, zone.policy_at(at, known_at))
            for zone in book.in_force(at, known_at)
        ]
        headers = {"ETag": etag(zones), "Cache-Control": "no-cache"}
        if _known(request.headers.get("If-None-Match", ""), headers["ETag"]):
            return Response(status=304, headers=headers)
        return Response({"type": "FeatureCollection", "features": zones}, headers=headers)


class SlotsView(HubView):
    """The timeline of a curb zone."""

    scope = None
    rows = CurbZone.objects

    @schema(
        response=shapes.SlotsOut,
        summary="What is free in a curb zone, over time",
        parameters={
            "from": "Start (default: now).",
            "until": "End, at most 31 days later (default: 24 hours later).",
            "length_m": "Length of a vehicle: `fits` says how many such vehicles fit.",
        },
        tags=TAGS,
    )
    def get(self, request: Any, curb_zone_id: UUID) -> Response:
        start = instant(request, "from") or self.now
        period = _period(start, instant(request, "until") or start + timedelta(hours=24))
        zone = snapshots.book(self.actor.city.id).zone(curb_zone_id)
        if zone is None:
            raise Refusal(codes.ZONE_NOT_FOUND, _("No such curb zone."))
        found = availability.slots(
            zone,
            period,
            length_m=positive(request, "length_m"),
            terms=BookingTerms.of(self.actor.city.settings),
            now=self.now,
        )
        return Response(
            {
                "curb_zone_id": str(zone.id),
                "length_m": float(zone.metres.length),
                "items": [shapes.slot(slot) for slot in found],
            }
        )


def etag(content: Any) -> str:
    """Return a strong tag over what is answered (RFC 9110, section 8.8.3)."""
    return f'"{sha256(msgspec.json.encode(content)).hexdigest()[:32]}"'


def _known(if_none_match: str, tag: str) -> bool:
    """Return whether the client has this version: its tags compare weakly (RFC 9110, 13.1.2)."""
    tags = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in tags or tags == ["*"]


def _period(start: datetime, end: datetime) -> Period:
    if end <= start:
        raise Refusal(codes.PERIOD_INVALID, _("The period ends before it starts."))
    if end - start > LONGEST:
        raise Refusal(codes.PERIOD_TOO_LONG, _("At most 31 days at once."))
    return Period(start, end)
