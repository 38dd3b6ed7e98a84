"""Looks at the rules of a zone over all vehicles and times that facts allow, and gives witnesses.

Pure; the question is put to the solver z3. It finds

- clashes: of two rows of equal priority one admits what the other forbids or binds. The evaluator
  then takes the stricter; whoever wrote the rows cannot have meant both;
- rows that never apply: nobody at any time, always exempt, or always silenced by an `allow`;
- cases nobody thought of: a zone lists whom it admits and says nothing of somebody else; a Euro
  limit names one family of classes and no row speaks of the other;
- who is worse off and who better than by the rules before.

Nobody holds a permit or booking here. The rules are read as `zones.rules` reads them; tests compare
both, and a brute force over all classes.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import z3
from msgspec import structs

from kernel.periods import Period
from kernel.schedules import local_midnight
from kernel.vehicles import VehicleFacts, euro_rank
from kernel.verdicts import RuleRef
from zones import witnesses
from zones.compiled import BLOCKING, compile_row
from zones.formulas import Formula, flag, some
from zones.language import EuroLimit, Row, Unless, What, Who
from zones.time_space import TimeSpace, horizon
from zones.vehicle_space import VehicleSpace

_ANY = What(effect="warn")
# z3's default context is not for two threads at once.
_SOLVER = threading.Lock()


@dataclass(frozen=True, slots=True)
class Placed:
    """A row as a version puts it into force: where it stands, what it says, when it rules."""

    ref: RuleRef
    row: Row
    legal: Period


@dataclass(frozen=True, slots=True)
class Witness:
    """An example: a vehicle, a local time, the named calendars that have the day; and in words."""

    facts: VehicleFacts
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
        looking = _Looking(rules, before or (), start, end, tz, holidays)
        return Analysis(
            clashes=tuple(looking.clashes()),
            idle=tuple(looking.idle()),
            gaps=tuple(looking.gaps()),
            worse=() if before is None else tuple(looking.shifts(worse=True)),
            better=() if before is None else tuple(looking.shifts(worse=False)),
        )


@dataclass(slots=True)
class _Voice:
    """A row as formulas: `meant` = its time and vehicles; `speaks` = meant and not exempt.

    `earnest` = not in its warning phase, and no mere warning.
    """

    placed: Placed
    meant: Formula
    speaks: Formula
    earnest: Formula

    @property
    def effect(self) -> str:
        return self.placed.row.what.effect

    @property
    def priority(self) -> int:
        return self.placed.row.priority


class _Looking:
    """One zone before the solver."""

    def __init__(
        self,
        rules: Sequence[Placed],
        before: Sequence[Placed],
        start: datetime,
        end: datetime | None,
        tz: ZoneInfo,
        holidays: frozenset[date],
    ) -> None:
        every = {(placed.ref, placed.legal): placed for placed in (*rules, *before)}
        self._tz, self._start = tz, start
        self._vehicles = VehicleSpace(
            (
                who
                for placed in every.values()
                for who in (placed.row.who, *(entry.who for entry in placed.row.exemptions))
                if who is not None
            ),
            start.astimezone(tz).date(),
        )
        self._times = _times(list(every.values()), start, end, tz, holidays)
        self._defined = 0
        self._wishes: list[Formula] = []
        self._solver = z3.SimpleSolver()
        voices = {key: self._voice(placed) for key, placed in every.items()}
        self._rules = [voices[placed.ref, placed.legal] for placed in rules]
        self._before = [voices[placed.ref, placed.legal] for placed in before]
        self._solver.add(*self._vehicles.allowed(), *self._times.allowed())

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
        for voice in self._rules:
            if self._never(voice.speaks):
                why = "nobody" if self._never(voice.meant) else "exempt"
                yield Idle(voice.placed.ref, why)
                continue
            over = self._silencers(voice, self._rules)
            if over and self._never(voice.speaks, *(z3.Not(v.speaks) for v in over)):
                yield Idle(voice.placed.ref, "silenced", tuple(v.placed.ref for v in over))

    def gaps(self) -> Iterable[Gap]:
        silence = [z3.Not(voice.meant) for voice in self._rules]
        if any(voice.effect == "allow" for voice in self._rules):
            found = self._witness(*silence)
            if found is not None:
                yield Gap("no_default", found)
        # Whom a limit of this family lets pass, somebody has thought of.
        thought = {
            family: [
                z3.Not(self._name(self._but_for_euro(voice.placed, family)))
                for voice in self._rules
                if family in _families(voice.placed.row.who)
            ]
            for family in ("light", "heavy")
        }
        for voice in self._rules:
            named = _families(voice.placed.row.who)
            for family in {"light", "heavy"} - named if named else ():
                left_out = self._name(self._but_for_euro(voice.placed, family))
                found = self._witness(*silence, *thought[family], left_out)
                if found is not None:
                    yield Gap("euro_family", found, voice.placed.ref)

    def shifts(self, *, worse: bool) -> Iterable[Shift]:
        """Yield an example of each kind of change, and of each category of vehicle in it."""
        old, new = self._outcome(self._before), self._outcome(self._rules)
        if not worse:
            old, new = new, old
        free = z3.And(z3.Not(old["prohibited"]), z3.Not(new["prohibited"]))
        for kind in dict.fromkeys((*new, *old)):
            had, has = old.get(kind, z3.BoolVal(False)), new.get(kind, z3.BoolVal(False))
            if kind == "charge":
                change = z3.And(free, old["charge"] < new["charge"])
            elif kind == "prohibited":
                change = z3.And(has, z3.Not(had))
            else:
                change = z3.And(free, has, z3.Not(had))
            for witness in self._each_category(self._name(change)):
                yield Shift(kind.partition(":")[0], witness)

    # Formulas

    def _voice(self, placed: Placed) -> _Voice:
        row = placed.row
        meant = self._name(z3.And(self._when(placed), self._vehicles.who(row.who)))
        speaks, exempt = meant, [self._exempt(one) for one in row.exemptions if one.who]
        if exempt:
            speaks = self._name(z3.And(meant, z3.Not(some(exempt))))
        return _Voice(placed, meant, speaks, self._earnest(row))

    def _exempt(self, entry: Unless) -> Formula:
        holds = self._vehicles.who(entry.who or Who())
        if not entry.dates:
            return holds
        days = f"exempt {entry.from_on} {entry.until_on}"
        return z3.And(self._times.day_is(days, entry.covers), holds)

    def _when(self, placed: Placed) -> Formula:
        timed = Row(what=_ANY, when=placed.row.when, sentence=_ANY.effect)
        active = self._times.active(compile_row(timed, placed.ref).schedule)
        legal = placed.legal
        if legal.start <= self._start and legal.end is None:
            return active
        rules = self._times.day_is(f"legal {legal}", lambda day: _whole_day(legal, day, self._tz))
        return z3.And(rules, active)

    def _earnest(self, row: Row) -> Formula:
        until = row.warning_until
        if until is None or row.what.effect not in BLOCKING:
            return z3.BoolVal(row.what.effect != "warn")
        return self._times.day_is(f"since {until}", lambda day: day >= until)

    def _silencers(self, voice: _Voice, rules: Sequence[_Voice]) -> list[_Voice]:
        """Return the rows whose voice silences this one: `allow` of higher priority."""
        if voice.effect in ("allow", "charge"):
            return []
        return [v for v in rules if v.effect == "allow" and v.priority > voice.priority]

    def _outcome(self, rules: Sequence[_Voice]) -> dict[str, Formula]:
        """Return what the rules do to who holds nothing, by kind; `charge` is an amount."""
        found: dict[str, list[Formula]] = {"prohibited": [], "warning": []}
        charges: list[Formula] = [z3.IntVal(0)]
        for voice in rules:
            heard = z3.And(voice.speaks, *(z3.Not(v.speaks) for v in self._silencers(voice, rules)))
            what = voice.placed.row.what
            if voice.effect == "charge":
                charges.append(z3.If(voice.speaks, what.amount or 0, 0))
                continue
            if voice.effect == "warn" or voice.effect in BLOCKING:
                found["warning"].append(z3.And(heard, z3.Not(voice.earnest)))
            if voice.effect in BLOCKING:
                kind = {"prohibit": "prohibited", "require_booking": "booking"}.get(
                    voice.effect, f"permit:{what.permit}"
                )
                found.setdefault(kind, []).append(z3.And(heard, voice.earnest))
        outcome: dict[str, Formula] = {kind: z3.Or(parts) for kind, parts in found.items()}
        return outcome | {"charge": z3.Sum(charges)}

    def _but_for_euro(self, placed: Placed, family: str) -> Formula:
        """Return whom of a family of Euro classes the row would mean without its Euro limits."""
        who = structs.replace(placed.row.who, euro_below=None, euro_at_least=None, euro_in=None)
        heavy = self._vehicles.is_heavy()
        return z3.And(
            heavy if family == "heavy" else z3.Not(heavy),
            z3.Not(self._vehicles.zero_emission()),
            self._vehicles.who(who),
            self._when(placed),
        )

    def _name(self, formula: Formula) -> Formula:
        """Return a name for a formula, so that the solver reads it once and can be asked by it."""
        self._defined += 1
        name = flag(f"named {self._defined}")
        self._solver.add(name == formula)
        return name

    # Answers. Formulas are names here, or names negated.

    def _never(self, *formulas: Formula) -> bool:
        return bool(self._solver.check(*formulas) == z3.unsat)

    def _witness(self, *formulas: Formula) -> Witness | None:
        """Return an example of what the formulas have in common, as typical as can be."""
        if self._never(*formulas):
            return None
        if not self._wishes:
            typical = (*self._times.typical(), *self._vehicles.typical())
            self._wishes = [self._name(wish) for wish in typical]
        wishes = {wish.get_id(): wish for wish in self._wishes}
        while wishes and self._never(*formulas, *wishes.values()):
            blamed = {formula.get_id() for formula in self._solver.unsat_core()}
            del wishes[[number for number in wishes if number in blamed][-1]]
        if not wishes:
            self._never(*formulas)
        return self._told(self._solver.model())

    def _told(self, model: z3.ModelRef) -> Witness:
        local, calendars = self._times.local(model)
        facts = self._vehicles.facts(model)
        return Witness(facts, local, calendars, witnesses.text(facts, local, calendars))

    def _each_category(self, change: Formula) -> Iterable[Witness]:
        """Yield one example per category of vehicle of which the formula can hold."""
        known: list[Formula] = []
        while (found := self._witness(change, *known)) is not None:
            yield found
            number = self._vehicles.categories.index(found.facts.category or "")
            known.append(self._name(self._vehicles.category != number))


def _families(who: Who) -> set[str]:
    """Return the families of Euro classes that the limits of a predicate name."""
    found = set()
    for limit in (who.euro_below, who.euro_at_least):
        if isinstance(limit, EuroLimit):
            found |= {name for name in ("light", "heavy") if getattr(limit, name) is not None}
        elif limit is not None:
            found |= {"light", "heavy"}
    return found | {rank.family for text in who.euro_in or () if (rank := euro_rank(text))}


def _times(
    rules: Sequence[Placed],
    start: datetime,
    end: datetime | None,
    tz: ZoneInfo,
    holidays: frozenset[date],
) -> TimeSpace:
    named, cut = [], set()
    for placed in rules:
        row = placed.row
        bounds = [row.warning_until, *(day for entry in row.exemptions for day in entry.dates)]
        for window in row.when:
            bounds += [window.from_on, window.until_on]
        named += [day for day in bounds if day is not None]
        for edge in (placed.legal.start, placed.legal.end):
            if edge is not None and not start.year - 1 > edge.year:
                day = edge.astimezone(tz).date()
                if local_midnight(day, tz) != edge:
                    cut.add(day)
                if edge > start:
                    named.append(day)
    first_day = start.astimezone(tz).date()
    if local_midnight(first_day, tz) != start:
        cut.add(first_day)
    last_day = None if end is None else end.astimezone(tz).date()
    first, last = horizon(first_day, last_day, [day for day in named if day >= first_day])
    if all(first + timedelta(days=i) in cut for i in range((last - first).days)):
        cut = set()
    return TimeSpace(first, last, holidays, cut)


def _whole_day(legal: Period, day: date, tz: ZoneInfo) -> bool:
    """Return whether a period holds on a day: at noon, so for all of a day that is looked at."""
    return legal.contains(datetime.combine(day, time(12), tzinfo=tz))
