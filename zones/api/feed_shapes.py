"""What the endpoints of exchange give."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from zones.exchange.published import Unsaid
from zones.imports import RuleImport
from zones.services import rule_imports


class NoteOut(Struct):
    """What became of one thing in a file: a stable code, a sentence, and where it stands."""

    code: str
    detail: str
    at: str


class FileNote(Struct):
    """A note about a file, or about an item that gave nothing."""

    file: str
    kind: Literal["taken", "repaired", "not_understood", "refused"]
    code: str
    detail: str
    at: str


class DraftOut(Struct):
    """A draft that was written, with its sentences."""

    id: UUID
    number: int
    legal_from: datetime
    legal_until: datetime | None
    sentences: list[str]


class RegulationDrafts(Struct):
    """A regulation with the drafts that were written; none when it says all of it already."""

    id: UUID
    code: str
    title: str
    versions: list[DraftOut]


class ItemReport(Struct):
    """What became of one zone of a file."""

    file: str
    source_id: str
    name: str
    code: str
    zone_id: UUID | None
    outcome: Literal["taken", "unchanged", "refused"]
    regulations: list[RegulationDrafts]
    taken: list[NoteOut]
    repaired: list[NoteOut]
    not_understood: list[NoteOut]
    refused: list[NoteOut]


class ImportReport(Struct):
    """What became of a file: figures, a report of each zone, notes about the file.

    While it is `computing`, of the first `looked_at` of `total` zones.
    """

    id: UUID
    state: Literal["computing", "done", "failed"]
    looked_at: int
    total: int
    files: int
    zones: int
    regulations: int
    repaired: int
    not_understood: int
    refused: int
    items: list[ItemReport]
    notes: list[FileNote]


class UnsaidOut(Struct):
    """Something of a rule that a format has no word for."""

    zone_id: UUID
    zone: str
    regulation: str
    row: str
    what: str


class UnsaidReport(Struct):
    """What an export cannot say."""

    standard: str
    unsaid: list[UnsaidOut]


class Features(Struct):
    """A GeoJSON feature collection; `unsaid` names what it could not say."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    unsaid: list[UnsaidOut]


class GroundOut(Struct):
    """A version of a zone's ground."""

    id: UUID
    number: int
    geometry: dict[str, Any]
    grace_s: int
    legal_from: datetime
    legal_until: datetime | None
    recorded_from: datetime
    recorded_until: datetime | None


class RecordedVersion(Struct):
    """A version that was published, whatever became of it."""

    id: UUID
    number: int
    state: str
    title: str
    rows: list[dict[str, Any]]
    legal_reference: str
    vacate_by_s: int
    published_at: datetime | None
    hash: str
    legal_from: datetime
    legal_until: datetime | None
    recorded_from: datetime
    recorded_until: datetime | None


class RecordedRegulation(Struct):
    """A regulation with every version that was published."""

    id: UUID
    code: str
    title: str
    versions: list[RecordedVersion]


class RecordedZone(Struct):
    """A zone with every ground and every published rule."""

    id: UUID
    code: str
    name: str
    kind: str
    grounds: list[GroundOut]
    regulations: list[RecordedRegulation]


class RecordedDay(Struct):
    """A day of a calendar."""

    on: date
    recorded_from: datetime
    recorded_until: datetime | None


class RecordedTime(Struct):
    """A time in which a calendar is switched on; without an end until it is switched off."""

    on_from: datetime
    on_until: datetime | None
    recorded_from: datetime
    recorded_until: datetime | None


class RecordedCalendar(Struct):
    """A calendar of the city: its days, and the times in which it is switched on."""

    id: UUID
    code: str
    name: str
    days: list[RecordedDay]
    times: list[RecordedTime]


class RulesFeed(Struct):
    """Rules as recorded; ask for what comes after with `since` = `as_of`."""

    as_of: datetime
    zones: list[RecordedZone]
    calendars: list[RecordedCalendar]


def report(job: RuleImport) -> dict[str, Any]:
    """Return what became of a file as JSON data."""
    figures = rule_imports.report(job)
    told = {name: getattr(job, name) for name in ("id", "state", "looked_at", "total")}
    return told | {
        name: getattr(figures, name) for name in ImportReport.__struct_fields__ if name not in told
    }


def features(made: Iterable[dict[str, Any]], missing: Iterable[Unsaid]) -> dict[str, Any]:
    """Return features as a collection."""
    return {"type": "FeatureCollection", "features": list(made), "unsaid": unsaid(missing)}


def unsaid(missing: Iterable[Unsaid]) -> list[dict[str, Any]]:
    """Return what could not be said as JSON data."""
    return [one._asdict() for one in missing]
