"""The impact of a draft, as publishing needs it. A floor above computes it and says where to look.

Zones knows no vehicle, booking or plan; it knows that an impact with this id was computed for a
draft that said exactly this.
"""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID


class Impact(NamedTuple):
    """Of which version an impact was computed, and the hash of what it then said."""

    id: UUID
    version_id: UUID
    content_hash: str


Finder = Callable[[UUID, UUID], Impact | None]
_finder: Finder | None = None


def register(finder: Finder) -> None:
    """Name the function `(city_id, impact_id) -> Impact | None` (in `AppConfig.ready`).

    It returns finished impacts only.
    """
    global _finder
    _finder = finder


def find(city_id: UUID, impact_id: UUID) -> Impact | None:
    """Return a finished impact of a city, or None."""
    if _finder is None:
        raise RuntimeError("no app has registered where impacts are found")
    return _finder(city_id, impact_id)
