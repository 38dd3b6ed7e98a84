"""What webhooks tell of findings."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count

from accounts.news import Piece, Topic
from accounts.scopes import FINDINGS_READ
from compliance.models import Finding
from foundation.models import OutboxMessage

TOLD = (
    "state", "severity", "kind", "organisation_id", "vehicle_id", "act_kind", "act_id",
    "zone_id", "curb_zone_id", "regulation_id", "version_id", "rule_row", "rule_code",
    "sentence", "from_at", "until_at", "opened_at", "changed_at", "confirmed_at",
)  # fmt: skip


def read(messages: Sequence[OutboxMessage]) -> Mapping[UUID, Piece]:
    """Return the findings that messages are about, as they are now. One query.

    The version of a finding is the number of entries in its journal: every change of what is told
    makes one, and state and count are read in one statement.
    """
    wanted = {message.id: UUID(str(message.payload["finding_id"])) for message in messages}
    rows = Finding.objects.annotate(entries=Count("journal")).in_bulk(set(wanted.values()))
    found = {}
    for message in messages:
        row = rows.get(wanted[message.id])
        if row is not None:
            data = _data(row, message.payload["change"])
            found[message.id] = Piece(data, row.organisation_id, row.vehicle_id)
    return found


def _data(row: Any, change: str) -> dict[str, Any]:
    said = {"finding_id": row.id, "change": change, "version": row.entries}
    return said | {name: getattr(row, name) for name in TOLD}


TOPICS = tuple(Topic(name, FINDINGS_READ, read) for name in ("finding.created", "finding.changed"))
