"""Runs of the optimizer, the plans they propose, and what a plan leaves out."""

from typing import Self

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from carriers.models import RoutePlan
from kernel.identifiers import uuid7


class FleetQuerySet(TenantQuerySet):
    """Rows over several vehicles: a mandate for some vehicles shows what is about those alone."""

    def visible_to(self, actor: Actor, scope: str | None = None) -> Self:
        """Return the rows an actor may see with a scope."""
        rows = super().visible_to(actor, scope)
        for grant in actor.grants if scope is not None and actor.may(scope) else ():
            if scope in grant.scopes and grant.vehicle_ids:
                rows |= self.filter(
                    city_id=actor.city_id,
                    organisation_id=grant.principal_id,
                    vehicle_ids__contained_by=list(grant.vehicle_ids),
                )
        return rows


class Run(models.Model):
    """A request for better routes. The tick solves what is queued.

    `leased_until` is wall time: a worker that dies lets its run go to another.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SOLVING = "solving", _("Being solved")
        PROPOSED = "proposed", _("Plan proposed")
        NOTHING_TO_DO = "nothing_to_do", _("Nothing left to plan")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    service_on = models.DateField(_("day of service"))
    vehicle_ids = ArrayField(models.UUIDField(), verbose_name=_("vehicles"))
    exchange = models.BooleanField(_("stops may change their vehicle"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.QUEUED)
    failure = models.CharField(_("failure"), max_length=400, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    tenancy = Tenancy()
    objects = FleetQuerySet.as_manager()

    class Meta:
        verbose_name = _("reoptimization")
        verbose_name_plural = _("reoptimizations")
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "solving"]),
                name="run_open",
            ),
            models.Index(fields=["organisation", "id"], name="run_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.service_on} {self.state}"


class Plan(models.Model):
    """A certified proposal. `certified_under` names the rules it was certified with."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACCEPTED = "accepted", _("Accepted")
        OUTDATED = "outdated", _("Outdated")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="plan")
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    service_on = models.DateField(_("day of service"))
    vehicle_ids = ArrayField(models.UUIDField(), verbose_name=_("vehicles"))
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.PROPOSED
    )
    certified_at = models.DateTimeField(_("certified at"))
    certified_under = models.JSONField(_("certified under"))
    rounds = models.PositiveSmallIntegerField(_("rounds until certified"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    infeasible = models.JSONField(_("stops that later rules forbid"), default=list, blank=True)

    tenancy = Tenancy()
    objects = FleetQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["-certified_at", "id"]

    def __str__(self) -> str:
        return f"{self.organisation} {self.service_on} {self.state}"


class _OfPlan(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class PlanRoute(_OfPlan):
    """One vehicle's remaining way: the driven line and the seconds since `start_at` along it.

    `route` is the revision that the plan replaces.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="routes")
    seq = models.PositiveIntegerField(_("place in the plan"))
    route = models.ForeignKey(RoutePlan, on_delete=models.PROTECT, related_name="+")
    vehicle_id = models.UUIDField(_("vehicle"))
    trip_id = models.UUIDField(_("trip"))
    profile = models.CharField(_("profile"), max_length=16)
    start_at = models.DateTimeField(_("start"))
    end_at = models.DateTimeField(_("end"))
    driven_s = models.FloatField(_("seconds driven"))
    distance_m = models.FloatField(_("metres driven"))
    line = models.LineStringField(_("way"), spatial_index=False)
    offsets_s = ArrayField(models.FloatField(), verbose_name=_("seconds since the start"))

    tenancy = Tenancy(
        city="plan__city_id", organisation="plan__organisation_id", vehicle="vehicle_id"
    )

    class Meta:
        verbose_name = _("planned route")
        verbose_name_plural = _("planned routes")
        ordering = ["plan", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "vehicle_id"], name="plan_route_once")
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.start_at:%Y-%m-%d %H:%M}"


class PlanStop(_OfPlan):
    """A stop of a planned route: where the vehicle stands, and from when to when."""

    planned = models.ForeignKey(PlanRoute, on_delete=models.CASCADE, related_name="stops")
    seq = models.PositiveIntegerField(_("place in the route"))
    stop_id = models.UUIDField(_("stop"))
    location = models.PointField(_("where the vehicle stands"), spatial_index=False)
    arrive_at = models.DateTimeField(_("arrival"))
    start_at = models.DateTimeField(_("start of service"))
    depart_at = models.DateTimeField(_("departure"))

    tenancy = Tenancy(
        city="planned__plan__city_id",
        organisation="planned__plan__organisation_id",
        vehicle="planned__vehicle_id",
    )

    class Meta:
        verbose_name = _("planned stop")
        verbose_name_plural = _("planned stops")
        ordering = ["planned", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["planned", "seq"], name="plan_stop_seq_once")
        ]


class PlanLeftOut(_OfPlan):
    """A stop that the plan does not serve, and the code of what stopped it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="left_out")
    stop_id = models.UUIDField(_("stop"))
    vehicle_id = models.UUIDField(_("vehicle"))
    code = models.CharField(_("reason"), max_length=64)
    facts = models.JSONField(_("facts"), default=dict)

    tenancy = Tenancy(
        city="plan__city_id", organisation="plan__organisation_id", vehicle="vehicle_id"
    )

    class Meta:
        verbose_name = _("stop left out")
        verbose_name_plural = _("stops left out")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "stop_id"], name="plan_left_out_once")
        ]
