"""What rules in a city, in the form from which every export is written.

Only what was published and stands in the books; `Unsaid` names what a format could not say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from shapely.geometry.base import BaseGeometry

from kernel.periods import Period
from zones import language
from zones.language import Row


class Unsaid(NamedTuple):
    """Something of a rule that a format has no word for, and where: zone, regulation, row."""

    zone_id: UUID
    zone: str
    regulation: str
    row: str
    what: str


@dataclass(frozen=True)
class PublishedVersion:
    """A version of a regulation, cut to a time in which it rules."""

    id: UUID
    number: int
    title: str
    rows: Sequence[dict[str, Any]]
    legal: Period
    legal_reference: str
    published_at: datetime
    vacate_by_s: int = 0

    @cached_property
    def read(self) -> list[Row]:
        """Return the rows as structs; what was published is in the language."""
        return language.read(self.rows)[0]


@dataclass(frozen=True)
class PublishedRegulation:
    """A regulation with its versions by time."""

    id: UUID
    code: str
    title: str
    versions: tuple[PublishedVersion, ...]


@dataclass(frozen=True)
class PublishedZone:
    """A zone with the ground that is in force at the instant of the export."""

    id: UUID
    code: str
    name: str
    kind: str
    geometry_id: UUID
    geometry: BaseGeometry
    grace_s: int
    legal: Period
    recorded_from: datetime
    regulations: tuple[PublishedRegulation, ...]


@dataclass(frozen=True)
class Publisher:
    """Who publishes: the city, its country, language, currency and time zone name."""

    name: str
    country: str
    language: str
    currency: str
    time_zone: str


def row_name(row: Row, index: int) -> str:
    """Return what a row is called: its id, or its place."""
    return row.id or f"/rows/{index}"
