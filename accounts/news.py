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


def pieces(
    messages: Sequence[OutboxMessage],
    *,
    key: str,
    rows: Any,
    piece: Callable[[Any, Mapping[str, Any]], Piece],
) -> dict[UUID, Piece]:
    """Return what `piece` tells of the rows that messages name by `key`, as they are now, and of
    the messages' payloads. One query."""
    named = {message.id: UUID(str(message.payload[key])) for message in messages}
    found = rows.in_bulk(set(named.values()))
    return {
        message.id: piece(found[named[message.id]], message.payload)
        for message in messages
        if named[message.id] in found
    }


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
