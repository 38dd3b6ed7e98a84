"""Access zones: the list with its map, and one with all that belongs to it."""

from typing import Any
from uuid import UUID

import shapely
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from portal import fields, maps, places
from portal.fields import Field
from portal.people import Page
from portal.rulebook import naming, permits, versions
from portal.tables import Column, table
from zones import codes
from zones.models import AccessZone, ZoneGeometry
from zones.services import regulations

COLUMNS = (
    Column("name", gettext_lazy("Zone"), ("name",)),
    Column("code", gettext_lazy("Code"), ("code",)),
    Column("kind", gettext_lazy("Kind"), ("kind",)),
    Column("rules", gettext_lazy("Versions of its rules")),
)
PLACES = {"/code": "code"}


class Rules(Page):
    """`/rules/`: the entry of the navigation."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("portal:rule-zones")


class Zones(Page):
    """`/rules/zones/`: all zones with the states of their rules, and what waits for the reader."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = AccessZone.objects.of_city(self.actor.city_id)
        shown = table(request, rows, COLUMNS, default="name", prepare=self._in_words)
        now = places.zones_now(self.actor.city, self.now)
        return self.show(
            "portal/rules/zones.html",
            table=shown,
            waiting=versions.waiting(self.actor),
            may_write=self.actor.may(scopes.RULES_WRITE),
            island=_island(self.actor.city, [maps.zone_feature(zone) for zone in now]),
        )

    def _in_words(self, page: Any) -> list[dict[str, Any]]:
        zones = list(page)
        states = versions.states_of([zone.id for zone in zones])
        return [
            {
                "url": reverse("portal:rule-zone", args=[zone.id]),
                "name": zone.name,
                "code": zone.code,
                "kind": zone.get_kind_display(),
                "states": states.get(zone.id, []),
            }
            for zone in zones
        ]


def _island(city: Any, shapes: Any) -> dict[str, Any]:
    """Return what the small map shows: areas."""
    return {
        "base": maps.base_map(city),
        "label": _("Map of zones; the table beside it says the same"),
        "zones": maps.collection(shapes),
        "curbs": maps.collection([]),
        "track": maps.collection([]),
    }


class OneZone(Page):
    """`/rules/zones/<id>/`: ground, regulations with their versions, permits in force."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest, zone_id: UUID, **more: Any) -> HttpResponse:
        zone = versions.zone_of(self.actor, zone_id)
        tz = self.actor.city.tz
        last = ZoneGeometry.objects.filter(zone=zone).order_by("-number").first()
        drawn = shapely.from_wkb(bytes(last.geometry.wkb)) if last else None
        shapes = [maps.feature(drawn, id=str(zone.id), name=zone.name)] if drawn else []
        return self.show(
            "portal/rules/zone.html",
            more.pop("status", 200),
            zone=zone,
            kind=zone.get_kind_display(),
            grounds=versions.grounds_of(zone, tz),
            regulations=versions.regulations_of(zone, tz),
            permits=permits.in_force(self.actor, self.now, zone),
            may_write=self.actor.may(scopes.RULES_WRITE),
            island=_island(self.actor.city, shapes),
            regulation_fields=more.pop("regulation_fields", _regulation_fields({}, {})),
            **more,
        )


class NewRegulation(OneZone):
    """`POST /rules/zones/<id>/regulations/` (`code, title`): a regulation with an empty draft."""

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        sent = request.POST
        wrong: dict[str, Any] = {}
        code, title = naming.code_of(sent, wrong), fields.text(sent, "title", 300)
        if not 0 < len(title) <= 200:
            wrong["title"] = _("Give a title of at most 200 characters.")
        if not wrong:
            try:
                return self._drafted(zone_id, code, title)
            except Refusal as refusal:
                if refusal.code != codes.CODE_TAKEN:
                    raise
                wrong = fields.wrong_of(refusal, PLACES, "code")
        return self.get(
            request,
            zone_id,
            status=422,
            errors=fields.errors(wrong),
            regulation_fields=_regulation_fields(sent, wrong),
        )

    def _drafted(self, zone_id: UUID, code: str, title: str) -> HttpResponse:
        made = regulations.create(
            actor=self.actor, zone_id=zone_id, code=code, title=title, now=self.now
        )
        today = self.now.astimezone(self.actor.city.tz).date()
        version = regulations.add_version(
            actor=self.actor,
            regulation_id=made.id,
            rows=[],
            legal_from=local_midnight(today, self.actor.city.tz),
            title=title,
            now=self.now,
        )
        return redirect("portal:edit-version", version.id)


def _regulation_fields(sent: Any, wrong: Any) -> list[Field]:
    return [
        Field("code", _("Code"), "text", fields.text(sent, "code", 60), "",
              wrong.get("code", ""), most=60),
        Field("title", _("Title"), "text", fields.text(sent, "title", 200), "",
              wrong.get("title", ""), most=200),
    ]  # fmt: skip
