"""Voids that came before their targets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from carriers.rules import Named, Statement
from carriers.services.packing import Receipt
from kernel.identifiers import uuid7


class Release(NamedTuple):
    """A held void whose target is now known: the void as noted, and what it takes from there."""

    sender_id: UUID
    subject: Named
    voids_effective_at: datetime | None
    note: dict[str, Any]


def encode(voids: Iterable[tuple[Statement, Receipt]]) -> bytes:
    """Return the voids as the notes that an identity row keeps (a JSON list)."""
    return msgspec.json.encode(
        [
            {
                "event_id": void.event_id,
                "content_hash": void.content_hash.hex(),
                "vehicle_id": void.vehicle_id,
                "trip_id": None if void.trip is None else void.trip.id,
                "city_id": receipt.city_id,
                "occurred_at": void.event.occurred_at,
                "effective_at": void.effective_at,
                "received_at": receipt.received_at,
                "client_id": receipt.client_id,
                "lateness": void.lateness,
                "voids_event_id": void.voids_event_id,
                "payload": void.event,
            }
            for void, receipt in voids
        ]
    )


def wait(key: bytes, notes: bytes) -> UUID | None:
    """Have notes wait on the identity row of their target for as long as it has no subject;
    return the subject when another process has given it one meanwhile, and nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE carriers_identity SET held = CASE WHEN subject_id IS NULL"
            " THEN COALESCE(held, '[]') || %s::jsonb ELSE held END"
            " WHERE sender_id = %s AND event_id = %s RETURNING subject_id",
            [notes.decode(), UUID(bytes=key[:16]), UUID(bytes=key[16:])],
        )
        (subject_id,) = cursor.fetchone()
    return subject_id


def decode(
    notes: Any, sender_id: UUID, subject: Named | None, effective_at: datetime | None
) -> list[Release]:
    """Return the releases that an identity row's notes become once its subject is known."""
    if subject is None:
        return []
    return [Release(sender_id, subject, effective_at, note) for note in _loaded(notes)]


def release(releases: list[Release]) -> None:
    """Write held voids to the log, each once, and the voids that waited for them in turn."""
    while releases:
        following: list[Release] = []
        for item in sorted(releases, key=lambda one: one.note["event_id"]):
            following += _release(item)
        releases = following


def _release(item: Release) -> list[Release]:
    note, subject = item.note, item.subject
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE carriers_identity SET subject_id = %s, shard = %s"
            " WHERE sender_id = %s AND event_id = %s AND subject_id IS NULL"
            " AND content_hash = decode(%s, 'hex') RETURNING held, effective_at",
            [subject.id, subject.shard, item.sender_id, note["event_id"], note["content_hash"]],
        )
        row = cursor.fetchone()
        if row is None:  # another note of the same void
            return []
        facts = {name: note[name] for name in _NOTED} | {
            "id": uuid7(),
            "shard": subject.shard,
            "subject_id": subject.id,
            "sender_id": item.sender_id,
            "event_type": "event.voided",
            "classifier": "actual",
            "voids_effective_at": item.voids_effective_at,
            "payload": msgspec.json.encode(note["payload"]).decode(),
        }
        names = ", ".join(facts)
        cursor.execute(
            f"INSERT INTO carriers_event (xid, {names})"
            f" VALUES (pg_current_xact_id(), {', '.join(['%s'] * len(facts))})",
            list(facts.values()),
        )
    return decode(row[0], item.sender_id, subject, row[1])


_NOTED = (
    "city_id", "event_id", "vehicle_id", "trip_id", "occurred_at", "effective_at", "received_at",
    "client_id", "lateness", "voids_event_id",
)  # fmt: skip


def _loaded(notes: Any) -> list[dict[str, Any]]:
    if notes is None:
        return []
    return msgspec.json.decode(notes) if isinstance(notes, str | bytes) else notes
