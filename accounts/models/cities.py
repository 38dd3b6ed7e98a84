"""A city and the organisations that work in it."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7


class City(models.Model):
    """A city: the tenant of everything. Its hours are local wall-clock time in `time_zone`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    host = models.CharField(
        _("host"),
        max_length=253,
        blank=True,
        default="",
        help_text=_("Host name of public requests; empty where the server has only one city."),
    )
    time_zone = models.CharField(_("time zone"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3, help_text=_("ISO 4217."))
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"))
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166-1 alpha-2."))
    subdivision = models.CharField(
        _("subdivision"), max_length=10, blank=True, default="", help_text=_("ISO 3166-2 part.")
    )
    srid = models.IntegerField(
        _("projected CRS"), help_text=_("EPSG code in which metres are measured.")
    )
    settings = models.JSONField(_("settings"), default=dict, blank=True)

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["host"],
                condition=~Q(host=""),
                name="city_host_once",
                violation_error_message=_("Another city has this host."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.time_zone)


class Organisation(models.Model):
    """A carrier, a logistics provider, an operator of facilities, or the city itself."""

    class Kind(models.TextChoices):
        CARRIER = "carrier", _("Carrier")
        LOGISTICS_PROVIDER = "logistics_provider", _("Logistics provider")
        FACILITY_OPERATOR = "facility_operator", _("Operator of facilities")
        CITY = "city", _("City")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="organisations")
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)

    tenancy = Tenancy(organisation="id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "code"],
                name="organisation_code_once",
                violation_error_message=_("This city has an organisation with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name
