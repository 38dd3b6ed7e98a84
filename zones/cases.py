"""Test vectors of access schemes: a template, a vehicle, a local time, the expected decision. Pure.

`evaluate` runs them through the one evaluator. A vector expects `allow` (admissible, no charge),
`deny` (prohibited), `charge` (a charge of an amount) or `warn` (a prohibition in its phase of
warnings); a fact that is missing and matters matches none of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.money import Money, digits
from kernel.periods import Period
from kernel.schedules import DayCalendar, local_midnight
from kernel.vehicles import NOT_STATED, VehicleFacts
from kernel.verdicts import Access, Verdict
from zones import rules, schemes
from zones.compiled import CompiledRegulation, HeldPermit, compile_regulation

HolidaysOf = Callable[[str, str], frozenset[date]]
_ZONE = UUID(int=1)
_CHARGE = re.compile(r"(?P<currency>[A-Z]{3}) (?P<amount>\d+(\.\d+)?)(?P<day>/day)?")
_KEYS = frozenset(
    {
        "cat", "fuel", "euro", "first_registration", "body", "gvw", "unladen", "length", "critair",
        "dgt", "de", "n1_class", "dpf", "pm_v5", "blind_spot_detection", "units", "country",
        "special_purpose", "passes_used", "auth_used", "episode", "permits",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one vector."""

    index: int
    zone: str
    expected: str
    got: str
    fault: str = ""
    verdict: Verdict | None = None

    @property
    def matched(self) -> bool:
        """Return whether the decision is the expected one."""
        return not self.fault


def evaluate(cases: Sequence[Any], holidays_of: HolidaysOf) -> list[Outcome]:
    """Return the outcome of each vector; one that cannot be read is an outcome with a fault.

    `holidays_of` returns the public holidays of a country and a subdivision.
    """
    schemes.schemes()  # a template that cannot be read is no fault of a vector
    return [_evaluate(index, case, holidays_of) for index, case in enumerate(cases)]


def _evaluate(index: int, case: Any, holidays_of: HolidaysOf) -> Outcome:
    zone, expected = "", ""
    try:
        zone, expected = str(case["zone"]), _expected(case)
        at = datetime.fromisoformat(case["at"])
        if at.tzinfo is None:
            raise ValueError("at needs an offset")
        verdict = _decided(zone, case["vehicle"], at, holidays_of)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        text = f"needs {error}" if isinstance(error, KeyError) else str(error)
        return Outcome(index, zone, expected, "", text)
    got, charges = outcome_of(verdict)
    fault = "" if got == case["expect"] else f"{got} instead of {case['expect']}"
    if not fault and got == "charge":
        fault = _charge_fault(case["charge"], charges)
    said = " ".join([got, *(_written(money, per) for money, per in charges)])
    return Outcome(index, zone, expected, said, fault, verdict)


def outcome_of(verdict: Verdict) -> tuple[str, list[tuple[Money, str]]]:
    """Return the decision in the word of a vector, and the charges that are due."""
    if verdict.access is Access.UNDETERMINED:
        return "undetermined", []
    if not verdict.admissible:
        return "deny", []
    due = [
        (duty.amount, duty.per)
        for duty in verdict.obligations
        if duty.kind == "charge" and not duty.met and duty.amount is not None
    ]
    if due:
        return "charge", due
    if verdict.missing_facts:
        return "undetermined", []  # a charge, perhaps
    warned = any(duty.kind == "warning" for duty in verdict.obligations)
    return ("warn" if warned else "allow"), []


def _expected(case: Any) -> str:
    if case["expect"] not in ("allow", "deny", "charge", "warn"):
        raise ValueError("expect is allow, deny, charge or warn")
    return " ".join(str(part) for part in (case["expect"], case.get("charge")) if part)


def _decided(name: str, vehicle: Any, at: datetime, holidays_of: HolidaysOf) -> Verdict:
    found = schemes.find(name)
    if found is None:
        raise ValueError(f"no template is named {name}")
    scheme, orders, starts_on = found
    if scheme.time_zone is None or scheme.holidays is None:
        raise ValueError(f"{name} is a pattern without a city")
    unknown = sorted(vehicle.keys() - _KEYS)
    if unknown:
        raise ValueError(f"unknown facts: {', '.join(unknown)}")
    tz = ZoneInfo(scheme.time_zone)
    dated = [one for one in schemes.regulations(orders, tz, starts_on) if not one.never_in_force]
    today = at.astimezone(tz).date()
    named = {
        calendar.code: frozenset({today} if vehicle.get(calendar.code) else ())
        for calendar in scheme.calendars
    }
    return rules.decide(
        regulations=[_compiled(number, one) for number, one in enumerate(dated, start=1)],
        facts=facts_of(vehicle),
        at=at,
        tz=tz,
        days=DayCalendar(holidays_of(*_of(scheme.holidays)), named),
        permits=list(_held(vehicle, dated, today, tz)),
    )


def _of(holidays: schemes.Holidays) -> tuple[str, str]:
    return holidays.country, holidays.subdivision


def _compiled(number: int, order: schemes.Regulation) -> CompiledRegulation:
    return compile_regulation(
        regulation_id=UUID(int=number),
        version_id=UUID(int=number),
        number=1,
        code=order.code,
        zone_id=_ZONE,
        rows=order.rows,
        legal=order.legal,
        recorded=Period(order.legal.start),
    )


def _held(
    vehicle: Mapping[str, Any], dated: Sequence[schemes.Regulation], today: date, tz: ZoneInfo
) -> Iterable[HeldPermit]:
    """Yield the permits of a vehicle: those named, and today's pass while its quota lasts."""
    for kind in vehicle.get("permits") or ():
        yield HeldPermit(kind, Period(min(one.legal.start for one in dated)))
    used = vehicle.get("passes_used", vehicle.get("auth_used"))
    if used is None:
        return
    midnight = local_midnight(today, tz)
    day = Period(midnight, local_midnight(date.fromordinal(today.toordinal() + 1), tz))
    quotas: dict[str, int] = {}
    for kind, per_year in (pair for one in dated for pair in schemes.day_passes(one.rows)):
        if quotas.setdefault(kind, per_year) != per_year:
            raise ValueError(f"the pass {kind} has two quotas")
    for kind, per_year in quotas.items():
        if used < per_year:
            yield HeldPermit(kind, day)


def facts_of(vehicle: Mapping[str, Any]) -> VehicleFacts:
    """Return the facts of a vector's vehicle. What is null or absent is unknown, but that `dgt`
    null says that there is no label; `dpf` is a word for the filter or `none`, `pm_v5` the
    measured value or `none` when the certificate has none."""
    fuel, purposes = vehicle.get("fuel"), vehicle.get("special_purpose")
    stickers = {
        scheme: "none" if value is None else str(value)
        for scheme in ("critair", "dgt", "de")
        if (value := vehicle.get(scheme, _ABSENT)) is not _ABSENT
        and (value is not None or scheme == "dgt")
    }
    first, units, filtered = (vehicle.get(k) for k in ("first_registration", "units", "dpf"))
    return VehicleFacts(
        category=vehicle.get("cat"),
        body=vehicle.get("body"),
        fuels=frozenset([fuel] if isinstance(fuel, str) else fuel or ()),
        euro_class=None if vehicle.get("euro") is None else str(vehicle["euro"]),
        gross_weight_kg=vehicle.get("gvw"),
        length_m=vehicle.get("length"),
        first_registration_on=None if first is None else date.fromisoformat(first),
        stickers=stickers,
        special_purpose=frozenset([purposes] if isinstance(purposes, str) else purposes or ()),
        particulate_filter=None if filtered is None else filtered not in (False, "none"),
        n1_class=vehicle.get("n1_class"),
        unladen_weight_kg=vehicle.get("unladen"),
        particulates_g_per_kwh=NOT_STATED
        if vehicle.get("pm_v5") == "none"
        else vehicle.get("pm_v5"),
        blind_spot_detection=vehicle.get("blind_spot_detection"),
        combination=None if units is None else units == "multi",
        registered_in=vehicle.get("country"),
    )


_ABSENT = object()


def _charge_fault(expected: str, charges: Sequence[tuple[Money, str]]) -> str:
    """Return how the charges differ from `EUR 7.50/day`; '' when they do not."""
    match = _CHARGE.fullmatch(expected or "")
    if match is None:
        return f"charge is not written as “EUR 7.50/day”: {expected}"
    got = " + ".join(_written(money, per) for money, per in charges)
    total = sum((_major(money) for money, _ in charges), Decimal())
    same = {money.currency for money, _ in charges} == {match["currency"]}
    daily = not match["day"] or all(per == "day" for _, per in charges)
    if same and daily and total == Decimal(match["amount"]):
        return ""
    return f"a charge of {got} instead of {expected}"


def _written(money: Money, per: str) -> str:
    return f"{money.currency} {_major(money)}{'/day' if per == 'day' else ''}"


def _major(money: Money) -> Decimal:
    return Decimal(money.amount).scaleb(-digits(money.currency))
