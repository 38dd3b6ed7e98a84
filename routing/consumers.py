"""What the planner does when rules change: plans that they forbid are marked."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from routing.services import rechecking
from zones import selectors as zones

HARDER = frozenset({"published", "resumed"})
"""Changes after which a rule may forbid what it did not before."""


class RulesChanged:
    """Looks at the plans again when a regulation was published or rules again, and when a calendar
    changed that rules ask for: they may hold then, or except then."""

    name = "routing.rules"
    stream = "outbox"
    topics = frozenset({"regulation.published", "calendar.changed"})

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Mark the plans that the versions forbid; marking twice changes nothing."""
        cities = City.objects.in_bulk({row.city_id for row in rows})
        for row in rows:
            city = cities[row.city_id]
            zone_ids, version_ids = _meant(city, row.topic, row.payload)
            if zone_ids:
                rechecking.mark(city=city, zone_ids=zone_ids, version_ids=version_ids, now=as_of)


def _meant(
    city: City, topic: str, said: dict[str, Any]
) -> tuple[Collection[UUID], Collection[UUID]]:
    """Return the zones and the versions that may forbid now what they did not before."""
    if topic == "calendar.changed":
        book = zones.book(city.id)
        every = (rule for zone_id in book.versions for rule in book.regulations(zone_id))
        asking = [rule for rule in every if rule.asks_for(said["code"])]
        return {rule.zone_id for rule in asking}, {rule.version for rule in asking}
    if said["change"] not in HARDER:
        return (), ()
    return [UUID(id_) for id_ in said["zone_ids"]], [UUID(said["version_id"])]
