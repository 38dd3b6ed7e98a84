"""What the planner does when rules change: plans that they forbid are marked, and marks of rules
that do not any more are lifted."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from routing.services import rechecking
from zones import selectors as zones


class RulesChanged:
    """Looks at the plans again when a version of a regulation begins or ceases to rule, when a
    calendar changed that rules ask for (they may hold then, or except then), and when the ground
    of a zone was drawn anew."""

    name = "routing.rules"
    stream = "outbox"
    topics = frozenset({"regulation.published", "calendar.changed", "zone.published"})

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Look at the plans under the rules as they are; looking twice changes nothing."""
        cities = City.objects.in_bulk({row.city_id for row in rows})
        changed: dict[UUID, set[UUID]] = defaultdict(set)
        for row in rows:
            changed[row.city_id].update(_zones(row))
        for city_id, zone_ids in sorted(changed.items()):
            if zone_ids:
                rechecking.look_again(city=cities[city_id], zone_ids=zone_ids, now=as_of)


def _zones(row: Any) -> Collection[UUID]:
    """Return the zones whose rules may speak otherwise now: one rule may silence another."""
    if row.topic != "calendar.changed":
        return {UUID(id_) for id_ in row.payload["zone_ids"]}
    book = zones.book(row.city_id)
    every = (rule for zone_id in book.versions for rule in book.history(zone_id))
    return {rule.zone_id for rule in every if rule.asks_for(row.payload["code"])}
