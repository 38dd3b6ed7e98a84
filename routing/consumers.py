"""What the planner does when rules change: plans that they forbid are marked, and marks of rules
that do not any more are lifted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from curbs.selectors import snapshots
from routing.services import rechecking
from zones import selectors as zones


class RulesChanged:
    """Looks at the plans again when a version of a regulation begins or ceases to rule, when a
    curb zone gets another policy, when a calendar changed that rules ask for (they may hold then,
    or except then), and when the ground of a zone was drawn anew."""

    name = "routing.rules"
    stream = "outbox"
    topics = frozenset(
        {"regulation.published", "curb_policy.published", "calendar.changed", "zone.published"}
    )

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Look at the plans under the rules as they are; looking twice changes nothing."""
        cities = City.objects.in_bulk({row.city_id for row in rows})
        changed: dict[UUID, _Changed] = defaultdict(_Changed)
        for row in rows:
            changed[row.city_id].read(row)
        for city_id, news in sorted(changed.items()):
            if news.zone_ids or news.curb_zone_ids:
                rechecking.look_again(
                    city=cities[city_id],
                    zone_ids=news.zone_ids,
                    curb_zone_ids=news.curb_zone_ids,
                    now=as_of,
                )


@dataclass
class _Changed:
    """The zones and curb zones of a city whose rules may speak otherwise now: one rule may silence
    another."""

    zone_ids: set[UUID] = field(default_factory=set)
    curb_zone_ids: set[UUID] = field(default_factory=set)

    def read(self, row: Any) -> None:
        """Note what a message tells."""
        if row.topic == "calendar.changed":
            self._read_calendar(row.city_id, row.payload["code"])
        elif row.topic == "curb_policy.published":
            self.curb_zone_ids.add(UUID(row.payload["curb_zone_id"]))
        else:
            self.zone_ids.update(UUID(id_) for id_ in row.payload["zone_ids"])

    def _read_calendar(self, city_id: UUID, code: str) -> None:
        book = zones.book(city_id)
        every = (rule for zone_id in book.versions for rule in book.history(zone_id))
        self.zone_ids.update(rule.zone_id for rule in every if rule.asks_for(code))
        self.curb_zone_ids.update(
            curb.id
            for curb in snapshots.book(city_id).zones
            if any(policy.regulation.asks_for(code) for policy in curb.policies)
        )
