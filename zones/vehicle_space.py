"""All vehicles that facts allow, as unknowns of a solver: what `who` says becomes a formula.

Every fact is known here (what is missing makes a verdict undetermined, never a contradiction).
Facts that are lists run over finitely many classes: what some rule names, and one that none does.
`MEMBERS` has one line for each key of `who`.

What facts allow: mass by category as in Regulation (EU) 2018/858, article 4, of category L what
Regulation (EU) 168/2013, annex I, leaves of it (mass and payload of L7e), of cycles what they
bear; heavy Euro classes (Roman) for N3 and M3, light ones (Arabic) for L, T, trailers and bicycles,
either for the rest (which of the two follows from the reference mass: Regulation (EC) 595/2009,
article 2); cycles have no engine but an electric one. Trailers are looked at only where a rule
names them. A vehicle is as old as on the first day that is looked at.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, get_args

import z3

from kernel.vehicles import (
    GROSS_WEIGHT_KG,
    ZERO_EMISSION_FUELS,
    VehicleFacts,
    birthday,
    euro_rank,
    is_of_class,
)
from zones.formulas import Formula, among, every, flag, number, of, some, within
from zones.language import Category, EuroLimit, Fuel, Who
from zones.naming import named

CATEGORIES: tuple[str, ...] = get_args(Category)
LIGHT = {"L1e", "L2e", "L3e", "L4e", "L5e", "L6e", "L7e"}
ANY_MASS_KG = (1, 100_000)
MASS_KG = {
    **dict.fromkeys(sorted(LIGHT), (1, 1600)), "bicycle": (1, 300), "cargo_bicycle": (1, 650),
    **{name: (least, min(most, ANY_MASS_KG[1])) for name, (least, most) in GROSS_WEIGHT_KG.items()},
    "O1": (1, 750), "O2": (751, 3500), "O3": (3501, 10_000), "O4": (10_001, 100_000),
}  # fmt: skip
HEAVY_ONLY = frozenset({"N3", "M3"})
EITHER = frozenset({"N1", "N2", "M1", "M2"})
CYCLES = frozenset({"bicycle", "cargo_bicycle"})
FUEL_SETS: tuple[frozenset[str], ...] = (
    *(frozenset({fuel}) for fuel in get_args(Fuel)),
    *(
        frozenset(pair)
        for pair in (
            ("petrol", "electric"), ("diesel", "electric"), ("petrol", "hybrid"),
            ("diesel", "hybrid"), ("petrol", "lpg"), ("petrol", "cng"), ("petrol", "ethanol"),
            ("diesel", "lng"), ("diesel", "biodiesel"), ("diesel", "hvo"),
            ("electric", "hydrogen"),
        )
    ),
)  # fmt: skip
EURO_CLASSES = (
    *("0", "1", "2", "3", "4", "5", "6", "6d-TEMP", "6d", "6e", "7"),
    *("I", "II", "III", "IV", "V", "EEV", "VI", "VI-E", "VII"),
)
OLDEST, NEWEST = date(1900, 1, 1), date(8999, 12, 31)
_ELECTRIC = frozenset({"electric"})
OTHER = "other"
N1_CLASSES = ("I", "II", "III")
_ELSEWHERE = "XX"
"""A country that no rule names: free for use in ISO 3166-1."""
NO_STICKER = "none"


class VehicleSpace:
    """The unknowns of one vehicle, over the classes that a set of rules can tell apart."""

    def __init__(self, spoken: Iterable[Who], on: date) -> None:
        self.named = named(spoken)
        self.on = on
        trailers = {name for name in self.named.get("category", ()) if name.startswith("O")}
        self.categories = tuple(c for c in CATEGORIES if c[0] != "O" or c in trailers)
        self.euros = _euros(self.named.get("euro", ()))
        self.bodies = (*sorted(self.named.get("body", ())), OTHER)
        self.operators = (*sorted(self.named.get("operator", ())), OTHER)
        self.countries = (*sorted(self.named.get("country", ())), _ELSEWHERE)
        self.category, self.fuel, self.euro = number("category"), number("fuel"), number("euro")
        self.mass, self.registered = _mass(), _registered()
        self.steps = {
            name: tuple(sorted(self.named.get(name, ())))
            for name in ("length_m", "width_m", "height_m", "particulates_g_per_kwh")
        }
        self.schemes = {
            name.removeprefix("sticker."): (*sorted(values | {NO_STICKER}),)
            for name, values in self.named.items()
            if name.startswith("sticker.")
        }
        self.purposes = tuple(sorted(self.named.get("purpose", ())))

    def who(self, who: Who) -> Formula:
        """Return the formula that holds when every key of `who` does."""
        parts = [
            encode(self, value)
            for name, encode in MEMBERS.items()
            if (value := getattr(who, name)) is not None
        ]
        return every(parts)

    def allowed(self) -> Iterable[Formula]:
        """Yield what holds of every vehicle."""
        yield _plausible(self.categories, self.euros)
        yield within("body", len(self.bodies))
        yield within("operator", len(self.operators))
        yield within("registered_in", len(self.countries))
        yield within("n1_class", len(N1_CLASSES))
        yield z3.And(_unladen() > 0, _unladen() <= self.mass)
        for name, bounds in self.steps.items():
            yield within(name, 2 * len(bounds) + 1)
            if bounds and bounds[0] == 0:
                yield number(name) > 0  # nothing is shorter than nothing
        for scheme, values in self.schemes.items():
            yield within(_sticker(scheme), len(values))

    def typical(self) -> Sequence[Formula]:
        """Return what makes an example easy to picture, the first the most."""
        wishes = _typical(self.categories, self.euros)
        return wishes if "registered" in self.named else wishes[:-1]

    def is_heavy(self) -> Formula:
        """Return the formula that holds for Euro classes of the heavy family."""
        return _heavy(self.euros)

    def zero_emission(self) -> Formula:
        """Return the formula that holds of who has no exhaust."""
        return _clean()

    def facts(self, model: z3.ModelRef) -> VehicleFacts:
        """Return the vehicle of a model; facts that no rule asks for stay unknown."""

        def value(unknown: Any) -> int:
            return int(model.eval(unknown, model_completion=True).as_long())

        fuels = FUEL_SETS[value(self.fuel)]
        asked = self.named
        return VehicleFacts(
            category=self.categories[value(self.category)],
            body=self.bodies[value(number("body"))] if "body" in asked else None,
            fuels=fuels,
            euro_class=None if fuels <= ZERO_EMISSION_FUELS else self.euros[value(self.euro)],
            gross_weight_kg=value(self.mass),
            length_m=_step_value(self.steps["length_m"], value(number("length_m"))),
            width_m=_step_value(self.steps["width_m"], value(number("width_m"))),
            height_m=_step_value(self.steps["height_m"], value(number("height_m"))),
            first_registration_on=(
                date.fromordinal(value(self.registered)) if "registered" in asked else None
            ),
            stickers={
                scheme: values[value(number(_sticker(scheme)))]
                for scheme, values in self.schemes.items()
            },
            special_purpose=frozenset(
                name
                for name in self.purposes
                if z3.is_true(model.eval(flag(_purpose(name)), model_completion=True))
            ),
            particulate_filter=(
                z3.is_true(model.eval(flag("particulate_filter"), model_completion=True))
                if "filter" in asked
                else None
            ),
            operator=self.operators[value(number("operator"))] if "operator" in asked else None,
            n1_class=(
                N1_CLASSES[value(number("n1_class"))]
                if "n1_class" in asked and self.categories[value(self.category)] == "N1"
                else None
            ),
            unladen_weight_kg=value(_unladen()) if "unladen" in asked else None,
            particulates_g_per_kwh=_step_value(
                self.steps["particulates_g_per_kwh"], value(number("particulates_g_per_kwh"))
            ),
            blind_spot_detection=self._flag(model, "blind_spot_detection"),
            combination=self._flag(model, "combination"),
            registered_in=(
                self.countries[value(number("registered_in"))] if "country" in asked else None
            ),
        )

    def _flag(self, model: z3.ModelRef, fact: str) -> bool | None:
        if fact not in self.named:
            return None
        return bool(z3.is_true(model.eval(flag(fact), model_completion=True)))

    def _younger(self, years: int) -> Formula:
        """Return the formula that holds of who is not so many years old on the first day."""
        born = date(max(self.on.year - years, 1), self.on.month, min(self.on.day, 28))
        latest = max(
            day
            for day in (born.toordinal() + extra for extra in range(-3, 5))
            if day > 0 and birthday(date.fromordinal(day), years) <= self.on
        )
        return self.registered > latest

    def _category(self, names: Iterable[str]) -> Formula:
        return of("category", self.categories, names)

    def _euro(self, limit: str | EuroLimit, *, below: bool) -> Formula:
        """As `zones.predicates`: no exhaust passes; a family that is not named is not spoken of."""
        light, heavy = (limit, limit) if isinstance(limit, str) else (limit.light, limit.heavy)
        bounds = {
            family: rank.rank
            for family, text in (("light", light), ("heavy", heavy))
            if text is not None and (rank := euro_rank(text)) is not None
        }
        found = [
            index
            for index, text in enumerate(self.euros)
            if (rank := euro_rank(text)) is not None
            and rank.family in bounds
            and (rank.rank < bounds[rank.family]) is below
        ]
        holds, clean = among("euro", tuple(found)), self.zero_emission()
        return z3.And(z3.Not(clean), holds) if below else z3.Or(clean, holds)

    def _euro_in(self, classes: Sequence[str]) -> Formula:
        named = [rank for text in classes if (rank := euro_rank(text)) is not None]
        found = [
            index
            for index, text in enumerate(self.euros)
            if (rank := euro_rank(text)) is not None and any(is_of_class(rank, n) for n in named)
        ]
        return z3.And(z3.Not(self.zero_emission()), among("euro", tuple(found)))

    def _fuel(self, wanted: Sequence[str], *, only: bool) -> Formula:
        names = frozenset(wanted)
        found = [
            i for i, fuels in enumerate(FUEL_SETS) if (fuels <= names if only else fuels & names)
        ]
        return among("fuel", tuple(found))

    def _stickers(self, wanted: Mapping[str, Sequence[str]]) -> Formula:
        return every(
            [of(_sticker(name), self.schemes[name], values) for name, values in wanted.items()]
        )

    def _over(self, fact: str, bound: float) -> Formula:
        return number(fact) > 2 * self.steps[fact].index(bound) + 1

    def _any(self, parts: Sequence[Who]) -> Formula:
        return some([self.who(part) for part in parts])


MEMBERS: dict[str, Callable[[VehicleSpace, Any], Formula]] = {
    "category": lambda space, value: space._category(value),
    "body": lambda space, value: of("body", space.bodies, value),
    "fuel": lambda space, value: space._fuel(value, only=False),
    "fuel_only": lambda space, value: space._fuel(value, only=True),
    "euro_below": lambda space, value: space._euro(value, below=True),
    "euro_at_least": lambda space, value: space._euro(value, below=False),
    "euro_in": lambda space, value: space._euro_in(value),
    "gross_weight_over_kg": lambda space, value: space.mass > value,
    "gross_weight_up_to_kg": lambda space, value: space.mass <= value,
    "gross_weight_at_least_kg": lambda space, value: space.mass >= value,
    "gross_weight_under_kg": lambda space, value: space.mass < value,
    "unladen_weight_over_kg": lambda space, value: _unladen() > value,
    "unladen_weight_up_to_kg": lambda space, value: _unladen() <= value,
    "length_over_m": lambda space, value: space._over("length_m", value),
    "length_up_to_m": lambda space, value: z3.Not(space._over("length_m", value)),
    "width_over_m": lambda space, value: space._over("width_m", value),
    "height_over_m": lambda space, value: space._over("height_m", value),
    "registered_before": lambda space, value: space.registered < value.toordinal(),
    "registered_from": lambda space, value: space.registered >= value.toordinal(),
    "registered_in": lambda space, value: of("registered_in", space.countries, value),
    "age_under_years": lambda space, value: space._younger(value),
    "age_at_least_years": lambda space, value: z3.Not(space._younger(value)),
    "n1_class": lambda space, value: z3.And(
        space._category(["N1"]), of("n1_class", N1_CLASSES, value)
    ),
    "combination": lambda space, value: flag("combination") == value,
    "stickers": lambda space, value: space._stickers(value),
    "special_purpose": lambda space, value: some([flag(_purpose(name)) for name in value]),
    "particulate_filter": lambda space, value: flag("particulate_filter") == value,
    "particulates_over_g_per_kwh": lambda space, value: space._over(
        "particulates_g_per_kwh", value
    ),
    "particulates_up_to_g_per_kwh": lambda space, value: z3.Not(
        space._over("particulates_g_per_kwh", value)
    ),
    "blind_spot_detection": lambda space, value: flag("blind_spot_detection") == value,
    "operator": lambda space, value: of("operator", space.operators, value),
    "any": lambda space, value: space._any(value),
    "all": lambda space, value: every([space.who(part) for part in value]),
    "not_": lambda space, value: z3.Not(space.who(value)),
}
"""How each key of `who` reads as a formula; one line each, in the order of the language."""


def _mass() -> Formula:
    return number("gross_weight_kg")


def _unladen() -> Formula:
    return number("unladen_weight_kg")


def _registered() -> Formula:
    return number("first_registration_on")


def _sticker(scheme: str) -> str:
    return f"sticker.{scheme}"


def _purpose(name: str) -> str:
    return f"purpose.{name}"


def _euros(named: Iterable[str]) -> tuple[str, ...]:
    """Return one certificate's text per Euro rank, light ones first, each family in its order."""
    ranks = {
        rank: text for text in (*named, *EURO_CLASSES) if (rank := euro_rank(text)) is not None
    }
    return tuple(ranks[rank] for rank in sorted(ranks, key=lambda r: (r.family != "light", r.rank)))


def _family(text: str) -> bool:
    """Return whether the class is of the heavy family."""
    rank = euro_rank(text)
    return rank is not None and rank.family == "heavy"


def _step_value(bounds: Sequence[float], step: int) -> float | None:
    """Return a length in a step: below the first bound, at it, between it and the next, …"""
    if not bounds:
        return None
    index, exactly = divmod(step, 2)
    if exactly:
        return bounds[index]
    if index == len(bounds):
        return bounds[-1] + 0.5
    return (bounds[index] + (bounds[index - 1] if index else 0.0)) / 2


@lru_cache(maxsize=256)
def _plausible(categories: tuple[str, ...], euros: tuple[str, ...]) -> Formula:
    """Return what holds of every vehicle, whatever a rule names: the same for most zones."""
    heavy, heavy_only = _heavy(euros), of("category", categories, HEAVY_ONLY)
    parts = [
        within("category", len(categories)),
        within("fuel", len(FUEL_SETS)),
        within("euro", len(euros)),
        z3.And(_registered() >= OLDEST.toordinal(), _registered() <= NEWEST.toordinal()),
        z3.And(_mass() >= ANY_MASS_KG[0], _mass() <= ANY_MASS_KG[1]),
        z3.Implies(heavy_only, heavy),
        z3.Implies(heavy, of("category", categories, HEAVY_ONLY | EITHER)),
        z3.Implies(
            of("category", categories, CYCLES), number("fuel") == FUEL_SETS.index(_ELECTRIC)
        ),
    ]
    parts += [
        z3.Implies(
            number("category") == place,
            z3.And(_mass() >= MASS_KG[name][0], _mass() <= MASS_KG[name][1]),
        )
        for place, name in enumerate(categories)
        if name in MASS_KG
    ]
    return z3.And(parts)


@lru_cache(maxsize=256)
def _typical(categories: tuple[str, ...], euros: tuple[str, ...]) -> tuple[Formula, ...]:
    return (
        of("category", categories, {"N1", "N2", "N3"}),
        number("fuel") == FUEL_SETS.index(frozenset({"diesel"})),
        of("category", categories, {"N2"}),
        of("euro", euros, {"V"}),
        _mass() == 7400,
        _registered() == date(2015, 6, 1).toordinal(),
    )


@lru_cache(maxsize=256)
def _heavy(euros: tuple[str, ...]) -> Formula:
    return among("euro", tuple(i for i, text in enumerate(euros) if _family(text)))


@lru_cache(maxsize=1)
def _clean() -> Formula:
    found = [i for i, fuels in enumerate(FUEL_SETS) if fuels <= ZERO_EMISSION_FUELS]
    return among("fuel", tuple(found))
