"""A mandate: one organisation lets another act for it."""

from datetime import datetime
from typing import Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.cities import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7


class MandateQuerySet(TenantQuerySet):
    """Verbs over mandates."""

    def in_force(self, at: datetime) -> Self:
        """Return mandates that hold at an instant of domain time."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at, revoked_at__isnull=True
        )

    def given_to(self, organisation_id: UUID) -> Self:
        """Return mandates of an agent, in its own city."""
        return self.filter(agent_id=organisation_id, city_id=F("principal__city_id"))


class Mandate(models.Model):
    """`principal` lets `agent` use scopes on its behalf; no vehicle ids = all vehicles.

    The period is domain time. Revoking ends it at once and for good.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="mandates")
    principal = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="mandates_given"
    )
    agent = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="mandates_held")
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    vehicle_ids = ArrayField(
        models.UUIDField(),
        default=list,
        blank=True,
        verbose_name=_("vehicles"),
        help_text=_("Empty: all vehicles."),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    created_at = models.DateTimeField(_("given at"))

    tenancy = Tenancy(organisation="principal_id", also=("agent_id",))
    objects = MandateQuerySet.as_manager()

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        constraints = [
            models.CheckConstraint(
                condition=~Q(principal=F("agent")),
                name="mandate_two_organisations",
                violation_error_message=_("A mandate needs two organisations."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="mandate_period_not_empty",
                violation_error_message=_("A mandate must end after it begins."),
            ),
        ]
        indexes = [models.Index(fields=["agent", "starts_at"], name="mandate_agent")]

    def __str__(self) -> str:
        return f"{self.principal} → {self.agent}"
