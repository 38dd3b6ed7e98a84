"""Reads of zone visits."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from tracking.models import ZoneVisit


def by_ids(ids: Collection[UUID]) -> list[ZoneVisit]:
    """Return visits by id; ids that are no visit (any more) are left out."""
    return list(ZoneVisit.objects.filter(id__among=ids).order_by("entered_at", "id"))


def overlapping(
    city_id: UUID, zone_ids: Collection[UUID], start: datetime, end: datetime | None
) -> list[ZoneVisit]:
    """Return the visits to zones that overlap [start, end), open ones included; an `end` of None
    is open."""
    rows = ZoneVisit.objects.of_city(city_id).filter(zone_id__in=zone_ids)
    rows = rows.filter(Q(left_at__isnull=True) | Q(left_at__gt=start))
    if end is not None:
        rows = rows.filter(entered_at__lt=end)
    return list(rows.order_by("entered_at", "id"))


def of_vehicle(vehicle_id: UUID, start: datetime, end: datetime) -> list[ZoneVisit]:
    """Return the visits of a vehicle that overlap [start, end)."""
    rows = ZoneVisit.objects.filter(vehicle_id=vehicle_id, entered_at__lt=end)
    rows = rows.filter(Q(left_at__isnull=True) | Q(left_at__gt=start))
    return list(rows.order_by("entered_at", "id"))
