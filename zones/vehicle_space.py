"""All vehicles that facts allow, as unknowns of a solver: what `who` says becomes a formula.

Every fact is known here (what is missing makes a verdict undetermined, never a contradiction).
Facts that are lists run over finitely many classes: what some rule names, and one that none does.
`MEMBERS` has one line for each key of `who`.

What facts allow stands in `zones.plausible`. Trailers are looked at only where a rule names them.
How old a vehicle is follows from its first registration and the day that is looked at.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from kernel.vehicles import (
    ZERO_EMISSION_FUELS,
    VehicleFacts,
    birthday,
    euro_rank,
    is_of_class,
    registered_by,
)
from zones import plausible
from zones.asking import Example
from zones.formulas import Formula, among, between, every, flag, negated, number, of, some, within
from zones.language import EuroLimit, Who
from zones.naming import named
from zones.plausible import CATEGORIES, FUEL_SETS, NEWEST, OLDEST

_ONE_DAY = timedelta(days=1)
OTHER = "other"
N1_CLASSES = ("I", "II", "III")
_ELSEWHERE = "XX"
"""A country that no rule names: free for use in ISO 3166-1."""
NO_STICKER = "none"


class VehicleSpace:
    """The unknowns of one vehicle, over the classes that a set of rules can tell apart."""

    def __init__(self, spoken: Iterable[Who]) -> None:
        self.named = named(spoken)
        self.ages = tuple(sorted(self.named.get("age", ())))
        trailers = {name for name in self.named.get("category", ()) if name.startswith("O")}
        self.categories = tuple(c for c in CATEGORIES if c[0] != "O" or c in trailers)
        self.euros = plausible.euros(self.named.get("euro", ()))
        self.bodies = (*sorted(self.named.get("body", ())), OTHER)
        self.operators = (*sorted(self.named.get("operator", ())), OTHER)
        self.countries = (*sorted(self.named.get("country", ())), _ELSEWHERE)
        self.mass, self.registered = number("gross_weight_kg"), number("first_registration_on")
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
        yield plausible.plausible(self.categories, self.euros)
        yield within("body", len(self.bodies))
        yield within("operator", len(self.operators))
        yield within("registered_in", len(self.countries))
        yield within("n1_class", len(N1_CLASSES))
        yield every([_unladen() > 0, _unladen() <= self.mass])
        for name, bounds in self.steps.items():
            yield within(name, 2 * len(bounds) + 1)
            if bounds and bounds[0] == 0:
                yield number(name) > 0  # nothing is shorter than nothing
        for scheme, values in self.schemes.items():
            yield within(_sticker(scheme), len(values))

    def is_category(self, place: int) -> Formula:
        """Return the formula that holds of the category at a place of `categories`."""
        return between("category", place, place)

    def typical_categories(self) -> Sequence[Formula]:
        """Return which categories are easy to picture, the last the most."""
        return plausible.typical_categories(self.categories)

    def typical(self) -> Sequence[Formula]:
        """Return what makes a vehicle of some category easy to picture, the first the most."""
        wishes = plausible.typical(self.categories, self.euros)
        return wishes if self._asks_for_registration else wishes[:-1]

    def days_of_ages(self) -> Iterable[date]:
        """Yield the days on which it changes who there can be by age and first registration.

        "Thirty years old, registered from 2000 on" is nobody until 2030. Rules bound registration
        by dates that stand, and by those that go with the day; there is somebody between two of
        them if they are in that order, and their order changes on these days alone.
        """
        dates = [OLDEST, *self.named.get("registered", ()), NEWEST + _ONE_DAY]
        for years in self.ages:
            for day in dates:
                yield birthday(day - _ONE_DAY, years)
                yield birthday(day, years)

    def dated(self) -> Iterable[tuple[str, Callable[[date], int]]]:
        """Yield the numbers of `who` that follow from the day: by age, who was registered last."""
        for years in self.ages:
            yield _registered_by(years), partial(_last_registered, years)

    def is_heavy(self) -> Formula:
        """Return the formula that holds for Euro classes of the heavy family."""
        return plausible.heavy(self.euros)

    def zero_emission(self) -> Formula:
        """Return the formula that holds of who has no exhaust."""
        return plausible.clean()

    def category(self, example: Example) -> str:
        """Return the category of the vehicle of an example."""
        return self.categories[example.number("category")]

    def facts(self, example: Example) -> VehicleFacts:
        """Return the vehicle of an example; facts that no rule asks for stay unknown."""
        fuels = FUEL_SETS[example.number("fuel")]
        category = self.category(example)
        registered = example.number("first_registration_on") if self._asks_for_registration else 0

        def one(fact: str, name: str, classes: Sequence[str]) -> str | None:
            return classes[example.number(name)] if fact in self.named else None

        def told(fact: str, name: str) -> bool | None:
            return example.flag(name) if fact in self.named else None

        def step(name: str) -> float | None:
            bounds = self.steps[name]
            return _step_value(bounds, example.number(name)) if bounds else None

        return VehicleFacts(
            category=category,
            body=one("body", "body", self.bodies),
            fuels=fuels,
            euro_class=(
                None if fuels <= ZERO_EMISSION_FUELS else self.euros[example.number("euro")]
            ),
            gross_weight_kg=example.number("gross_weight_kg"),
            length_m=step("length_m"),
            width_m=step("width_m"),
            height_m=step("height_m"),
            first_registration_on=date.fromordinal(registered) if registered else None,
            stickers={
                scheme: values[example.number(_sticker(scheme))]
                for scheme, values in self.schemes.items()
            },
            special_purpose=frozenset(p for p in self.purposes if example.flag(_purpose(p))),
            particulate_filter=told("filter", "particulate_filter"),
            operator=one("operator", "operator", self.operators),
            n1_class=one("n1_class", "n1_class", N1_CLASSES) if category == "N1" else None,
            unladen_weight_kg=(
                example.number("unladen_weight_kg") if "unladen" in self.named else None
            ),
            particulates_g_per_kwh=step("particulates_g_per_kwh"),
            blind_spot_detection=told("blind_spot_detection", "blind_spot_detection"),
            combination=told("combination", "combination"),
            registered_in=one("country", "registered_in", self.countries),
        )

    @property
    def _asks_for_registration(self) -> bool:
        return bool(self.ages) or "registered" in self.named

    def _younger(self, years: int) -> Formula:
        """Return the formula that holds of who is not so many years old on the day."""
        return self.registered > number(_registered_by(years))

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
        return every([negated(clean), holds]) if below else some([clean, holds])

    def _euro_in(self, classes: Sequence[str]) -> Formula:
        named = [rank for text in classes if (rank := euro_rank(text)) is not None]
        found = [
            index
            for index, text in enumerate(self.euros)
            if (rank := euro_rank(text)) is not None and any(is_of_class(rank, n) for n in named)
        ]
        return every([negated(self.zero_emission()), among("euro", tuple(found))])

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
    "length_up_to_m": lambda space, value: negated(space._over("length_m", value)),
    "width_over_m": lambda space, value: space._over("width_m", value),
    "height_over_m": lambda space, value: space._over("height_m", value),
    "registered_before": lambda space, value: space.registered < value.toordinal(),
    "registered_from": lambda space, value: space.registered >= value.toordinal(),
    "registered_in": lambda space, value: of("registered_in", space.countries, value),
    "age_under_years": lambda space, value: space._younger(value),
    "age_at_least_years": lambda space, value: negated(space._younger(value)),
    "n1_class": lambda space, value: every(
        [space._category(["N1"]), of("n1_class", N1_CLASSES, value)]
    ),
    "combination": lambda space, value: flag("combination") == value,
    "stickers": lambda space, value: space._stickers(value),
    "special_purpose": lambda space, value: some([flag(_purpose(name)) for name in value]),
    "particulate_filter": lambda space, value: flag("particulate_filter") == value,
    "particulates_over_g_per_kwh": lambda space, value: space._over(
        "particulates_g_per_kwh", value
    ),
    "particulates_up_to_g_per_kwh": lambda space, value: negated(
        space._over("particulates_g_per_kwh", value)
    ),
    "blind_spot_detection": lambda space, value: flag("blind_spot_detection") == value,
    "operator": lambda space, value: of("operator", space.operators, value),
    "any": lambda space, value: space._any(value),
    "all": lambda space, value: every([space.who(part) for part in value]),
    "not_": lambda space, value: negated(space.who(value)),
}
"""How each key of `who` reads as a formula; one line each, in the order of the language."""


def _unladen() -> Formula:
    return number("unladen_weight_kg")


def _registered_by(years: int) -> str:
    """Return the name of the last day of first registration of who is so many years old."""
    return f"registered by {years}"


def _last_registered(years: int, day: date) -> int:
    return registered_by(day, years).toordinal()


def _sticker(scheme: str) -> str:
    return f"sticker.{scheme}"


def _purpose(name: str) -> str:
    return f"purpose.{name}"


def _step_value(bounds: Sequence[float], step: int) -> float:
    """Return a length in a step: below the first bound, at it, between it and the next, …"""
    index, exactly = divmod(step, 2)
    if exactly:
        return bounds[index]
    if index == len(bounds):
        return bounds[-1] + 0.5
    return (bounds[index] + (bounds[index - 1] if index else 0.0)) / 2
