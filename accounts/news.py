"""What webhooks can tell. Floors above register their topics; this one knows none of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foundation.models import OutboxMessage


@dataclass(frozen=True)
class Piece:
    """What is told of one message, and whose news it is (`owner_id` None: everybody's)."""

    data: Mapping[str, Any]
    owner_id: UUID | None = None
    vehicle_id: UUID | None = None


Reader = Callable[[Sequence[OutboxMessage]], Mapping[UUID, Piece]]
"""Returns a piece by the id of its message, for many messages with few queries. What cannot be
told (any more) is left out."""


@dataclass(frozen=True)
class Topic:
    """A topic that endpoints can want. `scope` is what its reader needs, None: it is public."""

    name: str
    scope: str | None
    read: Reader


TOPICS: dict[str, Topic] = {}


def register(topic: Topic) -> None:
    """Make a topic known (in `AppConfig.ready`)."""
    TOPICS[topic.name] = topic
