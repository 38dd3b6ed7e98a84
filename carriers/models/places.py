"""A facility: where goods change hands off the street."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7


class Facility(models.Model):
    """A depot, station, dock, micro-hub, locker or pickup point of an organisation."""

    class Kind(models.TextChoices):
        DEPOT = "depot", _("Depot")
        STATION = "station", _("Station")
        DOCK = "dock", _("Dock")
        MICRO_HUB = "micro_hub", _("Micro-hub")
        LOCKER = "locker", _("Parcel locker")
        PICKUP_POINT = "pickup_point", _("Pickup point")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="facilities")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="facilities"
    )
    ref = models.CharField(_("own id"), max_length=64, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=160)
    location = models.PointField(_("location"))
    gln = models.CharField(
        "GLN", max_length=13, blank=True, default="", help_text=_("As EPCIS names the place.")
    )
    active = models.BooleanField(_("active"), default=True)
    registered_at = models.DateTimeField(_("registered at"))

    tenancy = Tenancy()
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("facility")
        verbose_name_plural = _("facilities")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "ref"],
                condition=~Q(ref=""),
                name="facility_ref_once",
                violation_error_message=_("This organisation has a facility with this id."),
            ),
            models.UniqueConstraint(
                fields=["organisation", "gln"],
                condition=~Q(gln=""),
                name="facility_gln_once",
                violation_error_message=_("This organisation has a facility with this GLN."),
            ),
            models.CheckConstraint(
                condition=Q(gln="") | Q(gln__regex=r"^[0-9]{13}$"), name="facility_gln_form"
            ),
        ]
        indexes = [models.Index(fields=["city", "gln"], condition=~Q(gln=""), name="facility_gln")]

    def __str__(self) -> str:
        return self.name
