"""What is at facilities."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet


class FacilityUnit(models.Model):
    """One unit at a facility, from deposit to departure; for who deposited it and the operator."""

    class State(models.TextChoices):
        DEPOSITED = "deposited", _("Deposited")
        READY = "ready", _("Ready")
        COLLECTED = "collected", _("Collected")
        EXPIRED = "expired", _("Expired")
        REJECTED = "rejected", _("Rejected")
        HANDED_OVER = "handed_over", _("Handed over")

    id = models.UUIDField(primary_key=True, editable=False)
    city_id = models.UUIDField()
    organisation_id = models.UUIDField()
    operator_id = models.UUIDField(_("operator"))
    facility_id = models.UUIDField(_("facility"))
    unit = models.TextField(_("unit"), help_text=_("Scheme and id."))
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    inside = models.BooleanField(_("inside"))
    compartment = models.TextField(_("compartment"), blank=True)
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    vehicle_id = models.UUIDField(_("vehicle"), null=True)
    trip_id = models.UUIDField(_("trip"), null=True)
    stop_id = models.UUIDField(_("stop"), null=True)
    deposited_at = models.DateTimeField(_("deposited at"), null=True)
    ready_at = models.DateTimeField(_("ready at"), null=True)
    collected_at = models.DateTimeField(_("collected at"), null=True)
    expired_at = models.DateTimeField(_("expired at"), null=True)
    rejected_at = models.DateTimeField(_("rejected at"), null=True)
    handed_over_at = models.DateTimeField(_("handed over at"), null=True)
    first_event_id = models.UUIDField()
    touched_at = models.DateTimeField()

    tenancy = Tenancy(vehicle="vehicle_id", also=("operator_id",))
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit at a facility")
        verbose_name_plural = _("units at facilities")
        indexes = [
            models.Index(fields=["facility_id", "touched_at"], name="unit_facility"),
            models.Index(
                fields=["facility_id"], name="unit_inside", condition=models.Q(inside=True)
            ),
        ]
