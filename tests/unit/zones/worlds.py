"""Random rule books, vehicles and weeks, aimed at one step before, at and after every bound."""

import functools
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel import schedules
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Verdict
from tests.unit.zones import oracle
from tests.unit.zones.oracle import Asked, Held, Said, Saying, Stretch, Town, Written, saying
from zones import compiled

WEEKS = [
    ("Europe/Helsinki", date(2026, 3, 25)),  # the clocks skip 03:00 to 04:00 on the 29th
    ("Europe/Helsinki", date(2026, 10, 21)),  # 03:00 to 04:00 comes twice on the 25th
    ("Europe/London", date(2026, 3, 26)),
    ("Europe/London", date(2026, 10, 22)),
    ("America/New_York", date(2026, 3, 5)),
    ("America/New_York", date(2026, 10, 29)),
    ("America/Asuncion", date(2024, 3, 21)),  # midnight of the 24th comes twice
    ("America/Asuncion", date(2023, 9, 28)),  # 1 October begins at 01:00
    ("Africa/Cairo", date(2026, 4, 21)),  # the 24th begins at 01:00
    ("Africa/Cairo", date(2026, 10, 27)),  # 23:00 to 24:00 of the 29th comes twice
    ("Europe/Helsinki", date(2028, 2, 25)),  # a leap day
    ("Europe/Helsinki", date(2026, 2, 25)),  # none
    ("Europe/London", date(2026, 12, 28)),  # a year ends
    ("Asia/Jerusalem", date(2026, 3, 23)),  # at midnight UTC, 02:00 of the 27th becomes 03:00
    ("Asia/Kathmandu", date(2026, 6, 1)),  # 05:45 from UTC, no change
]
CLOCKS = [
    "00:00", "00:01", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30", "04:00",
    "06:00", "07:00", "12:00", "21:59", "22:00", "23:00", "23:30", "23:59", "24:00",
]  # fmt: skip
SPANS = [("22:00", "06:00"), ("00:00", "24:00"), ("06:00", "06:00"), ("24:00", "06:00"),
         ("24:00", "24:00"), ("24:00", "00:00"), ("23:59", "00:00"), ("00:01", "00:00"),
         ("00:00", "00:00"), ("12:00", "24:00")]  # fmt: skip
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
KINDS = ["resident", "night", "day"]
EUROS = [
    "2", "3", "4", "5", "5a", "5b", "6", "6d-TEMP", "6d", "III", "IV", "V", "EEV", "VI", "VI-E",
]  # fmt: skip
CATEGORIES = ["N1", "N2", "N3", "M1", "M2", "M3", "L3e"]
DAY = timedelta(days=1)


@dataclass
class World:
    """A rule book, a vehicle, what it holds, where and for which week."""

    book: list[Written]
    car: dict[str, Any]
    permits: list[Held]
    booked: list[Stretch]
    town: Town
    week: Stretch

    def expected(self, at: datetime) -> Saying:
        return saying(self.book, self.car, at, self.town, self.permits, self.booked)


def world(rng: random.Random) -> World:
    """Return a world that depends on nothing but the random numbers."""
    zone, first = rng.choice(WEEKS)
    tz = ZoneInfo(zone)
    week = Stretch(*(_midday(first + n * DAY, tz) for n in (0, 7)))
    days = [first + n * DAY for n in range(-1, 9)]
    town = Town(
        tz,
        frozenset(rng.sample(days, 3)),
        {"smog": frozenset(rng.sample(days, 3)), "none": frozenset()},
        {"smog": [_stretch(rng, week) for _ in range(rng.choice([0, 1, 2]))]},
    )
    book = [
        Written(
            number,
            rng.randint(1, 2) if number > 1 else 1,
            _legal(rng, week),
            [_row(rng, days) for _ in range(rng.randint(1, 3))],
        )
        for number in range(1, rng.choice([2, 2, 3, 4]))
    ]
    permits = [
        Held(rng.choice(KINDS), _stretch(rng, week), frozenset(rng.choice([(), (), (1,), (2,)])))
        for _ in range(rng.choice([0, 0, 1, 2]))
    ]
    booked = [_stretch(rng, week) for _ in range(rng.choice([0, 1, 2]))]
    return World(book, _car(rng, days), permits, booked, town, week)


def aimed() -> Iterator[World]:
    """Yield weeks in which nothing changes but an age, the end of a phase of warnings or of an
    exemption, or a calendar that is switched on."""
    for zone, first in WEEKS:
        tz, whole = ZoneInfo(zone), {"from": "00:00", "to": "24:00"}
        week = Stretch(*(_midday(first + n * DAY, tz) for n in (0, 7)))
        unknown = dict.fromkeys(_values([first + n * DAY for n in range(-1, 9)]))
        car = unknown | {"fuels": set(), "special_purpose": set(), "stickers": {}}
        for day in range(2, 6):
            born = _ago(first + day * DAY, 13)
            for row in (
                {"what": {"effect": "prohibit"}, "who": {"age_under_years": 13}},
                {"what": {"effect": "prohibit"}, "who": {"not": {"age_at_least_years": 13}}},
                {"what": {"effect": "prohibit"}, "unless": {"who": {"age_at_least_years": 13}}},
                {
                    "what": {"effect": "prohibit"},
                    "warning_until": (first + day * DAY).isoformat(),
                },
            ):
                book = [Written(1, 1, Stretch(week.start - 400 * DAY, None), [row])]
                known = car | {"first_registration_on": born}
                yield World(book, known, [], [], Town(tz), week)
            for row in (
                {"what": {"effect": "prohibit"}, "when": [{**whole, "calendar": "smog"}]},
                {
                    "what": {"effect": "prohibit"},
                    "when": [{**whole, "calendar": "smog", "calendar_mode": "except"}],
                },
                {
                    "what": {"effect": "prohibit"},
                    "unless": [
                        {"permit": ["day"], "until_on": (first + day * DAY).isoformat()},
                        {"permit": ["day"], "from_on": (first + (day + 1) * DAY).isoformat()},
                    ],
                },
            ):
                book = [Written(1, 1, Stretch(week.start - 400 * DAY, None), [row])]
                begun = _midday(first + day * DAY, tz) + timedelta(hours=11, minutes=17)
                on = Stretch(begun, begun + timedelta(minutes=61))
                permits = [Held("day", Stretch(week.start - DAY, None))]
                yield World(book, car, permits, [], Town(tz, switched={"smog": [on]}), week)


def settling(rng: random.Random) -> World:
    """Return a world whose rows always hold and differ in effect, priority and missing facts."""
    week = Stretch(*(_midday(WEEKS[0][1] + n * DAY, ZoneInfo(WEEKS[0][0])) for n in (0, 7)))
    whos = [{}, {"body": ["van"]}, {"operator": ["post"]}, {"n1_class": ["I"]}]
    rows = []
    for _ in range(rng.randint(2, 5)):
        row: dict[str, Any] = {"what": _what(rng), "who": rng.choice(whos)}
        row["priority"] = rng.randint(-1, 2)
        if rng.random() < 0.2:
            row["unless"] = {"who": rng.choice(whos[1:])}
        if rng.random() < 0.3:
            row["warning_until"] = rng.choice(["2026-03-01", "2026-05-01"])
        rows.append(row)
    car = dict.fromkeys(_values([WEEKS[0][1] + n * DAY for n in range(10)]))
    car |= {"fuels": set(), "special_purpose": set(), "stickers": {}}
    car |= {"body": rng.choice(["van", None, "rigid"]), "operator": rng.choice(["post", None])}
    permits = [Held(kind, week) for kind in KINDS if rng.random() < 0.2]
    booked = [week] if rng.random() < 0.3 else []
    book = [Written(1, 1, Stretch(week.start - DAY, None), rows)]
    return World(book, car, permits, booked, Town(ZoneInfo(WEEKS[0][0])), week)


def _midday(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time(12), tzinfo=tz).astimezone(UTC)


def _instant(rng: random.Random, week: Stretch) -> datetime:
    assert week.end is not None
    span = int((week.end - week.start).total_seconds())
    step = rng.choice([1, 60, 3600])
    return week.start + timedelta(seconds=rng.randrange(0, span, step))


def _stretch(rng: random.Random, week: Stretch) -> Stretch:
    start = _instant(rng, week)
    return Stretch(start, start + timedelta(minutes=rng.choice([0, 1, 60, 1440, 3000])))


def _legal(rng: random.Random, week: Stretch) -> Stretch:
    start = _instant(rng, week) if rng.random() < 0.2 else week.start - 400 * DAY
    ends = rng.random() < 0.2
    return Stretch(start, max(start, _instant(rng, week)) if ends else None)


def _row(rng: random.Random, days: list[date]) -> dict[str, Any]:
    row: dict[str, Any] = {"what": _what(rng)}
    if rng.random() < 0.75:
        row["who"] = _who(rng, days)
    if rng.random() < 0.8:
        row["when"] = [_window(rng, days) for _ in range(rng.choice([1, 1, 2]))]
    if rng.random() < 0.4:
        row["unless"] = rng.choice([_unless(rng, days), _dated(rng, days)])
    if rng.random() < 0.6:
        row["priority"] = rng.randint(-1, 2)
    if rng.random() < 0.3:
        row["warning_until"] = rng.choice(days).isoformat()
    return row


def _what(rng: random.Random) -> dict[str, Any]:
    effect = rng.choice(
        ["prohibit", "prohibit", "allow", "allow", "charge", "warn", "require_permit",
         "require_booking"]
    )  # fmt: skip
    what: dict[str, Any] = {"effect": effect}
    if effect == "require_permit":
        what["permit"] = rng.choice(KINDS)
    if effect == "charge":
        what |= {"amount": rng.choice([0, 100, 750]), "currency": rng.choice(["EUR", "GBP"])}
        what |= rng.choice([{}, {"per": "day"}, {"per": "visit"}, {"cap_per_day": 900}])
        what |= rng.choice([{}, {"permit": rng.choice(KINDS)}])
    return what


def _unless(rng: random.Random, days: list[date]) -> dict[str, Any]:
    unless: dict[str, Any] = {}
    if rng.random() < 0.5:
        unless["permit"] = rng.sample(KINDS, rng.choice([1, 2]))
    if rng.random() < 0.4:
        unless["day_pass"] = [{"kind": rng.choice(KINDS), "per_year": 12}]
    if rng.random() < 0.5:
        unless["who"] = _who(rng, days)
    return unless


def _dated(rng: random.Random, days: list[date]) -> list[dict[str, Any]]:
    """Return exemptions of which some begin or end in the week."""
    made = [_unless(rng, days) | {"legal_reference": "§ 1"} for _ in range(rng.choice([1, 2]))]
    for one in made:
        first, last = sorted(day.isoformat() for day in rng.sample(days, 2))
        one |= rng.choice([{}, {"from_on": first}, {"until_on": last}])
        if rng.random() < 0.3:
            one |= {"from_on": first, "until_on": last}
        if one.keys() <= {"from_on", "until_on", "legal_reference"}:
            one["permit"] = ["night"]
    return made


def _window(rng: random.Random, days: list[date]) -> dict[str, Any]:
    begin, end = rng.choice(SPANS) if rng.random() < 0.3 else rng.choices(CLOCKS, k=2)
    window: dict[str, Any] = {"from": begin, "to": end}
    if rng.random() < 0.3:
        window["days"] = rng.sample(DAYS, rng.randint(1, 5))
    if rng.random() < 0.15:
        window["from_on"] = rng.choice(days).isoformat()
    if rng.random() < 0.15:
        until = rng.choice(days).isoformat()
        if until > window.get("from_on", ""):
            window["until_on"] = until
    for name in ("on", "not_on"):
        if rng.random() < 0.12:
            window[name] = [f"{day:%m-%d}" for day in rng.sample(days, 3)]
    if rng.random() < 0.3:
        window["holidays"] = rng.choice(["only", "except", "any"])
    if rng.random() < 0.2:
        window["calendar"] = rng.choice(["smog", "smog", "none", "unheard"])
        window["calendar_mode"] = rng.choice(["only", "except"])
    return window


def _who(rng: random.Random, days: list[date], depth: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(rng.choice([1, 1, 1, 2])):
        name = rng.choice(["any", "all", "not", *_KEYS, *_KEYS] if depth < 2 else _KEYS)
        if name in ("any", "all"):
            made[name] = [_who(rng, days, depth + 1) for _ in range(rng.randint(1, 3))]
        elif name == "not":
            made[name] = _who(rng, days, depth + 1)
        else:
            made[name] = _wanted(rng, name, days)
    return made


_LISTS = {
    "category": CATEGORIES,
    "body": ["van", "rigid", "tractor"],
    "operator": ["post", "bus"],
    "fuel": ["diesel", "petrol", "electric", "hydrogen", "cng"],
    "fuel_only": ["diesel", "petrol", "electric", "hydrogen", "cng"],
    "n1_class": ["I", "II", "III"],
    "registered_in": ["FI", "GB"],
    "special_purpose": ["SB", "SC"],
}
_NUMBERS = {
    "gross_weight_over_kg": [3500, 7500, 12_000, 5000],
    "gross_weight_up_to_kg": [3500, 7500, 12_000, 5000],
    "gross_weight_at_least_kg": [3501, 7500, 12_001, 5001, 3500],
    "gross_weight_under_kg": [3501, 7500, 12_001, 5001, 3500],
    "unladen_weight_over_kg": [1205],
    "unladen_weight_up_to_kg": [1205],
    "length_over_m": [7.5],
    "length_up_to_m": [7.5],
    "width_over_m": [2.5],
    "height_over_m": [3.5],
    "particulates_over_g_per_kwh": [0.01],
    "particulates_up_to_g_per_kwh": [0.01],
    "age_under_years": [1, 13, 40],
    "age_at_least_years": [1, 13, 40],
}
_FLAGS = ["particulate_filter", "blind_spot_detection", "combination"]
_DATES = ["registered_before", "registered_from"]
_EURO = ["euro_below", "euro_at_least"]
_KEYS = [*_LISTS, *_NUMBERS, *_FLAGS, *_DATES, *_EURO, *_EURO, "euro_in", "stickers"]


def _wanted(rng: random.Random, name: str, days: list[date]) -> Any:
    if name in _LISTS:
        return rng.sample(_LISTS[name], rng.randint(1, 2))
    if name in _NUMBERS:
        return rng.choice(_NUMBERS[name])
    if name in _FLAGS:
        return rng.random() < 0.5
    if name in _DATES:
        return _born(days).isoformat()
    if name in _EURO:
        both = {"light": rng.choice(EUROS[:9]), "heavy": rng.choice(EUROS[9:])}
        return rng.choice(
            [rng.choice(EUROS), both, {"light": both["light"]}, {"heavy": both["heavy"]}]
        )
    if name == "euro_in":
        return rng.sample(EUROS, rng.randint(1, 3))
    return {
        scheme: rng.sample(["1", "3", "none"], rng.randint(1, 2))
        for scheme in rng.sample(["critair", "dgt"], rng.choice([1, 1, 2]))
    }


def _born(days: list[date]) -> date:
    """Return a day of registration whose anniversaries lie in the week."""
    return _ago(days[5], 13)


def _ago(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # a leap day of another year: 1 March
        return date(day.year - years, 3, 1)


def _values(days: list[date]) -> dict[str, list[Any]]:
    """Return what each fact of a vehicle may be: unknown, and a step around every bound."""
    born = _born(days)
    leap = date(days[0].year - days[0].year % 4 - 12, 2, 29)
    return {
        "category": [*CATEGORIES, None, "N9"],
        "body": ["van", "rigid", "tractor", None],
        "operator": ["post", "bus", "other", None],
        "fuels": [
            {"diesel"}, {"petrol"}, {"electric"}, {"hydrogen"}, {"electric", "hydrogen"},
            {"electric", "petrol"}, {"cng"}, {"cng", "diesel"}, set(),
            {"coal"}, {"coal", "electric"},
        ],
        "euro_class": [*EUROS, None, None, "Euro?"],
        "gross_weight_kg": [
            None, None, None, 3499, 3500, 3501, 4999, 5000, 5001, 7499, 7500, 7501, 11_999,
            12_000, 12_001,
        ],
        "unladen_weight_kg": [None, 1204, 1205, 1206],
        "length_m": [None, 7.49, 7.5, 7.51],
        "width_m": [None, 2.49, 2.5, 2.51],
        "height_m": [None, 3.49, 3.5, 3.51],
        "particulates_g_per_kwh": [None, 0.009, 0.01, 0.011, float("inf")],
        "first_registration_on": [
            None, born - DAY, born, born + DAY, leap, days[4], days[6],
            _ago(days[3], 1), _ago(days[6], 40), _ago(days[5], 13), _ago(days[2], 13),
        ],
        "n1_class": ["I", "II", "III", None],
        "registered_in": ["FI", "GB", "SE", None],
        "particulate_filter": [True, False, None],
        "blind_spot_detection": [True, False, None],
        "combination": [True, False, None],
        "special_purpose": [set(), {"SB"}, {"SC", "SH"}, {"SH"}],
    }  # fmt: skip


def _car(rng: random.Random, days: list[date]) -> dict[str, Any]:
    car = {fact: rng.choice(values) for fact, values in _values(days).items()}
    car["stickers"] = {
        scheme: rng.choice(["1", "3", "none", "5"])
        for scheme in ("critair", "dgt")
        if rng.random() < 0.7
    }
    return car


def single() -> Iterator[tuple[dict[str, Any], dict[str, Any], date]]:
    """Yield every key of `who` alone, with every value of the facts it is about, on two days."""
    days = [date(2028, 2, 24) + n * DAY for n in range(10)]
    values = _values(days)
    unknown = dict.fromkeys(values) | {"fuels": set(), "special_purpose": set()}
    for name, wanted in _asked(days):
        if name == "stickers":
            for critair, dgt in itertools.product([None, "1", "3", "none", "5"], repeat=2):
                has = {k: v for k, v in (("critair", critair), ("dgt", dgt)) if v is not None}
                yield {name: wanted}, unknown | {"stickers": has}, days[0]
            yield from _stickerless(name, wanted, unknown, values, days[0])
            continue
        facts = _ABOUT.get(name) or (oracle.FACT_OF[name],)
        for chosen in itertools.product(*(values[fact] for fact in facts)):
            car = unknown | {"stickers": {}} | dict(zip(facts, chosen, strict=True))
            for day in (days[5], days[6]):
                yield {name: wanted}, car, day


def _stickerless(
    name: str, wanted: Any, unknown: dict[str, Any], values: dict[str, list[Any]], day: date
) -> Iterator[tuple[dict[str, Any], dict[str, Any], date]]:
    """Yield vehicles of which no sticker is told, with the facts that may decide it."""
    about = ("category", "fuels", "euro_class")
    for chosen in itertools.product(*(values[fact] for fact in about)):
        car = unknown | {"stickers": {}} | dict(zip(about, chosen, strict=True))
        for scheme, some in wanted.items():
            yield {name: {scheme: some}}, car, day


_WEIGHT = ("gross_weight_kg", "category")
_ABOUT = {
    "fuel": ("fuels",), "fuel_only": ("fuels",), "special_purpose": ("special_purpose",),
    "euro_below": ("fuels", "euro_class"), "euro_at_least": ("fuels", "euro_class"),
    "euro_in": ("fuels", "euro_class"),
    "age_under_years": ("first_registration_on",), "age_at_least_years": ("first_registration_on",),
    "gross_weight_over_kg": _WEIGHT, "gross_weight_up_to_kg": _WEIGHT,
    "gross_weight_at_least_kg": _WEIGHT, "gross_weight_under_kg": _WEIGHT,
}  # fmt: skip


def _asked(days: list[date]) -> Iterator[tuple[str, Any]]:
    for name, values in _LISTS.items():
        yield from ((name, [value]) for value in values)
    for name, bounds in _NUMBERS.items():
        yield from ((name, bound) for bound in bounds)
    yield from ((name, flag) for name in _FLAGS for flag in (True, False))
    yield from ((name, _born(days).isoformat()) for name in _DATES)
    for name in _EURO:
        yield from ((name, euro) for euro in EUROS)
        yield from (
            (name, limit)
            for limit in ({"light": "6"}, {"heavy": "VI"}, {"light": "5", "heavy": "V"})
        )
    yield from (("euro_in", [euro]) for euro in EUROS)
    yield "euro_in", ["4", "5b", "VI"]
    yield "stickers", {"critair": ["1", "none"]}
    yield "stickers", {"critair": ["3"], "dgt": ["none", "1"]}


# What the evaluator is given, and what it says


def asked_of(
    one: World, compiled: ModuleType = compiled, schedules: ModuleType = schedules
) -> dict[str, Any]:
    """Return what `decide` and `intervals` take for a world, compiled by modules."""
    return {
        "regulations": [_compiled(regulation, compiled) for regulation in one.book],
        "facts": facts(one.car),
        "tz": one.town.tz,
        "days": schedules.DayCalendar(
            one.town.holidays,
            one.town.calendars,
            {name: tuple(Period(*t) for t in times) for name, times in one.town.switched.items()},
        ),
        "permits": [
            compiled.HeldPermit(
                held.kind,
                Period(*held.valid),
                frozenset(UUID(int=zone) for zone in held.zones),
            )
            for held in one.permits
        ],
        "bookings": [
            compiled.HeldBooking(Period(*stretch), frozenset(UUID(int=r.zone) for r in one.book))
            for stretch in one.booked
        ],
    }


def facts(car: dict[str, Any]) -> VehicleFacts:
    """Return the facts of a vehicle."""
    return VehicleFacts(
        **car
        | {"fuels": frozenset(car["fuels"]), "special_purpose": frozenset(car["special_purpose"])}
    )


def _compiled(one: Written, compiled: ModuleType) -> Any:
    return compiled.compile_regulation(
        regulation_id=UUID(int=one.number),
        version_id=UUID(int=one.number),
        number=1,
        code=f"R{one.number}",
        zone_id=UUID(int=one.zone),
        rows=one.rows,
        legal=Period(*one.legal),
        recorded=Period(one.legal.start),
    )


def said_by(verdict: Verdict) -> Saying:
    """Return what a verdict says in the words of the oracle."""
    asked = frozenset(
        Asked(
            duty.rule.id.int, duty.rule.row, duty.kind, duty.met,
            duty.amount.amount if duty.amount else None,
            duty.amount.currency if duty.amount else "",
            duty.cap.amount if duty.cap else None,
            duty.per, duty.permit,
        )
        for duty in verdict.obligations
        if duty.rule is not None
    )  # fmt: skip
    said = [
        Said(
            reason.rule.id.int,
            reason.rule.row,
            reason.effect,
            frozenset(reason.missing),
            frozenset(reason.remedies),
        )
        for reason in verdict.reasons
    ]
    assert len(asked) == len(verdict.obligations)
    assert len(said) == len(set(said)), "a row speaks once"
    return Saying(verdict.access.value, asked, frozenset(said))


def probes(one: World) -> Iterator[datetime]:
    """Yield instants of the week at, a second before and a minute after what may be a bound."""
    assert one.week.end is not None
    naive = {
        datetime.combine(day, time()) + timedelta(minutes=_minute(clock))
        for day in _days(one.week, one.town.tz)
        for clock in _clocks(one)
    }
    held = [*(permit.valid for permit in one.permits), *one.booked, *(b.legal for b in one.book)]
    held += itertools.chain.from_iterable(one.town.switched.values())
    exact = {edge for stretch in held for edge in stretch if edge is not None}
    for shown in naive:
        for fold in (0, 1):
            local = shown.replace(tzinfo=one.town.tz, fold=fold)
            exact.add(local.astimezone(UTC))
    for change in _changes(one.week, one.town.tz):
        exact.add(change)
    steps = (timedelta(), timedelta(seconds=-1), timedelta(minutes=1), timedelta(microseconds=-1))
    found = {edge + step for edge in exact for step in steps}
    yield from (at for at in sorted(found) if one.week.holds(at))


def minutes(week: Stretch) -> Iterator[datetime]:
    """Yield every minute of a week."""
    at = week.start
    while week.holds(at):
        yield at
        at += timedelta(minutes=1)


def _clocks(one: World) -> set[str]:
    windows = [w for book in one.book for row in book.rows for w in row.get("when", ())]
    return {"00:00", *(w["from"] for w in windows), *(w["to"] for w in windows)}


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _days(week: Stretch, tz: ZoneInfo) -> list[date]:
    first = week.start.astimezone(tz).date()
    return [first + n * DAY for n in range(-1, 9)]


@functools.cache
def _changes(week: Stretch, tz: ZoneInfo) -> tuple[datetime, ...]:
    """Return when the clocks change: in every zone of `WEEKS` at a whole hour of UTC."""
    hours = [week.start + timedelta(hours=n) for n in range(7 * 24 + 2)]
    offsets = [at.astimezone(tz).utcoffset() for at in hours]
    return tuple(at for n, at in enumerate(hours) if n and offsets[n] != offsets[n - 1])


# Books of versions


def hour(rng: random.Random) -> datetime:
    """Return a whole hour of one day."""
    return datetime(2026, 5, 5, rng.randint(0, 23), tzinfo=UTC)


def hours() -> list[datetime]:
    """Return the whole hours of that day and around it, and the second before each."""
    whole = [datetime(2026, 5, 4, 23, tzinfo=UTC) + timedelta(hours=n) for n in range(27)]
    return [at - step for at in whole for step in (timedelta(seconds=1), timedelta())]


def version(rng: random.Random, number: int, compiled: ModuleType = compiled) -> Any:
    """Return a version of one of two regulations, legal and recorded at random."""
    regulation = UUID(int=rng.randint(1, 2))
    return compiled.compile_regulation(
        regulation_id=regulation,
        version_id=UUID(int=regulation.int * 1000 + number),
        number=number,
        code="R",
        zone_id=UUID(int=1),
        rows=[{"what": {"effect": "prohibit"}}],
        legal=_whenever(rng),
        recorded=_whenever(rng),
    )


def _whenever(rng: random.Random) -> Period:
    start = hour(rng)
    return Period(start, rng.choice([None, max(start, hour(rng))]))


def ruling_at(versions: list[Any], at: datetime, known: datetime | None) -> list[tuple[int, int]]:
    """Return regulation and number of what rules at an instant, as recorded at another.

    From the text on versions in `docs/rule-language.md`: None = what no later record closed.
    """
    best: dict[int, int] = {}
    for one in versions:
        ends = one.recorded.end
        if known is None:
            recorded = ends is None
        else:
            recorded = one.recorded.start <= known and (ends is None or known < ends)
        legal = one.legal.start <= at and (one.legal.end is None or at < one.legal.end)
        if recorded and legal:
            best[one.id.int] = max(one.number, best.get(one.id.int, 0))
    return sorted(best.items())
