"""What was sent in another dialect, exactly as it was sent, and the jobs of EPCIS captures."""

from typing import Any, Self

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from carriers.models.log import EventIdentity
from kernel.identifiers import uuid7


class OriginalQuerySet(TenantQuerySet):
    """Verbs over originals."""

    def of_kind(self, dialect: str, kind: str) -> Self:
        """Return the messages of one kind."""
        return self.filter(dialect=dialect, kind=kind)

    def named(self, native_id: str) -> Self:
        """Return the messages of one native id, in every lifecycle, the latest first."""
        ids = models.Q(native_id=native_id) | models.Q(native_id__startswith=f"{native_id}|")
        return self.filter(ids).order_by("-order_id")

    def standing(self) -> Self:
        """Return what stands: no version of which nothing was taken, because another came first."""
        return self.filter(stands=True)

    def in_the_log(self) -> Self:
        """Return the messages whose first event the log has, and those that make none."""
        logged = EventIdentity.objects.filter(
            sender_id=models.OuterRef("organisation_id"),
            event_id=models.OuterRef("event_ids__0"),
            content_hash__isnull=False,
        )
        return self.filter(models.Q(event_ids=[]) | models.Exists(logged))

    def latest_of_each(self) -> Self:
        """Return the latest version that stands of each native id of each sender."""
        same = self.model.objects.filter(
            organisation=models.OuterRef("organisation"),
            dialect=models.OuterRef("dialect"),
            kind=models.OuterRef("kind"),
            native_id=models.OuterRef("native_id"),
            stands=True,
        )
        return self.standing().filter(
            ~models.Exists(same.filter(order_id__gt=models.OuterRef("order_id")))
        )


class Original(models.Model):
    """One message in another dialect. `content` is the text as it was sent; what it told is told
    once, an entity (`is_state`) is sent again whenever it changes."""

    class Dialect(models.TextChoices):
        MDS = "mds", "MDS"
        OTM = "otm", "OTM"
        EPCIS = "epcis", "EPCIS"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="originals")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="originals"
    )
    dialect = models.CharField(_("dialect"), max_length=8, choices=Dialect.choices)
    kind = models.CharField(_("kind"), max_length=64)
    native_id = models.TextField(_("id in the dialect"))
    is_state = models.BooleanField(_("entity"), default=False)
    content_hash = models.BinaryField(max_length=32, editable=False)
    content = models.TextField(_("content"))
    event_ids = ArrayField(models.UUIDField(), verbose_name=_("events made from it"), default=list)
    vehicle_id = models.UUIDField(_("vehicle"), null=True)
    notes = models.JSONField(_("notes"), default=list)
    order_id = models.UUIDField(
        default=uuid7, editable=False, help_text=_("Grows when the same content is sent again.")
    )
    stands = models.BooleanField(
        _("stands"),
        default=True,
        help_text=_("No where nothing of it was taken, as other content has its id."),
    )
    occurred_at = models.DateTimeField(_("occurred at"), null=True)
    received_at = models.DateTimeField(_("received at"))
    client_id = models.UUIDField(_("transmitted by"), null=True)

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = OriginalQuerySet.as_manager()

    class Meta:
        verbose_name = _("original message")
        verbose_name_plural = _("original messages")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "dialect", "kind", "native_id", "content_hash"],
                name="original_once",
            )
        ]
        indexes = [
            models.Index(fields=["received_at"], name="original_received"),
            models.Index(fields=["vehicle_id", "kind", "occurred_at"], name="original_vehicle"),
            GinIndex(fields=["event_ids"], name="original_events"),
        ]

    def __str__(self) -> str:
        return f"{self.dialect} {self.kind} {self.native_id}"

    @property
    def message(self) -> Any:
        """The content as JSON data."""
        return msgspec.json.decode(self.content)


class CaptureJob(models.Model):
    """What became of one EPCIS capture (EPCIS 2.0, section 12.6)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="capture_jobs")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="capture_jobs"
    )
    client_id = models.UUIDField(_("transmitted by"), null=True)
    created_at = models.DateTimeField(_("received at"))
    behaviour = models.CharField(_("when an event fails"), max_length=8)
    success = models.BooleanField(_("all events taken"))
    counts = models.JSONField(_("counts"))
    errors = models.JSONField(_("errors"), default=list)

    tenancy = Tenancy()
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("EPCIS capture")
        verbose_name_plural = _("EPCIS captures")
        indexes = [models.Index(fields=["created_at"], name="capture_created")]

    def __str__(self) -> str:
        return f"{self.id}"
