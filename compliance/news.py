"""What webhooks tell of findings."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count

from accounts.news import Piece, Topic, pieces
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
    rows = Finding.objects.annotate(entries=Count("journal"))
    return pieces(messages, key="finding_id", rows=rows, piece=_piece)


def _piece(row: Any, payload: Mapping[str, Any]) -> Piece:
    said = {"finding_id": row.id, "change": payload["change"], "version": row.entries}
    own = {name: payload[name] for name in OF_THE_CHANGE if name in payload}
    data = said | {name: getattr(row, name) for name in TOLD} | own
    return Piece(data, row.organisation_id, row.vehicle_id)


TOPICS = tuple(Topic(name, FINDINGS_READ, read) for name in ("finding.created", "finding.changed"))
