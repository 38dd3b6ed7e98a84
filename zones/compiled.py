"""Compiles versions of regulations: rows become predicates and schedules, versions a timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from kernel.money import Money
from kernel.periods import Period, subtract
from kernel.schedules import Schedule, Span
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Obligation, ReasonGiven, RuleRef
from zones import language, sentences
from zones.language import DayPass, Row, Unless, When, Who
from zones.predicates import Predicate, ages, compile_who

BLOCKING = frozenset({"prohibit", "require_permit", "require_booking"})


@dataclass(frozen=True, slots=True)
class HeldPermit:
    """A permit as an evaluation sees it; `zones` empty = every zone of the city."""

    kind: str
    period: Period
    zones: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class HeldBooking:
    """A booking as an evaluation sees it: when, and in which zones and curb zones it counts."""

    period: Period
    places: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class CompiledRow:
    """One row, ready to be asked; `about` and `unless_about` are its predicates as written.

    `dated` has the row as it is from a local day on, where exemptions begin or end.
    """

    ref: RuleRef
    effect: str
    who: Predicate
    schedule: Schedule
    exempt_permits: frozenset[str]
    exempt_who: Predicate | None
    priority: int
    warning_until: date | None
    permit: str
    amount: Money | None
    cap: Money | None
    per: str
    sentence: str
    translations: tuple[tuple[str, str], ...]
    remedies: tuple[str, ...]
    ages: tuple[int, ...]
    about: Who
    unless_about: tuple[Who, ...]
    day_passes: tuple[DayPass, ...]
    dated: tuple[tuple[date, "CompiledRow"], ...] = ()
    reason: ReasonGiven = field(init=False, repr=False, compare=False)
    duty: Obligation | None = field(init=False, repr=False, compare=False)
    """What the row says when it speaks, and what it then asks of who enters."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", self.given(self.effect))
        object.__setattr__(self, "duty", _duty(self))

    def on(self, day: date) -> "CompiledRow":
        """Return the row with the exemptions that hold on a local day."""
        return next((row for first, row in reversed(self.dated) if first <= day), self)

    def given(self, effect: str, missing: tuple[str, ...] = ()) -> ReasonGiven:
        """Return the row as a reason with an effect."""
        remedies = () if effect == "exempt" else self.remedies
        return ReasonGiven(self.ref, effect, self.sentence, missing, remedies, self.translations)


@dataclass(frozen=True, slots=True)
class CompiledRegulation:
    """One version of a regulation: where, when in force, when recorded, and its rows."""

    id: UUID
    version: UUID
    number: int
    code: str
    zone_id: UUID
    legal: Period
    recorded: Period
    vacate_by: timedelta
    rows: tuple[CompiledRow, ...]

    def asks_for(self, calendar: str) -> bool:
        """Return whether a row holds only while a calendar does, or except then."""
        return any(span.calendar == calendar for row in self.rows for span in row.schedule.spans)


def compile_regulation(
    *,
    regulation_id: UUID,
    version_id: UUID,
    number: int,
    code: str,
    zone_id: UUID,
    rows: Sequence[Any],
    legal: Period,
    recorded: Period,
    vacate_by: timedelta = timedelta(),
) -> CompiledRegulation:
    """Return the version with its rows as predicates.

    Raises ValueError for what has not the shape of rows; accepted rows always have.
    """
    return CompiledRegulation(
        regulation_id,
        version_id,
        number,
        code,
        zone_id,
        legal,
        recorded,
        vacate_by,
        tuple(
            compile_row(row, RuleRef(regulation_id, version_id, index, code))
            for index, row in enumerate(language.accepted(rows))
        ),
    )


def compile_row(row: Row, ref: RuleRef) -> CompiledRow:
    """Return one row ready to be asked.

    Rows that say the same share what they are compiled to: a city writes few rules many times,
    and the less memory a decision has to touch, the faster it is.
    """
    meant = _meant(msgspec.json.encode(row))
    dated = tuple((first, replace(stage, ref=ref)) for first, stage in meant.dated)
    return replace(meant, ref=ref, dated=dated)


_NOWHERE = RuleRef(UUID(int=0), UUID(int=0), 0, "")


@lru_cache(maxsize=8192)
def _meant(written: bytes) -> CompiledRow:
    """Return what a row as JSON means, in no version yet."""
    row = msgspec.json.decode(written, type=Row)
    dates = sorted({day for entry in row.exemptions for day in entry.dates})
    compiled = _compiled(row, row.exemptions)
    if not dates:
        return compiled
    stages = [
        (first, _compiled(row, [one for one in row.exemptions if one.covers(first)]))
        for first in (date.min, *dates)
    ]
    return replace(compiled, dated=tuple(stages))


def _compiled(row: Row, exemptions: Sequence[Unless]) -> CompiledRow:
    """Return a row with some of its exemptions."""
    what, currency = row.what, row.what.currency or ""
    exempt = tuple(entry.who for entry in exemptions if entry.who is not None)
    return CompiledRow(
        ref=_NOWHERE,
        effect=what.effect,
        who=compile_who(row.who),
        schedule=Schedule(tuple(_span(window) for window in row.when)),
        exempt_permits=frozenset(_exempting(exemptions)),
        exempt_who=compile_who(Who(any=exempt)) if exempt else None,
        priority=row.priority,
        warning_until=row.warning_until if what.effect in BLOCKING else None,
        permit=what.permit or "",
        amount=None if what.amount is None else Money(what.amount, currency),
        cap=None if what.cap_per_day is None else Money(what.cap_per_day, currency),
        per=what.per or ("visit" if what.effect == "charge" else ""),
        sentence=sentences.of_row(row),
        translations=sentences.translations(row),
        remedies=tuple(_remedies(row, exemptions)),
        ages=tuple(age for who in (row.who, *exempt) for age in ages(who)),
        about=row.who,
        unless_about=exempt,
        day_passes=tuple(sold for entry in exemptions for sold in entry.day_pass),
    )


def _duty(row: CompiledRow) -> Obligation | None:
    match row.effect:
        case "charge":
            return Obligation("charge", False, row.amount, row.cap, row.permit, row.ref, row.per)
        case "require_permit":
            return Obligation("permit", permit=row.permit, rule=row.ref)
        case "require_booking":
            return Obligation("booking", rule=row.ref)
    return None


def _exempting(exemptions: Iterable[Unless]) -> Iterable[str]:
    """Return the kinds of permits that exempt, day passes among them."""
    return (kind for entry in exemptions for kind in entry.kinds)


def _remedies(row: Row, exemptions: Iterable[Unless]) -> Iterable[str]:
    """Yield what would help: what the row requires, and the permits that exempt from it."""
    if row.what.effect == "require_permit":
        yield f"permit:{row.what.permit}"
    elif row.what.effect == "require_booking":
        yield "booking"
    yield from (f"permit:{kind}" for kind in sorted(set(_exempting(exemptions))))


def narrowed(regulation: CompiledRegulation, facts: VehicleFacts) -> CompiledRegulation:
    """Return the regulation without the rows that cannot mean this vehicle, at whatever age."""
    rows = tuple(
        row for row in regulation.rows if row.ages or row.who(facts, date.min)[0] is not False
    )
    return regulation if len(rows) == len(regulation.rows) else replace(regulation, rows=rows)


def in_force(
    versions: Iterable[CompiledRegulation], known_at: datetime | None = None
) -> list[CompiledRegulation]:
    """Return the versions as recorded at `known_at`, each cut to the time in which it rules.

    Of one regulation the version with the highest number rules wherever its legal period lies;
    before and after it the earlier ones do. None = as recorded now: what no later record closed.
    """
    known: dict[UUID, list[CompiledRegulation]] = {}
    for version in versions:
        recorded = version.recorded
        if recorded.end is None if known_at is None else recorded.contains(known_at):
            known.setdefault(version.id, []).append(version)
    ruling = []
    for group in known.values():
        later: list[Period] = []
        for version in sorted(group, key=lambda v: v.number, reverse=True):
            for piece in subtract([version.legal], later):
                ruling.append(version if piece == version.legal else replace(version, legal=piece))
            later.append(version.legal)
    return ruling


def _span(window: When) -> Span:
    return Span(
        start=_minutes(window.from_),
        end=_minutes(window.to),
        days=frozenset(language.DAYS.index(day) for day in window.days),
        from_on=window.from_on,
        until_on=window.until_on,
        holidays=window.holidays,
        calendar=window.calendar,
        calendar_mode=window.calendar_mode,
        on=None if window.on is None else frozenset(_month_days(window.on)),
        not_on=frozenset(_month_days(window.not_on)),
    )


def _month_days(texts: Iterable[str]) -> Iterable[tuple[int, int]]:
    return (found for text in texts if (found := language.month_day(text)) is not None)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
