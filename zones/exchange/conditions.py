"""Conditions of a regulation as a tree, and what the tree says of vehicles at an instant.

DATEX II and D-TRO nest conditions freely: vehicles, times and places, joined by and, or, not. A
rule row has one place for each, so the tree is taken apart: times become legal periods and
windows, the rest is evaluated for each stretch of time in which no period begins or ends. What is
not understood is Unknown; a conjunction with it is unknown, a disjunction goes on without it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from kernel.periods import Period
from kernel.vehicles import ZERO_EMISSION_FUELS, Category, Fuel
from zones.language import When, Who


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A predicate over vehicles."""

    who: Who


@dataclass(frozen=True, slots=True)
class Valid:
    """Times: a period and, within it, windows that return (none = all of it)."""

    period: Period
    windows: tuple[When, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place; where it lies is kept beside the tree."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is not understood and was named in a note."""


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part at least holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The part does not hold."""

    part: "Node"


Node = Vehicle | Valid | Place | Unknown | Every | Some | Negated
Said = Who | bool | Literal["unknown"]
"""Which vehicles: those of a predicate, all (True), none (False), or nobody can tell."""


def leaves(node: Node) -> Iterator[Node]:
    """Yield the nodes without parts."""
    match node:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from leaves(part)
        case Negated(part):
            yield from leaves(part)
        case _:
            yield node


def conjuncts(node: Node) -> Iterator[Node]:
    """Yield the parts that must all hold, conjunctions within conjunctions flattened.

    A choice of one stays one: a `not` inside of it tells who is meant, not who is exempt.
    """
    match node:
        case Every(parts):
            for part in parts:
                yield from conjuncts(part)
        case Negated(Negated(part)):
            yield from conjuncts(part)
        case _:
            yield node


def only(node: Node, kind: type) -> bool:
    """Return whether all leaves are of a kind."""
    return all(isinstance(leaf, kind) for leaf in leaves(node))


def vehicles(node: Node, at: datetime) -> Said:
    """Return which vehicles satisfy a tree at an instant."""
    match node:
        case Vehicle(who):
            return who
        case Valid(period, windows):
            return "unknown" if windows else period.contains(at)
        case Every(parts):
            return _every([vehicles(part, at) for part in parts])
        case Some(parts):
            return _some([vehicles(part, at) for part in parts])
        case Negated(part):
            inner = vehicles(part, at)
            if isinstance(inner, bool):
                return not inner
            return inner if inner == "unknown" else Who(not_=inner)
        case _:
            return "unknown"


def exempt_beside_meant(node: Node) -> tuple[list[Node], list[Node]]:
    """Return (meant, exempt): parts of a top conjunction, those under a `not` being exemptions."""
    meant: list[Node] = []
    exempt: list[Node] = []
    for part in conjuncts(node):
        if isinstance(part, Negated):
            exempt.append(part.part)
        else:
            meant.append(part)
    return meant, exempt


def meant_at(parts: Sequence[Node], at: datetime) -> Said:
    """Return the vehicles for which all parts hold at an instant."""
    return _every([vehicles(part, at) for part in parts])


def exempt_at(parts: Sequence[Node], at: datetime) -> Said:
    """Return the vehicles for which some part holds at an instant."""
    return _some([vehicles(part, at) for part in parts])


def _every(said: Sequence[Said]) -> Said:
    if any(one is False for one in said):
        return False
    if "unknown" in said:
        return "unknown"
    given = [one for one in said if isinstance(one, Who)]
    if not given:
        return True
    return _all(given)


def _all(given: Sequence[Who]) -> Who:
    """Return one predicate for several that all hold: their keys side by side where they differ."""
    said: dict[str, object] = {}
    for who in given:
        named = ((name, getattr(who, name)) for name in who.__struct_fields__)
        keys = {name: value for name, value in named if value is not None}
        if keys.keys() & said.keys():
            return Who(all=tuple(given))
        said |= keys
    return msgspec.structs.replace(Who(), **said)


def _some(said: Sequence[Said]) -> Said:
    if any(one is True for one in said):
        return True
    given = [part for one in said if isinstance(one, Who) for part in _options(one)]
    if not given:
        return "unknown" if "unknown" in said else False
    merged = _merged(given)
    return merged[0] if len(merged) == 1 else Who(any=tuple(merged))


def _options(who: Who) -> Sequence[Who]:
    """Return the parts of a predicate that is nothing but a choice."""
    return who.any if who.any and who == Who(any=who.any) else (who,)


def _merged(given: Sequence[Who]) -> list[Who]:
    """Join predicates that name nothing but categories, or nothing but fuels without exhaust."""
    categories: dict[Category, None] = {}
    clean: dict[Fuel, None] = {}
    others: list[Who] = []
    for who in given:
        if who.category is not None and who == Who(category=who.category):
            categories |= dict.fromkeys(who.category)
        elif who.fuel_only is not None and who == Who(fuel_only=who.fuel_only) and _clean(who):
            clean |= dict.fromkeys(who.fuel_only)
        else:
            others.append(who)
    return [
        *([Who(category=tuple(categories))] if categories else ()),
        *others,
        *([Who(fuel_only=tuple(clean))] if clean else ()),
    ]


def _clean(who: Who) -> bool:
    return frozenset(who.fuel_only or ()) <= ZERO_EMISSION_FUELS
