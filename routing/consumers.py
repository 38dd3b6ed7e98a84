"""What the planner does when rules change: plans that they forbid are marked, and marks of rules
that do not any more are lifted."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from routing.services import rechecking
from zones import selectors as zones


class RulesChanged:
    """Looks at the plans again when a version of a regulation begins or ceases to rule, and when a
    calendar changed that rules ask for: they may hold then, or except then."""

    name = "routing.rules"
    stream = "outbox"
    topics = frozenset({"regulation.published", "calendar.changed"})

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Look at the plans under the versions; looking twice changes nothing."""
        cities = City.objects.in_bulk({row.city_id for row in rows})
        for row in rows:
            city = cities[row.city_id]
            zone_ids, version_ids = _meant(city, row.topic, row.payload)
            if zone_ids:
                rechecking.look_again(
                    city=city, zone_ids=zone_ids, version_ids=version_ids, now=as_of
                )


def _meant(
    city: City, topic: str, said: dict[str, Any]
) -> tuple[Collection[UUID], Collection[UUID]]:
    """Return the zones and the versions, past ones too, that may speak otherwise now."""
    book = zones.book(city.id)
    if topic == "calendar.changed":
        every = (rule for zone_id in book.versions for rule in book.history(zone_id))
        meant = [rule for rule in every if rule.asks_for(said["code"])]
    else:
        regulation = UUID(said["regulation_id"])
        every = (rule for id_ in said["zone_ids"] for rule in book.history(UUID(id_)))
        meant = [rule for rule in every if rule.id == regulation]
    return {rule.zone_id for rule in meant}, {rule.version for rule in meant}
