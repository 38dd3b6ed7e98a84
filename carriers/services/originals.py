"""Keeping messages of other dialects as they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection
from django.db.models import Q

from accounts.actors import Actor
from carriers.adapters.translated import Translated
from carriers.models import CaptureJob, Original
from kernel import identifiers

_CHUNK = 10_000
_POSITIONS = Q(dialect="mds", kind="telemetry")


@dataclass(frozen=True)
class Kept:
    """A message to be kept: of whom, what was made of it and what was not."""

    sender_id: UUID
    translated: Translated
    raw: bytes
    content_hash: bytes
    event_ids: list[UUID]
    notes: list[dict[str, Any]]
    stands: bool = True  # False: other content has its id, and nothing of it was taken
    is_taken: bool = False  # just now, though it may have waited in quarantine before

    @property
    def key(self) -> tuple[UUID, str, str]:
        """Return whose message it is, of which kind and with which id."""
        return self.sender_id, self.translated.kind, self.translated.native_id


def digest(raw: bytes) -> bytes:
    """Return the hash of a message's content: equal however its members are ordered. What a
    repository notes on receipt (`recordTime` of EPCIS) does not count."""
    value = msgspec.json.decode(raw)
    value.pop("recordTime", None)
    return sha256(msgspec.json.encode(value, order="sorted")).digest()


@dataclass
class Before:
    """The hashes of the first and of the latest content that came under one id."""

    first: bytes
    latest: bytes


def before(dialect: str, kept: Sequence[Kept]) -> dict[tuple[UUID, str, str], Before]:
    """Return what is kept already under the ids of messages. One query."""
    if not kept:
        return {}
    rows = Original.objects.filter(
        organisation_id__in={one.sender_id for one in kept},
        dialect=dialect,
        kind__in={one.translated.kind for one in kept},
        native_id__in={one.translated.native_id for one in kept},
    )
    names = ("organisation_id", "kind", "native_id", "id", "order_id", "content_hash")
    found: dict[tuple[UUID, str, str], Before] = {}
    latest: dict[tuple[UUID, str, str], UUID] = {}
    for sender, kind, native, _, order_id, digested in rows.order_by("id").values_list(*names):
        key = (sender, kind, native)
        known = found.setdefault(key, Before(bytes(digested), bytes(digested)))
        if order_id >= latest.get(key, order_id):
            latest[key], known.latest = order_id, bytes(digested)
    return found


def keep(dialect: str, kept: Sequence[Kept], *, actor: Actor, now: datetime) -> None:
    """Keep messages in the caller's transaction; the same content again is kept once, and is the
    latest version where it is an entity or where it was taken only now."""
    first: dict[tuple[Any, ...], Kept] = {}
    for one in kept:
        first.setdefault((*one.key, one.content_hash), one)
    taken = {(*one.key, one.content_hash) for one in kept if one.is_taken}
    rows = {
        key: Original(
            city_id=actor.city_id,
            organisation_id=one.sender_id,
            dialect=dialect,
            kind=one.translated.kind,
            native_id=one.translated.native_id,
            is_state=one.translated.is_state,
            content_hash=one.content_hash,
            content=one.raw.decode(),
            event_ids=one.event_ids,
            vehicle_id=_vehicle_id(one),
            notes=one.notes,
            occurred_at=one.translated.occurred_at,
            stands=one.stands,
            received_at=now,
            client_id=actor.client_id,
        )
        for key, one in first.items()
    }
    # Sorted, so that batches that overlap cannot deadlock.
    ordered = [(rows[key], key in taken) for key in sorted(rows, key=str)]
    states = [row for row, _ in ordered if row.is_state and row.stands]
    told = [row for row, is_taken in ordered if not row.is_state and is_taken]
    others = [
        row for row, is_taken in ordered if not (row.stands if row.is_state else is_taken)
    ]  # what is there already stays as it is
    Original.objects.bulk_create(others, ignore_conflicts=True, batch_size=2_000)
    _renew(told, ["order_id", "stands"])
    _renew(states, ["order_id", "stands", "received_at", "client_id", "event_ids", "notes"])


def _renew(rows: list[Original], names: list[str]) -> None:
    Original.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organisation", "dialect", "kind", "native_id", "content_hash"],
        update_fields=names,
        batch_size=2_000,
    )


def _vehicle_id(one: Kept) -> UUID | None:
    named = one.translated.vehicle
    return None if named is None else identifiers.resolve(one.sender_id, "vehicle", named)


def forget_old(as_of: datetime) -> int:
    """Delete what happened longer ago than the log keeps it, in chunks; returns how many rows (a
    job of the tick). Entities stay: vehicles and places are still spoken of."""
    told = Original.objects.filter(is_state=False)
    positions = as_of - timedelta(days=settings.HUB_POSITION_DAYS)
    others = as_of - timedelta(days=settings.HUB_EVENT_DAYS)
    deleted = _delete(told.filter(_POSITIONS, received_at__lt=positions))
    deleted += _delete(told.filter(received_at__lt=others))
    return deleted + _delete(CaptureJob.objects.filter(created_at__lt=others))


def _delete(rows: Any) -> int:
    """Delete one chunk: what is left waits for the next tick, so that transactions stay short."""
    chosen = list(rows.order_by().values_list("id", flat=True)[:_CHUNK])
    if not chosen:
        return 0
    with connection.cursor() as cursor:
        table = rows.model._meta.db_table
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [chosen])
        return int(cursor.rowcount)
