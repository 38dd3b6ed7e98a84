"""Reoptimizations in the back office, to look at: who asked, and what was proposed."""

from django.contrib import admin

from accounts.scopes import ROUTES_READ
from foundation.office import LookInline, ReadOnlyAdmin
from routing.models import Plan, PlanLeftOut, PlanRoute, Run


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    view_scope = ROUTES_READ
    list_display = ("organisation", "service_on", "state", "reason", "created_at", "finished_at")
    list_filter = ("state",)
    ordering = ("-created_at",)


class PlanRouteInline(LookInline):
    model = PlanRoute
    fields = ("vehicle_id", "profile", "start_at", "end_at", "distance_m", "driven_s")


class PlanLeftOutInline(LookInline):
    model = PlanLeftOut
    fields = ("stop_id", "vehicle_id", "code")


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    view_scope = ROUTES_READ
    list_display = ("organisation", "service_on", "state", "certified_at", "accepted_at", "rounds")
    list_filter = ("state",)
    inlines = (PlanRouteInline, PlanLeftOutInline)
    ordering = ("-certified_at",)
