"""What derived rows carry."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet


class Derived(models.Model):
    """What a row derived of a vehicle carries. `touched_at`: effective time of its last event."""

    id = models.UUIDField(primary_key=True, editable=False)
    city_id = models.UUIDField()
    organisation_id = models.UUIDField()
    vehicle_id = models.UUIDField()
    touched_at = models.DateTimeField()

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class OfSubject(models.Model):
    """What a row carries that may belong to a vehicle or to a facility (its subject)."""

    id = models.UUIDField(primary_key=True, editable=False)
    city_id = models.UUIDField()
    organisation_id = models.UUIDField()
    subject_id = models.UUIDField()
    vehicle_id = models.UUIDField(_("vehicle"), null=True)
    touched_at = models.DateTimeField()

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
