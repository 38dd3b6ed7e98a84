"""Vehicle characteristics of DATEX II 3 as predicates of the rule language, and back.

Sources: DATEX II 3 `common` (VehicleCharacteristics) and the extensions of NDW (EU categories,
special purposes) and DiaLog (`otherVehicleType`). What has no predicate is named in a note.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from kernel.text import Filled
from kernel.text import gettext_noop as _
from kernel.vehicles import Category, Fuel
from zones.exchange import markup
from zones.exchange.conditions import Every, Node, Unknown, Vehicle
from zones.exchange.drafts import Note
from zones.language import Who

TYPES: dict[str, tuple[Category, ...]] = {
    "heavyGoodsVehicle": ("N2", "N3"),
    "lorry": ("N2", "N3"),
    "goodsVehicle": ("N1", "N2", "N3"),
    "lightCommercialVehicle": ("N1",),
    "van": ("N1",),
    "car": ("M1",),
    "bus": ("M2", "M3"),
    "moped": ("L1e", "L2e"),
    "motorcycle": ("L3e", "L4e"),
    "bicycle": ("bicycle", "cargo_bicycle"),
    "agriculturalVehicle": ("T",),
}
FUELS: dict[str, Fuel] = {
    "battery": "electric",
    "electric": "electric",
    "hydrogen": "hydrogen",
    "fuelCell": "hydrogen",
    "diesel": "diesel",
    "petrol": "petrol",
    "lpg": "lpg",
    "ethanol": "ethanol",
    "biodiesel": "biodiesel",
    "dieselBatteryHybrid": "hybrid",
    "petrolBatteryHybrid": "hybrid",
}
CATEGORIES: dict[str, Category] = {
    "m1": "M1", "m2": "M2", "m3": "M3", "n1": "N1", "n2": "N2", "n3": "N3",
    "l1e": "L1e", "l2e": "L2e", "l3e": "L3e", "l4e": "L4e", "l5e": "L5e", "l6e": "L6e",
    "l7e": "L7e", "o1": "O1", "o2": "O2", "o3": "O3", "o4": "O4", "t": "T",
}  # fmt: skip
WITHOUT_EXHAUST: frozenset[Fuel] = frozenset({"electric", "hydrogen"})
_EURO = re.compile(r"euro(\d|VI|IV|V|I{1,3})", re.IGNORECASE)
_ARABIC = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
_CRITAIR = re.compile(r"critair([1-5]|E|V[1-5])", re.IGNORECASE)
_NO_USAGE = frozenset({"commercial", "nonCommercial", "private"})
_WRAPPERS = frozenset(
    {
        "_vehicleCharacteristicsExtension", "vehicleCharacteristicsExtended",
        "regulatedCharacteristics",
    }
)  # fmt: skip


def read(characteristics: Element, notes: list[Note], limits: bool = False) -> Node:
    """Return the characteristics as a node: all of them must hold.

    `limits`: the publisher writes a greatest value that may pass as “less than or equal”; the
    vehicles that are meant lie above it.
    """
    parts = [
        _one(element, notes, limits)
        for element in _flat(characteristics)
        if not (markup.local(element) == "vehicleType" and element.text == "anyVehicle")
    ]
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _flat(element: Element) -> Iterator[Element]:
    for child in element:
        if markup.local(child) in _WRAPPERS:
            yield from _flat(child)
        else:
            yield child


def _one(element: Element, notes: list[Note], limits: bool) -> Node:
    name, text = markup.local(element), (element.text or "").strip()
    who: Who | None = None
    match name:
        case "vehicleType":
            who = Who(category=TYPES[text]) if text in TYPES else None
        case "euVehicleCategory":
            who = Who(category=(CATEGORIES[text],)) if text in CATEGORIES else None
        case "fuelType" | "fuelType2":
            who = _fuel(text)
        case "euSpecialPurposeVehicle":
            who = Who(special_purpose=(text[:80],)) if text else None
        case "vehicleUsage":
            who = Who(special_purpose=(text[:80],)) if text and text not in _NO_USAGE else None
        case "ageCharacteristic":
            who = _age(element)
        case "emissions":
            return _emissions(element, notes)
        case _ if name in _MEASURES:
            return _measured(element, name, notes, limits)
    if who is not None:
        return Vehicle(who)
    return _unknown(name, text or _told(element), notes)


def _unknown(name: str, text: str, notes: list[Note]) -> Unknown:
    said = f"{name} “{text}”" if text else name
    notes.append(
        Note(
            "not_understood",
            "condition_unknown",
            Filled(_("%(condition)s has no word in the rule language."), condition=said),
        )
    )
    return Unknown()


def _told(element: Element) -> str:
    return " ".join(part.strip() for part in element.itertext() if part.strip())


def _fuel(text: str) -> Who | None:
    fuel = FUELS.get(text)
    if fuel is None:
        return None
    return Who(fuel_only=(fuel,)) if fuel in WITHOUT_EXHAUST else Who(fuel=(fuel,))


def _emissions(element: Element, notes: list[Note]) -> Node:
    parts: list[Node] = []
    for child in element:
        text = (child.text or "").strip()
        name = markup.local(child)
        euro, critair = _EURO.fullmatch(text), _CRITAIR.fullmatch(text)
        if name == "emissionClassificationEuro" and euro:
            number = _ARABIC.get(euro[1].upper()) or int(euro[1])
            parts.append(
                Vehicle(Who(euro_at_least=str(number), euro_below=str(number + 1)))
                if number < 7
                else Vehicle(Who(euro_at_least="7"))
            )
        elif name == "emissionClassificationOther" and critair:
            level = critair[1].upper().removeprefix("V")
            parts.append(Vehicle(Who(stickers={"critair": (level,)})))
        else:
            parts.append(_unknown(name, text or _told(child), notes))
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _age(element: Element) -> Who | None:
    """Return an age in years, of which DATEX II says only that it is reached or not."""
    told = {markup.local(child): (child.text or "").strip() for child in element}
    years = told.get("vehicleAge", "")
    if not years.isascii() or not years.isdigit() or int(years) > 200:
        return None
    match told.get("comparisonOperator"):
        case "greaterThanOrEqualTo":
            return Who(age_at_least_years=int(years))
        case "lessThan":
            return Who(age_under_years=int(years))
    return None


def _weight(operator: str, tonnes: float) -> Who | None:
    kilograms = round(tonnes * 1000)
    match operator:
        case "greaterThan":
            return Who(gross_weight_over_kg=kilograms)
        case "greaterThanOrEqualTo":
            return Who(gross_weight_at_least_kg=kilograms)
        case "lessThan":
            return Who(gross_weight_under_kg=kilograms)
        case "lessThanOrEqualTo":
            return Who(gross_weight_up_to_kg=kilograms)
        case "equalTo":
            return Who(gross_weight_at_least_kg=kilograms, gross_weight_up_to_kg=kilograms)
    return None


def _length(operator: str, metres: float) -> Who | None:
    match operator:
        case "greaterThan":
            return Who(length_over_m=metres)
        case "lessThanOrEqualTo":
            return Who(length_up_to_m=metres)
    return None


def _width(operator: str, metres: float) -> Who | None:
    over = Who(width_over_m=metres)
    return {"greaterThan": over, "lessThanOrEqualTo": Who(not_=over)}.get(operator)


def _height(operator: str, metres: float) -> Who | None:
    over = Who(height_over_m=metres)
    return {"greaterThan": over, "lessThanOrEqualTo": Who(not_=over)}.get(operator)


_MEASURES: dict[str, tuple[str, Callable[[str, float], Who | None], int]] = {
    "grossWeightCharacteristic": ("grossVehicleWeight", _weight, 1000),
    "lengthCharacteristic": ("vehicleLength", _length, 1000),
    "widthCharacteristic": ("vehicleWidth", _width, 1000),
    "heightCharacteristic": ("vehicleHeight", _height, 1000),
}


def _measured(element: Element, name: str, notes: list[Note], limits: bool) -> Node:
    member, predicate, most = _MEASURES[name]
    value = number(markup.text(element, member), most)
    operator = markup.text(element, "comparisonOperator")
    weight = markup.text(element, "typeOfWeight")
    if value is None or weight not in ("", "maximumPermitted"):
        return _unknown(name, _told(element), notes)
    if limits and operator == "lessThanOrEqualTo":
        operator = "greaterThan"
        notes.append(
            Note(
                "repaired",
                "limit_turned",
                Filled(
                    _("%(name)s %(value)s is the most that may pass; those above it are meant."),
                    name=name,
                    value=f"{value:g}",
                ),
            )
        )
    who = predicate(operator, value)
    return _unknown(name, _told(element), notes) if who is None else Vehicle(who)


def number(text: str, most: float) -> float | None:
    """Return a number from 0 to `most`, None for anything else."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() and 0 <= value <= most else None
