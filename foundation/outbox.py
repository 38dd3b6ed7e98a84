"""The outbox: news for floors above, committed with the change that made it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from foundation.models import OutboxMessage
from kernel.identifiers import shard_of

KEPT = timedelta(days=30)


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


def forget_old(as_of: datetime) -> int:
    """Delete messages older than 30 days of domain time that every consumer has read, and for
    which no stopped subject waits.

    Returns how many, at most 10,000 at a time (a job of the tick).
    """
    readers = _readers()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM foundation_outboxmessage WHERE id IN ("
            " SELECT m.id FROM foundation_outboxmessage m WHERE m.at < %s AND ("
            "  SELECT count(*) FROM foundation_checkpoint c WHERE c.consumer = ANY(%s)"
            "  AND c.shard = m.shard AND (c.xid, c.row_id) >= (m.xid, m.id)) = %s"
            " AND NOT EXISTS (SELECT 1 FROM foundation_stoppedsubject s"
            "  WHERE s.subject_id = m.key AND s.consumer = ANY(%s)) LIMIT 10000)",
            [as_of - KEPT, readers, len(readers), readers],
        )
        return cursor.rowcount


def _readers() -> list[str]:
    from foundation import consumers

    return [consumer.name for consumer in consumers.registered() if consumer.stream == "outbox"]
