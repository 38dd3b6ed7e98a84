"""Rows that know no app: other packages' rows appear here as plain uuids only."""

from django.contrib.postgres.indexes import BrinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation.fields import CurrentTransaction, TransactionIdField
from kernel.identifiers import uuid7


class DomainClock(models.Model):
    """The clock of a demo database; in any other database this table is empty."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    instant = models.DateTimeField(_("domain time"))
    anchor_wall = models.DateTimeField(
        _("running since (wall time)"), null=True, blank=True, help_text=_("Empty: standing still.")
    )

    class Meta:
        verbose_name = _("domain clock")
        verbose_name_plural = _("domain clock")
        constraints = [
            models.CheckConstraint(
                condition=Q(id=1),
                name="domain_clock_single_row",
                violation_error_message=_("There is one domain clock."),
            )
        ]

    def __str__(self) -> str:
        return self.instant.isoformat()


class AuditEntry(models.Model):
    """Who did or decided what, on whose behalf, from which inputs, with which outcome."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city_id = models.UUIDField(_("city"))
    at = models.DateTimeField(_("at"), help_text=_("Domain time."))
    action = models.CharField(_("action"), max_length=80)
    subject = models.CharField(_("subject"), max_length=200)
    organisation_id = models.UUIDField(_("organisation"), null=True)
    user_id = models.UUIDField(_("person"), null=True)
    client_id = models.UUIDField(_("client"), null=True)
    on_behalf_of = models.UUIDField(_("on behalf of"), null=True)
    actor = models.JSONField(_("actor"), default=dict, encoder=DjangoJSONEncoder)
    inputs = models.JSONField(_("inputs"), default=dict, encoder=DjangoJSONEncoder)
    outcome = models.JSONField(_("outcome"), default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["city_id", "subject", "at"], name="audit_subject"),
            models.Index(fields=["city_id", "action", "at"], name="audit_action"),
            models.Index(
                fields=["on_behalf_of", "at"],
                name="audit_principal",
                condition=Q(on_behalf_of__isnull=False),
            ),
            BrinIndex(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class IdempotencyKey(models.Model):
    """The answer to an unsafe request, kept for 24 hours of wall time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.CharField(max_length=64, help_text=_("Machine client or person."))
    method = models.CharField(max_length=8)
    route = models.CharField(max_length=300)
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    headers = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    body = models.TextField(default="")
    created_at = models.DateTimeField(help_text=_("Wall time."))

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(
                fields=["client", "method", "route", "key"],
                name="idempotency_key_once",
                violation_error_message=_("This idempotency key was used before."),
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.key}"


class OutboxMessage(models.Model):
    """News that leaves with the transaction that made it; read in the order of commit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city_id = models.UUIDField()
    topic = models.CharField(max_length=80)
    shard = models.SmallIntegerField()
    key = models.UUIDField(help_text=_("The subject whose messages keep their order."))
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(help_text=_("Domain time."))
    xid = TransactionIdField(db_default=CurrentTransaction())

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = [
            models.Index(fields=["shard", "xid", "id"], name="outbox_commit_order"),
            BrinIndex(fields=["at"], name="outbox_at"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class Checkpoint(models.Model):
    """How far a consumer has read a shard of its stream, and what stands in its way."""

    id = models.BigAutoField(primary_key=True)
    consumer = models.CharField(max_length=80)
    shard = models.SmallIntegerField()
    xid = TransactionIdField(default=0)
    row_id = models.UUIDField(help_text=_("The last row read within that transaction."))
    as_of = models.DateTimeField(
        null=True, help_text=_("Latest domain time at which this shard was read; never goes back.")
    )
    failures = models.IntegerField(default=0, help_text=_("Attempts in a row that failed."))
    failed_at = models.DateTimeField(null=True, help_text=_("Wall time."))
    error = models.TextField(default="", blank=True)

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        constraints = [
            models.UniqueConstraint(fields=["consumer", "shard"], name="checkpoint_once")
        ]

    def __str__(self) -> str:
        return f"{self.consumer}/{self.shard}"


class StoppedSubject(models.Model):
    """A vehicle, facility or other subject that a consumer cannot go on with, and where it stands.

    Everything up to (`xid`, `after_id`) is read; the rows of the subject behind it wait in the
    stream while the checkpoint moves on for everybody else.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consumer = models.CharField(_("consumer"), max_length=80)
    shard = models.SmallIntegerField()
    city_id = models.UUIDField()
    subject_id = models.UUIDField(_("subject"))
    xid = TransactionIdField()
    after_id = models.UUIDField(help_text=_("The last row read within that transaction."))
    row_id = models.UUIDField(help_text=_("The row at which it stopped."))
    event_id = models.UUIDField(_("event"), help_text=_("The event at fault, or the message."))
    event_type = models.CharField(_("event type"), max_length=80)
    event_at = models.DateTimeField(_("happened at"))
    error = models.TextField(_("error"), help_text=_("Kind of error and place in the program."))
    failures = models.IntegerField(_("attempts"), default=1)
    first_failed_at = models.DateTimeField(_("since"), help_text=_("Wall time."))
    failed_at = models.DateTimeField(_("last attempt"), help_text=_("Wall time."))
    retry_at = models.DateTimeField(_("next attempt"), help_text=_("Wall time."))

    class Meta:
        verbose_name = _("stopped subject")
        verbose_name_plural = _("stopped subjects")
        constraints = [
            models.UniqueConstraint(fields=["consumer", "subject_id"], name="stopped_once")
        ]
        indexes = [
            models.Index(fields=["consumer", "shard"], name="stopped_shard"),
            models.Index(fields=["city_id", "id"], name="stopped_city"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} {self.subject_id}"


class DroppedRow(models.Model):
    """A row of a stream that an official took out of a consumer's way."""

    pk = models.CompositePrimaryKey("consumer", "row_id")
    consumer = models.CharField(max_length=80)
    row_id = models.UUIDField()
    shard = models.SmallIntegerField()
    at = models.DateTimeField(help_text=_("Domain time."))

    class Meta:
        verbose_name = _("dropped row")
        verbose_name_plural = _("dropped rows")
        indexes = [models.Index(fields=["consumer", "shard"], name="dropped_shard")]


class Rebuild(models.Model):
    """A projection that is being derived anew, chunk by chunk, and how far it has come.

    `scope`: which subjects and from when, in the words of the projection; empty: all of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consumer = models.CharField(max_length=80)
    scope = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    announce = models.BooleanField(help_text=_("Tell what differs, as after new knowledge."))
    shard = models.SmallIntegerField(default=0)
    after = models.UUIDField(null=True, help_text=_("The last subject done within the shard."))
    done = models.IntegerField(default=0)
    frozen = models.IntegerField(default=0, help_text=_("Older than what the log still holds."))
    failed = models.IntegerField(default=0, help_text=_("Left as they were."))
    started_at = models.DateTimeField(help_text=_("Wall time."))
    moved_at = models.DateTimeField(help_text=_("Wall time."))
    finished_at = models.DateTimeField(null=True, help_text=_("Wall time."))

    class Meta:
        verbose_name = _("rebuild")
        verbose_name_plural = _("rebuilds")
        indexes = [
            models.Index(
                fields=["consumer", "id"],
                name="rebuild_unfinished",
                condition=Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.consumer} {self.done}"
