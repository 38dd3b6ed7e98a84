"""Suspensions: times in which a published version does not rule.

A suspension is recorded like a version: what is recorded never changes but for the end of its
record. To resume is to record the suspension anew with an end.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7


class SuspensionQuerySet(TenantQuerySet):
    """Verbs over suspensions."""

    def running(self) -> "SuspensionQuerySet":
        """Return what stands in the books without an end."""
        return self.filter(legal_until__isnull=True, recorded_until__isnull=True)


class Suspension(models.Model):
    """A stretch of a version's legal period in which it does not rule."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(
        "zones.RegulationVersion", on_delete=models.PROTECT, related_name="suspensions"
    )
    reason = models.CharField(_("reason"), max_length=500)
    legal_from = models.DateTimeField(_("suspended from"))
    legal_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    recorded_from = models.DateTimeField(_("recorded from"))
    recorded_until = models.DateTimeField(_("recorded until"), null=True, blank=True)

    tenancy = Tenancy(city="version__regulation__city_id", organisation=None, public=True)
    objects = SuspensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        ordering = ["legal_from", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(legal_until__isnull=True, recorded_until__isnull=True),
                name="suspension_runs_once",
                violation_error_message=_("This version is suspended."),
            ),
            models.CheckConstraint(
                condition=Q(legal_until__isnull=True) | Q(legal_until__gt=F("legal_from")),
                name="suspension_legal_order",
                violation_error_message=_("The period ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(recorded_until__isnull=True)
                | Q(recorded_until__gte=F("recorded_from")),
                name="suspension_recorded_order",
                violation_error_message=_("The period ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.reason}"
