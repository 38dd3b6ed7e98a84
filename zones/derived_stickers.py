"""Stickers that follow from other facts, for vehicles of which no sticker is told. Pure.

For a scheme, whom a line means has one of its stickers. Only what the sources of the templates say
(November 2026): Crit'Air 3 of vans is diesel Euro 4 and petrol Euro 2 and 3, of lorries diesel Euro
V; the Spanish DGT gives no label to diesel vans below Euro 4, petrol vans below Euro 3 and lorries
below Euro IV, and some label to the others. Which one, the other vignettes, and the German groups
stand in none of them: there a sticker has to be told.
"""

from collections.abc import Mapping
from typing import NamedTuple

from zones.language import Who


class Derived(NamedTuple):
    """Vehicles, and the stickers of which each of them has one."""

    who: Who
    one_of: frozenset[str]


_NONE, _CRITAIR_3 = frozenset({"none"}), frozenset({"3"})
_LABELS = frozenset({"B", "C", "ECO", "0"})
_DIESEL_VAN = Who(category=("N1",), fuel_only=("diesel",))
_PETROL_VAN = Who(category=("N1",), fuel_only=("petrol",))
_LORRY = Who(category=("N2", "N3"))

DERIVED: Mapping[str, tuple[Derived, ...]] = {
    "critair": (
        Derived(Who(all=(_DIESEL_VAN,), euro_in=("4",)), _CRITAIR_3),
        Derived(Who(all=(_PETROL_VAN,), euro_in=("2", "3")), _CRITAIR_3),
        Derived(Who(all=(_LORRY,), fuel_only=("diesel",), euro_in=("V",)), _CRITAIR_3),
    ),
    "dgt": (
        Derived(Who(all=(_DIESEL_VAN,), euro_below="4"), _NONE),
        Derived(Who(all=(_DIESEL_VAN,), euro_at_least="4"), _LABELS),
        Derived(Who(all=(_PETROL_VAN,), euro_below="3"), _NONE),
        Derived(Who(all=(_PETROL_VAN,), euro_at_least="3"), _LABELS),
        Derived(Who(all=(_LORRY,), euro_below="IV"), _NONE),
        Derived(Who(all=(_LORRY,), euro_at_least="IV"), _LABELS),
    ),
}
"""By scheme; no two lines of a scheme mean one vehicle."""
