"""The back office's side bar: what somebody may see, grouped by what people come for."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the side bar; models without a list are left out."""
    groups = (
        (_("Rules"), RULES),
        (_("Curbs"), CURBS),
        (_("Traffic"), TRAFFIC),
        (_("Organisations and people"), PEOPLE),
        (_("Machinery"), MACHINERY),
    )
    found = [{"title": title, "items": _items(request, models)} for title, models in groups]
    return [{**group, "separator": True} for group in found if group["items"]]


RULES = (
    ("zones.accesszone", "map"),
    ("zones.zonegeometry", "polyline"),
    ("zones.regulation", "gavel"),
    ("zones.regulationversion", "history_edu"),
    ("zones.permit", "badge"),
    ("zones.calendar", "calendar_month"),
)
CURBS = (
    ("curbs.curbline", "timeline"),
    ("curbs.curbzone", "local_shipping"),
    ("curbs.curbpolicyversion", "policy"),
    ("curbs.booking", "event_available"),
    ("curbs.curbsession", "schedule"),
)
TRAFFIC = (
    ("compliance.finding", "report"),
    ("compliance.platecheck", "local_police"),
    ("carriers.vehicle", "airport_shuttle"),
    ("carriers.facility", "warehouse"),
    ("carriers.routeplan", "route"),
    ("tracking.vehiclestate", "my_location"),
    ("tracking.zonevisit", "pin_drop"),
    ("tracking.tripstate", "trip_origin"),
    ("tracking.stopprogress", "task_alt"),
    ("tracking.stationvisit", "warehouse"),
    ("tracking.facilityunit", "inventory_2"),
    ("tracking.serviceexception", "warning"),
    ("tracking.unresolvedreference", "link_off"),
    ("tracking.curbreport", "block"),
    ("routing.run", "alt_route"),
    ("routing.plan", "checklist"),
    ("roads.street", "add_road"),
)
PEOPLE = (
    ("accounts.city", "location_city"),
    ("accounts.organisation", "domain"),
    ("accounts.user", "person"),
    ("accounts.membership", "group"),
    ("accounts.mandate", "handshake"),
    ("accounts.apiclient", "key"),
    ("accounts.webhookendpoint", "webhook"),
    ("accounts.webhookdelivery", "send"),
)
MACHINERY = (
    ("foundation.auditentry", "fact_check"),
    ("foundation.outboxmessage", "outbox"),
    ("foundation.checkpoint", "flag"),
    ("carriers.quarantined", "report_problem"),
    ("roads.streetnetwork", "map"),
    ("roads.view", "layers"),
)


def _items(request: HttpRequest, models: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    items = []
    for label, icon in models:
        app, model = label.split(".")
        try:
            link = reverse(f"admin:{app}_{model}_changelist")
        except NoReverseMatch:
            continue
        registered = admin.site._registry.get(apps.get_model(app, model))
        if registered is not None and registered.has_view_permission(request):
            items.append({"title": _title(app, model), "icon": icon, "link": link})
    return items


def _title(app: str, model: str) -> str:
    return str(apps.get_model(app, model)._meta.verbose_name_plural).capitalize()
