"""The event log: identities, two partitioned tables, and the quarantine.

`carriers_identity`, `carriers_event` and `carriers_position` are written by
`carriers.services.log` alone, in SQL; the models here read them. Their tables are made by the
migration, because Django cannot say PARTITION BY.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from foundation.fields import TransactionIdField
from kernel.identifiers import uuid7


class EventIdentity(models.Model):
    """That a sender's event id was taken, with which content, and where the event belongs.

    `content_hash` is empty while only voids of the event have come (`held`); `subject_id` is
    empty while a void waits for its target.
    """

    pk = models.CompositePrimaryKey("sender_id", "event_id")
    sender_id = models.UUIDField()
    event_id = models.UUIDField()
    city_id = models.UUIDField()
    content_hash = models.BinaryField(null=True)
    subject_id = models.UUIDField(null=True)
    shard = models.SmallIntegerField(null=True)
    effective_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(help_text=_("Domain time."))
    held = models.JSONField(null=True)

    class Meta:
        db_table = "carriers_identity"
        verbose_name = _("event identity")
        verbose_name_plural = _("event identities")


class _Logged(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    xid = TransactionIdField()
    shard = models.SmallIntegerField()
    city_id = models.UUIDField()
    subject_id = models.UUIDField()
    sender_id = models.UUIDField()
    client_id = models.UUIDField(null=True, help_text=_("Who transmitted."))
    event_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    received_at = models.DateTimeField(help_text=_("Domain time."))
    lateness = models.CharField(max_length=8)
    trip_id = models.UUIDField(null=True)
    session_id = models.CharField(max_length=64, null=True)
    seq = models.BigIntegerField(null=True)
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    speed_mps = models.FloatField(null=True)
    heading_deg = models.FloatField(null=True)
    payload = models.JSONField(null=True)

    tenancy = Tenancy(organisation="sender_id", vehicle="subject_id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class LoggedPosition(_Logged):
    """One accepted `telemetry.position`. `payload` holds only what has no column."""

    class Meta:
        db_table = "carriers_position"
        verbose_name = _("position")
        verbose_name_plural = _("positions")


class LoggedEvent(_Logged):
    """One accepted event of any other type. `payload` is the event in canonical form."""

    event_type = models.CharField(max_length=32)
    classifier = models.CharField(max_length=9)
    vehicle_id = models.UUIDField(null=True)
    stop_id = models.UUIDField(null=True)
    facility_id = models.UUIDField(null=True)
    voids_event_id = models.UUIDField(null=True)
    voids_effective_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "carriers_event"
        verbose_name = _("event")
        verbose_name_plural = _("events")


class Quarantined(models.Model):
    """An item that was kept but not taken into the log: visible, and replayable after mending.

    Also conflicts (the same id came with other content), which are kept for inspection only.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="quarantined")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="quarantined"
    )
    event_id = models.UUIDField(_("event"))
    content_hash = models.BinaryField(max_length=32, editable=False)
    event_type = models.CharField(_("event type"), max_length=32)
    vehicle_id = models.UUIDField(_("vehicle"), null=True)
    code = models.CharField(_("reason"), max_length=80)
    reasons = models.JSONField(_("reasons"), default=list)
    payload = models.JSONField(_("event as sent, in canonical form"))
    client_id = models.UUIDField(_("transmitted by"), null=True)
    received_at = models.DateTimeField(_("received at"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("quarantined event")
        verbose_name_plural = _("quarantined events")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "event_id", "content_hash"], name="quarantine_once"
            )
        ]
        indexes = [models.Index(fields=["city", "received_at"], name="quarantine_received")]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"
