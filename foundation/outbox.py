"""The outbox: news for floors above, committed with the change that made it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.models import OutboxMessage
from kernel.identifiers import shard_of


def add(
    *, city_id: UUID, topic: str, key: UUID, payload: dict[str, Any], at: datetime
) -> OutboxMessage:
    """Write a message inside the caller's transaction and return it.

    `topic` is `noun.past_participle`; `key` is the subject whose messages keep their order;
    `at` is domain time. Messages travel to consumers of the stream `outbox`.
    """
    return OutboxMessage.objects.create(
        city_id=city_id, topic=topic, shard=shard_of(key), key=key, payload=payload, at=at
    )


def add_all(
    *, city_id: UUID, topic: str, payloads: list[tuple[UUID, dict[str, Any]]], at: datetime
) -> list[OutboxMessage]:
    """Write many messages of one topic, (key, payload) each, in one statement."""
    return OutboxMessage.objects.bulk_create(
        OutboxMessage(
            city_id=city_id, topic=topic, shard=shard_of(key), key=key, payload=payload, at=at
        )
        for key, payload in payloads
    )
