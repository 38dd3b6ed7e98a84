"""Streets of a city: what is loaded, views of the router, speeds driven, and the base map."""

from pathlib import Path

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.utils.translation import gettext_lazy as _

from accounts.models import City
from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7

EVERYBODY = Tenancy(organisation=None, public=True)


class StreetNetwork(models.Model):
    """Which extract a city's streets come from: one row a city, switched when another loads."""

    city = models.OneToOneField(City, on_delete=models.CASCADE, primary_key=True)
    content = models.CharField(_("content hash"), max_length=16)
    loaded_at = models.DateTimeField(_("loaded at"))
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()

    tenancy = EVERYBODY
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("street network")
        verbose_name_plural = _("street networks")

    def __str__(self) -> str:
        return f"{self.city_id} {self.content}"


class View(models.Model):
    """A network in which the streets that meet `closed` are not there.

    `path` is relative to the data directory; a host without the folder builds it again from
    `closed`. Rows are never changed: another area is another row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="views")
    content = models.CharField(_("content hash of the extract"), max_length=16)
    profile = models.CharField(_("profile"), max_length=16)
    key = models.CharField(_("closed segments"), max_length=16)
    path = models.CharField(max_length=200)
    closed = models.MultiPolygonField(_("closed area"), null=True, blank=True, spatial_index=False)
    created_at = models.DateTimeField(_("created at"))

    tenancy = EVERYBODY
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("view of the streets")
        verbose_name_plural = _("views of the streets")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "path"],
                name="view_once",
                violation_error_message=_("This view exists."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.profile} {self.key}"

    @property
    def folder(self) -> Path:
        """Where the network's files lie on this host."""
        return Path(settings.VAR_DIR) / self.path


class Street(models.Model):
    """One way of the extract. `free_flow_mps` is what the router assumes a van drives there."""

    id = models.BigAutoField(primary_key=True)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="streets")
    way_id = models.BigIntegerField(_("way id"))
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    street_class = models.CharField(_("class"), max_length=32)
    drivable = models.BooleanField(_("drivable"))
    length_m = models.FloatField(_("length (m)"))
    free_flow_mps = models.FloatField(_("free flow (m/s)"), null=True, blank=True)
    geometry = models.LineStringField(_("geometry"), spatial_index=False)
    drawn = models.LineStringField(srid=3857, spatial_index=False, editable=False)

    tenancy = EVERYBODY
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("street")
        verbose_name_plural = _("streets")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "way_id"],
                name="street_once",
                violation_error_message=_("This city has this way."),
            )
        ]
        indexes = [GistIndex(fields=["drawn"], name="street_drawn")]

    def __str__(self) -> str:
        return self.name or f"way {self.way_id}"


class MapFeature(models.Model):
    """Something the base map draws beside streets: buildings, water, green, squares, pois."""

    id = models.BigAutoField(primary_key=True)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="map_features")
    kind = models.CharField(_("kind"), max_length=16)
    detail = models.CharField(_("detail"), max_length=64)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    drawn = models.GeometryField(srid=3857, spatial_index=False, editable=False)

    tenancy = EVERYBODY
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("map feature")
        verbose_name_plural = _("map features")
        indexes = [GistIndex(fields=["drawn"], name="map_feature_drawn")]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.pk}"


class SegmentSpeed(models.Model):
    """Speeds driven on a way in a quarter of an hour, as exact sums (mm/s) over all carriers."""

    id = models.BigAutoField(primary_key=True)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="segment_speeds")
    way_id = models.BigIntegerField(_("way id"))
    quarter_at = models.DateTimeField(_("quarter of an hour"))
    samples = models.IntegerField(_("samples"))
    sum_mmps = models.BigIntegerField(_("sum of speeds (mm/s)"))

    tenancy = Tenancy(organisation=None, city_staff=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("speed on a street")
        verbose_name_plural = _("speeds on streets")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "quarter_at", "way_id"],
                name="segment_speed_once",
                violation_error_message=_("This way has a speed for this quarter of an hour."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.way_id} {self.quarter_at:%Y-%m-%d %H:%M}"
