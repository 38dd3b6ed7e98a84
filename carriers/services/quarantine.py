"""What was kept but not taken: doubtful events and conflicts."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from carriers.models import Quarantined
from carriers.rules import Statement
from kernel.refusals import Reason


def keep(items: Sequence[tuple[Statement, list[Reason]]], receipt: Any) -> None:
    """Keep items with the reasons against them; the same content again renews its row."""
    if not items:
        return
    rows = {
        (statement.key, statement.content_hash): Quarantined(
            city_id=receipt.city_id,
            organisation_id=statement.sender_id,
            event_id=statement.event_id,
            content_hash=statement.content_hash,
            event_type=statement.event.event_type,
            vehicle_id=statement.vehicle_id,
            code=str(reasons[0].code),
            reasons=[
                {"code": str(reason.code), "detail": reason.detail, "pointer": reason.pointer}
                for reason in reasons
            ],
            payload=msgspec.to_builtins(statement.event),
            client_id=receipt.client_id,
            received_at=receipt.received_at,
        )
        for statement, reasons in items
    }
    ordered = [rows[key] for key in sorted(rows)]
    Quarantined.objects.bulk_create(
        ordered,
        update_conflicts=True,
        unique_fields=["organisation", "event_id", "content_hash"],
        update_fields=["code", "reasons", "received_at", "client_id", "resolved_at"],
    )


def resolve(statements: Iterable[Statement], before: Collection[Any], now: datetime) -> None:
    """Mark as resolved what lay in quarantine and has now been accepted."""
    senders = {statement.sender.text: statement.sender_id for statement in statements}
    if not senders or not _anything_waits(list(senders.values())):
        return
    taken = {s.event_id: s.content_hash for s in statements if s.key not in before}
    waiting = Quarantined.objects.filter(
        organisation_id__in=senders.values(), resolved_at=None, event_id__in=taken
    )
    rows = waiting.only("event_id", "content_hash")
    mended = [row.pk for row in rows if taken[row.event_id] == bytes(row.content_hash)]
    Quarantined.objects.filter(pk__in=mended).update(resolved_at=now)


def _anything_waits(senders: list[UUID]) -> bool:
    with connection.cursor() as cursor:  # asked with each batch
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM carriers_quarantined"
            " WHERE organisation_id = ANY(%s) AND resolved_at IS NULL)",
            [senders],
        )
        return bool(cursor.fetchone()[0])
