"""Retention: what is due leaves the log, and nobody who reads or writes it waits.

A partition is detached concurrently, which takes no lock that readers or writers feel; the
identities of its rows go block by block; then the table is dropped. Each step is found again in
the catalogue after a crash. What a consumer has not read stays, however old it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction

from carriers.models import Quarantined, Replay, RetiredPartition
from carriers.selectors.log import EventStream, StatementStream
from carriers.services import partitions
from carriers.services.partitions import Slice
from foundation import consumers
from kernel.identifiers import SHARDS

log = structlog.get_logger(__name__)

LOGS = ("carriers_position", "carriers_event")
PATIENCE = "2s"
"""How long a step waits for a lock; then it is tried again at a later tick."""
BLOCKS = 64
STEPS_A_TICK = 8
ROWS = 5000
_LOCK = 0x72746E74  # "rtnt"

_PARTITIONS = """
SELECT child.relname, inhdetachpending FROM pg_inherits
JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = %s::regclass ORDER BY child.relname
"""
_DETACHED = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition AND relname ~ %s
AND pg_table_is_visible(oid) ORDER BY relname
"""
_UNREAD = """
SELECT EXISTS (
    SELECT 1 FROM unnest(%s::text[]) AS reader(consumer)
    CROSS JOIN generate_series(0, %s) AS one(shard)
    LEFT JOIN foundation_checkpoint place USING (consumer, shard)
    CROSS JOIN LATERAL (
        SELECT 1 FROM {name} part WHERE part.shard = one.shard AND (part.xid, part.id) > (
            COALESCE(place.xid, '0'::xid8),
            COALESCE(place.row_id, '00000000-0000-0000-0000-000000000000')
        ) LIMIT 1
    ) behind
) OR EXISTS (
    SELECT 1 FROM foundation_stoppedsubject stopped
    CROSS JOIN LATERAL (
        SELECT 1 FROM {name} part WHERE part.subject_id = stopped.subject_id
        AND (part.xid, part.id) > (stopped.xid, stopped.after_id) LIMIT 1
    ) behind
    WHERE stopped.consumer = ANY(%s)
)
"""
_IDENTITIES = """
DELETE FROM carriers_identity known USING (
    SELECT sender_id, event_id FROM {name} WHERE ctid >= %s::tid AND ctid < %s::tid
) gone
WHERE known.sender_id = gone.sender_id AND known.event_id = gone.event_id
    AND known.received_at < %s
"""
_WAITING_VOIDS = """
DELETE FROM carriers_identity WHERE (sender_id, event_id) IN (
    SELECT sender_id, event_id FROM carriers_identity
    WHERE subject_id IS NULL AND received_at < %s LIMIT %s
)
"""


def kept_days(table: str) -> int:
    """Return how many days a table of the log keeps its rows."""
    return settings.HUB_POSITION_DAYS if table == LOGS[0] else settings.HUB_EVENT_DAYS


def retire(as_of: datetime) -> int:
    """Let go of partitions that are due, a little at a time (a job of the tick); returns how many
    steps were made. Tables come and go outside of any transaction."""
    if connection.in_atomic_block:
        return 0
    with _alone() as mine:
        return _retire(as_of) if mine else 0


def _retire(as_of: datetime) -> int:
    steps = sum(_detach_due(table, as_of) for table in LOGS)
    for table in LOGS:
        for name in _names(_DETACHED, f"^{table}_[0-9]+$"):
            steps += _clear(partitions.named(table, name), as_of, STEPS_A_TICK - steps)
    return steps


@contextmanager
def _alone() -> Iterator[bool]:
    """Hold the lock of those who let go; yields False when another process holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine and connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _names(sql: str, value: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [value])
        return [row[0] for row in cursor.fetchall()]


def _detach_due(table: str, as_of: datetime) -> int:
    """Detach the partitions of a table that are due and read, the oldest first."""
    limit = as_of - timedelta(days=kept_days(table))
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [table])
        found = [(partitions.named(table, name), pending) for name, pending in cursor.fetchall()]
    done = 0
    for part, pending in found:
        if part.ends_at > limit:
            break
        if not pending and is_unread(part):
            log.warning("partition_kept_for_consumers", partition=part.name)
            break
        if not _detach(part, pending, as_of):
            break
        done += 1
    return done


def is_unread(part: Slice) -> bool:
    """Return whether a consumer has not read all rows of a partition, or a subject at which it
    stopped waits for some of them."""
    streams = {
        stream.name for stream in (EventStream, StatementStream) if part.table in stream.tables
    }
    readers = [one.name for one in consumers.registered() if one.stream in streams]
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD.format(name=part.name), [readers, SHARDS - 1, readers])
        return bool(cursor.fetchone()[0])


def _detach(part: Slice, pending: bool, as_of: datetime) -> bool:
    """Take a partition out of its table; return whether it is out.

    That it is going is noted first, so that nothing of its time is let in any more. A row that
    slipped in meanwhile and that nobody has read brings it back.
    """
    RetiredPartition.objects.get_or_create(
        name=part.name,
        defaults={"log": part.table, "ends_at": part.ends_at, "retired_at": as_of},
    )
    how = "FINALIZE" if pending else "CONCURRENTLY"
    try:
        with _patience() as cursor:
            cursor.execute(f"ALTER TABLE {part.table} DETACH PARTITION {part.name} {how}")
    except OperationalError as error:
        log.warning("partition_is_in_use", partition=part.name, error=str(error).splitlines()[0])
        return False
    partitions.forget()
    if is_unread(part):
        partitions.attach(part)
        return False
    return True


@contextmanager
def _patience() -> Iterator[Any]:
    """Yield a cursor that waits for no lock longer than PATIENCE."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE}'")
        try:
            yield cursor
        finally:
            if connection.is_usable():
                cursor.execute("RESET lock_timeout")


def _clear(part: Slice, as_of: datetime, steps: int) -> int:
    """Delete the identities of a detached partition's rows, some blocks at a time, then drop it;
    returns how many steps were made, at most `steps`."""
    retired, _is_new = RetiredPartition.objects.get_or_create(
        name=part.name,
        defaults={"log": part.table, "ends_at": part.ends_at, "retired_at": as_of},
    )
    blocks = _blocks(part.name)
    done = 0
    while done < steps:
        done += 1
        if retired.block >= blocks:
            _drop(retired, as_of)
            break
        _forget_identities(retired)
    return done


def _blocks(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int", [name]
        )
        return int(cursor.fetchone()[0])


@transaction.atomic
def _forget_identities(retired: RetiredPartition) -> None:
    """Delete the identities of some blocks of rows. Nothing of their time is let in any more: an
    event lies at most 5 minutes before its receipt, and what is let in a day behind retention."""
    start, end = retired.block, retired.block + BLOCKS
    with connection.cursor() as cursor:
        cursor.execute(
            _IDENTITIES.format(name=retired.name), [f"({start},0)", f"({end},0)", retired.ends_at]
        )
    retired.block = end
    retired.save(update_fields=["block"])


def _drop(retired: RetiredPartition, as_of: datetime) -> None:
    with _patience() as cursor:
        cursor.execute(f"DROP TABLE {retired.name}")
    retired.dropped_at = as_of
    retired.save(update_fields=["dropped_at"])
    log.info("partition_dropped", partition=retired.name)


def forget_settled(as_of: datetime) -> int:
    """Delete what was settled long ago in quarantine, finished replays, and what has waited for
    longer than the log keeps events (a job of the tick, some thousands at a time); returns how
    many."""
    settled = as_of - timedelta(days=settings.HUB_QUARANTINE_DAYS)
    waited = as_of - timedelta(days=settings.HUB_EVENT_DAYS)
    stale = (
        Quarantined.objects.filter(resolved_at__lt=settled),
        Quarantined.objects.filter(received_at__lt=waited),
    )
    gone = sum(_delete(rows) for rows in (*stale, Replay.objects.filter(finished_at__lt=settled)))
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_VOIDS, [waited, ROWS])
        return gone + int(cursor.rowcount)


@transaction.atomic
def _delete(rows: Any) -> int:
    ids = list(rows.order_by("id").values_list("pk", flat=True)[:ROWS])
    rows.model.objects.filter(pk__in=ids).delete()
    return len(ids)
