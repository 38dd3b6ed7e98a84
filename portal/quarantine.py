"""Quarantined events and their replays in the words of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actors import Actor
from carriers import codes
from carriers.models import Quarantined, Replay
from carriers.selectors import quarantine as reading
from carriers.selectors import vehicles
from carriers.services.outcomes import ItemResult
from portal import words
from portal.tables import Column
from portal.vehicles import names_of

MANY = 1000
"""Above this the navigation does not count."""

# Why an event was kept, and what would help.
REASONS: dict[str, tuple[Any, Any]] = {
    codes.CLOCK_AHEAD: (
        gettext_lazy("The event lay more than 5 minutes in the future when it came."),
        gettext_lazy("Replay it once its time has come, if the clock was right after all."),
    ),
    codes.VEHICLE_UNKNOWN: (
        gettext_lazy("The sender has registered no such vehicle."),
        gettext_lazy("Register the vehicle with the id that the event names, then replay."),
    ),
    codes.STOP_UNKNOWN: (
        gettext_lazy("The sender has published no route with this stop."),
        gettext_lazy("Publish the route, then replay."),
    ),
    codes.FACILITY_UNKNOWN: (
        gettext_lazy("There is no such facility in the city."),
        gettext_lazy("Register the facility with the id that the event names, then replay."),
    ),
    codes.CONFLICT: (
        gettext_lazy("An event with this id and other content is in the log; that one stands."),
        gettext_lazy("It is kept to be looked at. Send what is right under an id of its own."),
    ),
}
STATES: dict[str, tuple[Any, str]] = {
    "open": (gettext_lazy("waiting"), "warn"),
    "accepted": (gettext_lazy("taken into the log"), "ok"),
    "dismissed": (gettext_lazy("dismissed"), ""),
}
STATUSES: dict[str, tuple[Any, str]] = {
    "accepted": (gettext_lazy("taken into the log"), "ok"),
    "duplicate": (gettext_lazy("in the log already"), "ok"),
    "quarantined": (gettext_lazy("still waiting"), "warn"),
    "dismissed": (gettext_lazy("dismissed"), ""),
    "conflict": (gettext_lazy("in conflict with the log"), "bad"),
    "refused": (gettext_lazy("refused"), "bad"),
    "failed": (gettext_lazy("failed"), "bad"),
    "": (gettext_lazy("not yet"), ""),
}
COLUMNS = (
    Column("received", gettext_lazy("Received"), ("received_at",)),
    Column("event", gettext_lazy("Event"), ("event_type",)),
    Column("reason", gettext_lazy("Why it was kept"), ("code",)),
    Column("who", gettext_lazy("Vehicle and carrier"), ("organisation_id", "vehicle_id")),
    Column("state", gettext_lazy("State"), ("resolution",)),
)


@dataclass(frozen=True)
class Shown:
    """A quarantined event as a page shows it."""

    id: UUID
    url: str
    event_type: str
    event_id: UUID
    happened: str
    received_at: datetime
    received: str
    reason: str
    remedy: str
    others: int
    named: str
    plate: str
    vehicle: str
    organisation_name: str
    state_label: str
    tone: str
    replayable: bool


def nav_count(actor: Actor) -> str:
    """Return how many events wait to be mended, for the navigation; empty when none does."""
    count = reading.visible(actor).replayable()[: MANY + 1].count()
    if not count:
        return ""
    return _("more than %(n)s") % {"n": MANY} if count > MANY else str(count)


def reason(code: str) -> str:
    """Return a code in a sentence."""
    known = REASONS.get(code)
    return str(known[0]) if known else code


def shown(rows: Iterable[Quarantined], actor: Actor) -> list[Shown]:
    """Return quarantined events in words; two queries for all of them."""
    found = list(rows)
    plates = vehicles.summary({row.vehicle_id for row in found if row.vehicle_id})
    companies = names_of({row.organisation_id for row in found})
    return [_shown(row, plates, companies, actor.city.tz) for row in found]


def _shown(row: Quarantined, plates: Any, companies: dict[UUID, str], tz: Any) -> Shown:
    vehicle = plates.get(row.vehicle_id)
    if vehicle is not None and vehicle.organisation_id != row.organisation_id:
        vehicle = None  # the event names a vehicle that is not the sender's to know
    label, tone = STATES[row.state]
    if row.resolved_at is None and row.is_conflict:
        label, tone = _("to look at"), "info"
    remedy = REASONS.get(row.code, ("", ""))[1]
    return Shown(
        id=row.pk,
        url=reverse("portal:quarantined", args=[row.pk]),
        event_type=row.event_type,
        event_id=row.event_id,
        happened=_happened(row, tz),
        received_at=row.received_at,
        received=words.moment(row.received_at, tz),
        reason=reason(row.code),
        remedy=str(remedy),
        others=len(row.reasons) - 1,
        named=next((one.get("named", "") for one in row.reasons if one["code"] == row.code), ""),
        vehicle=_vehicle_said(row),
        plate=(vehicle.plate or vehicle.label) if vehicle else "",
        organisation_name=companies.get(row.organisation_id, ""),
        state_label=str(label),
        tone=tone,
        replayable=row.is_replayable,
    )


def _vehicle_said(row: Quarantined) -> str:
    """Return the vehicle that an event names in the sender's words; what is mended was known by
    them. Our id where nothing else is known."""
    said = dict(row.named()).get("vehicle")
    return said or ("" if row.vehicle_id is None else str(row.vehicle_id))


def _happened(row: Quarantined, tz: Any) -> str:
    try:
        at = datetime.fromisoformat(row.payload["occurred_at"])
        return words.moment(at, tz)
    except (KeyError, ValueError, OverflowError):  # no calendar of ours has it
        return str(row.payload.get("occurred_at", ""))


def content(row: Quarantined) -> str:
    """Return the event as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(row.payload), indent=2).decode()


def told(result: ItemResult) -> str:
    """Return what became of a replayed event in a sentence."""
    sentences = {
        "accepted": _("The event was taken into the log."),
        "duplicate": _("The event was in the log already."),
        "quarantined": _("The event still waits: %(reason)s"),
        "conflict": _("The event cannot be taken: %(reason)s"),
    }
    fallback = _("The event was refused: %(reason)s")
    why = reason(result.code) if result.code in REASONS else result.detail
    return sentences.get(result.status, fallback) % {"reason": why}


@dataclass(frozen=True)
class Progress:
    """A bulk replay as a page shows it."""

    id: UUID
    url: str
    asked: str
    total: int
    done: int
    left_out: int
    running: bool
    sentence: str
    counts: list[tuple[str, str, int]]


def progress(replay: Replay, tz: Any) -> Progress:
    """Return a bulk replay in words."""
    running = replay.finished_at is None
    if running:
        sentence = _("%(done)s of %(total)s events have been replayed.")
    else:
        sentence = ngettext(
            "The replay of %(total)s event has ended.",
            "The replay of %(total)s events has ended.",
            replay.total,
        )
    return Progress(
        id=replay.pk,
        url=reverse("portal:quarantine-replay", args=[replay.pk]),
        asked=words.moment(replay.asked_at, tz),
        total=replay.total,
        done=replay.done,
        left_out=replay.left_out,
        running=running,
        sentence=sentence % {"done": replay.done, "total": replay.total},
        counts=[
            (str(label), tone, replay.counts[status])
            for status, (label, tone) in STATUSES.items()
            if replay.counts.get(status)
        ],
    )
