"""Which vehicles facts allow, whatever a rule names, and which are easy to picture. Pure.

Mass by category as in Regulation (EU) 2018/858, article 4, of category L what Regulation (EU)
168/2013, annex I, leaves of it (mass and payload of L7e), of cycles what they bear; heavy Euro
classes (Roman) for N3 and M3, light ones (Arabic) for L, T, trailers and bicycles, either for the
rest (which of the two follows from the reference mass: Regulation (EC) 595/2009, article 2);
cycles have no engine but an electric one.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import get_args

import z3

from kernel.vehicles import GROSS_WEIGHT_KG, ZERO_EMISSION_FUELS, Category, Fuel, euro_rank
from zones.formulas import Formula, among, number, of, within

CATEGORIES: tuple[str, ...] = get_args(Category)
LIGHT = {"L1e", "L2e", "L3e", "L4e", "L5e", "L6e", "L7e"}
ANY_MASS_KG = (1, 100_000)
MASS_KG = {
    **dict.fromkeys(sorted(LIGHT), (1, 1600)), "bicycle": (1, 300), "cargo_bicycle": (1, 650),
    **{name: (least, min(most, ANY_MASS_KG[1])) for name, (least, most) in GROSS_WEIGHT_KG.items()},
    "O1": (1, 750), "O2": (751, 3500), "O3": (3501, 10_000), "O4": (10_001, 100_000),
}  # fmt: skip
TYPICAL_KG = {
    "N1": 3000, "N2": 7400, "N3": 26_000, "M1": 1900, "M2": 4500, "M3": 18_000, "T": 9000,
    "van": 3000, "truck": 12_000, "bicycle": 120, "cargo_bicycle": 300,
    **dict.fromkeys(sorted(LIGHT), 500), "O1": 700, "O2": 2500, "O3": 8000, "O4": 24_000,
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
ELECTRIC = frozenset({"electric"})
_MASS, _REGISTERED = number("gross_weight_kg"), number("first_registration_on")


def euros(named: Iterable[str]) -> tuple[str, ...]:
    """Return one certificate's text per Euro rank, light ones first, each family in its order."""
    ranks = {
        rank: text for text in (*named, *EURO_CLASSES) if (rank := euro_rank(text)) is not None
    }
    return tuple(ranks[rank] for rank in sorted(ranks, key=lambda r: (r.family != "light", r.rank)))


@lru_cache(maxsize=256)
def plausible(categories: tuple[str, ...], euros: tuple[str, ...]) -> Formula:
    """Return what holds of every vehicle, whatever a rule names: the same for most zones."""
    is_heavy, heavy_only = heavy(euros), of("category", categories, HEAVY_ONLY)
    parts = [
        within("category", len(categories)),
        within("fuel", len(FUEL_SETS)),
        within("euro", len(euros)),
        z3.And(OLDEST.toordinal() <= _REGISTERED, NEWEST.toordinal() >= _REGISTERED),
        z3.And(ANY_MASS_KG[0] <= _MASS, ANY_MASS_KG[1] >= _MASS),
        z3.Implies(heavy_only, is_heavy),
        z3.Implies(is_heavy, of("category", categories, HEAVY_ONLY | EITHER)),
        z3.Implies(of("category", categories, CYCLES), number("fuel") == FUEL_SETS.index(ELECTRIC)),
    ]
    parts += [
        z3.Implies(
            number("category") == place,
            z3.And(MASS_KG[name][0] <= _MASS, MASS_KG[name][1] >= _MASS),
        )
        for place, name in enumerate(categories)
        if name in MASS_KG
    ]
    return z3.And(parts)


@lru_cache(maxsize=256)
def typical_categories(categories: tuple[str, ...]) -> tuple[Formula, ...]:
    """Return whom people picture first: a goods vehicle, one of category N2."""
    return of("category", categories, {"N1", "N2", "N3"}), of("category", categories, {"N2"})


@lru_cache(maxsize=256)
def typical(categories: tuple[str, ...], euros: tuple[str, ...]) -> tuple[Formula, ...]:
    """Return what makes a vehicle easy to picture, the first the most; registration last."""
    masses = [
        z3.Implies(number("category") == place, TYPICAL_KG[name] == _MASS)
        for place, name in enumerate(categories)
        if name in TYPICAL_KG
    ]
    lorry = of("category", categories, HEAVY_ONLY | {"N2"})
    return (
        number("fuel") == FUEL_SETS.index(frozenset({"diesel"})),
        z3.If(lorry, of("euro", euros, {"V"}), of("euro", euros, {"5"})),
        z3.And(masses),
        date(2015, 6, 1).toordinal() == _REGISTERED,
    )


@lru_cache(maxsize=256)
def heavy(euros: tuple[str, ...]) -> Formula:
    """Return the formula that holds for Euro classes of the heavy family."""
    return among("euro", tuple(i for i, text in enumerate(euros) if _family(text)))


@lru_cache(maxsize=1)
def clean() -> Formula:
    """Return the formula that holds of who has no exhaust."""
    found = [i for i, fuels in enumerate(FUEL_SETS) if fuels <= ZERO_EMISSION_FUELS]
    return among("fuel", tuple(found))


def _family(text: str) -> bool:
    """Return whether the class is of the heavy family."""
    rank = euro_rank(text)
    return rank is not None and rank.family == "heavy"
