"""How an act (a visit, a stay) is judged over its whole length. Pure.

An act at t is judged by the versions whose legal period contains t, as recorded now, with one
protection: a version recorded after t never makes the act worse than the versions recorded at t
did; it may make it better. The protection works rule by rule: a regulation convicts the instant t
no harder than it did as recorded at t.

A rule is broken when an inadmissible part without a gap lasts longer than the grace. Who is inside
when a version begins to rule has `vacate_by` to leave; who enters then has not. Midnight, a change
of version or of row within one regulation do not split a part: one incident is one incident.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period, union
from kernel.schedules import NO_DAYS, DayCalendar
from kernel.text import Spoken
from kernel.vehicles import VehicleFacts
from kernel.verdicts import RuleRef, Verdict, finding_reasons
from zones import rules
from zones.compiled import CompiledRegulation, HeldBooking, HeldPermit, in_force

Evaluate = Callable[
    [Sequence[CompiledRegulation], Period, DayCalendar], list[tuple[Period, Verdict]]
]
DaysKnown = Callable[[datetime | None], DayCalendar]
_HARDNESS = {"warning": 1, "violation": 2}


@dataclass(frozen=True, slots=True)
class Breach:
    """One inadmissible part of an act under one regulation, longer than the grace.

    `rule` is the row that convicted first, `rules` all rows of the regulation that did, over all
    its versions; `sentences` what they say; `kinds` prohibited, permit, booking or warning.
    """

    rule: RuleRef
    severity: str
    period: Period
    seconds: float
    rules: tuple[RuleRef, ...]
    kinds: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch in which one row convicts."""

    period: Period
    rule: RuleRef
    kind: str
    severity: str
    sentence: str


def judge(
    *,
    act: Period,
    grace: timedelta,
    versions: Sequence[CompiledRegulation],
    facts: VehicleFacts,
    tz: ZoneInfo,
    days_known: DaysKnown = lambda known_at: NO_DAYS,
    days_changed_at: Sequence[datetime] = (),
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[HeldBooking] = (),
) -> list[Breach]:
    """Return the breaches of an act in one zone, by start and regulation.

    `versions` are all that were ever recorded, closed ones too; `days_known` gives the calendars
    as recorded at an instant (None = now), `days_changed_at` when their record changed. Raises
    ValueError for an act with an open end.
    """

    def evaluate(
        known: Sequence[CompiledRegulation], period: Period, days: DayCalendar
    ) -> list[tuple[Period, Verdict]]:
        return rules.intervals(
            regulations=known,
            facts=facts,
            period=period,
            tz=tz,
            days=days,
            permits=permits,
            bookings=bookings,
        )

    parts = protected_parts(
        act=act,
        versions=versions,
        evaluate=evaluate,
        days_known=days_known,
        days_changed_at=days_changed_at,
    )
    return breaches(act=act, grace=grace, parts=parts, versions=versions)


def protected_parts(
    *,
    act: Period,
    versions: Sequence[CompiledRegulation],
    evaluate: Evaluate,
    days_known: DaysKnown,
    days_changed_at: Sequence[datetime] = (),
) -> list[_Part]:
    """Return the stretches in which a rule convicts now and did as recorded at the time."""
    if act.end is None:
        raise ValueError("An act is judged up to an end.")
    now = in_force(versions)
    now_days = days_known(None)
    edges = {act.start, act.end, *(at for at in days_changed_at if act.contains(at))}
    for version in versions:
        for instant in (version.recorded.start, version.recorded.end):
            if instant is not None and act.contains(instant):
                edges.add(instant)
    parts: list[_Part] = []
    for start, end in pairwise(sorted(edges)):
        piece = Period(start, end)
        convicting = _convicting(evaluate(now, piece, now_days))
        then, then_days = in_force(versions, start), days_known(start)
        if convicting and (then_days != now_days or _differ(now, then)):
            convicting = _softened(convicting, _convicting(evaluate(then, piece, then_days)))
        parts += convicting
    return parts


def breaches(
    *,
    act: Period,
    grace: timedelta,
    parts: Sequence[_Part],
    versions: Sequence[CompiledRegulation],
) -> list[Breach]:
    """Return the parts without a gap, per regulation, that outlast `vacate_by` and the grace."""
    found = []
    keys = dict.fromkeys((part.rule.id, part.severity) for part in parts)
    for regulation_id, severity in keys:
        own = [p for p in parts if p.rule.id == regulation_id and p.severity == severity]
        for period in union(part.period for part in own):
            vacated = _vacated(act, period, regulation_id, versions)
            length = vacated.duration
            if length is not None and length > grace:
                found.append(_breach(vacated, severity, own))
    return sorted(found, key=lambda b: (b.period.start, b.rule.code, b.severity))


def _breach(period: Period, severity: str, parts: Sequence[_Part]) -> Breach:
    convicting = sorted((p for p in parts if p.period.overlaps(period)), key=lambda p: p.period)
    length = period.duration or timedelta()
    return Breach(
        rule=convicting[0].rule,
        severity=severity,
        period=period,
        seconds=length.total_seconds(),
        rules=tuple(dict.fromkeys(p.rule for p in convicting)),
        kinds=tuple(dict.fromkeys(p.kind for p in convicting)),
        sentences=tuple(dict.fromkeys(p.sentence for p in convicting)),
    )


def _convicting(pieces: Iterable[tuple[Period, Verdict]]) -> list[_Part]:
    parts = []
    for period, verdict in pieces:
        sentences = {
            reason.rule: Spoken(reason.sentence, reason.translations) for reason in verdict.reasons
        }
        for rule, kind, severity in finding_reasons(verdict):
            parts.append(_Part(period, rule, kind, severity, sentences.get(rule, "")))
    return parts


def _softened(now: list[_Part], then: list[_Part]) -> list[_Part]:
    """Return the parts of `now`, each no harder than its regulation convicted `then`."""
    softened = []
    for part in now:
        own = [other for other in then if other.rule.id == part.rule.id]
        edges = {part.period.start, part.period.end}
        for other in own:
            both = part.period.intersection(other.period)
            if both is not None:
                edges |= {both.start, both.end}
        for start, end in pairwise(sorted(edge for edge in edges if edge is not None)):
            known = [o.severity for o in own if o.period.contains(start)]
            if known:
                hardest = max(known, key=_HARDNESS.__getitem__)
                severity = min(part.severity, hardest, key=_HARDNESS.__getitem__)
                piece = Period(start, end)
                softened.append(_Part(piece, part.rule, part.kind, severity, part.sentence))
    return softened


def _differ(now: Sequence[CompiledRegulation], then: Sequence[CompiledRegulation]) -> bool:
    return {(r.version, r.legal) for r in now} != {(r.version, r.legal) for r in then}


def _vacated(
    act: Period, part: Period, regulation_id: UUID, versions: Sequence[CompiledRegulation]
) -> Period:
    """Return the part without the time to leave, when a version began to rule over who was inside.

    A version begins to rule at the start of its legal period or when it was recorded, whichever
    is later; and again at the end of a suspension, which is a version without rows.
    """
    if part.start <= act.start or part.end is None:
        return part
    for version in versions:
        edge = version.legal.start if version.rows else version.legal.end
        begins = None if edge is None else max(edge, version.recorded.start)
        if version.id == regulation_id and begins == part.start and version.vacate_by:
            return Period(min(part.start + version.vacate_by, part.end), part.end)
    return part
