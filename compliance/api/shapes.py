"""What the endpoints of compliance give."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from compliance.models import Finding, FindingJournal


class FindingOut(Struct):
    """A rule that a visit or a stay broke. `until_at` null: the vehicle is still there."""

    id: UUID
    state: str
    severity: str
    kind: str
    organisation_id: UUID
    vehicle_id: UUID
    act_kind: str
    act_id: UUID
    zone_id: UUID | None
    curb_zone_id: UUID | None
    regulation_id: UUID
    version_id: UUID
    rule_row: int
    rule_code: str
    sentence: str
    from_at: datetime
    until_at: datetime | None
    seconds_over: int
    opened_at: datetime
    changed_at: datetime
    confirmed_at: datetime | None


class JournalOut(Struct):
    """An entry of a finding's journal: the fields that changed, and why."""

    entry: str
    at: datetime
    before: dict[str, Any]
    after: dict[str, Any]
    because: dict[str, Any]


class FindingDetail(FindingOut):
    """A finding with its evidence and its journal."""

    evidence: dict[str, Any]
    journal: list[JournalOut]


def finding(row: Finding) -> dict[str, Any]:
    """Return a finding as JSON data."""
    return {name: getattr(row, name) for name in FindingOut.__struct_fields__}


def entry(row: FindingJournal) -> dict[str, Any]:
    """Return a journal entry as JSON data."""
    return {name: getattr(row, name) for name in JournalOut.__struct_fields__}
