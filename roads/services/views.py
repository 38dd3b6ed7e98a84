"""Views: networks with an area closed, kept as files and known by rows."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.utils.translation import gettext as _

from kernel.refusals import Refusal
from roads import codes
from roads.builds import PROFILES
from roads.models import StreetNetwork, View
from roads.storage import build


def ensure_view(
    *, city_id: UUID, profile: str, closed: Iterable[shapely.Geometry], now: datetime
) -> View:
    """Return the view of a city's streets without those that meet `closed` (WGS84 polygons).

    Built when missing (some 0.1 s), found by content otherwise. No areas: the free view. Raises
    Refusal roads.no_streets.
    """
    network = StreetNetwork.objects.select_related("city").filter(city_id=city_id).first()
    if network is None:
        raise Refusal(codes.NO_STREETS, _("Load the city's streets first."))
    area = shapely.union_all(list(closed))
    return _ensure(city_id, network.city.code, network.content, profile, area, now)


def ensure_free(*, city_id: UUID, city_code: str, content: str, now: datetime) -> list[View]:
    """Return the views with nothing closed, one a profile, of an extract that lies in its place."""
    nothing = shapely.MultiPolygon()
    return [_ensure(city_id, city_code, content, one, nothing, now) for one in PROFILES]


def _ensure(
    city_id: UUID, city_code: str, content: str, profile: str, area: shapely.Geometry, now: datetime
) -> View:
    folder = build(city_code, content, profile, area)
    view, _made = View.objects.get_or_create(
        city_id=city_id,
        path=str(folder.relative_to(settings.VAR_DIR)),
        defaults={
            "content": content,
            "profile": profile,
            "key": folder.name.rpartition("-")[2],
            "closed": _multi(area),
            "created_at": now,
        },
    )
    return view


def _multi(area: shapely.Geometry) -> GEOSGeometry | None:
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    if not parts:
        return None
    return GEOSGeometry(memoryview(shapely.to_wkb(shapely.MultiPolygon(parts))), srid=4326)
