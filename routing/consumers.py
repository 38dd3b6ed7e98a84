"""What the planner does when rules change: plans that they forbid are marked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from routing.services import rechecking

HARDER = frozenset({"published", "resumed"})
"""Changes after which a rule may forbid what it did not before."""


class RulesChanged:
    """Looks at the plans again when a regulation was published or rules again."""

    name = "routing.rules"
    stream = "outbox"
    topics = frozenset({"regulation.published"})

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Mark the plans that the versions forbid; marking twice changes nothing."""
        told = [row for row in rows if row.payload["change"] in HARDER]
        cities = City.objects.in_bulk({row.city_id for row in told})
        for row in told:
            rechecking.mark(
                city=cities[row.city_id],
                zone_id=UUID(row.payload["zone_ids"][0]),
                version_id=UUID(row.payload["version_id"]),
                now=as_of,
            )
