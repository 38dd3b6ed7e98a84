"""Curb zones as GeoJSON, and what is free in them."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

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
from foundation.api.views import HubView
from kernel.periods import Period
from kernel.refusals import Refusal

LONGEST = timedelta(days=31)


class CurbZonesView(HubView):
    """The curb zones in force."""

    scope = None
    rows = CurbZone.objects

    @schema(
        response=shapes.CurbZonesOut,
        media="application/geo+json",
        summary="List curb zones with their policies",
        parameters={
            "at": "In force at this instant (default: now).",
            "known_at": "As recorded at this instant (default: now).",
        },
    )
    def get(self, request: Any) -> Response:
        at = instant(request, "at") or self.now
        known_at = instant(request, "known_at")
        book = snapshots.book(self.actor.city.id)
        zones = [
            shapes.curb_zone(zone, zone.policy_at(at, known_at))
            for zone in book.in_force(at, known_at)
        ]
        tag = etag(book.edition, zones)
        if request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers={"ETag": tag})
        document = {"type": "FeatureCollection", "features": zones}
        return Response(
            document, headers={"ETag": tag}, content_type="application/geo+json; charset=utf-8"
        )


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


def etag(edition: int, content: Any) -> str:
    """Return a strong tag over what is answered."""
    return f'"{edition}-{sha256(repr(content).encode()).hexdigest()[:16]}"'


def _period(start: datetime, end: datetime) -> Period:
    if end <= start:
        raise Refusal(codes.PERIOD_INVALID, _("The period ends before it starts."))
    if end - start > LONGEST:
        raise Refusal(codes.PERIOD_TOO_LONG, _("At most 31 days at once."))
    return Period(start, end)
