"""What the events mean, to look at: all of it is folded from the log."""

from django.contrib import admin

from accounts.scopes import CURBS_READ, ROUTES_READ, VEHICLES_READ
from foundation.office import ReadOnlyAdmin
from tracking.models import (
    CurbReport,
    FacilityUnit,
    ServiceException,
    StationVisit,
    StopProgress,
    TripState,
    UnresolvedReference,
    VehicleState,
    ZoneVisit,
)


@admin.register(VehicleState)
class VehicleStateAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = ("vehicle_id", "status", "fix_at", "speed_mps", "lat", "lng")
    list_filter = ("status",)
    ordering = ("-fix_at",)


@admin.register(TripState)
class TripStateAdmin(ReadOnlyAdmin):
    view_scope = ROUTES_READ
    list_display = ("trip_id", "state", "planned_at", "started_at", "ended_at")
    list_filter = ("state",)
    ordering = ("-started_at",)


@admin.register(StopProgress)
class StopProgressAdmin(ReadOnlyAdmin):
    view_scope = ROUTES_READ
    list_display = ("stop_id", "state", "outcome", "eta_at", "arrived_at", "departed_at")
    list_filter = ("state", "outcome")
    ordering = ("-arrived_at",)


@admin.register(ZoneVisit)
class ZoneVisitAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = ("zone_id", "vehicle_id", "entered_at", "left_at", "metres", "points")
    list_filter = ("crossing",)
    ordering = ("-entered_at",)


@admin.register(StationVisit)
class StationVisitAdmin(ReadOnlyAdmin):
    view_scope = ROUTES_READ
    list_display = ("facility_id", "vehicle_id", "step", "gate_in_at", "load_verified_at")
    list_filter = ("step",)
    ordering = ("-touched_at",)


@admin.register(FacilityUnit)
class FacilityUnitAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = ("unit", "facility_id", "state", "inside", "deposited_at", "collected_at")
    list_filter = ("state", "inside")
    ordering = ("-touched_at",)


@admin.register(ServiceException)
class ServiceExceptionAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = ("kind", "detail", "vehicle_id", "started_at", "ended_at")
    list_filter = ("kind",)
    ordering = ("-started_at",)


@admin.register(UnresolvedReference)
class UnresolvedReferenceAdmin(ReadOnlyAdmin):
    view_scope = VEHICLES_READ
    list_display = ("kind", "name", "event_type", "said_at")
    list_filter = ("kind",)
    ordering = ("-said_at",)


@admin.register(CurbReport)
class CurbReportAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    list_display = ("kind", "curb_zone_id", "vehicle_id", "at", "reason")
    list_filter = ("kind",)
    ordering = ("-at",)
