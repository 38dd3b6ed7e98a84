"""What maps need: the base map of a city, its zones and curbs as GeoJSON."""

from collections.abc import Iterable
from typing import Any

import shapely.geometry
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import City
from kernel.geometry import region
from portal.places import CurbNow, ZoneNow
from roads.selectors import basemap

ATTRIBUTION = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>'


def base_map(city: City) -> dict[str, Any]:
    """Return where the base map of a city comes from; `tiles` is None while no streets are loaded,
    and a map then opens on the region of the city's reference system.

    Tiles beyond zoom 16 carry nothing more: the browser enlarges.
    """
    tiles = basemap.tile_url(city.id, city.code)
    return {
        "tiles": tiles,
        "attribution": ATTRIBUTION if tiles else _("No streets are loaded: the map is blank."),
        "minzoom": 11,
        "maxzoom": 16,
        "bounds": basemap.bounds(city.id),
        "region": _region(city),
    }


def _region(city: City) -> tuple[float, float, float, float]:
    here = region(city.srid)  # web maps end at 85 degrees
    return here.west, max(here.south, -85.0), here.east, min(here.north, 85.0)


def collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection (RFC 7946)."""
    return {"type": "FeatureCollection", "features": list(features)}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """Return a GeoJSON feature of a Shapely geometry in WGS84."""
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(geometry),
        "properties": properties,
    }


def zone_feature(zone: ZoneNow) -> dict[str, Any]:
    summary = " ".join(rule.sentence for rule in zone.rules) or _("No rule is in force now.")
    return feature(zone.geometry, id=str(zone.id), name=zone.name, summary=summary)


def curb_feature(curb: CurbNow, *, bookable: bool) -> dict[str, Any]:
    """Return a curb zone as a line; with `bookable` it leads to the page that books it."""
    free = _("%(free)s of %(all)s m free now") % {
        "free": f"{curb.free_m:.0f}",
        "all": f"{curb.total_m:.0f}",
    }
    return feature(
        curb.geometry,
        id=str(curb.id),
        name=f"{curb.name} ({curb.code})",
        state=curb.state,
        summary=f"{free}. {curb.policy}",
        url=reverse("portal:choose-slot", args=[curb.id]) if bookable and curb.bookable else None,
    )
