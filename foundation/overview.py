"""How the consumers fare: how far each is behind, what stands still, who holds readers back."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from foundation import consumers, metrics
from foundation.models import Checkpoint, Rebuild, StoppedSubject
from foundation.streams import Cursor


@dataclass(frozen=True)
class Shard:
    """What a consumer has not read of a shard; `lag_s`: the age of the oldest such row."""

    shard: int
    lag_rows: int
    lag_s: float


@dataclass(frozen=True)
class Standing:
    """One consumer. `error`: what keeps a whole shard from going on, if anything does."""

    stream: str
    consumer: str
    lag_rows: int
    lag_s: float
    stopped: int
    error: str
    shards: list[Shard]


def of(as_of: datetime) -> dict[str, Any]:
    """Return how everything fares at an instant of domain time, as JSON data."""
    stopped = list(StoppedSubject.objects.order_by("consumer", "first_failed_at"))
    return {
        "consumers": [asdict(one) for one in _standings(as_of, stopped)],
        "stopped": [
            {
                name: getattr(row, name)
                for name in (
                    "id", "consumer", "shard", "city_id", "subject_id", "event_id", "event_type",
                    "error", "failures", "first_failed_at", "retry_at",
                )
            }
            for row in stopped
        ],
        "rebuilds": [
            {
                name: getattr(row, name)
                for name in ("consumer", "shard", "done", "frozen", "failed", "moved_at")
            }
            for row in Rebuild.objects.filter(finished_at=None).order_by("id")
        ],
        "xmin": metrics.oldest_transaction(),
    }  # fmt: skip


def _standings(as_of: datetime, stopped: list[StoppedSubject]) -> list[Standing]:
    behind = consumers.lag_by_shard()  # makes the checkpoints that are missing
    places = {(row.consumer, row.shard): row for row in Checkpoint.objects.all()}
    found = []
    for consumer in consumers.registered():
        cursors = {
            shard: Cursor(places[consumer.name, shard].xid, places[consumer.name, shard].row_id)
            for shard in behind[consumer.name]
        }
        oldest = consumers.oldest_unread(consumer, cursors)
        shards = [
            Shard(shard, rows, max(0.0, (as_of - oldest.get(shard, as_of)).total_seconds()))
            for shard, rows in sorted(behind[consumer.name].items())
        ]
        errors = [
            row.error for (name, _), row in places.items() if name == consumer.name and row.error
        ]
        found.append(
            Standing(
                stream=consumer.stream,
                consumer=consumer.name,
                lag_rows=sum(shard.lag_rows for shard in shards),
                lag_s=max((shard.lag_s for shard in shards), default=0.0),
                stopped=sum(row.consumer == consumer.name for row in stopped),
                error=errors[0] if errors else "",
                shards=shards,
            )
        )
    return found
