"""Compiles `who` into a function of vehicle facts with three answers: yes, no, unknown.

Unknown carries the names of the facts it misses. The logic is Kleene's: one false part makes a
conjunction false and one true part a disjunction true, whatever else is unknown, so that a fact
is missed only where it matters.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kernel.vehicles import EuroRank, VehicleFacts, euro_rank
from zones.language import EuroLimit, Who

Answer = tuple[bool | None, tuple[str, ...]]
Predicate = Callable[[VehicleFacts], Answer]

YES: Answer = (True, ())
NO: Answer = (False, ())


def everyone(_: VehicleFacts) -> Answer:
    return YES


def compile_who(who: Who) -> Predicate:
    """Return the predicate that holds when every key of `who` does."""
    return _every(tuple(_parts(who)))


def _parts(who: Who) -> Iterable[Predicate]:
    if who.category is not None:
        yield _among("category", who.category)
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
    yield from _bounds(who)
    for scheme, values in (who.stickers or {}).items():
        yield _sticker(scheme, frozenset(values))
    if who.special_purpose is not None:
        wanted = frozenset(who.special_purpose)
        yield lambda facts: YES if facts.special_purpose & wanted else NO
    if who.particulate_filter is not None:
        yield _among("particulate_filter", (who.particulate_filter,))
    if who.any is not None:
        yield _some(tuple(compile_who(part) for part in who.any))
    if who.all is not None:
        yield _every(tuple(compile_who(part) for part in who.all))
    if who.not_ is not None:
        yield _not(compile_who(who.not_))


def _bounds(who: Who) -> Iterable[Predicate]:
    """Yield the comparisons. `over` and `before` exclude the bound, `up_to` and `from` include."""
    weight, first = "gross_weight_kg", "first_registration_on"
    if who.gross_weight_over_kg is not None:
        yield _compare(weight, who.gross_weight_over_kg, lambda value, bound: value > bound)
    if who.gross_weight_up_to_kg is not None:
        yield _compare(weight, who.gross_weight_up_to_kg, lambda value, bound: value <= bound)
    if who.gross_weight_at_least_kg is not None:
        yield _compare(weight, who.gross_weight_at_least_kg, lambda value, bound: value >= bound)
    if who.gross_weight_under_kg is not None:
        yield _compare(weight, who.gross_weight_under_kg, lambda value, bound: value < bound)
    if who.length_over_m is not None:
        yield _compare("length_m", who.length_over_m, lambda value, bound: value > bound)
    if who.length_up_to_m is not None:
        yield _compare("length_m", who.length_up_to_m, lambda value, bound: value <= bound)
    if who.width_over_m is not None:
        yield _compare("width_m", who.width_over_m, lambda value, bound: value > bound)
    if who.height_over_m is not None:
        yield _compare("height_m", who.height_over_m, lambda value, bound: value > bound)
    if who.registered_before is not None:
        yield _compare(first, who.registered_before, lambda value, bound: value < bound)
    if who.registered_from is not None:
        yield _compare(first, who.registered_from, lambda value, bound: value >= bound)


def _among(fact: str, values: Sequence[Any]) -> Predicate:
    wanted, unknown = frozenset(values), (None, (fact,))

    def holds(facts: VehicleFacts) -> Answer:
        value = getattr(facts, fact)
        if value is None:
            return unknown
        return YES if value in wanted else NO

    return holds


def _compare(fact: str, bound: Any, test: Callable[[Any, Any], bool]) -> Predicate:
    unknown = (None, (fact,))

    def holds(facts: VehicleFacts) -> Answer:
        value = getattr(facts, fact)
        if value is None:
            return unknown
        return YES if test(value, bound) else NO

    return holds


def _fuel(wanted: frozenset[str], *, only: bool) -> Predicate:
    unknown = (None, ("fuels",))

    def holds(facts: VehicleFacts) -> Answer:
        if not facts.fuels:
            return unknown
        return YES if (facts.fuels <= wanted if only else facts.fuels & wanted) else NO

    return holds


def _sticker(scheme: str, wanted: frozenset[str]) -> Predicate:
    unknown = (None, (f"stickers.{scheme}",))

    def holds(facts: VehicleFacts) -> Answer:
        value = facts.stickers.get(scheme)
        if value is None:
            return unknown
        return YES if value in wanted else NO

    return holds


def _euro(limit: str | EuroLimit, *, below: bool) -> Predicate:
    """Compare ranks. One class without a family holds for both by number: Euro V is a 5."""
    light, heavy = (limit, limit) if isinstance(limit, str) else (limit.light, limit.heavy)
    bounds = {
        family: rank.rank
        for family, text in (("light", light), ("heavy", heavy))
        if text is not None and (rank := euro_rank(text)) is not None
    }
    ranks: dict[str, EuroRank | None] = {}
    unknown = (None, ("euro_class",))

    def holds(facts: VehicleFacts) -> Answer:
        if facts.zero_emission:
            return NO if below else YES
        if facts.euro_class is None:
            return unknown
        rank = ranks.get(facts.euro_class)
        if rank is None:
            rank = euro_rank(facts.euro_class)
            if rank is None:
                return unknown
            if len(ranks) < 100:
                ranks[facts.euro_class] = rank
        bound = bounds.get(rank.family)
        if bound is None:
            return NO
        return YES if (rank.rank < bound) is below else NO

    return holds


def _every(parts: tuple[Predicate, ...]) -> Predicate:
    if not parts:
        return everyone
    if len(parts) == 1:
        return parts[0]

    def holds(facts: VehicleFacts) -> Answer:
        missing: tuple[str, ...] = ()
        for part in parts:
            answer, lacks = part(facts)
            if answer is False:
                return NO
            missing += lacks
        return (None, missing) if missing else YES

    return holds


def _some(parts: tuple[Predicate, ...]) -> Predicate:
    def holds(facts: VehicleFacts) -> Answer:
        missing: tuple[str, ...] = ()
        for part in parts:
            answer, lacks = part(facts)
            if answer:
                return YES
            missing += lacks
        return (None, missing) if missing else NO

    return holds


def _not(part: Predicate) -> Predicate:
    def holds(facts: VehicleFacts) -> Answer:
        answer, lacks = part(facts)
        return (None, lacks) if answer is None else (NO if answer else YES)

    return holds
