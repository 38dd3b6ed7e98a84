"""The control tower: the map, what moves on it, the findings, and tables that say the same."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.models import Organisation
from portal import figures, findings, maps, places, vehicles
from portal.people import Page
from portal.tables import Column, Table, link, listed, table
from tracking.models import VehicleState
from zones.models import AccessZone

FEED = 12


class Tower(Page):
    """`/`: for who is signed in the control tower, for everybody else the map of zones and curbs.

    `?table=` chooses the table below the map, `?sort=` and `?page=` its order and page.
    """

    scope = None

    def get(self, request: HttpRequest) -> HttpResponse:
        signed_in = not self.actor.is_public
        tables = self._tables()
        chosen = request.GET.get("table", "")
        chosen = chosen if chosen in tables else next(iter(tables))
        context: dict[str, Any] = {
            "signed_in": signed_in,
            "island": self._island(signed_in),
            "table": tables[chosen](),
            "table_template": f"portal/tables/{chosen}.html",
            "tabs": self._tabs(tables, chosen),
            "no_zones": not AccessZone.objects.of_city(self.actor.city_id).exists(),
            "may_write_rules": self.actor.may(scopes.RULES_WRITE),
        }
        if signed_in:
            context["figures"] = figures.now(self.actor, self.now)
            context["feed"] = findings.latest(self.actor, FEED)
            context["companies"] = companies_of(self.actor)
        return self.show("portal/tower.html", **context)

    def _island(self, signed_in: bool) -> dict[str, Any]:
        may_see = self.actor.may(scopes.VEHICLES_READ)
        return {
            "base": maps.base_map(self.actor.city),
            "urls": {
                "zones": reverse("portal:map-zones"),
                "curbs": reverse("portal:map-curbs"),
                "findings": reverse("portal:map-findings")
                if self.actor.may(scopes.FINDINGS_READ)
                else None,
                "stream": reverse("portal:live-vehicles") if may_see else None,
            },
            "texts": {
                "map": _("Map of the city with zones, curbs and vehicles"),
                "open": _("Open"),
                "connecting": _("Connecting…"),
                "live": _("Live"),
                "lost": _("Connection lost, trying again"),
            },
        }

    def _tables(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.actor.may(scopes.VEHICLES_READ):
            found["vehicles"] = self._vehicles
        if self.actor.may(scopes.FINDINGS_READ):
            found["findings"] = self._findings
        return found | {"curbs": self._curbs, "zones": self._zones}

    def _tabs(self, tables: dict[str, Any], chosen: str) -> list[dict[str, Any]]:
        names = {
            "vehicles": _("Vehicles"),
            "findings": _("Findings"),
            "curbs": _("Curbs"),
            "zones": _("Access zones"),
        }
        return [
            {
                "label": names[key],
                "url": link(self.request, table=key, sort="", page=""),
                "current": key == chosen,
            }
            for key in tables
        ]

    def _vehicles(self) -> Table:
        rows = VehicleState.objects.visible_to(self.actor, scopes.VEHICLES_READ)
        return table(
            self.request,
            rows.filter(lng__isnull=False),
            VEHICLES,
            default="-at",
            prepare=lambda page: vehicles.as_live(page, self.actor, self.now),
        )

    def _findings(self) -> Table:
        return findings.listed(self.request, findings.visible(self.actor), self.actor)

    def _curbs(self) -> Table:
        rows = places.curbs_now(self.actor.city, self.now)
        if self.actor.may(scopes.CURBS_BOOK):
            for row in rows:
                row.url = reverse("portal:choose-slot", args=[row.id])
        return listed(self.request, rows, CURBS, default="name")

    def _zones(self) -> Table:
        return listed(
            self.request, places.zones_now(self.actor.city, self.now), ZONES, default="name"
        )


class Figures(Page):
    """`/tower/figures/`: the key figures alone, for a page that has heard of news."""

    scope = scopes.CURBS_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("portal/parts/figures.html", figures=figures.now(self.actor, self.now))


class Feed(Page):
    """`/tower/feed/`: the latest findings alone."""

    scope = scopes.FINDINGS_READ
    size: ClassVar[int] = FEED

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("portal/parts/feed.html", feed=findings.latest(self.actor, self.size))


def companies_of(actor: Any) -> list[Organisation]:
    """Return the organisations whose vehicles the reader can tell apart; none when it is one."""
    rows = Organisation.objects.filter(city=actor.city).exclude(kind=Organisation.Kind.CITY)
    if not actor.is_city:
        rows = rows.filter(pk__in=actor.organisation_ids(scopes.VEHICLES_READ))
    found = list(rows.order_by("name"))
    return found if len(found) > 1 else []


VEHICLES = (
    Column("plate", gettext_lazy("Plate")),
    Column("organisation", gettext_lazy("Carrier"), ("organisation_id",)),
    Column("status", gettext_lazy("Status")),
    Column("speed", gettext_lazy("Speed"), ("speed_mps",), numeric=True),
    Column("at", gettext_lazy("Reported"), ("fix_at",)),
    Column("place", gettext_lazy("Latitude, longitude"), numeric=True),
)
CURBS = (
    Column("name", gettext_lazy("Curb"), ("name",)),
    Column("code", gettext_lazy("Code"), ("code",)),
    Column("street", gettext_lazy("Street"), ("street",)),
    Column("state", gettext_lazy("Now"), ("state",)),
    Column("free", gettext_lazy("Free m"), ("free_m",), numeric=True),
    Column("total", gettext_lazy("All m"), ("total_m",), numeric=True),
    Column("policy", gettext_lazy("Policy")),
)
ZONES = (
    Column("name", gettext_lazy("Zone"), ("name",)),
    Column("code", gettext_lazy("Code"), ("code",)),
    Column("kind", gettext_lazy("Kind"), ("kind",)),
    Column("rules", gettext_lazy("Rules in force")),
)
