"""Vehicles of the rule language as conditions of DATEX II 3; `datex_vehicles` reads them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kernel.vehicles import ZERO_EMISSION_FUELS
from zones.exchange.datex_vehicles import CATEGORIES
from zones.exchange.saying import CannotSay
from zones.language import EuroLimit, Who

_EU: dict[str, str] = {category: name for name, category in CATEGORIES.items()}
_FUELS: dict[str, tuple[str, ...]] = {
    "electric": ("battery",), "hydrogen": ("hydrogen",), "diesel": ("diesel",),
    "petrol": ("petrol",), "lpg": ("lpg",), "ethanol": ("ethanol",), "biodiesel": ("biodiesel",),
    "hybrid": ("dieselBatteryHybrid", "petrolBatteryHybrid"),
}  # fmt: skip
_SPECIAL = frozenset(
    {
        "ambulance", "armouredVehicle", "hearse", "mobileCrane", "motorCaravan",
        "wheelChairAccessibleVehicle",
    }
)  # fmt: skip
_USAGES = frozenset(
    {"agricultural", "cityLogistics", "emergencyServices", "military", "patrol", "roadMaintenance"}
)
_EUROS = range(8)
_NUMBERS = {str(number): number for number in _EUROS} | {
    roman: number for number, roman in enumerate(("I", "II", "III", "IV", "V", "VI", "VII"), 1)
}


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One vehicle characteristic: a name with a text, or with members of its own.

    `extension` says that it stands in the extension of NDW and not in the standard's own part.
    """

    name: str
    text: str = ""
    members: tuple[tuple[str, str], ...] = ()
    extension: bool = False


@dataclass(frozen=True, slots=True)
class Set:
    """A condition set: `and` or `or` of conditions."""

    operator: str
    parts: tuple["Condition", ...]
    negate: bool = False


Condition = Characteristic | Set


def write(who: Who) -> Condition:
    """Return a predicate as a condition. Raises CannotSay."""
    made = [_some(choice) for choice in _parts(who)]
    return made[0] if len(made) == 1 else Set("and", tuple(made))


def negated(condition: Condition) -> Condition:
    """Return the opposite."""
    return Set("or", (condition,), negate=True)


def _some(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Set("or", tuple(parts))


_SAID = frozenset(
    {
        "category", "fuel", "fuel_only", "euro_below", "euro_at_least", "euro_in",
        "gross_weight_over_kg", "gross_weight_up_to_kg", "gross_weight_at_least_kg",
        "gross_weight_under_kg",
        "length_over_m", "length_up_to_m", "width_over_m", "height_over_m", "stickers",
        "special_purpose", "age_at_least_years", "age_under_years", "any", "all", "not_",
    }
)  # fmt: skip
"""What of `who` has a word in DATEX II; whatever else a rule says cannot be said."""


def _parts(who: Who) -> Iterator[list[Condition]]:
    """Yield choices; one of each must hold."""
    for name in Who.__struct_fields__:
        if name not in _SAID and getattr(who, name) is not None:
            raise CannotSay(name)
    if who.category is not None:
        yield list(_categories(who.category))
    if who.fuel is not None:
        yield [Characteristic("fuelType", text) for text in _fuels(who.fuel, clean=False)]
    if who.fuel_only is not None:
        yield [Characteristic("fuelType", text) for text in _fuels(who.fuel_only, clean=True)]
    yield from _euro(who)
    if who.euro_in is not None:
        yield [
            _emission("emissionClassificationEuro", f"euro{number}")
            for number in _numbers(who.euro_in)
        ]
    yield from ([one] for one in (*_measures(who), *_ages(who)))
    for scheme, values in (who.stickers or {}).items():
        if scheme != "critair" or "none" in values:
            raise CannotSay(f"sticker {scheme}")
        yield [_emission("emissionClassificationOther", f"critair{value}") for value in values]
    if who.special_purpose is not None:
        yield [_purpose(purpose) for purpose in who.special_purpose]
    if who.any is not None:
        yield [write(part) for part in who.any]
    for part in who.all or ():
        yield [write(part)]
    if who.not_ is not None:
        yield [negated(write(who.not_))]


def _categories(categories: Iterable[str]) -> Iterator[Condition]:
    given = set(categories)
    for category in sorted(given & _EU.keys()):
        yield Characteristic("euVehicleCategory", _EU[category], extension=True)
    rest = given - _EU.keys()
    if rest == {"bicycle", "cargo_bicycle"}:
        yield Characteristic("vehicleType", "bicycle")
    elif rest:
        raise CannotSay(f"category {', '.join(sorted(rest))}")


def _fuels(fuels: Iterable[str], *, clean: bool) -> list[str]:
    """Return fuel types. Read back, one without exhaust means that there is no other fuel."""
    given = set(fuels)
    named = given & ZERO_EMISSION_FUELS
    if (clean and named != given) or (not clean and named) or not given <= _FUELS.keys():
        raise CannotSay(f"fuel {', '.join(sorted(given))}")
    return [text for fuel in sorted(given) for text in _FUELS[fuel]]


def _euro(who: Who) -> Iterator[list[Condition]]:
    if who.euro_below is None and who.euro_at_least is None:
        return
    # Read back, “euro7” is open upwards and holds for what has no exhaust, as a lower bound does.
    low = 0 if who.euro_at_least is None else _number(who.euro_at_least)
    high = 8 if who.euro_below is None else _number(who.euro_below)
    meant = [number for number in _EUROS if low <= number < high]
    if not meant:
        raise CannotSay("an empty range of Euro classes")
    yield [_emission("emissionClassificationEuro", f"euro{number}") for number in meant]


def _number(limit: str | EuroLimit) -> int:
    number = _NUMBERS.get(limit) if isinstance(limit, str) else None
    if number is None:
        raise CannotSay("a Euro class for one family or with a stage")
    return number


def _numbers(classes: Iterable[str]) -> list[int]:
    """Return the numbers of classes: DATEX II tells no families apart, so both are needed, and
    counts EEV as Euro V. The last one is open upwards."""
    given, known = set(classes), _NUMBERS | {"EEV": _NUMBERS["V"]}
    numbers = {number for text, number in known.items() if text in given}
    meant = {text for text, number in known.items() if number in numbers}
    if given != meant or not numbers or max(numbers) == _EUROS[-1]:
        raise CannotSay("a Euro class for one family or with a stage")
    return sorted(numbers)


def _emission(name: str, text: str) -> Characteristic:
    return Characteristic("emissions", members=((name, text),))


def _ages(who: Who) -> Iterator[Condition]:
    """Yield ages in years; they stand in NDW's extension."""
    ages = (
        ("greaterThanOrEqualTo", who.age_at_least_years),
        ("lessThan", who.age_under_years),
    )
    for operator, years in ages:
        if years is not None:
            members = (("comparisonOperator", operator), ("vehicleAge", str(years)))
            yield Characteristic("ageCharacteristic", members=members, extension=True)


def _purpose(purpose: str) -> Characteristic:
    if purpose in _SPECIAL:
        return Characteristic("euSpecialPurposeVehicle", purpose, extension=True)
    if purpose in _USAGES:
        return Characteristic("vehicleUsage", purpose)
    raise CannotSay(f"special purpose {purpose}")


def _measures(who: Who) -> Iterator[Condition]:
    weights = (
        ("greaterThan", who.gross_weight_over_kg),
        ("lessThanOrEqualTo", who.gross_weight_up_to_kg),
        ("greaterThanOrEqualTo", who.gross_weight_at_least_kg),
        ("lessThan", who.gross_weight_under_kg),
    )
    for operator, kilograms in weights:
        if kilograms is not None:
            tonnes = f"{kilograms / 1000:g}"
            if round(float(tonnes) * 1000) != kilograms:
                tonnes = f"{kilograms / 1000:.3f}"
            yield Characteristic(
                "grossWeightCharacteristic",
                members=(
                    ("comparisonOperator", operator),
                    ("grossVehicleWeight", tonnes),
                    ("typeOfWeight", "maximumPermitted"),
                ),
            )
    lengths = (
        ("length", "greaterThan", who.length_over_m),
        ("length", "lessThanOrEqualTo", who.length_up_to_m),
        ("width", "greaterThan", who.width_over_m),
        ("height", "greaterThan", who.height_over_m),
    )
    for measure, operator, metres in lengths:
        if metres is not None:
            yield Characteristic(
                f"{measure}Characteristic",
                members=(
                    ("comparisonOperator", operator),
                    (f"vehicle{measure.capitalize()}", repr(float(metres))),
                ),
            )
