"""Values with a unit as free text, as OTM and EPCIS write them.

OTM says "km/h" in one page and "kmh" in another, EPCIS speaks UN/CEFACT Recommendation 20
(`2M` metres per second, `KMH`, `DD` degrees). An unknown unit is refused, never assumed.
"""

from collections.abc import Mapping

_SPEED = {
    "m/s": 1.0, "mps": 1.0, "ms": 1.0, "ms-1": 1.0, "2m": 1.0, "mts": 1.0,
    "km/h": 1 / 3.6, "kmh": 1 / 3.6, "kph": 1 / 3.6, "km/u": 1 / 3.6,
    "mph": 0.44704, "mi/h": 0.44704, "hm": 0.44704,
    "kn": 1852 / 3600, "kt": 1852 / 3600, "knot": 1852 / 3600, "knots": 1852 / 3600,
    "knt": 1852 / 3600,
}  # fmt: skip
_ANGLE = {
    "deg": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "dd": 1.0,
    "rad": 57.29577951308232, "radian": 57.29577951308232, "c81": 57.29577951308232,
}  # fmt: skip
_LENGTH = {
    "m": 1.0, "mtr": 1.0, "meter": 1.0, "metre": 1.0, "meters": 1.0, "metres": 1.0,
    "cm": 0.01, "cmt": 0.01, "mm": 0.001, "mmt": 0.001, "ft": 0.3048, "fot": 0.3048,
}  # fmt: skip
_VOLUME = {"l": 1.0, "ltr": 1.0, "liter": 1.0, "litre": 1.0, "liters": 1.0, "litres": 1.0}
_ENERGY = {"kwh": 1.0, "wh": 0.001, "mj": 1 / 3.6, "mwh": 1000.0}
_MASS = {"kg": 1.0, "kgm": 1.0, "kilogram": 1.0, "t": 1000.0, "tne": 1000.0, "ton": 1000.0}


def speed_mps(value: float, unit: str) -> float:
    """Return a speed in metres per second. Raises ValueError for an unknown unit."""
    return _in(_SPEED, value, unit, "km/h or m/s")


def heading_deg(value: float, unit: str) -> float:
    """Return a heading in degrees from 0 to below 360. Raises ValueError for an unknown unit."""
    return _in(_ANGLE, value, unit, "degrees") % 360.0 % 360.0


def metres(value: float, unit: str) -> float:
    """Return a length in metres. Raises ValueError for an unknown unit."""
    return _in(_LENGTH, value, unit, "m or cm")


def litres(value: float, unit: str) -> float | None:
    """Return a volume in litres, None when the unit is none of volume."""
    factor = _VOLUME.get(_plain(unit))
    return None if factor is None else value * factor


def kilowatt_hours(value: float, unit: str) -> float | None:
    """Return an energy in kWh, None when the unit is none of energy."""
    factor = _ENERGY.get(_plain(unit))
    return None if factor is None else value * factor


def kilograms(value: float, unit: str) -> float | None:
    """Return a mass in kilograms, None when the unit is none of mass."""
    factor = _MASS.get(_plain(unit))
    return None if factor is None else value * factor


def _plain(unit: str) -> str:
    return unit.strip().lower().replace(" ", "")


def _in(factors: Mapping[str, float], value: float, unit: str, likely: str) -> float:
    factor = factors.get(_plain(unit))
    if factor is None:
        raise ValueError(f"The unit {unit[:20]!r} is not known here; write {likely}")
    return value * factor
