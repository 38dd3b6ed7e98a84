"""What the endpoints of compliance give."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from compliance.models import Dispute, Finding, FindingJournal
from compliance.rules import Act, ActKind, Found
from compliance.selfcheck import Checked
from compliance.services.evidence import Bundle

Instant = Annotated[datetime, Meta(tz=True)]
Lng = Annotated[float, Meta(ge=-180, le=180)]
Lat = Annotated[float, Meta(ge=-90, le=90)]


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
    set_aside_at: datetime | None


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


class DisputeIn(Struct, forbid_unknown_fields=True):
    """Why a finding is wrong: in short, and at length if there is more to say."""

    reason: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    statement: Annotated[str, Meta(max_length=4000)] = ""


class DecisionIn(Struct, forbid_unknown_fields=True):
    """`upheld`: the carrier is right. The reasons are for the carrier to read."""

    outcome: Literal["upheld", "dismissed"]
    reasons: Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S")]


class DisputeOut(Struct):
    """A dispute; `decision` holds the reasons once it is decided."""

    id: UUID
    finding_id: UUID
    state: str
    reason: str
    statement: str
    opened_at: datetime
    decide_by_at: datetime
    decided_at: datetime | None
    decision: str


class EntryOut(Struct):
    """One entry of the chain; its hash holds the hash before it, its kind and its content."""

    kind: str
    content: Any
    hash: str


class BreakOut(Struct):
    """The first link that does not hold: bundle, number of the entry in it (from 0), kind."""

    bundle: int
    entry: int
    kind: str


class EvidenceOut(Struct):
    """Evidence; `frozen_at` null: as it is known now. `broken` null: every link holds."""

    finding_id: UUID
    number: int
    frozen_at: datetime | None
    previous: str
    head: str
    broken: BreakOut | None
    entries: list[EntryOut]


class FixIn(Struct, forbid_unknown_fields=True):
    """Where the vehicle will be, and when."""

    at: Instant
    lng: Lng
    lat: Lat


class StopIn(Struct, rename={"from_": "from"}, forbid_unknown_fields=True):
    """A stand: at a curb zone, or at a position (the curb within ten metres counts)."""

    from_: Instant
    until: Instant
    curb_zone_id: UUID | None = None
    lng: Lng | None = None
    lat: Lat | None = None


class SelfCheckIn(Struct, forbid_unknown_fields=True):
    """A vehicle with a timed path, with stops, or both; or a route whose stops are planned."""

    vehicle_id: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    path: Annotated[list[FixIn], Meta(max_length=5000)] = []
    stops: Annotated[list[StopIn], Meta(max_length=500)] = []
    route_id: UUID | None = None


class ActOut(Struct, rename={"from_": "from"}):
    """A visit or stay that would be."""

    act_kind: str
    zone_id: UUID | None
    curb_zone_id: UUID | None
    from_: datetime
    until: datetime


class WouldBeOut(Struct):
    """A finding that would be made."""

    severity: str
    kind: str
    act_kind: str
    zone_id: UUID | None
    curb_zone_id: UUID | None
    regulation_id: UUID
    version_id: UUID
    rule_row: int
    rule_code: str
    sentence: str
    from_at: datetime
    until_at: datetime
    seconds_over: int
    grace_s: int


class SelfCheckOut(Struct):
    """What would be judged and what would be found; `not_checked`: stops without a planned
    arrival."""

    vehicle_id: UUID
    acts: list[ActOut]
    findings: list[WouldBeOut]
    not_checked: list[UUID]


def dispute(row: Dispute) -> dict[str, Any]:
    """Return a dispute as JSON data."""
    return {name: getattr(row, name) for name in DisputeOut.__struct_fields__}


def evidence(bundle: Bundle) -> dict[str, Any]:
    """Return a bundle as JSON data."""
    broken = bundle.broken
    return {
        "finding_id": bundle.finding.id,
        "number": bundle.number,
        "frozen_at": bundle.frozen_at,
        "previous": bundle.previous,
        "head": bundle.head,
        "broken": broken and {"bundle": broken.bundle, "entry": broken.entry, "kind": broken.kind},
        "entries": [
            {"kind": entry.kind, "content": entry.content, "hash": entry.hash}
            for entry in bundle.entries
        ],
    }


def checked(vehicle_id: UUID, found: Checked, not_checked: Sequence[UUID]) -> dict[str, Any]:
    """Return a self-check as JSON data; `not_checked` are stops without a planned time."""
    return {
        "vehicle_id": vehicle_id,
        "acts": [_act(act) for act in found.acts],
        "findings": [_would_be(one) for one in found.findings],
        "not_checked": list(not_checked),
    }


def _act(act: Act) -> dict[str, Any]:
    visit = act.kind is ActKind.VISIT
    return {
        "act_kind": act.kind.value,
        "zone_id": act.place_id if visit else None,
        "curb_zone_id": None if visit else act.place_id,
        "from": act.period.start,
        "until": act.period.end,
    }


def _would_be(found: Found) -> dict[str, Any]:
    named = [name for name in WouldBeOut.__struct_fields__ if name != "grace_s"]
    told = {name: found.values[name] for name in named}
    return told | {"grace_s": found.values["evidence"]["grace_s"]}
