"""What the endpoints of the quarantine, of replays and of backfill windows take and give."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from carriers.models import BackfillWindow, Quarantined, Replay, ReplayedItem
from carriers.selectors.quarantine import Filter
from carriers.services.outcomes import ItemResult
from carriers.services.replays import MOST
from carriers.wishes import Instant

Why = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class QuarantinedOut(Struct, kw_only=True):
    """An event that was kept but not taken, with the reasons. `state`: open, accepted, dismissed.

    A reason has `code`, `detail`, `pointer`, and `named`: what its sender calls what is unknown.
    `received_at` is when it first came; `note` says why it was dismissed.
    """

    id: UUID
    organisation_id: UUID
    event_id: UUID
    event_type: str
    vehicle_id: UUID | None
    code: str
    reasons: list[dict[str, str]]
    payload: dict[str, Any]
    received_at: datetime
    state: str
    replayable: bool
    resolved_at: datetime | None
    note: str


class ReplayOneOut(Struct, kw_only=True):
    """What became of one item that was replayed, and the item as it is then."""

    status: str
    code: str
    detail: str
    item: QuarantinedOut


class DismissIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why an item is let rest."""

    reason: Why


class FilterIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which replayable items: what is left out does not limit. The period is half-open."""

    code: Annotated[str, Meta(max_length=80)] | UnsetType = UNSET
    event_type: Annotated[str, Meta(max_length=32)] | UnsetType = UNSET
    organisation_id: UUID | UnsetType = UNSET
    vehicle_id: UUID | UnsetType = UNSET
    received_from: Instant | UnsetType = UNSET
    received_until: Instant | UnsetType = UNSET


class ReplayIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Items to replay: by their ids, or all that a filter chooses (`{}`: all there are)."""

    ids: Annotated[list[UUID], Meta(max_length=MOST)] | UnsetType = UNSET
    filter: FilterIn | UnsetType = UNSET


class ReplayOut(Struct, kw_only=True):
    """A bulk replay. `counts` are items by status; `left_out` is what one replay could not take;
    `not_found` are ids that were asked for and are not there, or not yours."""

    id: UUID
    organisation_id: UUID
    state: str
    total: int
    done: int
    left_out: int
    counts: dict[str, int]
    not_found: list[UUID]
    asked_at: datetime
    finished_at: datetime | None


class ReplayedItemOut(Struct, kw_only=True):
    """What became of one item of a replay; `status` is empty before its turn."""

    id: UUID
    event_id: UUID
    event_type: str
    status: str
    code: str
    detail: str


class WindowIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A backfill window to open: for whom, for which past period, until when, and why."""

    organisation_id: UUID
    events_from: Instant
    events_until: Instant
    open_until: Instant
    reason: Why


class WindowOut(Struct, kw_only=True):
    """A backfill window. `is_open` as of the answer."""

    id: UUID
    organisation_id: UUID
    events_from: datetime
    events_until: datetime
    open_from: datetime
    open_until: datetime
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    is_open: bool


def quarantined(row: Quarantined) -> dict[str, Any]:
    """Return a quarantined event as JSON data."""
    names = (
        "id", "organisation_id", "event_id", "event_type", "vehicle_id", "code", "reasons",
        "payload", "received_at", "state", "resolved_at", "note",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {"replayable": row.is_replayable}


def replayed_one(row: Quarantined, result: ItemResult) -> dict[str, Any]:
    """Return what became of one replayed item as JSON data."""
    return {
        "status": result.status,
        "code": result.code,
        "detail": result.detail,
        "item": quarantined(row),
    }


def filter_of(wish: FilterIn | UnsetType) -> Filter | None:
    """Return the filter that a body asks for, None when it asks for none."""
    if isinstance(wish, UnsetType):
        return None
    given = {name: getattr(wish, name) for name in wish.__struct_fields__}
    return Filter(**{name: value for name, value in given.items() if value is not UNSET})


def replay(row: Replay) -> dict[str, Any]:
    """Return a replay as JSON data."""
    names = (
        "id", "organisation_id", "state", "total", "done", "left_out", "counts", "asked_at",
        "finished_at",
    )  # fmt: skip
    shown = {name: getattr(row, name) for name in names}
    return shown | {"not_found": row.chosen.get("not_found", [])}


def replayed(row: ReplayedItem) -> dict[str, Any]:
    """Return an item of a replay as JSON data."""
    return {
        "id": row.quarantined_id,
        "event_id": row.quarantined.event_id,
        "event_type": row.quarantined.event_type,
        "status": row.status,
        "code": row.code,
        "detail": row.detail,
    }


def window(row: BackfillWindow, now: datetime) -> dict[str, Any]:
    """Return a backfill window as JSON data."""
    names = (
        "id", "organisation_id", "events_from", "events_until", "open_from", "open_until",
        "reason", "opened_at", "closed_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {"is_open": row.is_open(now)}
