"""Looks at the rules of a zone over all vehicles and times that facts allow, and gives witnesses.

Pure; the question is put to the solver z3 (`zones.encoding` says what it knows). It finds

- clashes: of two rows of equal priority one admits what the other forbids or binds. The evaluator
  then takes the stricter; whoever wrote the rows cannot have meant both;
- rows that never apply: nobody at any time, always exempt, or always silenced by an `allow`;
- cases nobody thought of: a zone lists whom it admits and says nothing of somebody else; a Euro
  limit names one family of classes and no row speaks of the other;
- who is worse off and who better than by the rules before: who holds no permit, and who holds one
  (or a day pass) and is touched by that alone.

Tests compare with the evaluator, and with a brute force over all classes.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import z3

from kernel.vehicles import VehicleFacts
from kernel.verdicts import RuleRef
from zones import witnesses
from zones.asking import Example
from zones.compiled import BLOCKING
from zones.encoding import (
    FAMILIES,
    Encoding,
    Looked,
    Outcome,
    Placed,
    Voice,
    families,
    holds,
    silencers,
)
from zones.formulas import FALSE, Formula, every, negated, some

__all__ = ["Analysis", "Clash", "Gap", "Idle", "Placed", "Shift", "Witness", "analyse"]

# z3's default context is not for two threads at once.
_SOLVER = threading.Lock()


@dataclass(frozen=True, slots=True)
class Witness:
    """An example: a vehicle, the permits it holds, a local time, the named calendars that have
    the day; and in words."""

    facts: VehicleFacts
    permits: tuple[str, ...]
    local: datetime
    calendars: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Two rows of equal priority: `admits` allows whom `forbids` prohibits or binds."""

    admits: RuleRef
    forbids: RuleRef
    witness: Witness


@dataclass(frozen=True, slots=True)
class Idle:
    """A row that never applies. `why`: `nobody`, `exempt`, or `silenced` with `by` whom."""

    rule: RuleRef
    why: str
    by: tuple[RuleRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A case nobody thought of. `kind`: `no_default`, or `euro_family` with the row that has it."""

    kind: str
    witness: Witness
    rule: RuleRef | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody is worse (or better) off: `prohibited`, `permit`, `booking`, `charge`, `warning`."""

    kind: str
    witness: Witness


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the solver found about a set of rules, and in comparison with the rules before."""

    clashes: tuple[Clash, ...] = ()
    idle: tuple[Idle, ...] = ()
    gaps: tuple[Gap, ...] = ()
    worse: tuple[Shift, ...] = ()
    better: tuple[Shift, ...] = ()


def analyse(
    *,
    rules: Sequence[Placed],
    before: Sequence[Placed] | None = None,
    start: datetime,
    end: datetime | None,
    tz: ZoneInfo,
    holidays: frozenset[date] = frozenset(),
) -> Analysis:
    """Return what is to be said of the rules of one zone, from `start` until `end` (None: open).

    `before` are the rules to compare with; None = no comparison. Days on which a row begins or
    ends to rule in the course of the day are left out, unless there is no other.
    """
    with _SOLVER:
        looking = _Looking(rules, before or (), Looked(start, end, tz, holidays))
        worse, better = ((), ()) if before is None else looking.shifts()
        return Analysis(
            clashes=tuple(looking.clashes()),
            idle=tuple(looking.idle()),
            gaps=tuple(looking.gaps()),
            worse=worse,
            better=better,
        )


class _Looking:
    """One zone before the solver."""

    def __init__(self, rules: Sequence[Placed], before: Sequence[Placed], looked: Looked) -> None:
        self._zone = zone = Encoding([*rules, *before], looked)
        self._asked = zone.asked
        self._rules, self._before = zone.voices[: len(rules)], zone.voices[len(rules) :]
        self._empty_handed = [negated(holds(kind)) for kind in zone.kinds]
        name = self._asked.name
        common = [*self._empty_handed, *map(name, zone.times.typical())]
        traits = list(map(name, zone.vehicles.typical()))
        self._wishes = [*common, *map(name, zone.vehicles.typical_categories()), *traits]
        self._wishes_of_a_category = common + traits
        self._categories: dict[int, Formula] = {}

    def clashes(self) -> Iterable[Clash]:
        for admits in self._rules:
            if admits.effect != "allow":
                continue
            for other in self._rules:
                if other.effect not in BLOCKING or other.priority != admits.priority:
                    continue
                found = self._witness(admits.speaks, other.speaks, other.earnest)
                if found is not None:
                    yield Clash(admits.placed.ref, other.placed.ref, found)

    def idle(self) -> Iterable[Idle]:
        never = self._asked.never
        for voice in self._rules:
            if never(voice.speaks):
                yield Idle(voice.placed.ref, "nobody" if never(voice.meant) else "exempt")
                continue
            over = silencers(voice, self._rules)
            if over and never(voice.speaks, *(negated(v.speaks) for v in over)):
                yield Idle(voice.placed.ref, "silenced", tuple(v.placed.ref for v in over))

    def gaps(self) -> Iterable[Gap]:
        silence = [negated(voice.meant) for voice in self._rules]
        if any(voice.effect == "allow" for voice in self._rules):
            found = self._witness(*silence)
            if found is not None:
                yield Gap("no_default", found)
        one_family = [v for v in self._rules if len(families(v.placed.row.who)) == 1]
        if not one_family:
            return
        # Whom a limit of this family lets pass, somebody has thought of.
        thought = {
            family: [
                negated(self._but_for_euro(voice, family))
                for voice in self._rules
                if family in families(voice.placed.row.who)
            ]
            for family in FAMILIES
        }
        for voice in one_family:
            (family,) = set(FAMILIES) - families(voice.placed.row.who)
            found = self._witness(*silence, *thought[family], self._but_for_euro(voice, family))
            if found is not None:
                yield Gap("euro_family", found, voice.placed.ref)

    def shifts(self) -> tuple[tuple[Shift, ...], tuple[Shift, ...]]:
        """Return who is worse off and who better.

        An example of each kind of change, and of each category of vehicle in it. Of who holds
        permits, one of each set of permits that is touched as such.
        """
        sides = self._before, self._rules
        alone = [self._zone.outcome(side, held=False) for side in sides]
        held = [self._zone.outcome(side, held=True) for side in sides] if self._zone.kinds else []
        return tuple(self._worse(alone, held)), tuple(self._worse(alone[::-1], held[::-1]))

    def _worse(self, alone: Sequence[Outcome], held: Sequence[Outcome]) -> Iterable[Shift]:
        """Yield who is worse off by the second outcome than by the first."""
        changes = self._changes(*alone)
        for kind, change in changes.items():
            for witness in self._each_category(change, *self._empty_handed):
                yield Shift(kind.partition(":")[0], witness)
        for kind, change in self._changes(*held).items() if held else ():
            as_such = [negated(changes[kind])] if kind in changes else []
            for witness in self._each_holding(change, *as_such):
                yield Shift(kind.partition(":")[0], witness)

    def _changes(self, old: Outcome, new: Outcome) -> dict[str, Formula]:
        """Return to whom `new` does what `old` does not, by kind."""
        banned = [outcome.get("prohibited", FALSE) for outcome in (old, new)]
        free = self._asked.name(negated(some(banned)))
        changes: dict[str, Formula] = {}
        for kind, has in new.items():
            had = old.get(kind, z3.IntVal(0) if kind == "charge" else FALSE)
            if has.eq(had):
                continue
            change = had < has if kind == "charge" else every([has, negated(had)])
            changes[kind] = self._asked.name(
                change if kind == "prohibited" else every([free, change])
            )
        return changes

    def _but_for_euro(self, voice: Voice, family: str) -> Formula:
        return self._asked.name(self._zone.but_for_euro(voice, family))

    # Examples. Formulas are names here, or names negated.

    def _witness(self, *formulas: Formula) -> Witness | None:
        """Return an example of what the formulas have in common, as typical as can be."""
        if self._asked.never(*formulas):
            return None
        return self._told(self._asked.typical(formulas, self._wishes))

    def _told(self, example: Example) -> Witness:
        local, calendars = self._zone.times.local(example)
        facts = self._zone.vehicles.facts(example)
        permits = tuple(kind for kind in self._zone.kinds if example.flag(f"holds {kind}"))
        text = witnesses.text(facts, local, calendars, permits)
        return Witness(facts, permits, local, calendars, text)

    def _each_category(self, *change: Formula) -> list[Witness]:
        """Return one example per category of vehicle of which the formulas can hold."""
        left, found = list(change), dict[int, Witness]()
        while not self._asked.never(*left):
            example = self._asked.typical(left, self._wishes_of_a_category)
            place = example.number("category")
            found[place] = self._told(example)
            left.append(negated(self._category(place)))
        return [found[place] for place in sorted(found)]

    def _category(self, place: int) -> Formula:
        if place not in self._categories:
            self._categories[place] = self._asked.name(self._zone.vehicles.is_category(place))
        return self._categories[place]

    def _each_holding(self, *change: Formula) -> Iterable[Witness]:
        """Yield one example per set of permits that makes the formula hold, but for larger sets."""
        known: list[Formula] = []
        while (found := self._witness(*change, *known)) is not None:
            yield found
            known.append(self._asked.name(negated(every([holds(kind) for kind in found.permits]))))
