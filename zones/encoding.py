"""The rows of a zone as formulas over all vehicles, permits and times that facts allow. Pure.

Rows are read as `zones.rules` reads them. Permits and day passes are alike: kinds that somebody
holds or does not. Nobody holds a booking.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import z3
from msgspec import structs

from kernel.periods import Period
from kernel.schedules import Schedule, local_midnight
from kernel.vehicles import euro_rank
from kernel.verdicts import RuleRef
from zones.asking import Asked
from zones.compiled import BLOCKING, compile_row
from zones.formulas import Formula, every, flag, negated, some
from zones.language import EuroLimit, Row, Unless, What, Who
from zones.time_space import TimeSpace, horizon
from zones.vehicle_space import VehicleSpace

FAMILIES = ("light", "heavy")
Outcome = dict[str, Formula]
"""What rows do: `prohibited`, `permit:KIND`, `booking`, `warning`; `charge` is an amount."""
_ANY = What(effect="warn")
_NOON = time(12)


@dataclass(frozen=True, slots=True)
class Placed:
    """A row as a version puts it into force: where it stands, what it says, when it rules."""

    ref: RuleRef
    row: Row
    legal: Period


@dataclass(frozen=True, slots=True)
class Looked:
    """Which times are looked at: from `start` until `end` (None: open), in whose calendar."""

    start: datetime
    end: datetime | None
    tz: ZoneInfo
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Voice:
    """A row as formulas: `meant` = its time and vehicles; `alone` = speaks to who holds no permit;
    `speaks` = to whoever holds none that exempts. `earnest` = not in its warning phase, and no
    mere warning."""

    placed: Placed
    meant: Formula
    alone: Formula
    speaks: Formula
    earnest: Formula

    @property
    def effect(self) -> str:
        return self.placed.row.what.effect

    @property
    def priority(self) -> int:
        return self.placed.row.priority


class Encoding:
    """The formulas of rows, and a solver that knows what holds of every vehicle and time.

    `voices` are the rows in their order, `kinds` the permits and day passes that they know.
    """

    def __init__(self, rows: Sequence[Placed], looked: Looked) -> None:
        self._looked = looked
        self.asked = Asked()
        self.vehicles = VehicleSpace(
            who
            for placed in rows
            for who in (placed.row.who, *(entry.who for entry in placed.row.exemptions))
            if who is not None
        )
        self.times = _times(rows, looked, list(self.vehicles.days_of_ages()))
        for name, value in self.vehicles.dated():
            self.times.dated(name, value)
        self._kinds: set[str] = set()
        self._alike: dict[object, Voice] = {}
        self.voices = [self._voice(placed) for placed in rows]
        self.kinds = tuple(sorted(self._kinds))
        self.asked.know(*self.vehicles.allowed(), *self.times.allowed())

    def outcome(self, voices: Sequence[Voice], *, held: bool) -> Outcome:
        """Return what rows do to who holds no permit, or (`held`) to whoever holds whatever."""
        found: dict[str, list[Formula]] = {"prohibited": [], "warning": []}
        charges: list[Formula] = []
        for voice in voices:
            what = voice.placed.row.what
            unmet = [voice.speaks if held else voice.alone]
            if held and what.permit is not None and voice.effect != "prohibit":
                unmet.append(negated(holds(what.permit)))
            if voice.effect == "charge":
                charges.append(z3.If(every(unmet), what.amount or 0, 0))
                continue
            over = silencers(voice, voices)
            heard = every([*unmet, *(negated(v.speaks if held else v.alone) for v in over)])
            if voice.effect == "warn" or voice.effect in BLOCKING:
                found["warning"].append(every([heard, negated(voice.earnest)]))
            if voice.effect in BLOCKING:
                kind = {"prohibit": "prohibited", "require_booking": "booking"}.get(
                    voice.effect, f"permit:{what.permit}"
                )
                found.setdefault(kind, []).append(every([heard, voice.earnest]))
        outcome = {kind: some(parts) for kind, parts in found.items() if parts}
        return outcome | ({"charge": z3.Sum(charges)} if charges else {})

    def but_for_euro(self, voice: Voice, family: str) -> Formula:
        """Return whom of a family of Euro classes the row would mean without its Euro limits."""
        row = voice.placed.row
        who = structs.replace(row.who, euro_below=None, euro_at_least=None, euro_in=None)
        heavy = self.vehicles.is_heavy()
        return every(
            [
                heavy if family == "heavy" else negated(heavy),
                negated(self.vehicles.zero_emission()),
                self.vehicles.who(who),
                self._when(voice.placed),
            ]
        )

    def _voice(self, placed: Placed) -> Voice:
        """Return a row as formulas: the same ones for rows that say the same."""
        legal = placed.legal
        ruling = max(legal.start, self._looked.start), legal.end
        said = structs.replace(placed.row, id=None, sentence=None, legal_reference=None)
        key = msgspec.json.encode(said), ruling
        if key not in self._alike:
            self._alike[key] = self._encoded(placed)
        return replace(self._alike[key], placed=placed)

    def _encoded(self, placed: Placed) -> Voice:
        row = placed.row
        self._kinds.update(kind for entry in row.exemptions for kind in entry.kinds)
        if row.what.permit:
            self._kinds.add(row.what.permit)
        meant = self.asked.name(every([self._when(placed), self.vehicles.who(row.who)]))
        by_facts = [
            every([self._covered(entry), self.vehicles.who(entry.who)])
            for entry in row.exemptions
            if entry.who is not None
        ]
        alone = self.asked.name(every([meant, negated(some(by_facts))])) if by_facts else meant
        by_permit = [
            every([self._covered(entry), some([holds(kind) for kind in entry.kinds])])
            for entry in row.exemptions
            if entry.kinds
        ]
        speaks = self.asked.name(every([alone, negated(some(by_permit))])) if by_permit else alone
        return Voice(placed, meant, alone, speaks, self._earnest(row))

    def _covered(self, entry: Unless) -> Formula:
        """Return the days on which an exemption holds."""
        parts = [] if entry.from_on is None else [self.times.since(entry.from_on)]
        if entry.until_on is not None:
            parts.append(negated(self.times.since(entry.until_on)))
        return every(parts)

    def _when(self, placed: Placed) -> Formula:
        legal, tz = placed.legal, self._looked.tz
        parts = [self.times.active(_schedule(placed))]
        if legal.start > self._looked.start:
            parts.append(self.times.since(_first_noon(legal.start, tz)))
        if legal.end is not None:
            parts.append(negated(self.times.since(_first_noon(legal.end, tz))))
        return every(parts)

    def _earnest(self, row: Row) -> Formula:
        until = row.warning_until
        if until is None or row.what.effect not in BLOCKING:
            return z3.BoolVal(row.what.effect != "warn")
        return self.times.since(until)


def holds(kind: str) -> Formula:
    """Return the formula that holds of who has a permit or day pass of a kind."""
    return flag(f"holds {kind}")


def silencers(voice: Voice, voices: Sequence[Voice]) -> list[Voice]:
    """Return the rows whose voice silences this one: `allow` of higher priority."""
    if voice.effect in ("allow", "charge"):
        return []
    return [v for v in voices if v.effect == "allow" and v.priority > voice.priority]


def families(who: Who) -> set[str]:
    """Return the families of Euro classes that the limits of a predicate name."""
    found: set[str] = set()
    for limit in (who.euro_below, who.euro_at_least):
        if isinstance(limit, EuroLimit):
            found |= {name for name in FAMILIES if getattr(limit, name) is not None}
        elif limit is not None:
            found.update(FAMILIES)
    return found | {rank.family for text in who.euro_in or () if (rank := euro_rank(text))}


def _schedule(placed: Placed) -> Schedule:
    """Return when a row is active, as the evaluator has it."""
    timed = Row(what=_ANY, when=placed.row.when, sentence=_ANY.effect)
    return compile_row(timed, placed.ref).schedule


def _times(rows: Sequence[Placed], looked: Looked, days_of_ages: Sequence[date]) -> TimeSpace:
    """Return the days that are looked at, those that rows and ages name kept apart.

    Days on which a row begins or ends to rule in the course of the day are left out, unless there
    is no other.
    """
    start, tz = looked.start, looked.tz
    first_day = start.astimezone(tz).date()
    last_day = None if looked.end is None else looked.end.astimezone(tz).date()
    named, cut = list(days_of_ages), _cut(start, tz)
    for placed in rows:
        bounds = [placed.row.warning_until]
        bounds += [day for entry in placed.row.exemptions for day in entry.dates]
        for window in placed.row.when:
            bounds += [window.from_on, window.until_on]
        named += [day for day in bounds if day is not None]
        for edge in (placed.legal.start, placed.legal.end):
            if edge is not None and edge > start:
                named.append(edge.astimezone(tz).date())
                cut |= _cut(edge, tz)
    first, last = horizon(first_day, last_day, [day for day in named if day >= first_day])
    if all(first + timedelta(days=i) in cut for i in range((last - first).days)):
        cut = set()
    times = TimeSpace(first, last, looked.holidays, cut)
    for day in days_of_ages:
        times.apart(day)
    return times


def _cut(edge: datetime, tz: ZoneInfo) -> set[date]:
    """Return the day in whose course an instant falls; none where it begins with it."""
    day = edge.astimezone(tz).date()
    return set() if local_midnight(day, tz) == edge else {day}


def _first_noon(edge: datetime, tz: ZoneInfo) -> date:
    """Return the first day whose noon is not before an instant: days are looked at whole."""
    day = edge.astimezone(tz).date()
    return day if edge <= datetime.combine(day, _NOON, tzinfo=tz) else day + timedelta(days=1)
