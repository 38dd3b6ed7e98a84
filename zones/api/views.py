"""Zones for everybody; zones, regulations and permits written by the city."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts.scopes import RULES_WRITE, VEHICLES_READ
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.paging import CursorPage
from foundation.api.query import identifier, instant
from foundation.api.renderers import GeoJSONRenderer, HubJSONRenderer
from foundation.api.views import HubView
from zones import features as zone_features
from zones import selectors
from zones.api import conditional, shapes
from zones.models import AccessZone, Permit, Regulation, RegulationVersion, ZoneGeometry
from zones.services import grounds, permits, regulations

TAGS = ["rules"]
TIMES = {
    "at": "The instant asked about (default: now).",
    "known_at": "As recorded at this instant (default: now).",
}


class ZonesView(HubView):
    """The zones of the city, as GeoJSON."""

    scope = {"GET": None, "POST": RULES_WRITE}
    rows = AccessZone.objects
    renderer_classes = (GeoJSONRenderer, HubJSONRenderer)

    @schema(
        response=shapes.ZoneCollection,
        media="application/geo+json",
        summary="List zones in force, with the rules that rule in them",
        parameters=TIMES | {"zone": "Only the zone with this id."},
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        at, known_at = instant(request, "at") or self.now, instant(request, "known_at")
        wanted = identifier(request, "zone")
        book = selectors.book(self.actor.city_id)
        seen = set(self.visible().values_list("id", flat=True))
        features = [
            feature
            for feature in zone_features.at_instant(book, at, known_at)
            if feature["id"] in seen and wanted in (None, feature["id"])
        ]
        return _unless_known(
            request,
            {
                "type": "FeatureCollection",
                "calendars": zone_features.calendars_at(book, at, known_at),
                "features": features,
            },
            {"at": at, "known_at": known_at},
        )

    @schema(
        request=shapes.ZoneIn,
        response=shapes.ZoneFeature,
        status=201,
        summary="Draw a zone",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any) -> Response:
        drawn = body(request, shapes.ZoneIn)
        zone = grounds.create(
            actor=self.actor,
            code=drawn.code,
            name=drawn.name,
            kind=drawn.kind,
            geometry=drawn.geometry,
            legal_from=drawn.legal_from,
            legal_until=drawn.legal_until,
            grace_s=drawn.grace_s,
            recorded_from=drawn.recorded_from,
            now=self.now,
        )
        return Response(_drawn(self.actor.city_id, zone.id), status=201)


class GroundsView(HubView):
    """Versions of a zone's ground."""

    scope = {"POST": RULES_WRITE}
    rows = ZoneGeometry.objects

    @schema(
        request=shapes.GroundIn,
        response=shapes.ZoneFeature,
        status=201,
        summary="Draw a zone anew from a date on",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, zone_id: UUID) -> Response:
        drawn = body(request, shapes.GroundIn)
        grounds.set_ground(
            actor=self.actor,
            zone_id=zone_id,
            geometry=drawn.geometry,
            legal_from=drawn.legal_from,
            legal_until=drawn.legal_until,
            grace_s=drawn.grace_s,
            now=self.now,
        )
        return Response(_drawn(self.actor.city_id, zone_id), status=201)


class RegulationsView(HubView):
    """Regulations with what they say and said."""

    scope = {"GET": None, "POST": RULES_WRITE}
    rows = Regulation.objects

    @schema(
        response=shapes.RegulationOut,
        paged=True,
        summary="List regulations with their versions",
        parameters={"zone": "Only those of this zone."},
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        rows = self.visible()
        zone_id = identifier(request, "zone")
        if zone_id is not None:
            rows = rows.filter(zone_id=zone_id)
        page = CursorPage(request, rows, order=("code", "id"))
        versions: dict[UUID, list[RegulationVersion]] = {row.id: [] for row in page.rows}
        for version in (
            RegulationVersion.objects.shown_to(self.actor)
            .filter(regulation_id__in=list(versions))
            .prefetch_related("suspensions")
            .order_by("number")
        ):
            versions[version.regulation_id].append(version)
        return page.response(lambda row: shapes.regulation(row, versions[row.id]))

    @schema(
        request=shapes.RegulationIn,
        response=shapes.RegulationOut,
        status=201,
        summary="Begin a regulation",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any) -> Response:
        sent = body(request, shapes.RegulationIn)
        made = regulations.create(
            actor=self.actor, zone_id=sent.zone_id, code=sent.code, title=sent.title, now=self.now
        )
        return Response(shapes.regulation(made, []), status=201)


class VersionsView(HubView):
    """Versions of a regulation."""

    scope = {"POST": RULES_WRITE}
    rows = Regulation.objects

    @schema(
        request=shapes.VersionIn,
        response=shapes.VersionOut,
        status=201,
        summary="Write a draft of a regulation",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, regulation_id: UUID) -> Response:
        sent = body(request, shapes.VersionIn)
        version = regulations.add_version(
            actor=self.actor,
            regulation_id=regulation_id,
            rows=sent.rows,
            legal_from=sent.legal_from,
            legal_until=sent.legal_until,
            vacate_by_s=sent.vacate_by_s,
            title=sent.title,
            legal_reference=sent.legal_reference,
            now=self.now,
        )
        return Response(shapes.version(version), status=201)


class PermitsView(HubView):
    """Permits: a carrier's own, for the city all."""

    scope = {"GET": VEHICLES_READ, "POST": RULES_WRITE}
    rows = Permit.objects.prefetch_related("zones")

    @schema(response=shapes.PermitOut, paged=True, summary="List permits", tags=TAGS)
    def get(self, request: Any) -> Response:
        return self.page(shapes.permit)

    @schema(
        request=shapes.PermitIn,
        response=shapes.PermitOut,
        status=201,
        summary="Issue a permit",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any) -> Response:
        sent = body(request, shapes.PermitIn)
        permit = permits.issue(
            actor=self.actor,
            kind=sent.kind,
            plate=sent.plate,
            vehicle_class=sent.vehicle_class,
            zone_ids=sent.zone_ids,
            organisation_id=sent.organisation_id,
            starts_at=sent.starts_at,
            ends_at=sent.ends_at,
            reference=sent.reference,
            now=self.now,
        )
        return Response(shapes.permit(permit), status=201)


class PermitRevokeView(HubView):
    """A permit loses its force."""

    scope = {"POST": RULES_WRITE}
    rows = Permit.objects

    @schema(response=shapes.PermitOut, summary="Revoke a permit", tags=TAGS)
    @idempotent
    def post(self, request: Any, permit_id: UUID) -> Response:
        permit = permits.revoke(actor=self.actor, permit_id=permit_id, now=self.now)
        return Response(shapes.permit(permit))


def _drawn(city_id: UUID, zone_id: UUID) -> dict[str, Any]:
    return zone_features.newest(selectors.book(city_id), zone_id)


def _unless_known(request: Any, content: dict[str, Any], times: dict[str, Any]) -> Response:
    """Answer 304 when the client has this content (RFC 9110, section 13.1.2).

    The times asked for are not part of it: what holds an hour later unchanged is not sent again.
    """
    etag = conditional.etag_of(HubJSONRenderer().render(content).decode())
    if conditional.known_by(request, etag):
        return Response(status=304, headers={"ETag": etag})
    return Response(content | times, headers={"ETag": etag, "Cache-Control": "no-cache"})
