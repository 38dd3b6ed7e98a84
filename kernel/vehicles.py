"""What a rule may know of a vehicle and in which words, its age, and the order of Euro classes."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, get_args

from msgspec import Meta

from kernel.text import gettext_noop as _

Category = Literal[
    "M1", "M2", "M3", "N1", "N2", "N3", "L1e", "L2e", "L3e", "L4e", "L5e", "L6e", "L7e",
    "O1", "O2", "O3", "O4", "T", "van", "truck", "bicycle", "cargo_bicycle",
]  # fmt: skip
Fuel = Literal[
    "diesel", "petrol", "electric", "hydrogen", "lpg", "cng", "lng", "ethanol", "biodiesel",
    "hvo", "hybrid",
]  # fmt: skip
EuroClass = Annotated[
    str,
    Meta(
        max_length=16,
        pattern=r"^\s*(([Ee][Uu][Rr][Oo])?[\s-]*([0-7]|[Vv][Ii]{0,2}|[Ii][Vv]|[Ii]{1,3})"
        r"[\s_-]*([A-Ca-cEe]|[Dd](-?[Tt][Ee][Mm][Pp])?|[Ee][Ee][Vv])?[\s_-]*|[Ee][Ee][Vv]\s*)$",
        description=_("A Euro class as on the certificate, such as 5, 6d-TEMP, VI or EEV."),
    ),
]
"""What `euro_rank` can read."""

CATEGORIES: frozenset[str] = frozenset(get_args(Category))
FUELS: frozenset[str] = frozenset(get_args(Fuel))

NOT_STATED = math.inf
"""Particulates of a vehicle whose certificate says nothing of them: worse than any bound."""

ZERO_EMISSION_FUELS: frozenset[str] = frozenset({"electric", "hydrogen"})
"""Fuels of a vehicle that has no exhaust: battery and fuel cell."""


GROSS_WEIGHT_KG: Mapping[str, tuple[int, int]] = {
    "N1": (1, 3500),
    "N2": (3501, 12_000),
    "N3": (12_001, 1_000_000),
    "M2": (1, 5000),
    "M3": (5001, 1_000_000),
}
"""Least and greatest gross weight of a category by its definition (Regulation (EU) 2018/858,
article 4): what a rule may know of a vehicle whose weight is not told."""


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """The facts of one vehicle. None, an empty fuel set or an absent sticker scheme = unknown,
    and so is a category, a fuel or a Euro class that is none: nobody is free by a slip of the pen.

    `category` is the EU category (M1 … N3, L6e) or `bicycle`, `cargo_bicycle`; `euro_class` as
    it stands on the certificate (`5`, `VI`, `6d-TEMP`); `stickers` maps a local scheme to its
    value (`{"critair": "2", "de": "4"}`), where `none` says that the vehicle has no sticker.
    Masses in kilograms, dimensions in metres. `n1_class` is the reference mass class of a van
    (I, II or III; Regulation (EC) 715/2007, annex I), `combination` says whether it draws a
    trailer or semi-trailer, `registered_in` is the ISO 3166-1 code of the country of its plate,
    `particulates_g_per_kwh` the measured value on the certificate or `NOT_STATED`.
    """

    category: str | None = None
    body: str | None = None
    fuels: frozenset[str] = frozenset()
    euro_class: str | None = None
    gross_weight_kg: int | None = None
    length_m: float | None = None
    width_m: float | None = None
    height_m: float | None = None
    first_registration_on: date | None = None
    stickers: Mapping[str, str] = field(default_factory=dict)
    special_purpose: frozenset[str] = frozenset()
    particulate_filter: bool | None = None
    operator: str | None = None
    n1_class: str | None = None
    unladen_weight_kg: int | None = None
    particulates_g_per_kwh: float | None = None
    blind_spot_detection: bool | None = None
    combination: bool | None = None
    registered_in: str | None = None

    @property
    def zero_emission(self) -> bool | None:
        """Return whether it runs on electricity or hydrogen alone; None when that is unknown."""
        return self.fuels <= ZERO_EMISSION_FUELS if self.fuels else None


def birthday(first: date, years: int) -> date:
    """Return the day on which a vehicle becomes so many years old; one of 29 February ages on
    1 March of years without one. `date.max` beyond the calendar."""
    if first.year + years > date.max.year:
        return date.max
    try:
        return first.replace(year=first.year + years)
    except ValueError:
        return date(first.year + years, 3, 1)


def registered_by(day: date, years: int) -> date:
    """Return the last day of first registration of who is so many years old on a day: the other
    way round than `birthday`. `date.min` before the calendar."""
    if day.year - years < date.min.year:
        return date.min
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


class EuroRank(NamedTuple):
    """A Euro class as family (light = Arabic, heavy = Roman numerals) and rank within it."""

    family: Literal["light", "heavy"]
    rank: Decimal


_EEV = EuroRank("heavy", Decimal("5.5"))
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}
_STAGE = {
    "": "0", "A": "0.1", "B": "0.2", "C": "0.3", "D-TEMP": "0.4", "DTEMP": "0.4", "D": "0.5",
    "E": "0.6", "EEV": "0.5",
}  # fmt: skip
_EURO = re.compile(
    r"(?:EURO)?[\s-]*(?:(?P<arabic>[0-7])|(?P<roman>VII|VI|IV|V|I{1,3}))(?P<rest>.*)"
)


def euro_rank(euro_class: str) -> EuroRank | None:
    """Return family and rank of a Euro class as written on the certificate, None if unreadable.

    The number of the norm counts before its stage: 5b < 6 < 6d-TEMP < 6d, V < EEV < VI < VI-E.
    Light classes follow Regulation (EC) 715/2007 with the stages of (EU) 2017/1151, heavy ones
    Regulation (EC) 595/2009; EEV (Directive 2005/55/EC) lies between V and VI.
    """
    text = euro_class.strip().upper()
    if text == "EEV":
        return _EEV
    match = _EURO.fullmatch(text)
    if match is None:
        return None
    stage = _STAGE.get(match["rest"].strip(" -_"))
    if stage is None:
        return None
    if match["arabic"]:
        return EuroRank("light", Decimal(match["arabic"]) + Decimal(stage))
    return EuroRank("heavy", Decimal(_ROMAN[match["roman"]]) + Decimal(stage))


def is_of_class(rank: EuroRank, named: EuroRank) -> bool:
    """Return whether a rank is of a named class: one without a stage means all of its number, one
    with a stage itself alone. EEV is a class of its own: no V, and no VI."""
    if named.rank % 1 or rank == _EEV:
        return rank == named
    return rank.family == named.family and rank.rank // 1 == named.rank
