"""Speeds against free flow."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from roads.models import SegmentSpeed, Street


@dataclass(frozen=True)
class QuarterSpeed:
    """The mean speed on a way in a quarter of an hour, and what it would be in free flow."""

    way_id: int
    name: str
    street_class: str
    quarter_at: datetime
    samples: int
    mean_mps: float
    free_flow_mps: float | None


def last_quarter(city_id: UUID) -> datetime | None:
    """Return the latest quarter of an hour for which a city has a speed."""
    rows = SegmentSpeed.objects.filter(city_id=city_id, samples__gt=0).order_by("-quarter_at")
    return rows.values_list("quarter_at", flat=True).first()


def by_quarter(city_id: UUID, start: datetime, end: datetime) -> Iterator[QuarterSpeed]:
    """Yield the speeds of a city in [start, end), in the order of time and way."""
    streets = {
        way: (name, street_class, free)
        for way, name, street_class, free in Street.objects.filter(city_id=city_id).values_list(
            "way_id", "name", "street_class", "free_flow_mps"
        )
    }
    rows = SegmentSpeed.objects.filter(
        city_id=city_id, quarter_at__gte=start, quarter_at__lt=end, samples__gt=0
    ).order_by("quarter_at", "way_id")
    for row in rows.iterator():
        name, street_class, free = streets.get(row.way_id, ("", "", None))
        mean = row.sum_mmps / row.samples / 1000
        yield QuarterSpeed(row.way_id, name, street_class, row.quarter_at, row.samples, mean, free)
