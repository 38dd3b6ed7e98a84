"""Compiles `who` into a function of vehicle facts and a local day with three answers: yes, no,
unknown.

Unknown carries the names of the facts it misses. The logic is Kleene's: one false part makes a
conjunction false and one true part a disjunction true, whatever else is unknown, so that a fact
is missed only where it matters.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from kernel.vehicles import (
    CATEGORIES,
    FUELS,
    GROSS_WEIGHT_KG,
    EuroRank,
    VehicleFacts,
    birthday,
    euro_rank,
    is_of_class,
)
from zones.derived_stickers import DERIVED
from zones.language import EuroLimit, Who

Answer = tuple[bool | None, tuple[str, ...]]
Predicate = Callable[[VehicleFacts, date], Answer]
"""Asked of facts on a local day: the age of a vehicle is that on the day."""

YES: Answer = (True, ())
NO: Answer = (False, ())

_BOUNDS: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ("gross_weight_over_kg", "gross_weight_kg", operator.gt),
    ("gross_weight_up_to_kg", "gross_weight_kg", operator.le),
    ("gross_weight_at_least_kg", "gross_weight_kg", operator.ge),
    ("gross_weight_under_kg", "gross_weight_kg", operator.lt),
    ("unladen_weight_over_kg", "unladen_weight_kg", operator.gt),
    ("unladen_weight_up_to_kg", "unladen_weight_kg", operator.le),
    ("length_over_m", "length_m", operator.gt),
    ("length_up_to_m", "length_m", operator.le),
    ("width_over_m", "width_m", operator.gt),
    ("height_over_m", "height_m", operator.gt),
    ("particulates_over_g_per_kwh", "particulates_g_per_kwh", operator.gt),
    ("particulates_up_to_g_per_kwh", "particulates_g_per_kwh", operator.le),
    ("registered_before", "first_registration_on", operator.lt),
    ("registered_from", "first_registration_on", operator.ge),
)
"""Key of `who`, fact and comparison: `over` and `before` exclude the bound, `up_to` and `from`
include it."""


def everyone(_: VehicleFacts, on: date) -> Answer:
    return YES


def compile_who(who: Who) -> Predicate:
    """Return the predicate that holds when every key of `who` does."""
    return _every(tuple(_parts(who)))


def _parts(who: Who) -> Iterable[Predicate]:
    if who.category is not None:
        yield _among("category", who.category, CATEGORIES)
    if who.body is not None:
        yield _among("body", who.body)
    if who.operator is not None:
        yield _among("operator", who.operator)
    if who.fuel is not None:
        yield _fuel(frozenset(who.fuel), only=False)
    if who.fuel_only is not None:
        yield _fuel(frozenset(who.fuel_only), only=True)
    if who.euro_below is not None:
        yield _euro(who.euro_below, below=True)
    if who.euro_at_least is not None:
        yield _euro(who.euro_at_least, below=False)
    if who.euro_in is not None:
        yield _euro_in(who.euro_in)
    yield from _bounds(who)
    for scheme, values in (who.stickers or {}).items():
        yield _sticker(scheme, frozenset(values))
    if who.special_purpose is not None:
        wanted = frozenset(who.special_purpose)
        yield lambda facts, on: YES if facts.special_purpose & wanted else NO
    for fact in ("particulate_filter", "blind_spot_detection", "combination"):
        wanted_flag = getattr(who, fact)
        if wanted_flag is not None:
            yield _among(fact, (wanted_flag,))
    for fact in ("n1_class", "registered_in"):
        values = getattr(who, fact)
        if values is not None:
            yield _among(fact, values)
    if who.any is not None:
        yield _some(tuple(compile_who(part) for part in who.any))
    if who.all is not None:
        yield _every(tuple(compile_who(part) for part in who.all))
    if who.not_ is not None:
        yield _not(compile_who(who.not_))


def _bounds(who: Who) -> Iterable[Predicate]:
    """Yield the comparisons."""
    for name, fact, test in _BOUNDS:
        bound = getattr(who, name)
        if bound is not None:
            yield (_weigh if fact == "gross_weight_kg" else _compare)(fact, bound, test)
    if who.age_under_years is not None:
        yield _age(who.age_under_years, under=True)
    if who.age_at_least_years is not None:
        yield _age(who.age_at_least_years, under=False)


def ages(who: Who) -> Iterable[int]:
    """Yield the ages in years at which the predicate's answer may change."""
    bounds = (who.age_under_years, who.age_at_least_years)
    yield from (years for years in bounds if years is not None)
    for part in (*(who.any or ()), *(who.all or ()), *((who.not_,) if who.not_ else ())):
        yield from ages(part)


def _among(fact: str, values: Sequence[Any], every: frozenset[Any] | None = None) -> Predicate:
    """Ask for one of some values; one that is not among `every` there is tells nothing."""
    wanted, unknown = frozenset(values), (None, (fact,))

    def holds(facts: VehicleFacts, on: date) -> Answer:
        value = getattr(facts, fact)
        if value in wanted:
            return YES
        return unknown if value is None or (every and value not in every) else NO

    return holds


def _compare(fact: str, bound: Any, test: Callable[[Any, Any], bool]) -> Predicate:
    unknown = (None, (fact,))

    def holds(facts: VehicleFacts, on: date) -> Answer:
        value = getattr(facts, fact)
        if value is None:
            return unknown
        return YES if test(value, bound) else NO

    return holds


def _weigh(fact: str, bound: Any, test: Callable[[Any, Any], bool]) -> Predicate:
    """Compare a gross weight; where it is not told, the category may still decide."""
    told = _compare(fact, bound, test)
    by_category = {
        category: YES if test(least, bound) else NO
        for category, (least, greatest) in GROSS_WEIGHT_KG.items()
        if test(least, bound) == test(greatest, bound)
    }

    def holds(facts: VehicleFacts, on: date) -> Answer:
        answer = told(facts, on)
        if answer[0] is None and facts.category is not None:
            return by_category.get(facts.category, answer)
        return answer

    return holds


def _age(years: int, *, under: bool) -> Predicate:
    unknown = (None, ("first_registration_on",))

    def holds(facts: VehicleFacts, on: date) -> Answer:
        first = facts.first_registration_on
        if first is None:
            return unknown
        return YES if (on < birthday(first, years)) is under else NO

    return holds


def _fuel(wanted: frozenset[str], *, only: bool) -> Predicate:
    """Ask for some fuel, or for all; one that is none may be any."""
    unknown, others = (None, ("fuels",)), FUELS - wanted

    def some(facts: VehicleFacts, on: date) -> Answer:
        if facts.fuels & wanted:
            return YES
        return NO if facts.fuels and facts.fuels <= others else unknown

    def every(facts: VehicleFacts, on: date) -> Answer:
        if facts.fuels & others:
            return NO
        return YES if facts.fuels and facts.fuels <= wanted else unknown

    return every if only else some


def _sticker(scheme: str, wanted: frozenset[str]) -> Predicate:
    """Ask for the sticker that is told; where none is, the other facts may still decide."""
    derived = _derived(scheme)
    untold = (f"stickers.{scheme}",)

    def holds(facts: VehicleFacts, on: date) -> Answer:
        value = facts.stickers.get(scheme)
        if value is not None:
            return YES if value in wanted else NO
        missing: tuple[str, ...] = untold
        for who, one_of in derived:
            answer, lacks = who(facts, on)
            if answer and one_of <= wanted:
                return YES
            if answer and not one_of & wanted:
                return NO
            missing += lacks
        return None, missing

    return holds


@lru_cache(maxsize=64)
def _derived(scheme: str) -> tuple[tuple[Predicate, frozenset[str]], ...]:
    """Return of whom it is known which stickers of a scheme they may have; read once."""
    return tuple((compile_who(who), one_of) for who, one_of in DERIVED.get(scheme, ()))


def _euro(limit: str | EuroLimit, *, below: bool) -> Predicate:
    """Compare ranks. One class without a family holds for both by number: Euro V is a 5."""
    light, heavy = (limit, limit) if isinstance(limit, str) else (limit.light, limit.heavy)
    bounds = {
        family: rank.rank
        for family, text in (("light", light), ("heavy", heavy))
        if text is not None and (rank := euro_rank(text)) is not None
    }

    def passes(rank: EuroRank) -> bool:
        bound = bounds.get(rank.family)
        return bound is not None and (rank.rank < bound) is below

    return _ranked(passes, without_exhaust=NO if below else YES)


def _euro_in(classes: Sequence[str]) -> Predicate:
    named = [rank for text in classes if (rank := euro_rank(text)) is not None]

    def passes(rank: EuroRank) -> bool:
        return any(is_of_class(rank, one) for one in named)

    return _ranked(passes, without_exhaust=NO)


def _ranked(passes: Callable[[EuroRank], bool], *, without_exhaust: Answer) -> Predicate:
    """Ask of the Euro class on the certificate; each class is read once."""
    known: dict[str, Answer] = {}
    unknown = (None, ("euro_class",))

    def holds(facts: VehicleFacts, on: date) -> Answer:
        if facts.zero_emission:
            return without_exhaust
        if facts.euro_class is None:
            return unknown
        answer = known.get(facts.euro_class)
        if answer is None:
            rank = euro_rank(facts.euro_class)
            if rank is None:
                return unknown
            answer = YES if passes(rank) else NO
            if len(known) < 100:
                known[facts.euro_class] = answer
        return answer

    return holds


def _every(parts: tuple[Predicate, ...]) -> Predicate:
    if not parts:
        return everyone
    if len(parts) == 1:
        return parts[0]

    def holds(facts: VehicleFacts, on: date) -> Answer:
        missing: tuple[str, ...] = ()
        for part in parts:
            answer, lacks = part(facts, on)
            if answer is False:
                return NO
            missing += lacks
        return (None, missing) if missing else YES

    return holds


def _some(parts: tuple[Predicate, ...]) -> Predicate:
    def holds(facts: VehicleFacts, on: date) -> Answer:
        missing: tuple[str, ...] = ()
        for part in parts:
            answer, lacks = part(facts, on)
            if answer:
                return YES
            missing += lacks
        return (None, missing) if missing else NO

    return holds


def _not(part: Predicate) -> Predicate:
    def holds(facts: VehicleFacts, on: date) -> Answer:
        answer, lacks = part(facts, on)
        return (None, lacks) if answer is None else (NO if answer else YES)

    return holds
