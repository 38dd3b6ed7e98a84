"""What the events mean, as rows: all of it can be folded anew from the log.

Rows are written by `tracking.services.projection` alone. City, organisation and vehicle are plain
ids: a projection must not stand in the way of what it projects.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet
from foundation.fields import CurrentTransaction, TransactionIdField


class FoldState(models.Model):
    """All that the fold must know of a vehicle's past to go on."""

    vehicle_id = models.UUIDField(primary_key=True)
    city_id = models.UUIDField()
    shard = models.SmallIntegerField()
    head_at = models.DateTimeField(null=True, help_text=_("Effective time of the last event."))
    state = models.BinaryField()

    class Meta:
        verbose_name = _("state of a fold")
        verbose_name_plural = _("states of folds")


class Snapshot(models.Model):
    """The state of a fold as it was after the events up to `at`; a late event goes back to one."""

    pk = models.CompositePrimaryKey("vehicle_id", "at")
    vehicle_id = models.UUIDField()
    at = models.DateTimeField()
    state = models.BinaryField()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        indexes = [models.Index(fields=["at"], name="snapshot_at")]


class _Derived(models.Model):
    """What every derived row carries. `touched_at`: effective time of the last event in it."""

    id = models.UUIDField(primary_key=True, editable=False)
    city_id = models.UUIDField()
    organisation_id = models.UUIDField()
    vehicle_id = models.UUIDField()
    touched_at = models.DateTimeField()

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


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


class TripState(_Derived):
    """What became of a trip."""

    trip_id = models.UUIDField(_("trip"))
    state = models.CharField(_("state"), max_length=12)
    planned_at = models.DateTimeField(_("planned for"), null=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("trip")
        verbose_name_plural = _("trips")
        indexes = [
            models.Index(fields=["vehicle_id", "touched_at"], name="trip_vehicle"),
            models.Index(fields=["trip_id"], name="trip_by_id"),
        ]


class StopProgress(_Derived):
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

    class Meta:
        verbose_name = _("stop progress")
        verbose_name_plural = _("stop progress")
        indexes = [
            models.Index(fields=["vehicle_id", "touched_at"], name="stop_vehicle"),
            models.Index(fields=["stop_id"], name="stopprogress_by_id"),
            models.Index(fields=["trip_id"], name="stop_trip"),
        ]


class ZoneVisit(_Derived):
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
