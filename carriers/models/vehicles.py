"""A vehicle with the facts that rules ask for."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7
from kernel.vehicles import VehicleFacts


class Vehicle(models.Model):
    """A vehicle of a carrier. What is not known is empty, and a rule that asks says so."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="vehicles")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="vehicles"
    )
    ref = models.CharField(
        _("carrier's own id"), max_length=64, blank=True, default="", help_text=_("Never changes.")
    )
    plate = models.CharField(_("number plate"), max_length=16, blank=True, default="")
    category = models.CharField(
        _("EU category"),
        max_length=16,
        blank=True,
        default="",
        help_text=_("M1 to N3, L1e to L7e, bicycle or cargo_bicycle."),
    )
    body = models.CharField(_("body"), max_length=24, blank=True, default="")
    fuels = ArrayField(
        models.CharField(max_length=16), verbose_name=_("fuels"), default=list, blank=True
    )
    euro_class = models.CharField(
        _("Euro class"),
        max_length=16,
        blank=True,
        default="",
        help_text=_("As on the certificate: 5, 6d-TEMP, VI."),
    )
    gross_weight_kg = models.PositiveIntegerField(_("gross weight (kg)"), null=True, blank=True)
    length_m = models.DecimalField(
        _("length (m)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    width_m = models.DecimalField(
        _("width (m)"), max_digits=4, decimal_places=2, null=True, blank=True
    )
    height_m = models.DecimalField(
        _("height (m)"), max_digits=4, decimal_places=2, null=True, blank=True
    )
    first_registration_on = models.DateField(_("first registration"), null=True, blank=True)
    stickers = models.JSONField(
        _("local stickers"),
        default=dict,
        blank=True,
        help_text=_('By scheme, such as {"critair": "2"}.'),
    )
    special_purpose = ArrayField(
        models.CharField(max_length=32),
        verbose_name=_("special purposes"),
        default=list,
        blank=True,
    )
    particulate_filter = models.BooleanField(_("particulate filter"), null=True, blank=True)
    n1_class = models.CharField(
        _("reference mass class"), max_length=3, blank=True, default="", help_text="I, II, III"
    )
    unladen_weight_kg = models.PositiveIntegerField(_("unladen weight (kg)"), null=True, blank=True)
    particulates_g_per_kwh = models.FloatField(
        _("particulates (g/kWh)"),
        null=True,
        blank=True,
        help_text=_("Infinite: the certificate does not state them."),
    )
    blind_spot_detection = models.BooleanField(_("blind-spot detection"), null=True, blank=True)
    combination = models.BooleanField(_("draws a trailer"), null=True, blank=True)
    registered_in = models.CharField(
        _("registered in"), max_length=2, blank=True, default="", help_text="ISO 3166-1"
    )
    capacity_kg = models.PositiveIntegerField(_("capacity (kg)"), null=True, blank=True)
    capacity_units = models.PositiveIntegerField(_("capacity (units)"), null=True, blank=True)
    shift_start_min = models.PositiveSmallIntegerField(
        _("shift start"), null=True, blank=True, help_text=_("Minutes after local midnight.")
    )
    shift_end_min = models.PositiveSmallIntegerField(
        _("shift end"), null=True, blank=True, help_text=_("Minutes after local midnight.")
    )
    depot = models.ForeignKey(
        "carriers.Facility",
        verbose_name=_("depot"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    grai = models.CharField(
        "GRAI", max_length=30, blank=True, default="", help_text=_("As EPCIS names the vehicle.")
    )
    giai = models.CharField(
        "GIAI", max_length=30, blank=True, default="", help_text=_("As EPCIS names the vehicle.")
    )
    active = models.BooleanField(_("active"), default=True)
    registered_at = models.DateTimeField(_("registered at"))

    tenancy = Tenancy(vehicle="id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        ordering = ["plate", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "ref"],
                condition=~Q(ref=""),
                name="vehicle_ref_once",
                violation_error_message=_("This carrier has a vehicle with this id."),
            ),
            models.UniqueConstraint(
                fields=["organisation", "grai"],
                condition=~Q(grai=""),
                name="vehicle_grai_once",
                violation_error_message=_("This carrier has a vehicle with this GRAI."),
            ),
            models.UniqueConstraint(
                fields=["organisation", "giai"],
                condition=~Q(giai=""),
                name="vehicle_giai_once",
                violation_error_message=_("This carrier has a vehicle with this GIAI."),
            ),
            models.CheckConstraint(
                condition=Q(grai="") | Q(grai__regex=r"^0[0-9]{13}"), name="vehicle_grai_form"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "id"], name="vehicle_organisation"),
            models.Index(fields=["city", "plate"], name="vehicle_plate"),
        ]

    def __str__(self) -> str:
        return self.plate or self.ref or str(self.id)

    def facts(self) -> VehicleFacts:
        """Return what rules may ask of the vehicle; what is empty is unknown."""
        return VehicleFacts(
            category=self.category or None,
            body=self.body or None,
            fuels=frozenset(self.fuels),
            euro_class=self.euro_class or None,
            gross_weight_kg=self.gross_weight_kg,
            length_m=_metres(self.length_m),
            width_m=_metres(self.width_m),
            height_m=_metres(self.height_m),
            first_registration_on=self.first_registration_on,
            stickers=dict(self.stickers),
            special_purpose=frozenset(self.special_purpose),
            particulate_filter=self.particulate_filter,
            operator=str(self.organisation_id),
            n1_class=self.n1_class or None,
            unladen_weight_kg=self.unladen_weight_kg,
            particulates_g_per_kwh=self.particulates_g_per_kwh,
            blind_spot_detection=self.blind_spot_detection,
            combination=self.combination,
            registered_in=self.registered_in or None,
        )


def _metres(value: object) -> float | None:
    return None if value is None else float(str(value))
