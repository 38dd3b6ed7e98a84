"""Reads of facilities."""

from collections.abc import Collection
from uuid import UUID

from carriers.models import Facility


def operators_of(facility_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return which organisation runs each facility."""
    rows = Facility.objects.filter(id__in=facility_ids)
    return dict(rows.values_list("id", "organisation_id"))


def names_of(facility_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of facilities."""
    return dict(Facility.objects.filter(id__in=facility_ids).values_list("id", "name"))
