"""Small formulas for the solver, made once: most zones ask for the same ones. Pure.

They live in z3's default context; `zones.solving` lets one thread at a time into it.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import z3

Formula = Any


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
    unknown = number(name)
    return some(
        [
            unknown == first if first == last else z3.And(unknown >= first, unknown <= last)
            for first, last in runs
        ]
    )


@lru_cache(maxsize=16_384)
def flag_is_among(flag_name: str, name: str, wanted: tuple[int, ...]) -> Formula:
    """Return that a truth value says whether an unknown is one of the numbers."""
    return flag(flag_name) == among(name, wanted)


def every(parts: Sequence[Formula]) -> Formula:
    """Return the conjunction; of nothing it is true."""
    if not parts:
        return z3.BoolVal(True)
    return parts[0] if len(parts) == 1 else z3.And(parts)


def some(parts: Sequence[Formula]) -> Formula:
    """Return the disjunction; of nothing it is false."""
    if not parts:
        return z3.BoolVal(False)
    return parts[0] if len(parts) == 1 else z3.Or(parts)
