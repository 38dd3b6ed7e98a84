"""The one writer of the event log.

A batch goes by binary COPY into a temporary table, and from there in one statement into the
identity table, whose key decides what is new, and into the two log tables. Identity rows are
written in key order, so that batches which overlap wait for each other and never deadlock.

A void whose target is not known yet is held on the identity row of the target's id; it reaches
the log in the transaction that writes the target.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from carriers.rules import Ids, Statement
from carriers.services import held, packing
from kernel.identifiers import uuid7

Key = tuple[UUID, UUID]

_COLUMNS = {
    "idx": "int4", "id": "uuid", "sender_id": "uuid", "event_id": "uuid", "city_id": "uuid",
    "content_hash": "bytea", "subject_id": "uuid", "shard": "int2", "client_id": "uuid",
    "is_position": "bool", "event_type": "text", "classifier": "text", "vehicle_id": "uuid",
    "stop_id": "uuid", "facility_id": "uuid", "trip_id": "uuid", "voids_event_id": "uuid",
    "voids_effective_at": "timestamptz", "occurred_at": "timestamptz",
    "effective_at": "timestamptz", "received_at": "timestamptz", "lateness": "text",
    "session_id": "text", "seq": "int8", "lng": "float8", "lat": "float8",
    "accuracy_m": "float8", "speed_mps": "float8", "heading_deg": "float8", "payload": "jsonb",
    "held": "jsonb",
}  # fmt: skip
_POSITION = (
    "id, shard, city_id, subject_id, sender_id, client_id, event_id, occurred_at, effective_at,"
    " received_at, lateness, trip_id, session_id, seq, lng, lat, accuracy_m, speed_mps,"
    " heading_deg, payload"
)
_EVENT = (
    f"{_POSITION}, event_type, classifier, vehicle_id, stop_id, facility_id, voids_event_id,"
    " voids_effective_at"
)
_IDENTITY = (
    "sender_id, event_id, city_id, content_hash, subject_id, shard, effective_at, received_at, held"
)
_STAGE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS carriers_stage ("
    + ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    + ") ON COMMIT DELETE ROWS"
)
_COPY = f"COPY carriers_stage ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_STORE = f"""
WITH taken AS (
    INSERT INTO carriers_identity AS known ({_IDENTITY})
    SELECT {_IDENTITY} FROM carriers_stage ORDER BY sender_id, event_id
    ON CONFLICT (sender_id, event_id) DO UPDATE SET
        content_hash = COALESCE(known.content_hash, excluded.content_hash),
        subject_id = COALESCE(known.subject_id, excluded.subject_id),
        shard = COALESCE(known.shard, excluded.shard),
        effective_at = COALESCE(known.effective_at, excluded.effective_at),
        held = NULLIF(
            COALESCE(known.held, '[]') || COALESCE(excluded.held, '[]'), '[]'::jsonb
        )
    WHERE CASE WHEN excluded.content_hash IS NULL THEN known.subject_id IS NULL
          ELSE known.content_hash IS NULL END
    RETURNING sender_id, event_id, held
), positions AS (
    INSERT INTO carriers_position (xid, {_POSITION})
    SELECT pg_current_xact_id(), {_POSITION} FROM (
        SELECT stage.* FROM carriers_stage stage JOIN taken USING (sender_id, event_id)
        WHERE stage.is_position AND stage.subject_id IS NOT NULL
    ) fresh
), events AS (
    INSERT INTO carriers_event (xid, {_EVENT})
    SELECT pg_current_xact_id(), {_EVENT} FROM (
        SELECT stage.* FROM carriers_stage stage JOIN taken USING (sender_id, event_id)
        WHERE NOT stage.is_position AND stage.subject_id IS NOT NULL
    ) fresh
)
SELECT stage.idx, taken.event_id IS NOT NULL, taken.held
FROM carriers_stage stage LEFT JOIN taken USING (sender_id, event_id)
WHERE taken.event_id IS NULL OR taken.held IS NOT NULL
"""
_KNOWN = """
SELECT sender_id, event_id, content_hash, subject_id, effective_at FROM carriers_identity
JOIN unnest(%s::uuid[], %s::uuid[]) AS asked(sender_id, event_id) USING (sender_id, event_id)
"""


class Known(NamedTuple):
    """What the log knows of an event id."""

    content_hash: bytes | None
    subject_id: UUID | None
    effective_at: datetime | None


@dataclass(frozen=True)
class Receipt:
    """Where and when a batch was received, and who transmitted it."""

    city_id: UUID
    client_id: UUID | None
    received_at: datetime


def known(keys: Sequence[Key]) -> dict[Key, Known]:
    """Return what the log knows of event ids; those that it does not know are left out."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [[key[0] for key in keys], [key[1] for key in keys]])
        return {
            (sender, event): Known(None if digest is None else bytes(digest), subject, at)
            for sender, event, digest, subject, at in cursor.fetchall()
        }


def store(statements: Sequence[Statement], receipt: Receipt, ids: Ids) -> dict[Key, Known]:
    """Write a batch of statements with distinct keys; return what was there before of those that
    were not new. Runs inside the caller's transaction.
    """
    targets = _resolve_voids(statements)
    rows = _pack(statements, targets, receipt, ids)
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        if connection.savepoint_ids:  # not the outermost transaction: rows of an earlier batch
            cursor.execute("DELETE FROM carriers_stage")
        with cursor.copy(_COPY) as copy:
            copy.write(rows)
        cursor.execute(_STORE)
        answers = cursor.fetchall()
    if not answers:
        return {}
    return _settle(statements, targets, answers, receipt, ids)


def _resolve_voids(statements: Sequence[Statement]) -> dict[Key, list[Statement]]:
    """Give voids the subject of their targets; return those whose target has none yet."""
    voids = [statement for statement in statements if statement.voids_event_id is not None]
    found = known([_target(void) for void in voids])
    waiting: dict[Key, list[Statement]] = {}
    for void in voids:
        target = found.get(_target(void))
        if target is not None and target.subject_id is not None:
            void.subject_id = target.subject_id
            void.voids_effective_at = target.effective_at
        else:
            waiting.setdefault(_target(void), []).append(void)
    return waiting


def _target(void: Statement) -> Key:
    assert void.voids_event_id is not None
    return void.sender_id, void.voids_event_id


def _pack(
    statements: Sequence[Statement],
    targets: dict[Key, list[Statement]],
    receipt: Receipt,
    ids: Ids,
) -> bytes:
    packer = packing.Packer(receipt, ids, tuple(_COLUMNS))
    number = uuid7().int
    own = {statement.key for statement in statements} if targets else frozenset()
    for place, statement in enumerate(statements):
        waiting = targets.get(statement.key) if targets else None
        notes = held.encode(waiting, receipt) if waiting else None
        packer.add(place, number + place, statement, notes)
    for place, (key, voids) in enumerate(targets.items(), start=1):
        if key not in own:
            packer.hold(-place, key, held.encode(voids, receipt))
    return packer.packed()


def _settle(
    statements: Sequence[Statement],
    targets: dict[Key, list[Statement]],
    answers: list[tuple[int, bool, Any]],
    receipt: Receipt,
    ids: Ids,
) -> dict[Key, Known]:
    """Look at what was not simply new: losers, targets that voids waited for, and races."""
    holds = list(targets)
    losers = [statements[place].key for place, taken, _ in answers if place >= 0 and not taken]
    missed = [holds[-place - 1] for place, taken, _ in answers if place < 0 and not taken]
    before = known([*losers, *missed])
    releases: list[held.Release] = []
    for place, taken, notes in answers:
        if place >= 0 and taken and statements[place].subject_id is not None:
            statement = statements[place]
            releases += held.decode(
                notes, statement.sender_id, statement.subject_id, statement.effective_at
            )
    for key in [key for key in (*losers, *missed) if key in targets]:
        target = before[key]
        if target.subject_id is not None:
            notes = msgspec.json.decode(held.encode(targets[key], receipt))
            releases += held.decode(notes, key[0], target.subject_id, target.effective_at)
    held.release(releases, receipt.city_id, ids)
    return {key: before[key] for key in losers}
