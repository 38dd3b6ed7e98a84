"""Plates that officers checked: the log of what was asked and what was answered."""

from datetime import datetime
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7


class PlateCheckQuerySet(TenantQuerySet):
    """Verbs over checks."""

    def between(self, start: datetime | None, end: datetime | None) -> Self:
        """Return checks made in `[start, end)`; None leaves that side open."""
        rows = self if start is None else self.filter(checked_at__gte=start)
        return rows if end is None else rows.filter(checked_at__lt=end)


class PlateCheck(models.Model):
    """One check: who asked, when, about which plate, where, and the answer as it was given.

    The vehicle's organisation sees it; a plate that nobody registered is the city's to see only.
    `at` is the instant that was asked about, `checked_at` when it was asked; both domain time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="plate_checks")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="plate_checks"
    )
    vehicle_id = models.UUIDField(_("vehicle"), null=True)
    plate = models.CharField(_("number plate"), max_length=24)
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    zone_id = models.UUIDField(_("zone"), null=True)
    curb_zone_id = models.UUIDField(_("curb zone"), null=True)
    at = models.DateTimeField(_("at"))
    checked_at = models.DateTimeField(_("checked at"))
    officer_id = models.UUIDField(_("officer"), null=True)
    client_id = models.UUIDField(_("API client"), null=True)
    access = models.CharField(_("access"), max_length=16)
    admissible = models.BooleanField(_("admissible"))
    answer = models.JSONField(_("answer"), encoder=DjangoJSONEncoder)

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = PlateCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("plate check")
        verbose_name_plural = _("plate checks")
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=True, vehicle_id__isnull=True)
                | Q(organisation__isnull=False, vehicle_id__isnull=False),
                name="check_of_a_vehicle_is_its_organisations",
            ),
        ]
        indexes = [
            models.Index(fields=["city", "-checked_at", "-id"], name="check_by_time"),
            models.Index(fields=["checked_at"], name="check_age"),
            models.Index(
                fields=["organisation", "-checked_at", "-id"], name="check_by_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.access} {self.checked_at:%Y-%m-%d %H:%M}"
