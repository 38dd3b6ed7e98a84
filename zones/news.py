"""What webhooks tell of regulations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts.news import Piece, Topic, pieces
from foundation.models import OutboxMessage
from zones.models import RegulationVersion


def read(messages: Sequence[OutboxMessage]) -> Mapping[UUID, Piece]:
    """Return the versions that messages are about, as they are now. One query."""
    rows = RegulationVersion.objects.select_related("regulation")
    return pieces(messages, key="version_id", rows=rows, piece=_piece)


def _piece(row: RegulationVersion, payload: Mapping[str, Any]) -> Piece:
    data = {
        "change": payload["change"],
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
    return Piece(data)


TOPIC = Topic("regulation.published", None, read)
