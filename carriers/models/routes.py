"""Routes and stops as a carrier sent them, or as an accepted plan wrote them."""

from typing import Self
from uuid import UUID

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from carriers.models.vehicles import Vehicle
from kernel.identifiers import uuid7


class RouteQuerySet(TenantQuerySet):
    """Verbs over routes."""

    def current(self) -> Self:
        """Return the routes that hold; older revisions are kept but hold no more."""
        return self.filter(is_current=True)

    def of_trip(self, trip_id: UUID) -> Self:
        """Return every revision of a trip's route."""
        return self.filter(trip_id=trip_id)


class RoutePlan(models.Model):
    """One revision of the route of one trip. A new revision never changes an old one."""

    class Source(models.TextChoices):
        SENT = "sent", _("Sent by the carrier")
        PLAN = "plan", _("From an accepted plan")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="routes")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="routes")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="routes")
    trip_id = models.UUIDField(_("trip"))
    trip_ref = models.CharField(_("carrier's trip id"), max_length=64, blank=True, default="")
    service_on = models.DateField(_("day of service"), help_text=_("Local date of the city."))
    revision = models.PositiveIntegerField(_("revision"))
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    is_current = models.BooleanField(_("current"), default=True)
    published_at = models.DateTimeField(_("published at"))
    start_at = models.DateTimeField(_("start"), null=True, blank=True)
    end_at = models.DateTimeField(_("end"), null=True, blank=True)
    start_location = models.PointField(_("start location"), null=True, blank=True)
    end_location = models.PointField(_("end location"), null=True, blank=True)

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = RouteQuerySet.as_manager()

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ["service_on", "start_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "trip_id", "revision"], name="route_revision_once"
            ),
            models.UniqueConstraint(
                fields=["organisation", "trip_id"],
                condition=Q(is_current=True),
                name="route_one_current",
                violation_error_message=_("This trip has a current route."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["vehicle", "service_on"],
                condition=Q(is_current=True),
                name="route_vehicle_day",
            ),
            models.Index(fields=["trip_id"], name="route_trip"),
        ]

    def __str__(self) -> str:
        return f"{self.trip_ref or self.trip_id} ({self.revision})"


class Stop(models.Model):
    """One stop of one revision of a route. `stop_id` is the same in every revision."""

    class Kind(models.TextChoices):
        DELIVERY = "delivery", _("Delivery")
        PICKUP = "pickup", _("Pickup")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    route = models.ForeignKey(RoutePlan, on_delete=models.CASCADE, related_name="stops")
    seq = models.PositiveIntegerField(_("place in the route"))
    stop_id = models.UUIDField(_("stop"))
    stop_ref = models.CharField(_("carrier's stop id"), max_length=64, blank=True, default="")
    name = models.CharField(_("name"), max_length=160, blank=True, default="")
    address = models.CharField(_("address"), max_length=240, blank=True, default="")
    location = models.PointField(_("location"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.DELIVERY)
    window_start_at = models.DateTimeField(_("not before"), null=True, blank=True)
    window_end_at = models.DateTimeField(_("not after"), null=True, blank=True)
    planned_arrival_at = models.DateTimeField(_("planned arrival"), null=True, blank=True)
    service_s = models.PositiveIntegerField(_("service time (s)"), default=180)
    demand_kg = models.PositiveIntegerField(_("weight (kg)"), default=0)
    demand_units = models.PositiveIntegerField(_("units"), default=0)
    curb_zone_id = models.UUIDField(_("curb zone"), null=True, blank=True)

    tenancy = Tenancy(
        city="route__city_id", organisation="route__organisation_id", vehicle="route__vehicle_id"
    )
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        ordering = ["route", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["route", "seq"], name="stop_seq_once"),
            models.UniqueConstraint(fields=["route", "stop_id"], name="stop_once_in_route"),
        ]
        indexes = [models.Index(fields=["stop_id"], name="stop_by_id")]

    def __str__(self) -> str:
        return self.name or self.stop_ref or str(self.stop_id)
