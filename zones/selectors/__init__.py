"""Reads of zones: `book(city_id)` for evaluations, `permits` for who holds what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from zones import features
from zones.selectors.books import book

__all__ = ["book", "zones_at"]


def zones_at(city_id: UUID, at: datetime, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """Return the zones in force at an instant as GeoJSON features with their rules."""
    return features.at_instant(book(city_id), at, known_at)
