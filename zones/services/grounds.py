"""Zones and their ground."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Polygon, WKBWriter
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import City
from accounts.regions import require_here
from foundation import audit, outbox
from kernel.refusals import Refusal
from zones import codes
from zones.models import AccessZone, ZoneGeometry
from zones.services.recording import (
    book_changed,
    constraint_means,
    recorded_since,
    require_city,
    require_period,
)


@transaction.atomic
def create(
    *,
    actor: Actor,
    code: str,
    name: str,
    kind: str,
    geometry: dict[str, Any] | GEOSGeometry,
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
    grace_s: int = 0,
    recorded_from: datetime | None = None,
    elsewhere: bool = False,
) -> AccessZone:
    """Return a new zone with the first version of its ground.

    `geometry` is a GeoJSON Polygon or MultiPolygon (WGS84). `elsewhere` takes ground outside of the
    region of the city, too: an import says so in its report. Raises `zones.city_only`,
    `zones.code_taken`, `zones.geometry_invalid`, `zones.geometry_elsewhere`,
    `zones.period_empty`, `zones.recorded_later`.
    """
    require_city(actor)
    with constraint_means("zone_code_once", codes.CODE_TAKEN, _("Another zone has this code.")):
        zone = AccessZone.objects.create(city=actor.city, code=code, name=name, kind=kind)
    set_ground(
        actor=actor,
        zone_id=zone.id,
        geometry=geometry,
        legal_from=legal_from,
        legal_until=legal_until,
        grace_s=grace_s,
        recorded_from=recorded_from,
        now=now,
        elsewhere=elsewhere,
    )
    return zone


@transaction.atomic
def set_ground(
    *,
    actor: Actor,
    zone_id: UUID,
    geometry: dict[str, Any] | GEOSGeometry,
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
    grace_s: int = 0,
    recorded_from: datetime | None = None,
    elsewhere: bool = False,
) -> ZoneGeometry:
    """Return a new version of a zone's ground; it holds wherever its legal period lies.

    Raises what `create` does, and `zones.zone_not_found`.
    """
    require_city(actor)
    require_period(legal_from, legal_until)
    zone = locked(actor, zone_id)
    last = ZoneGeometry.objects.filter(zone=zone).aggregate(last=Max("number"))["last"] or 0
    ground = ZoneGeometry.objects.create(
        zone=zone,
        number=last + 1,
        geometry=multipolygon(geometry, None if elsewhere else actor.city),
        grace_s=grace_s,
        legal_from=legal_from,
        legal_until=legal_until,
        recorded_from=recorded_since(recorded_from if last == 0 else None, now),
    )
    book_changed(actor.city_id)
    outbox.add(
        city_id=actor.city_id,
        topic="zone.published",
        key=zone.id,
        payload={
            "zone_ids": [zone.id],
            "geometry_id": ground.id,
            "legal_from": legal_from,
            "legal_until": legal_until,
        },
        at=now,
    )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="zones.ground_published",
        subject=zone.id,
        at=now,
        inputs={"code": zone.code, "number": ground.number, "grace_s": grace_s},
        outcome={"geometry_id": ground.id, "recorded_from": ground.recorded_from},
    )
    return ground


def locked(actor: Actor, zone_id: UUID) -> AccessZone:
    """Return a zone of the city for a change of its ground. Raises `zones.zone_not_found`.

    Others may refer to it meanwhile: who counted a change before need not wait for us.
    """
    own = AccessZone.objects.of_city(actor.city_id).select_for_update(no_key=True)
    zone = own.filter(pk=zone_id).first()
    if zone is None:
        raise Refusal(codes.ZONE_NOT_FOUND, _("This city has no such zone."))
    return zone


def multipolygon(geometry: dict[str, Any] | GEOSGeometry, city: City | None) -> MultiPolygon:
    """Return a valid multipolygon in WGS84, in the region of the city if one is given.

    Raises `zones.geometry_invalid` with the reason, and `zones.geometry_elsewhere`.
    """
    try:
        shape = (
            geometry
            if isinstance(geometry, GEOSGeometry)
            else GEOSGeometry(json.dumps(geometry), srid=4326)
        )
    except (GEOSException, GDALException, ValueError, TypeError) as error:
        raise _invalid(_("This is no GeoJSON geometry.")) from error
    if shape.hasz:  # GeoJSON may tell altitudes; a ground has none
        shape = GEOSGeometry(WKBWriter(dim=2).write(shape), srid=4326)
    if isinstance(shape, Polygon):
        shape = MultiPolygon(shape, srid=4326)
    if not isinstance(shape, MultiPolygon) or shape.empty:
        raise _invalid(_("A zone is a Polygon or a MultiPolygon."))
    if not shape.valid:
        raise _invalid(shape.valid_reason)
    if max(map(abs, shape.extent)) > 180:
        raise _invalid(_("Positions are longitude and latitude in degrees."))
    if city is not None:
        require_here(shape.extent, city, codes.GEOMETRY_ELSEWHERE)
    return shape


def _invalid(detail: str) -> Refusal:
    return Refusal(codes.GEOMETRY_INVALID, detail, pointer="/geometry")
