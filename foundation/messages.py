"""The outbox as a stream: its messages in the order of commit, the subject of each is its key.

Most readers want few of its topics. What a reader does not want it is not given, and where nothing
that lies ahead is wanted its checkpoint moves past all of it, with those of the other readers, in
one statement (`pass_over`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from foundation import streams
from foundation.models import OutboxMessage
from foundation.streams import AFTER, Consumer, Cursor, places


class OutboxStream:
    """The outbox as a stream."""

    name = "outbox"
    tables = ("foundation_outboxmessage",)

    def read(
        self, *, after: dict[int, Cursor], limit: int, topics: frozenset[str] = frozenset()
    ) -> list[OutboxMessage]:
        return list(
            OutboxMessage.objects.raw(
                "SELECT * FROM (SELECT few.*, row_number() OVER ("
                "  PARTITION BY few.shard ORDER BY few.xid DESC, few.id DESC) AS from_end"
                f" FROM (SELECT found.* FROM {AFTER} CROSS JOIN LATERAL ("
                "  SELECT * FROM foundation_outboxmessage one"
                "  WHERE one.shard = c.shard AND (one.xid, one.id) > (c.xid, c.id)"
                f"  AND one.xid < {streams.HORIZON} ORDER BY one.xid, one.id LIMIT %s) found"
                "  ORDER BY found.xid, found.id LIMIT %s) few) seen"
                " WHERE topic = ANY(%s) OR %s OR from_end = 1 ORDER BY xid, id",
                [*places(after), limit, limit, list(topics), not topics],
            )
        )

    def read_subject(
        self, *, shard: int, subject: UUID, after: Cursor, upto: Cursor, limit: int
    ) -> list[OutboxMessage]:
        return list(
            OutboxMessage.objects.raw(
                "SELECT * FROM foundation_outboxmessage WHERE shard = %s AND key = %s"
                " AND (xid, id) > (%s::xid8, %s) AND (xid, id) <= (%s::xid8, %s)"
                " ORDER BY xid, id LIMIT %s",
                [shard, subject, str(after.xid), after.id, str(upto.xid), upto.id, limit],
            )
        )

    def subject_of(self, row: OutboxMessage) -> UUID:
        return row.key

    def told(self, row: OutboxMessage) -> tuple[str, UUID, datetime]:
        return row.topic, row.id, row.at

    def oldest(self, *, after: dict[int, Cursor]) -> dict[int, datetime]:
        return streams.oldest_in("foundation_outboxmessage", "at", after)


@dataclass(frozen=True)
class Ahead:
    """What lies ahead of a reader in a shard: readable messages, at most as many as were asked
    for. `passed`: its checkpoint was moved behind them, since it wants none."""

    consumer: str
    shard: int
    messages: int
    wanted: int
    passed: bool


def pass_over(readers: Sequence[tuple[Consumer, dict[int, Cursor]]], limit: int) -> list[Ahead]:
    """Move the checkpoints of readers that want nothing of the next `limit` messages of a shard
    behind these; return what lies ahead of each in each of its shards.

    A checkpoint moves only if no other worker has it and it still is where the caller saw it: the
    messages were counted from there.
    """
    asked = [
        (reader.name, shard, str(cursor.xid), cursor.id)
        for reader, after in readers
        for shard, cursor in after.items()
    ]
    if not asked:
        return []
    wants = {reader.name: sorted(reader.topics) for reader, _ in readers}
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH ahead AS (SELECT c.*, few.* FROM"
            "  unnest(%s::text[], %s::int[], %s::text[]::xid8[], %s::uuid[])"
            "  AS c(consumer, shard, xid, row_id) CROSS JOIN LATERAL ("
            "   SELECT count(*) AS messages,"
            "    count(*) FILTER (WHERE %s::jsonb -> c.consumer ? one.topic) AS wanted,"
            "    (array_agg(one.xid ORDER BY one.xid DESC, one.id DESC))[1] AS last_xid,"
            "    (array_agg(one.id ORDER BY one.xid DESC, one.id DESC))[1] AS last_id"
            "   FROM (SELECT m.xid, m.id, m.topic FROM foundation_outboxmessage m"
            "    WHERE m.shard = c.shard AND (m.xid, m.id) > (c.xid, c.row_id)"
            f"    AND m.xid < {streams.HORIZON} ORDER BY m.xid, m.id LIMIT %s) one) few),"
            " free AS (SELECT place.id, ahead.last_xid, ahead.last_id"
            "  FROM foundation_checkpoint place JOIN ahead USING (consumer, shard, xid, row_id)"
            "  WHERE ahead.messages > 0 AND ahead.wanted = 0 FOR UPDATE OF place SKIP LOCKED),"
            " moved AS (UPDATE foundation_checkpoint place"
            "  SET xid = free.last_xid, row_id = free.last_id FROM free WHERE place.id = free.id"
            "  RETURNING place.consumer, place.shard)"
            " SELECT ahead.consumer, ahead.shard, ahead.messages, ahead.wanted,"
            "  moved.consumer IS NOT NULL"
            " FROM ahead LEFT JOIN moved USING (consumer, shard)",
            [*map(list, zip(*asked, strict=True)), json.dumps(wants), limit],
        )
        return [Ahead(*row) for row in cursor.fetchall()]
