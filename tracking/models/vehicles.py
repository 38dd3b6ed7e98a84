"""What vehicles do: where they are, their trips, stops, visits and reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet
from foundation.fields import CurrentTransaction, TransactionIdField
from tracking.models.base import Derived


class VehicleState(models.Model):
    """Where a vehicle is and what it does. `xid` is the transaction that wrote the row last."""

    vehicle_id = models.UUIDField(primary_key=True)
    city_id = models.UUIDField()
    organisation_id = models.UUIDField()
    shard = models.SmallIntegerField()
    seen_at = models.DateTimeField(_("last event"))
    fix_at = models.DateTimeField(_("last position"), null=True)
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    speed_mps = models.FloatField(_("speed (m/s)"), null=True)
    heading_deg = models.FloatField(_("heading"), null=True)
    accuracy_m = models.FloatField(_("accuracy (m)"), null=True)
    status = models.CharField(_("status"), max_length=12)
    trip_id = models.UUIDField(_("trip"), null=True)
    xid = TransactionIdField(db_default=CurrentTransaction())

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("vehicle state")
        verbose_name_plural = _("vehicle states")
        indexes = [models.Index(fields=["city_id", "xid"], name="vehiclestate_commit_order")]

    def __str__(self) -> str:
        return str(self.vehicle_id)


class TripState(Derived):
    """What became of a trip."""

    trip_id = models.UUIDField(_("trip"))
    state = models.CharField(_("state"), max_length=12)
    planned_at = models.DateTimeField(_("planned for"), null=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    eta_at = models.DateTimeField(_("expected to end at"), null=True)
    paused_at = models.DateTimeField(_("paused since"), null=True)
    paused_s = models.IntegerField(_("paused (s)"), default=0)

    class Meta:
        verbose_name = _("trip")
        verbose_name_plural = _("trips")
        indexes = [
            models.Index(fields=["vehicle_id", "touched_at"], name="trip_vehicle"),
            models.Index(fields=["trip_id"], name="trip_by_id"),
            models.Index(fields=["city_id", "touched_at", "id"], name="trip_city"),
            models.Index(fields=["organisation_id", "touched_at", "id"], name="trip_organisation"),
        ]


class StopProgress(Derived):
    """How far a stop has come."""

    stop_id = models.UUIDField(_("stop"))
    trip_id = models.UUIDField(_("trip"), null=True)
    state = models.CharField(_("state"), max_length=12)
    outcome = models.CharField(_("outcome"), max_length=12, blank=True)
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    eta_at = models.DateTimeField(_("expected at"), null=True)
    arrived_at = models.DateTimeField(_("arrived at"), null=True)
    service_started_at = models.DateTimeField(_("service started at"), null=True)
    departed_at = models.DateTimeField(_("departed at"), null=True)
    stop_seq = models.IntegerField(_("place in the route"), null=True)
    planned_at = models.DateTimeField(_("planned for"), null=True)
    eta_told_at = models.DateTimeField(_("expectation told at"), null=True)
    eta_revisions = models.IntegerField(_("revisions of the expectation"), default=0)
    attempts = models.BigIntegerField(_("attempts"), default=0)
    attempted_at = models.DateTimeField(_("attempted at"), null=True)
    outcome_at = models.DateTimeField(_("outcome at"), null=True)
    next_action = models.CharField(_("next"), max_length=16, blank=True)

    class Meta:
        verbose_name = _("stop progress")
        verbose_name_plural = _("stop progress")
        indexes = [
            models.Index(fields=["vehicle_id", "touched_at"], name="stop_vehicle"),
            models.Index(fields=["stop_id"], name="stopprogress_by_id"),
            models.Index(fields=["trip_id"], name="stop_trip"),
        ]


class ZoneVisit(Derived):
    """One stay of a vehicle inside a zone; open while `left_at` is empty.

    `crossing`: no two fixes lie inside; inferred from the line between two fixes `gap_s` apart.
    """

    zone_id = models.UUIDField(_("zone"))
    entered_at = models.DateTimeField(_("entered at"))
    left_at = models.DateTimeField(_("left at"), null=True)
    last_inside_at = models.DateTimeField(_("last seen inside at"))
    metres = models.FloatField(_("metres inside"))
    points = models.IntegerField(_("fixes inside"))
    crossing = models.BooleanField(_("between two fixes"))
    gap_s = models.IntegerField(_("reporting gap (s)"))
    first_event_id = models.UUIDField()
    last_event_id = models.UUIDField()

    class Meta:
        verbose_name = _("zone visit")
        verbose_name_plural = _("zone visits")
        indexes = [
            models.Index(fields=["vehicle_id", "touched_at"], name="visit_vehicle"),
            models.Index(fields=["city_id", "zone_id", "entered_at"], name="visit_zone"),
            models.Index(
                fields=["city_id", "organisation_id", "entered_at"], name="visit_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone_id} {self.entered_at:%Y-%m-%d %H:%M}"


class StationVisit(Derived):
    """One visit of a vehicle to a station: gate in, dock, load, gate out."""

    facility_id = models.UUIDField(_("station"), null=True)
    trip_id = models.UUIDField(_("trip"), null=True)
    step = models.CharField(_("step"), max_length=16, blank=True)
    gate_in_at = models.DateTimeField(_("gate in"), null=True)
    dock_arrival_at = models.DateTimeField(_("dock arrival"), null=True)
    load_started_at = models.DateTimeField(_("load started"), null=True)
    load_verified_at = models.DateTimeField(_("load verified"), null=True)
    dock_departure_at = models.DateTimeField(_("dock departure"), null=True)
    gate_out_at = models.DateTimeField(_("gate out"), null=True)
    unload_verified_at = models.DateTimeField(_("unload verified"), null=True)
    mismatch_at = models.DateTimeField(_("load found wrong"), null=True)
    units_expected = models.IntegerField(_("units expected"), null=True)
    units_counted = models.IntegerField(_("units counted"), null=True)
    units_loaded = models.IntegerField(_("units loaded"), null=True)
    units_unloaded = models.IntegerField(_("units unloaded"), null=True)
    first_event_id = models.UUIDField()

    class Meta:
        verbose_name = _("station visit")
        verbose_name_plural = _("station visits")
        indexes = [
            models.Index(fields=["vehicle_id", "touched_at"], name="station_vehicle"),
            models.Index(fields=["trip_id"], name="station_trip"),
            models.Index(fields=["facility_id", "touched_at"], name="station_facility"),
            models.Index(fields=["city_id", "touched_at", "id"], name="station_city"),
            models.Index(
                fields=["organisation_id", "touched_at", "id"], name="station_organisation"
            ),
        ]


class CurbReport(Derived):
    """What a driver said of a curb without standing there."""

    class Kind(models.TextChoices):
        CLAIMED = "claimed", _("Claimed")
        BLOCKED = "blocked", _("Blocked")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    curb_zone_id = models.UUIDField(_("curb zone"), null=True)
    at = models.DateTimeField(_("at"))
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    event_id = models.UUIDField()

    class Meta:
        verbose_name = _("report on a curb")
        verbose_name_plural = _("reports on curbs")
        indexes = [
            models.Index(fields=["vehicle_id", "touched_at"], name="curbreport_vehicle"),
            models.Index(fields=["city_id", "at"], name="curbreport_at"),
        ]
