"""Vehicles, facilities, routes and the quarantine in the back office, to look at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.scopes import ROUTES_READ, VEHICLES_READ
from carriers.models import Facility, Quarantined, RoutePlan, Stop, Vehicle
from foundation.office import GeometryWidget, LookInline, ReadOnlyAdmin, geometry_to_look_at


@admin.register(Vehicle)
class VehicleAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = (
        "plate",
        "organisation",
        "category",
        "body",
        "euro_class",
        "gross_weight_kg",
        "length_m",
        "active",
    )
    list_select_related = ("organisation",)
    list_filter = ("category", "euro_class", "active")
    search_fields = ("plate", "ref")


@admin.register(Facility)
class FacilityAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = ("name", "kind", "organisation", "active")
    list_select_related = ("organisation",)
    list_filter = ("kind",)
    search_fields = ("name", "ref")
    fields = ("name", "kind", "organisation", "ref", "shown", "active", "registered_at")
    readonly_fields = ("shown",)
    shown = geometry_to_look_at("location", _("location"))

    class Media(GeometryWidget.Media):
        pass


class StopInline(LookInline):
    """The stops of a route."""

    model = Stop
    fields = ("seq", "name", "kind", "window_start_at", "window_end_at", "planned_arrival_at")


@admin.register(RoutePlan)
class RoutePlanAdmin(ReadOnlyAdmin):
    view_scope = ROUTES_READ
    list_display = ("__str__", "vehicle", "organisation", "service_on", "source", "is_current")
    list_select_related = ("vehicle", "organisation")
    list_filter = ("source", "is_current", "service_on")
    search_fields = ("trip_ref", "vehicle__plate")
    exclude = ("start_location", "end_location")
    inlines = (StopInline,)


@admin.register(Quarantined)
class QuarantinedAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = (
        "received_at",
        "event_type",
        "code",
        "organisation",
        "resolution",
        "resolved_at",
    )
    list_select_related = ("organisation",)
    list_filter = ("code", "event_type", "resolution")
    exclude = ("content_hash",)
