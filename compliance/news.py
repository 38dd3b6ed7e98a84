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
    "sentence", "from_at", "until_at", "opened_at", "changed_at", "confirmed_at", "set_aside_at",
)  # fmt: skip
"""Of the finding as it is now."""
OF_THE_CHANGE = ("evidence_head", "dispute_id")
"""Of the change itself, where it has them: the finding may have changed again since."""


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
            data = _data(row, message.payload)
            found[message.id] = Piece(data, row.organisation_id, row.vehicle_id)
    return found


def _data(row: Any, payload: Mapping[str, Any]) -> dict[str, Any]:
    said = {"finding_id": row.id, "change": payload["change"], "version": row.entries}
    own = {name: payload[name] for name in OF_THE_CHANGE if name in payload}
    return said | {name: getattr(row, name) for name in TOLD} | own


TOPICS = tuple(Topic(name, FINDINGS_READ, read) for name in ("finding.created", "finding.changed"))
