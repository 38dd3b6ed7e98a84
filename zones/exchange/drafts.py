"""What a reader makes of a file: drafts of zones with regulations, and notes on what became of it.

A reader never refuses a file for one bad item: the item has a note of kind `refused`, its
neighbours are taken. What a reader cannot say in the rule language it leaves out and names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from shapely.geometry import MultiPolygon

Kind = Literal["taken", "repaired", "not_understood", "refused"]


class Note(NamedTuple):
    """What became of one thing in a file: a stable code, a sentence, and where it stands."""

    kind: Kind
    code: str
    detail: str
    at: str = ""


class Unreadable(Exception):
    """A file or an item of it cannot be read; `code` is that of the note it becomes."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Context:
    """The city for which a file is read: its time zone and its metric reference system.

    `since` is from when that holds which a source does not date: the day of the load.
    """

    tz: ZoneInfo
    srid: int
    since: datetime = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class VersionDraft:
    """What a regulation is to say for a legal period: rows of the rule language, as JSON data.

    `undated`: the source names no time; then the period does not tell two drafts apart.
    """

    rows: list[dict[str, Any]]
    legal_from: datetime
    legal_until: datetime | None = None
    legal_reference: str = ""
    undated: bool = False


@dataclass(slots=True)
class RegulationDraft:
    """A regulation with its versions in the order of their time."""

    source_id: str
    title: str
    versions: list[VersionDraft]


@dataclass(slots=True)
class ZoneDraft:
    """A zone as a file has it. `source_id` is stable between two readings of the same source."""

    source_id: str
    name: str
    kind: str
    geometry: MultiPolygon
    legal_from: datetime
    legal_until: datetime | None = None
    grace_s: int = 0
    regulations: list[RegulationDraft] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """A file as it was understood. `notes` are about the file and about items that gave nothing."""

    zones: list[ZoneDraft] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def every_note(self) -> Iterator[Note]:
        """Yield the notes of the file and of its zones."""
        yield from self.notes
        for zone in self.zones:
            yield from zone.notes


def once(notes: Iterable[Note]) -> list[Note]:
    """Return the notes without repetitions, in their order."""
    return list(dict.fromkeys(notes))
