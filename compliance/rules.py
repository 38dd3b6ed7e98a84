"""From breaches to findings: what is new, what changed, what is taken back. Pure.

A finding follows one breach of one regulation in one act (a visit or a stay). Its verdict is what
the journal keeps: opened plus adjustments = current verdict.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.identifiers import derived
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
    """A finding as it ought to stand now."""

    id: UUID
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
    """Return the findings of an act: one per breach, numbered per regulation in order of time."""
    found: list[Found] = []
    counts: dict[UUID, int] = {}
    for breach in sorted(breaches, key=lambda b: (b.period.start, b.severity)):
        ordinal = counts.get(breach.rule.id, 0)
        counts[breach.rule.id] = ordinal + 1
        id_ = derived(act.city_id, "finding", str(act.id), str(breach.rule.id), str(ordinal))
        found.append(Found(id_, _values(act, breach, evidence)))
    return found


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
        "sentence": breach.sentences[0],
        "evidence": {
            **evidence,
            "act": {"kind": act.kind.value, "id": str(act.id), **act.seen},
            "rules": [rule_json(rule) for rule in breach.rules],
            "sentences": list(breach.sentences),
            "kinds": list(breach.kinds),
            "seconds_over": round(breach.seconds),
        },
    }


def reconcile(standing: Mapping[UUID, Mapping[str, Any]], found: Iterable[Found]) -> list[Change]:
    """Return the way from the findings that stand to those that ought to.

    `standing` holds all values of the acts' findings by id, `state` among them. A finding whose
    verdict is the same and whose evidence is not is refreshed without an adjustment.
    """
    changes: list[Change] = []
    wanted = {finding.id: finding for finding in found}
    for id_, finding in wanted.items():
        known = standing.get(id_)
        if known is None:
            after = {name: finding.values[name] for name in VERDICT} | {"state": "provisional"}
            changes.append(
                Change(id_, "opened", {**finding.values, "state": "provisional"}, {}, after)
            )
        else:
            changes += _compared(id_, known, _standing_again(known, finding.values))
    for id_, known in standing.items():
        if id_ not in wanted and known["state"] != "withdrawn":
            before = {"state": known["state"], "version_id": known["version_id"]}
            values = {**known, "state": "withdrawn"}
            changes.append(Change(id_, "withdrawn", values, before, {"state": "withdrawn"}))
    return changes


def _standing_again(known: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the state that the finding then has: what is confirmed stays so."""
    if known["state"] != "confirmed":
        return {**values, "state": "provisional"}
    return {
        **values,
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
