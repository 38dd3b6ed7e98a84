"""From breaches to findings: what is new, what changed, what is taken back. Pure.

A finding has an id of its own and follows an incident: one vehicle, one place, one regulation, one
stretch of time. What is judged anew is the same incident when it overlaps what stands, whatever the
visit or stay is called by then (`docs/decisions/findings.md`). Its verdict is what the journal
keeps: opened plus adjustments = current verdict.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.periods import Period
from kernel.verdicts import rule_json
from zones.acts import Breach

WATERMARK = timedelta(hours=24)
"""How long a finding stays provisional: events may come so late (design, data flow 3)."""

VERDICT = (
    "version_id",
    "rule_row",
    "rule_code",
    "kind",
    "severity",
    "from_at",
    "until_at",
    "sentence",
)
"""The fields that an adjustment names. While a finding runs (`until_at` None) its seconds grow
without one."""

INCIDENT = (
    "organisation_id",
    "vehicle_id",
    "act_kind",
    "zone_id",
    "curb_zone_id",
    "regulation_id",
)
"""What an incident is about, beside its time."""


class ActKind(StrEnum):
    """What is judged."""

    VISIT = "visit"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Act:
    """A visit to a zone or a stay at a curb zone, as far as it is known.

    `period` ends where the vehicle was last seen there while the act is `running`.
    """

    kind: ActKind
    id: UUID
    city_id: UUID
    organisation_id: UUID
    vehicle_id: UUID
    place_id: UUID
    period: Period
    running: bool
    seen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as it ought to stand now, whatever its id."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a finding; `before` and `after` hold the fields that change."""

    id: UUID
    change: str  # opened, adjusted, withdrawn, refreshed
    values: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def findings_of(act: Act, breaches: Sequence[Breach], evidence: Mapping[str, Any]) -> list[Found]:
    """Return the findings of an act, one per breach, in order of time."""
    ordered = sorted(breaches, key=lambda breach: (breach.period.start, breach.severity))
    return [Found(_values(act, breach, evidence)) for breach in ordered]


def _values(act: Act, breach: Breach, evidence: Mapping[str, Any]) -> dict[str, Any]:
    running = act.running and breach.period.end == act.period.end
    return {
        "city_id": act.city_id,
        "organisation_id": act.organisation_id,
        "vehicle_id": act.vehicle_id,
        "act_kind": act.kind.value,
        "act_id": act.id,
        "zone_id": act.place_id if act.kind is ActKind.VISIT else None,
        "curb_zone_id": act.place_id if act.kind is ActKind.STAY else None,
        "regulation_id": breach.rule.id,
        "version_id": breach.rule.version,
        "rule_row": breach.rule.row,
        "rule_code": breach.rule.code,
        "kind": breach.kinds[0],
        "severity": breach.severity,
        "from_at": breach.period.start,
        "until_at": None if running else breach.period.end,
        "seen_until_at": breach.period.end,
        "seconds_over": round(breach.seconds),
        "sentence": str(breach.sentences[0]),
        "evidence": {
            **evidence,
            "act": {"kind": act.kind.value, "id": str(act.id), **act.seen},
            "rules": [rule_json(rule) for rule in breach.rules],
            "sentences": [str(one) for one in breach.sentences],
            "kinds": list(breach.kinds),
            "seconds_over": round(breach.seconds),
        },
    }


def reconcile(
    standing: Mapping[UUID, Mapping[str, Any]],
    found: Sequence[Found],
    mint: Callable[[], UUID],
) -> list[Change]:
    """Return the way from the findings that are known to those that ought to stand.

    `standing` holds all values of the known findings by id, withdrawn ones too; `mint` gives a new
    id. A finding whose verdict is the same and whose evidence is not is refreshed without an
    adjustment. What a dispute set aside stays so, and so does every breach of the same incident.
    """
    changes: list[Change] = []
    settled = {id_: known for id_, known in standing.items() if known["set_aside_at"] is not None}
    judged = [one for one in found if not any(_follows(k, one.values) for k in settled.values())]
    rest = {id_: known for id_, known in standing.items() if id_ not in settled}
    followed = follow(rest, judged)
    for number, finding in enumerate(judged):
        id_ = followed.get(number)
        if id_ is None:
            after = {name: finding.values[name] for name in VERDICT} | {"state": "provisional"}
            opened = {**finding.values, "state": "provisional", "set_aside_at": None}
            changes.append(Change(mint(), "opened", opened, {}, after))
        else:
            known = rest[id_]
            changes += _compared(id_, known, _standing_again(known, finding.values))
    kept = set(followed.values())
    for id_, known in rest.items():
        if id_ not in kept and known["state"] != "withdrawn":
            changes.append(withdrawal(id_, known))
    return changes


def withdrawal(id_: UUID, known: Mapping[str, Any]) -> Change:
    """Return the change that takes a finding back."""
    before = {"state": known["state"], "version_id": known["version_id"]}
    values = {**known, "state": "withdrawn"}
    return Change(id_, "withdrawn", values, before, {"state": "withdrawn"})


def follow(standing: Mapping[UUID, Mapping[str, Any]], found: Sequence[Found]) -> dict[int, UUID]:
    """Return which known finding each of `found` (by its number) continues.

    A finding continues at most one, of the same organisation, vehicle, place and regulation, that
    overlaps it in time: rather one that stands than one that was withdrawn, rather of the same
    severity, then the one that shares most of the time, then the earlier.
    """
    pairs = [
        (_likeness(known, finding.values), number, id_)
        for number, finding in enumerate(found)
        for id_, known in standing.items()
        if _follows(known, finding.values)
    ]
    followed: dict[int, UUID] = {}
    for _, number, id_ in sorted(pairs):
        if number not in followed and id_ not in followed.values():
            followed[number] = id_
    return followed


def _follows(known: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Return whether both are one incident."""
    return (
        all(known[name] == values[name] for name in INCIDENT)
        # The longest stay stands beside the rows of the curb zone, under its id.
        and (known["rule_row"] < 0) == (values["rule_row"] < 0)
        and _span(known).overlaps(_span(values))
    )


def _likeness(known: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return how much a known finding is the one that was found; the smallest is most like it."""
    ours, theirs = _span(known), _span(values)
    shared = ours.intersection(theirs)
    both = (shared.duration if shared else None) or timedelta()
    whole = max(_end(known), _end(values)) - min(ours.start, theirs.start)
    return (
        known["state"] == "withdrawn",
        known["severity"] != values["severity"],
        -(both / whole) if whole else 0.0,
        known["version_id"] != values["version_id"],
        ours.start,
    )


def _span(values: Mapping[str, Any]) -> Period:
    return Period(values["from_at"], _end(values))


def _end(values: Mapping[str, Any]) -> datetime:
    """Return until when a finding reaches, as far as the vehicle was seen."""
    start: datetime = values["from_at"]
    end: datetime = values["until_at"] or values["seen_until_at"]
    return max(start, end)


def _standing_again(known: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the state that the finding then has: what is confirmed stays so."""
    again = {**values, "set_aside_at": known["set_aside_at"]}
    if known["state"] != "confirmed":
        return again | {"state": "provisional"}
    return again | {
        "state": "confirmed",
        "until_at": values["until_at"] or values["seen_until_at"],
    }


def _compared(id_: UUID, known: Mapping[str, Any], values: Mapping[str, Any]) -> list[Change]:
    differing = [name for name in (*VERDICT, "state") if known[name] != values[name]]
    if differing:
        before = {name: known[name] for name in differing}
        return [Change(id_, "adjusted", values, before, {name: values[name] for name in differing})]
    if any(known[name] != value for name, value in values.items()):
        return [Change(id_, "refreshed", values)]
    return []


def watermark(as_of: datetime) -> datetime:
    """Return the instant before which a city's acts are settled."""
    return as_of - WATERMARK
