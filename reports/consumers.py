"""Keeps the read models up with the news."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from reports.services import counting


class FindingCounts:
    """Counts findings that were opened, adjusted, confirmed or withdrawn."""

    name = "reports.findings"
    stream = "outbox"
    topics = frozenset({"finding.created", "finding.changed"})

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Count the findings that the messages name, as they are now."""
        by_city: dict[UUID, set[UUID]] = defaultdict(set)
        for row in rows:
            by_city[row.city_id].add(UUID(str(row.payload["finding_id"])))
        for city in City.objects.filter(id__in=by_city).order_by("id"):
            counting.count(city=city, finding_ids=by_city[city.id])
