"""What webhooks tell of regulations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts.news import Piece, Topic
from foundation.models import OutboxMessage
from zones.models import RegulationVersion


def read(messages: Sequence[OutboxMessage]) -> Mapping[UUID, Piece]:
    """Return the versions that messages are about, as they are now. One query."""
    wanted = {message.id: UUID(str(message.payload["version_id"])) for message in messages}
    rows = RegulationVersion.objects.select_related("regulation").in_bulk(set(wanted.values()))
    return {
        message.id: Piece(_data(rows[wanted[message.id]], message.payload["change"]))
        for message in messages
        if wanted[message.id] in rows
    }


def _data(row: RegulationVersion, change: str) -> dict[str, Any]:
    return {
        "change": change,
        "regulation_id": row.regulation_id,
        "regulation_code": row.regulation.code,
        "zone_id": row.regulation.zone_id,
        "version_id": row.id,
        "version": row.number,
        "state": row.state,
        "legal_from": row.legal_from,
        "legal_until": row.legal_until,
        "recorded_from": row.recorded_from,
        "recorded_until": row.recorded_until,
        "vacate_by_s": row.vacate_by_s,
    }


TOPIC = Topic("regulation.published", None, read)
