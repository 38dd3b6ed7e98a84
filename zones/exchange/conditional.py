"""Conditional restrictions of OpenStreetMap: `value @ (condition AND condition); …`.

Source: the page “Conditional restrictions” of the OpenStreetMap wiki. A condition is opening hours
or a comparison of a vehicle's measure; words such as `wet` or `residents` are not understood.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from zones.exchange import opening_hours
from zones.exchange.opening_hours import NotUnderstood
from zones.language import When, Who

_PIECE = re.compile(r"(?:[^;()]|\([^()]*\))+")
_COMPARED = re.compile(
    r"(weight|weightrating|maxweight|length|width|height)\s*(<=|>=|<|>)\s*"
    r"(\d{1,4}(?:\.\d{1,3})?)\s*(?:t|m)?"
)


class Clause(NamedTuple):
    """A value, and when and for whom it holds."""

    value: str
    when: tuple[When, ...]
    who: Who


def read(text: str) -> Iterator[Clause | NotUnderstood]:
    """Yield the clauses in their order; one that is not understood comes as the exception."""
    for piece in _pieces(text):
        value, at, condition = (part.strip() for part in piece.partition("@"))
        if not at or not re.fullmatch(r"[a-z0-9_.]{1,40}", value):
            yield NotUnderstood(piece)
            continue
        try:
            yield _clause(value, condition)
        except NotUnderstood as error:
            yield NotUnderstood(f"{value} @ {error.part}" if error.part else piece)


def _pieces(text: str) -> list[str]:
    """Split at `;` outside of parentheses; what has no `@` belongs to the piece before."""
    found: list[str] = []
    for piece in _PIECE.findall(text[:2000]):
        if "@" not in piece and found:
            found[-1] += f";{piece}"
        elif piece.strip():
            found.append(piece.strip())
    return found


def _clause(value: str, condition: str) -> Clause:
    if condition.startswith("(") and condition.endswith(")"):
        condition = condition[1:-1]
    when: tuple[When, ...] = ()
    who = Who()
    for part in re.split(r"\s+(?:AND|and)\s+", condition.strip()):
        compared = _COMPARED.fullmatch(part.strip())
        if compared:
            if who != Who():
                raise NotUnderstood(condition)
            who = _measured(*compared.groups(), condition=condition)
        elif when:
            raise NotUnderstood(condition)
        else:
            when = opening_hours.read(part.strip())
    return Clause(value, when, who)


def _measured(measure: str, operator: str, number: str, *, condition: str) -> Who:
    value = float(number)
    kilograms = round(value * 1000)
    weights = {
        ">": Who(gross_weight_over_kg=kilograms),
        ">=": Who(gross_weight_at_least_kg=kilograms),
        "<": Who(gross_weight_under_kg=kilograms),
        "<=": Who(gross_weight_up_to_kg=kilograms),
    }
    if "weight" in measure and kilograms <= 1_000_000:
        return weights[operator]
    lengths = {">": Who(length_over_m=value), "<=": Who(length_up_to_m=value)}
    others = {"width": Who(width_over_m=value), "height": Who(height_over_m=value)}
    if measure == "length" and operator in lengths and value <= 1000:
        return lengths[operator]
    if measure in others and operator == ">" and value <= 1000:
        return others[measure]
    raise NotUnderstood(condition)
