"""Tiles of the base map."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema

from foundation.api.views import HubView
from kernel.refusals import Refusal
from roads import codes
from roads.selectors import basemap

MOST_ZOOM = 22


class TileView(HubView):
    """A vector tile of the city's base map (Mapbox Vector Tile 2.1)."""

    scope = None

    @extend_schema(
        summary="Read a tile of the base map",
        responses={(200, "application/vnd.mapbox-vector-tile"): bytes, 204: None, 304: None},
    )
    def get(self, request: Any, city_code: str, z: int, x: int, y: int) -> HttpResponse:
        version = basemap.version(self.actor.city_id)
        known = self.actor.city.code == city_code and version is not None
        if not known or z > MOST_ZOOM or x >= 2**z or y >= 2**z:
            raise Refusal(codes.TILE_UNKNOWN, _("No tile of this city's base map is here."))
        etag = f'"{version}-{z}-{x}-{y}"'
        if request.headers.get("If-None-Match") == etag:
            answer = HttpResponse(status=304)
        else:
            answer = _tile(basemap.tile(self.actor.city_id, z, x, y))
        answer["ETag"] = etag
        lasting = request.GET.get("v") == version
        answer["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return answer


def _tile(content: bytes) -> HttpResponse:
    if not content:
        return HttpResponse(status=204)
    return HttpResponse(content, content_type="application/vnd.mapbox-vector-tile")
