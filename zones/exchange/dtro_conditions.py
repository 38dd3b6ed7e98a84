"""Conditions of a UK D-TRO (v4) as a tree.

Source: the D-TRO data model 4.0 of the Department for Transport. Its measures have no comparison:
what they mean follows from the kind of regulation. In a limit of mass or size they are the most
that may pass, elsewhere they are not understood. A Euro class is the least to comply with.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kernel.periods import Period
from kernel.text import Filled
from kernel.text import gettext_noop as _
from kernel.vehicles import Category
from zones.exchange import times
from zones.exchange.conditions import Every, Negated, Node, Some, Unknown, Valid, Vehicle
from zones.exchange.datex_vehicles import FUELS, TYPES, WITHOUT_EXHAUST
from zones.exchange.drafts import Context, Note
from zones.language import Day, Who

_MORE_TYPES: dict[str, tuple[Category, ...]] = {
    "pedalCycle": ("bicycle", "cargo_bicycle"),
    "mopedSmallMotorcycle": ("L1e", "L2e"),
    "soloMotorcycle": ("L3e",),
}
_MEASURES = {
    "maximumGrossWeightCharacteristic": "grossVehicleWeight",
    "maximumHeightCharacteristic": "vehicleHeight",
    "maximumLengthCharacteristic": "vehicleLength",
    "maximumWidthCharacteristic": "vehicleWidth",
}
_EUROS = {
    "euro5": "5", "euro5a": "5a", "euro5b": "5b", "euro6": "6", "euro6a": "6a", "euro6b": "6b",
    "euro6c": "6c", "euroV": "V", "euroVI": "VI",
}  # fmt: skip
_PERIOD = {
    "recurringTimePeriodOfDay", "recurringDayWeekMonthPeriod", "recurringSpecialDay",
    "startOfPeriod", "endOfPeriod", "periodName",
}  # fmt: skip
DEEPEST = 30


class Reader:
    """Reads the conditions of one regulation, and notes what it does not understand."""

    def __init__(self, kind: str, context: Context, notes: list[Note]) -> None:
        self._limits = kind.startswith("dimension")
        self._least_euro = kind == "miscCongestionLowEmissionZone"
        self._context, self._notes = context, notes

    def regulation(self, regulation: Mapping[str, Any]) -> Node:
        """Return the condition, or the set of conditions, of a regulation."""
        if isinstance(regulation.get("conditionSet"), dict):
            return self._set(regulation["conditionSet"], 0)
        return self._condition(regulation.get("condition"), 0)

    def _set(self, given: Mapping[str, Any], depth: int) -> Node:
        conditions = given.get("conditions")
        if depth > DEEPEST or not isinstance(conditions, list):
            return self._unknown("conditionSet", "")
        parts = tuple(self._condition(one, depth + 1) for one in conditions)
        match given.get("operator"):
            case "and":
                return Every(parts)
            case "or":
                return Some(parts)
            case other:
                return self._unknown("operator", other)

    def _condition(self, given: Any, depth: int) -> Node:
        if not isinstance(given, dict) or depth > DEEPEST:
            return self._unknown("condition", "")
        parts: list[Node] = []
        for name, value in given.items():
            if name == "conditionSet" and isinstance(value, dict):
                parts.append(self._set(value, depth + 1))
            elif name == "vehicleCharacteristics" and isinstance(value, dict):
                parts += [self._vehicle(key, text) for key, text in value.items()]
            elif name == "timeValidity" and isinstance(value, dict):
                parts.append(self._validity(value))
            elif name not in ("negate", "operator"):
                parts.append(self._unknown(name, value))
        node = parts[0] if len(parts) == 1 else Every(tuple(parts))
        return Negated(node) if given.get("negate") is True else node

    def _vehicle(self, name: str, value: Any) -> Node:
        who: Who | None = None
        known = TYPES | _MORE_TYPES
        if name == "vehicleType" and isinstance(value, str):
            if value in ("anyVehicle", "motorVehicle"):
                return Every(()) if value == "anyVehicle" else Vehicle(MOTOR_VEHICLES)
            who = Who(category=known[value]) if value in known else None
        elif name == "vehicleUsage" and isinstance(value, str):
            who = Who(special_purpose=(value[:80],)) if value not in ("", "other") else None
        elif name == "fuelType" and isinstance(value, list) and value:
            return Some(tuple(self._fuel(one) for one in value))
        elif name == "emissions" and isinstance(value, dict) and self._least_euro:
            euro = _EUROS.get(str(value.get("emissionClassificationEuro")))
            who = Who(euro_below=euro) if euro and len(value) == 1 else None
        elif name in _MEASURES and isinstance(value, dict) and self._limits:
            who = _above(name, value)
        return self._unknown(name, value) if who is None else Vehicle(who)

    def _fuel(self, name: Any) -> Node:
        fuel = FUELS.get(name) if isinstance(name, str) else None
        if fuel is None:
            return self._unknown("fuelType", name)
        return Vehicle(Who(fuel_only=(fuel,)) if fuel in WITHOUT_EXHAUST else Who(fuel=(fuel,)))

    def _validity(self, given: Mapping[str, Any]) -> Node:
        if given.get("isPlaceholderTro") is True:
            overall: Period | None = Period(self._context.since)
        else:
            start, end = str(given.get("start", "")), str(given.get("end", ""))
            overall = times.period(start, end, self._context, self._notes)
        if overall is None:
            return Unknown()
        excepted = given.get("exceptionPeriod") or []
        holidays = "any"
        if excepted in [[{"recurringSpecialDay": [day]}] for day in (_HOLIDAY, _ANY_HOLIDAY)]:
            holidays = "except"
        elif excepted:
            self._unknown("exceptionPeriod", excepted)
        periods = given.get("validPeriod") or []
        if not isinstance(periods, list):
            return self._unknown("validPeriod", periods)
        parts = [self._period(one, overall, holidays) for one in periods]
        if not parts:
            return Valid(overall, times.windows((), (), holidays))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _period(self, given: Any, overall: Period, holidays: str) -> Node:
        if not isinstance(given, dict) or given.keys() - _PERIOD:
            return self._unknown("validPeriod", given)
        spans = list(self._spans(given.get("recurringTimePeriodOfDay") or []))
        weekdays = list(self._weekdays(given.get("recurringDayWeekMonthPeriod") or []))
        special = given.get("recurringSpecialDay")
        if special is not None:
            if holidays != "any" or special not in ([_HOLIDAY], [_ANY_HOLIDAY]):
                return self._unknown("recurringSpecialDay", special)
            holidays = "only"
        if None in spans or not all(weekdays):
            return self._unknown("validPeriod", given)
        bounded = self._bounded(given, overall)
        if bounded is None:
            return Unknown()
        read = [span for span in spans if span is not None]
        days = [one for one in weekdays if one is not None]
        return Valid(bounded, times.windows(read, days, holidays))

    def _bounded(self, given: Mapping[str, Any], overall: Period) -> Period | None:
        start, end = given.get("startOfPeriod"), given.get("endOfPeriod")
        if start is None and end is None:
            return overall
        first = str(start or overall.start.isoformat())
        period = times.period(first, str(end or ""), self._context, self._notes)
        return None if period is None else overall.intersection(period)

    def _weekdays(self, given: Any) -> Iterator[tuple[Day, ...] | None]:
        for group in given if isinstance(given, list) else [None]:
            if not isinstance(group, dict) or group.keys() != {"applicableDay"}:
                yield None
            elif isinstance(group["applicableDay"], list):
                yield times.days(map(str, group["applicableDay"]), self._notes)
            else:
                yield None

    def _spans(self, given: Any) -> Iterator[tuple[str, str] | None]:
        for span in given if isinstance(given, list) else [None]:
            if not isinstance(span, dict):
                yield None
                continue
            start = times.clock(str(span.get("startTimeOfPeriod")), self._notes)
            end = times.clock(str(span.get("endTimeOfPeriod")), self._notes, is_end=True)
            yield None if start is None or end is None else (start, end)

    def _unknown(self, name: str, value: Any) -> Unknown:
        text = str(value)[:200]
        self._notes.append(
            Note(
                "not_understood",
                "condition_unknown",
                Filled(_("%(name)s “%(text)s” has no word here."), name=name, text=text),
            )
        )
        return Unknown()


MOTOR_VEHICLES = Who(not_=Who(category=("bicycle", "cargo_bicycle")))
_ANY_HOLIDAY = {"intersectWithApplicableDays": False, "specialDayType": "publicHoliday"}
_HOLIDAY = {"intersectWithApplicableDays": True, "specialDayType": "publicHoliday"}


def _above(name: str, given: Mapping[str, Any]) -> Who | None:
    value = given.get(_MEASURES[name])
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1000:
        return None
    match name:
        case "maximumGrossWeightCharacteristic":
            if given.get("typeOfWeight") != "maximumPermitted":
                return None
            return Who(gross_weight_over_kg=round(value * 1000))
        case "maximumHeightCharacteristic":
            return Who(height_over_m=float(value))
        case "maximumLengthCharacteristic":
            return Who(length_over_m=float(value))
    return Who(width_over_m=float(value))
