"""The one evaluator: which rules speak about this vehicle here and now, and what do they say?

Pure. `decide` gives the verdict at an instant, `intervals` the verdict over a horizon, `course` the
same as far as it is read. All reasons are collected, never only the first.

How rows of one zone settle (zones among each other: the strictest access):

- a row speaks when its schedule is active and its `who` holds, unless an exemption is held;
- `allow` silences the rows of strictly lower priority in its zone, charges excepted;
- an open question (a missing fact) about a row that would block, or about an `allow` that would
  silence such a row, leaves access undetermined; where the answer cannot matter it is not asked;
- before its `warning_until` a row that would block is a warning.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel import schedules
from kernel.periods import YEARS, Period
from kernel.schedules import NO_DAYS, DayCalendar, Moment
from kernel.vehicles import VehicleFacts, birthday
from kernel.verdicts import (
    STRICTNESS,
    UNREGULATED,
    Access,
    Obligation,
    ReasonGiven,
    Verdict,
    combine,
)
from zones.compiled import (
    BLOCKING,
    CompiledRegulation,
    CompiledRow,
    HeldBooking,
    HeldPermit,
    compile_regulation,
    compile_row,
    in_force,
    narrowed,
)

__all__ = [
    "CompiledRegulation",
    "CompiledRow",
    "HeldBooking",
    "HeldPermit",
    "compile_regulation",
    "compile_row",
    "course",
    "decide",
    "in_force",
    "intervals",
    "merged",
]


def decide(
    *,
    regulations: Iterable[CompiledRegulation],
    facts: VehicleFacts,
    at: datetime,
    tz: ZoneInfo,
    days: DayCalendar = NO_DAYS,
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[HeldBooking] = (),
) -> Verdict:
    """Return what the regulations (of one or more zones) say about the vehicle at the instant.

    A booking meets what the rules of its own places require.
    """
    moment = schedules.moment(at, tz)
    at = at.astimezone(UTC)
    days = days.at(at)
    booked = [held.places for held in bookings if held.period.contains(at)]
    zones: dict[UUID, list[_Voice]] = {}
    for regulation in regulations:
        if not regulation.legal.contains(at):
            continue
        held = _kinds(permits, regulation.zone_id, at) if permits else frozenset()
        reserved = any(regulation.zone_id in places for places in booked) if booked else False
        for row in regulation.rows:
            voice = _voice(row, facts, moment, days, held, reserved)
            if voice is not None:
                zones.setdefault(regulation.zone_id, []).append(voice)
    if not zones:
        return UNREGULATED
    settled = [_settle(voices) for voices in zones.values()]
    return settled[0] if len(settled) == 1 else combine(settled)


def intervals(
    *,
    regulations: Sequence[CompiledRegulation],
    facts: VehicleFacts,
    period: Period,
    tz: ZoneInfo,
    days: DayCalendar = NO_DAYS,
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[HeldBooking] = (),
) -> list[tuple[Period, Verdict]]:
    """Return the verdict over the whole period: adjoining pieces, each with another verdict.

    Raises ValueError for a period with an open end.
    """
    pieces = course(
        regulations=regulations,
        facts=facts,
        period=period,
        tz=tz,
        days=days,
        permits=permits,
        bookings=bookings,
    )
    return list(merged(pieces))


def course(
    *,
    regulations: Sequence[CompiledRegulation],
    facts: VehicleFacts,
    period: Period,
    tz: ZoneInfo,
    days: DayCalendar = NO_DAYS,
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[HeldBooking] = (),
) -> Iterator[tuple[Period, Verdict]]:
    """Yield the verdict from the start of the period on, in adjoining pieces, for who may stop
    early. Neighbours may have the same verdict (`merged`).

    Raises ValueError for a period with an open end.
    """
    if period.end is None:
        raise ValueError("A horizon needs an end.")
    regulations = [narrowed(rule, facts) for rule in regulations]
    edges = {period.start, period.end}
    for start_or_end in _edges(regulations, facts, period, tz, days, permits, bookings):
        if start_or_end is not None and period.contains(start_or_end):
            edges.add(start_or_end)
    for start, end in pairwise(sorted(edges)):
        verdict = decide(
            regulations=regulations,
            facts=facts,
            at=start,
            tz=tz,
            days=days,
            permits=permits,
            bookings=bookings,
        )
        yield Period(start, end), verdict


def merged(pieces: Iterable[tuple[Period, Verdict]]) -> Iterator[tuple[Period, Verdict]]:
    """Yield adjoining pieces of the same verdict as one."""
    held: tuple[Period, Verdict] | None = None
    for period, verdict in pieces:
        if held is not None and held[1] == verdict:
            held = Period(held[0].start, period.end), verdict
            continue
        if held is not None:
            yield held
        held = period, verdict
    if held is not None:
        yield held


def _edges(
    regulations: Sequence[CompiledRegulation],
    facts: VehicleFacts,
    period: Period,
    tz: ZoneInfo,
    days: DayCalendar,
    permits: Sequence[HeldPermit],
    bookings: Sequence[HeldBooking],
) -> Iterable[datetime | None]:
    """Yield the instants at which a verdict may change."""
    held = [*(permit.period for permit in permits), *(booking.period for booking in bookings)]
    yield from (edge for period in held for edge in (period.start, period.end))
    for regulation in regulations:
        yield from (regulation.legal.start, regulation.legal.end)
        ruled = regulation.legal.intersection(period)
        if ruled is None:
            continue
        for row in regulation.rows:
            if row.warning_until is not None:
                yield schedules.local_midnight(row.warning_until, tz)
            for first, _ in row.dated[1:]:
                yield schedules.local_midnight(first, tz)
            if row.ages and facts.first_registration_on is not None:
                for years in row.ages:
                    day = birthday(facts.first_registration_on, years)
                    if day.year in YEARS:
                        yield schedules.local_midnight(day, tz)
            for active in schedules.intervals(row.schedule, ruled, tz, days):
                yield from (active.start, active.end)


UNSILENCED = frozenset({"allow", "charge"})
"""Effects that no row of higher priority silences."""


@dataclass(slots=True)
class _Voice:
    """A row that speaks: for sure, or only if facts that are missing turn out so."""

    row: CompiledRow
    kind: Literal["rule", "exempt"]
    missing: tuple[str, ...]
    warning: bool
    met: bool


def _voice(
    row: CompiledRow,
    facts: VehicleFacts,
    moment: Moment,
    days: DayCalendar,
    held: frozenset[str],
    booked: bool,
) -> _Voice | None:
    if row.schedule.spans and not schedules.active_in(row.schedule, moment, days):
        return None
    today = moment.day
    if row.dated:
        row = row.on(today)
    speaks, missing = row.who(facts, today)
    if speaks is False:
        return None
    if held and row.exempt_permits & held:
        return _Voice(row, "exempt", (), False, False)
    if row.exempt_who is not None:
        exempt, unsure = row.exempt_who(facts, today)
        if exempt:
            return _Voice(row, "exempt", (), False, False)
        missing += unsure
    warning = row.warning_until is not None and today < row.warning_until
    met = booked if row.effect == "require_booking" else row.permit in held
    return _Voice(row, "rule", missing, warning or row.effect == "warn", met)


def _settle(voices: list[_Voice]) -> Verdict:
    """Return the verdict of one zone from the rows that speak."""
    admitted, perhaps = _admitting(voices)
    access = Access.UNREGULATED
    obligations: list[Obligation] = []
    reasons: list[ReasonGiven] = []
    for voice in voices:
        row = voice.row
        if row.effect not in UNSILENCED and voice.kind == "rule":
            if admitted is not None and row.priority < admitted:
                continue
            for other in perhaps:
                if row.priority < other.row.priority and not voice.warning:
                    voice.missing += other.missing
        elif voice.missing and row.effect == "allow":
            continue
        said = _say(voice, obligations, reasons)
        if STRICTNESS[said] < STRICTNESS[access]:
            access = said
    return Verdict(access, tuple(obligations), tuple(reasons))


def _admitting(voices: list[_Voice]) -> tuple[int | None, list[_Voice]]:
    """Return the highest priority of the rows that allow, and those that perhaps do."""
    admitted: int | None = None
    perhaps: list[_Voice] = []
    for voice in voices:
        if voice.row.effect == "allow" and voice.kind == "rule":
            if voice.missing:
                perhaps.append(voice)
            elif admitted is None or voice.row.priority > admitted:
                admitted = voice.row.priority
    return admitted, perhaps


def _say(voice: _Voice, obligations: list[Obligation], reasons: list[ReasonGiven]) -> Access:
    """Add what one row says and return the access that follows from it alone."""
    row = voice.row
    if voice.kind == "exempt":
        reasons.append(row.given("exempt"))
        return Access.ALLOWED
    if voice.missing:
        if row.effect in ("require_permit", "require_booking") and voice.met:
            return Access.ALLOWED
        reasons.append(row.given("undetermined", tuple(dict.fromkeys(voice.missing))))
        blocking = row.effect in BLOCKING and not voice.warning
        return Access.UNDETERMINED if blocking else Access.ALLOWED
    if voice.warning and not voice.met:
        obligations.append(Obligation("warning", rule=row.ref))
        reasons.append(row.given("warn"))
        return Access.ALLOWED
    if row.duty is not None:
        obligations.append(replace(row.duty, met=True) if voice.met else row.duty)
    reasons.append(row.reason)
    return Access.PROHIBITED if row.effect == "prohibit" else Access.ALLOWED


def _kinds(permits: Sequence[HeldPermit], zone_id: UUID, at: datetime) -> frozenset[str]:
    return frozenset(
        permit.kind
        for permit in permits
        if permit.period.contains(at) and (not permit.zones or zone_id in permit.zones)
    )
