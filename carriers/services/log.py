"""The one writer of the event log.

A batch goes by binary COPY into a temporary table, and from there in one statement into the
identity table, whose key decides what is new, and into the two log tables. Identity rows are
written in key order, so that batches which overlap wait for each other and never deadlock.

A void whose target is not known yet is held on the identity row of the target's id; it reaches
the log in the transaction that writes the target.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from carriers.positions import Positions
from carriers.rules import Named, Statement
from carriers.services import held, packing
from carriers.services.packing import Receipt
from kernel.identifiers import uuid7

Key = bytes
"""Identity of an event: 16 bytes of the sender, 16 of the sender's event id."""

_COLUMNS = {
    "idx": "int4", "id": "uuid", "event_id": "uuid",
    "subject_id": "uuid", "shard": "int2", "vehicle_id": "uuid",
    "occurred_at": "timestamptz", "effective_at": "timestamptz",
    "lng": "float8", "lat": "float8", "accuracy_m": "float8", "speed_mps": "float8",
    "heading_deg": "float8", "sender_id": "uuid", "city_id": "uuid", "client_id": "uuid",
    "is_position": "bool", "event_type": "text", "classifier": "text",
    "received_at": "timestamptz", "lateness": "text", "stop_id": "uuid", "facility_id": "uuid",
    "trip_id": "uuid", "voids_event_id": "uuid", "voids_effective_at": "timestamptz",
    "session_id": "text", "seq": "int8", "payload": "jsonb", "held": "jsonb",
    "content": "bytea",
}  # fmt: skip
"""What differs between positions of a sender goes first (`packing.Packer.add_positions`). The
content is a hash of 32 bytes; of positions by columns it is longer, and hashed here."""
_POSITION = (
    "id, shard, city_id, subject_id, sender_id, client_id, event_id, occurred_at, effective_at,"
    " received_at, lateness, trip_id, session_id, seq, lng, lat, accuracy_m, speed_mps,"
    " heading_deg, payload"
)
_STAGED = re.sub(r"(accuracy_m|speed_mps|heading_deg)", r"NULLIF(\1, 'NaN')", _POSITION)
"""Columns of equal width have a NaN where nothing was said."""
_EVENT = (
    f"{_POSITION}, event_type, classifier, vehicle_id, stop_id, facility_id, voids_event_id,"
    " voids_effective_at"
)
_IDENTITY = (
    "sender_id, event_id, city_id, content_hash, subject_id, shard, effective_at, received_at, held"
)
_TAKEN = _IDENTITY.replace(
    "content_hash", "CASE WHEN octet_length(content) > 32 THEN sha256(content) ELSE content END"
)
PATIENCE = "20s"
"""A database that cannot keep up gives the writer an error in time to tell the client."""

_STAGE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS carriers_stage ("
    + ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    + ") ON COMMIT DELETE ROWS"
)
_COPY = f"COPY carriers_stage ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_STORE = f"""
WITH taken AS (
    INSERT INTO carriers_identity AS known ({_IDENTITY})
    SELECT {_TAKEN} FROM carriers_stage ORDER BY sender_id, event_id
    ON CONFLICT (sender_id, event_id) DO UPDATE SET
        content_hash = COALESCE(known.content_hash, excluded.content_hash),
        subject_id = COALESCE(known.subject_id, excluded.subject_id),
        shard = COALESCE(known.shard, excluded.shard),
        effective_at = COALESCE(known.effective_at, excluded.effective_at),
        received_at = CASE WHEN excluded.content_hash IS NULL THEN known.received_at
            ELSE excluded.received_at END,
        held = NULLIF(
            COALESCE(known.held, '[]') || COALESCE(excluded.held, '[]'), '[]'::jsonb
        )
    WHERE CASE WHEN excluded.content_hash IS NULL THEN known.subject_id IS NULL
          ELSE known.content_hash IS NULL END
    RETURNING sender_id, event_id, held
), positions AS (
    INSERT INTO carriers_position (xid, {_POSITION})
    SELECT pg_current_xact_id(), {_STAGED} FROM (
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
UNION ALL SELECT NULL, NULL, NULL WHERE EXISTS (
    SELECT FROM carriers_quarantined WHERE organisation_id = ANY(%s) AND resolution <> 'accepted'
)
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
class Lot:
    """Events that were received together: statements, and plain positions by columns."""

    receipt: Receipt
    statements: list[Statement]
    positions: list[Positions] = field(default_factory=list)


def limit_waits() -> None:
    """Have every statement of the rest of the transaction given up after PATIENCE."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [PATIENCE])


def known(keys: Sequence[Key]) -> dict[Key, Known]:
    """Return what the log knows of event ids; those that it does not know are left out."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _KNOWN, [[UUID(bytes=key[:16]) for key in keys], [UUID(bytes=key[16:]) for key in keys]]
        )
        return {
            sender.bytes + event.bytes: Known(
                None if digest is None else bytes(digest), subject, at
            )
            for sender, event, digest, subject, at in cursor.fetchall()
        }


class Written(NamedTuple):
    """What a write found: `before` has what was there of events that were not new, by key, and
    `is_awaited` says whether something of the senders lies in quarantine."""

    before: dict[Key, Known]
    is_awaited: bool


def store(lots: Sequence[Lot]) -> Written:
    """Write events with distinct keys. Runs inside the caller's transaction."""
    return _Writing(lots).write()


class _Writing:
    """One write: every event with its receipt and its place, and the voids that wait for a target.

    Statements have the first places, then come positions by columns.
    """

    def __init__(self, lots: Sequence[Lot]) -> None:
        self._statements = [(one, lot.receipt) for lot in lots for one in lot.statements]
        self._positions = [(one, lot.receipt) for lot in lots for one in lot.positions]
        self._starts: list[int] = []
        self._waiting: dict[Key, list[tuple[Statement, Receipt]]] = {}

    def write(self) -> Written:
        self._resolve_voids()
        if self._waiting:  # one of the positions may be what a void waits for
            for positions, receipt in self._positions:
                self._statements += [(one, receipt) for one in positions.statements()]
            self._positions = []
        rows = self._packed()
        with connection.cursor() as cursor:
            cursor.execute(_STAGE)
            if connection.savepoint_ids:  # not the outermost transaction: rows of an earlier batch
                cursor.execute("DELETE FROM carriers_stage")
            with cursor.copy(_COPY) as copy:
                copy.write(rows)
            cursor.execute(_STORE, [self._senders()])
            answers = cursor.fetchall()
        found = [answer for answer in answers if answer[0] is not None]
        return Written(self._settle(found) if found else {}, len(found) < len(answers))

    def _resolve_voids(self) -> None:
        """Give voids the subject of their targets; keep those whose target has none yet."""
        voids = [pair for pair in self._statements if pair[0].voids_event_id is not None]
        found = known([_target(void) for void, _ in voids])
        for void, receipt in voids:
            target = found.get(_target(void))
            if target is not None and target.subject_id is not None:
                void.subject = Named.of(target.subject_id)
                void.voids_effective_at = target.effective_at
            else:
                self._waiting.setdefault(_target(void), []).append((void, receipt))

    def _packed(self) -> bytes:
        packer = packing.Packer(tuple(_COLUMNS))
        waiting = self._waiting
        number, place = uuid7().int, 0
        for statement, receipt in self._statements:
            voids = waiting.get(statement.key) if waiting else None
            notes = held.encode(voids) if voids else None
            packer.add(place, number + place, statement, receipt, notes)
            place += 1
        for positions, receipt in self._positions:
            packer.add_positions(place, number + place, positions, receipt)
            self._starts.append(place)
            place += len(positions)
        own = {statement.key for statement, _ in self._statements} if waiting else frozenset()
        for place, (key, voids) in enumerate(waiting.items(), start=1):
            if key not in own:
                packer.hold(-place, key, voids[0][1], held.encode(voids))
        return packer.packed()

    def _senders(self) -> list[UUID]:
        senders = {statement.sender.id for statement, _ in self._statements}
        return [*senders.union(one.sender.id for one, _ in self._positions)]

    def _at(self, place: int) -> tuple[Positions, int] | Statement:
        """Return the event at a place: a statement, or positions and the row."""
        if place < len(self._statements):
            return self._statements[place][0]
        number = bisect_right(self._starts, place) - 1
        return self._positions[number][0], place - self._starts[number]

    def _key(self, place: int) -> Key:
        found = self._at(place)
        return found.key if isinstance(found, Statement) else found[0].key(found[1])

    def _statement(self, place: int) -> Statement:
        found = self._at(place)
        return found if isinstance(found, Statement) else found[0].statement(found[1])

    def _settle(self, answers: list[tuple[int, bool, Any]]) -> dict[Key, Known]:
        """Look at what was not simply new: losers, targets that voids waited for, and races."""
        waiting = self._waiting
        holds = list(waiting)
        losers = [self._key(place) for place, taken, _ in answers if place >= 0 and not taken]
        missed = [holds[-place - 1] for place, taken, _ in answers if place < 0 and not taken]
        before = known([*losers, *missed])
        releases: list[held.Release] = []
        for place, taken, notes in answers:
            if place >= 0 and taken:
                target = self._statement(place)
                releases += held.decode(
                    notes, target.sender_id, target.subject, target.effective_at
                )
        for key in [key for key in (*losers, *missed) if key in waiting]:
            there, notes = before[key], held.encode(waiting[key])
            # A target that was there and waits itself: a void, whose own target has not come.
            subject_id = there.subject_id or held.wait(key, notes)
            if subject_id is not None:
                subject = Named.of(subject_id)
                releases += held.decode(notes, UUID(bytes=key[:16]), subject, there.effective_at)
        held.release(releases)
        return {key: before[key] for key in losers}


def _target(void: Statement) -> Key:
    assert void.voids_event_id is not None
    return void.key[:16] + void.voids_event_id.bytes
