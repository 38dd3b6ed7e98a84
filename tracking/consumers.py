"""What tracking does when ground was published for a time that has passed: it folds anew."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import rebuilding
from foundation.models import OutboxMessage
from tracking.models import VehicleState
from tracking.services import grounds
from tracking.services.projection import Projection

ZONES, CURBS = "zone.published", "curb_policy.published"


class GroundChanges:
    """Has the vehicles folded anew that drove on ground which was published after they did.

    What is known has changed, so the difference is announced. The work itself is done in chunks
    by the tick (`foundation.rebuilding`).
    """

    name = "tracking.ground"
    stream = "outbox"
    topics = frozenset({ZONES, CURBS})

    def consume(self, rows: Sequence[OutboxMessage], *, as_of: datetime) -> None:
        """Note what is to be folded anew, one piece of work per city."""
        by_city: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            # A policy says what is allowed, not where; its first one comes with the curb itself.
            if row.topic == ZONES or row.payload["number"] == 1:
                by_city[row.city_id].append(row.payload)
        for city_id, news in by_city.items():
            _note(city_id, news, as_of)


def _note(city_id: UUID, news: Sequence[dict[str, Any]], as_of: datetime) -> None:
    past = [said for said in news if datetime.fromisoformat(said["legal_from"]) < as_of]
    if not past:
        return
    since = min(datetime.fromisoformat(said["legal_from"]) for said in past)
    if not VehicleState.objects.filter(city_id=city_id, seen_at__gte=since).exists():
        return
    ends = [said["legal_until"] for said in past]
    boxes = grounds.boxes(city_id, {UUID(place) for said in past for place in _places(said)})
    if boxes:
        scope = {
            "city_id": str(city_id),
            "since": since.isoformat(),
            "until": None if None in ends else max(ends, key=datetime.fromisoformat),
            "boxes": boxes,
        }
        rebuilding.begin(Projection.name, scope=scope, announce=True)


def _places(said: dict[str, Any]) -> Sequence[str]:
    return said["zone_ids"] if "zone_ids" in said else [said["curb_zone_id"]]
