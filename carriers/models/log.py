"""The event log: identities and two partitioned tables.

`carriers_identity`, `carriers_event` and `carriers_position` are written by
`carriers.services.log` alone, in SQL; the models here read them. Their tables are made by the
migration, because Django cannot say PARTITION BY.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet
from foundation.fields import TransactionIdField


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


class RetiredPartition(models.Model):
    """A partition of the log that left it: what was received before `ends_at` is gone.

    Identities go with the rows that they stood for, block by block of the detached table (`block`
    is the next one), before the table itself is dropped.
    """

    name = models.CharField(primary_key=True, max_length=63)
    log = models.CharField(max_length=63, help_text=_("The table that it was a partition of."))
    ends_at = models.DateTimeField(help_text=_("Domain time."))
    block = models.BigIntegerField(default=0)
    retired_at = models.DateTimeField(help_text=_("Domain time."))
    dropped_at = models.DateTimeField(null=True, help_text=_("Domain time."))

    class Meta:
        verbose_name = _("retired partition")
        verbose_name_plural = _("retired partitions")
        indexes = [models.Index(fields=["log", "ends_at"], name="retired_log")]


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
