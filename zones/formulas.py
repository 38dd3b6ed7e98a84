"""Small formulas for the solver, made once: most zones ask for the same ones. Pure.

`every`, `some`, `negated` and `same` do what `And`, `Or`, `Not` and `==` of z3's Python layer do to
truth values, without its looking at the sort of each part, which takes longer than all else. They
live in z3's default context; `zones.solving` lets one thread at a time into it.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import z3

Formula = Any
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)
_CONTEXT = z3.main_ctx()


@lru_cache(maxsize=4096)
def number(name: str) -> Formula:
    """Return an unknown whole number."""
    return z3.Int(name)


@lru_cache(maxsize=4096)
def flag(name: str) -> Formula:
    """Return an unknown truth value."""
    return z3.Bool(name)


@lru_cache(maxsize=4096)
def within(name: str, size: int) -> Formula:
    """Return that an unknown is a number from 0 until before `size`."""
    return z3.And(number(name) >= 0, number(name) < size)


def of(name: str, classes: Sequence[str], names: Iterable[str]) -> Formula:
    """Return that an unknown is the place of one of the names among the classes."""
    wanted = set(names)
    return among(name, tuple(i for i, known in enumerate(classes) if known in wanted))


@lru_cache(maxsize=16_384)
def among(name: str, wanted: tuple[int, ...]) -> Formula:
    """Return that an unknown is one of sorted numbers: as few comparisons as runs of them."""
    runs: list[list[int]] = []
    for place in wanted:
        if runs and runs[-1][1] == place - 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return some([between(name, first, last) for first, last in runs])


@lru_cache(maxsize=16_384)
def between(name: str, first: int, last: int) -> Formula:
    """Return that an unknown is a number from `first` to `last`, both included."""
    unknown = number(name)
    if first == last:
        return unknown == first
    return every([unknown >= first, unknown <= last])


@lru_cache(maxsize=16_384)
def flag_is_among(flag_name: str, name: str, wanted: tuple[int, ...]) -> Formula:
    """Return that a truth value says whether an unknown is one of the numbers."""
    return same(flag(flag_name), among(name, wanted))


def every(parts: Sequence[Formula]) -> Formula:
    """Return the conjunction; of nothing it is true."""
    if len(parts) == 1:
        return parts[0]
    return z3.BoolRef(z3.Z3_mk_and(_CONTEXT.ref(), len(parts), _array(parts)), _CONTEXT)


def some(parts: Sequence[Formula]) -> Formula:
    """Return the disjunction; of nothing it is false."""
    if len(parts) == 1:
        return parts[0]
    return z3.BoolRef(z3.Z3_mk_or(_CONTEXT.ref(), len(parts), _array(parts)), _CONTEXT)


def negated(part: Formula) -> Formula:
    """Return what holds where a formula does not."""
    return z3.BoolRef(z3.Z3_mk_not(_CONTEXT.ref(), part.ast), _CONTEXT)


def same(one: Formula, other: Formula) -> Formula:
    """Return that two formulas hold together or not at all."""
    return z3.BoolRef(z3.Z3_mk_iff(_CONTEXT.ref(), one.ast, other.ast), _CONTEXT)


def _array(parts: Sequence[Formula]) -> Any:
    return (z3.Ast * len(parts))(*[part.ast for part in parts])
