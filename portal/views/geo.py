"""GeoJSON for the portal's own maps, with the reader's session."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from accounts import scopes
from portal import findings, maps, places
from portal.people import Page


def _geojson(features: Any) -> JsonResponse:
    answer = JsonResponse(maps.collection(features), content_type="application/geo+json")
    answer["Cache-Control"] = "no-store"
    return answer


class BaseMap(Page):
    """`/map/base.json`: where the base map of the reader's city comes from."""

    scope = None

    def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse(maps.base_map(self.actor.city))


class Zones(Page):
    """`/map/zones.geojson`: access zones and what holds in them now."""

    scope = None

    def get(self, request: HttpRequest) -> JsonResponse:
        zones = places.zones_now(self.actor.city, self.now)
        return _geojson(maps.zone_feature(zone) for zone in zones)


class Curbs(Page):
    """`/map/curbs.geojson`: curb zones and how much of them is free now."""

    scope = None

    def get(self, request: HttpRequest) -> JsonResponse:
        may_book = self.actor.may(scopes.CURBS_BOOK)
        curbs = places.curbs_now(self.actor.city, self.now)
        return _geojson(maps.curb_feature(curb, bookable=may_book) for curb in curbs)


class Findings(Page):
    """`/map/findings.geojson`: where the reader's findings of the last three days were made."""

    scope = scopes.FINDINGS_READ

    def get(self, request: HttpRequest) -> JsonResponse:
        rows = findings.recent(self.actor, self.now)
        return _geojson(findings.features(rows, self.actor))
