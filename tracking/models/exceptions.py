"""What should not be: service exceptions, and references that lead nowhere."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import TenantQuerySet
from tracking.models.base import OfSubject


class ExceptionQuerySet(TenantQuerySet):
    """Verbs over service exceptions."""

    def open(self, is_open: bool = True) -> Self:
        """Return the exceptions that last, or those that are over."""
        return self.filter(ended_at__isnull=is_open)

    def between(self, start: datetime | None, end: datetime | None) -> Self:
        """Return exceptions that begin in `[start, end)`; None leaves that side open."""
        rows = self if start is None else self.filter(started_at__gte=start)
        return rows if end is None else rows.filter(started_at__lt=end)


class ServiceException(OfSubject):
    """Something in the service that should not be; open while `ended_at` is empty."""

    class Kind(models.TextChoices):
        LATE = "late", _("Late")
        OUT_OF_SEQUENCE = "out_of_sequence", _("Out of sequence")
        DWELL_SPIKE = "dwell_spike", _("Dwell spike")
        MISSING_SCAN = "missing_scan", _("Missing scan")
        SILENT_VEHICLE = "silent_vehicle", _("Silent vehicle")
        MISLOAD = "misload", _("Misload")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    detail = models.CharField(_("detail"), max_length=32, blank=True)
    facility_id = models.UUIDField(_("facility"), null=True)
    trip_id = models.UUIDField(_("trip"), null=True)
    stop_id = models.UUIDField(_("stop"), null=True)
    started_at = models.DateTimeField(_("from"))
    ended_at = models.DateTimeField(_("until"), null=True)
    facts = models.JSONField(_("measured"), default=dict)
    first_event_id = models.UUIDField()

    objects = ExceptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("service exception")
        verbose_name_plural = _("service exceptions")
        indexes = [
            models.Index(fields=["subject_id", "touched_at"], name="exception_subject"),
            models.Index(fields=["city_id", "started_at", "id"], name="exception_city"),
            models.Index(
                fields=["organisation_id", "started_at", "id"], name="exception_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class UnresolvedReference(OfSubject):
    """A zone or curb that an event names and the city does not have; tried again by the tick."""

    class Kind(models.TextChoices):
        ZONE = "zone", _("Access zone")
        CURB = "curb", _("Curb zone")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("as told"), max_length=200)
    event_id = models.UUIDField(_("event"))
    event_type = models.CharField(_("event type"), max_length=32)
    said_at = models.DateTimeField(_("said at"))

    class Meta:
        verbose_name = _("unresolved reference")
        verbose_name_plural = _("unresolved references")
        indexes = [
            models.Index(fields=["subject_id", "touched_at"], name="reference_subject"),
            models.Index(fields=["city_id", "said_at", "id"], name="reference_city"),
            models.Index(fields=["city_id", "kind", "name"], name="reference_name"),
        ]
