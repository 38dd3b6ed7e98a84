"""The rule language once more, read from `docs/rule-language.md` and written another way.

It shares no code with the evaluator: it walks the hand of a clock from the start of each window to
its end and notes every minute that the clock shows, counts birthdays, and asks rows as they are
written. `Saying` is what a verdict comes to: access, what is asked of who enters, and what each
row that speaks says. Only for the tests: it is slow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NUMBER = {
    "0": 0, "1": 100, "2": 200, "3": 300, "4": 400, "5": 500, "5a": 510, "5b": 520, "6": 600,
    "6d-TEMP": 640, "6d": 650, "I": 100, "II": 200, "III": 300, "IV": 400, "V": 500, "EEV": 550,
    "VI": 600, "VI-E": 660,
}  # fmt: skip
"""Euro classes by number and stage: 5a < 5b < 6 < 6d-TEMP < 6d; V < EEV < VI < VI-E."""
NO_EXHAUST = {"electric", "hydrogen"}
WEIGHS = {"N1": (1, 3500), "N2": (3501, 12000), "N3": (12001, None), "M2": (1, 5000),
          "M3": (5001, None)}  # fmt: skip
BLOCKS = ("prohibit", "require_permit", "require_booking")
STRICT = ("prohibited", "undetermined", "allowed", "unregulated")
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)

Known = tuple[bool | None, frozenset[str]]
"""An answer, None for an open one, and the facts that are missed for it."""


class Said(NamedTuple):
    """What one row says: where it stands, the effect, the facts it misses, what would help."""

    regulation: int
    row: int
    effect: str
    missing: frozenset[str] = frozenset()
    remedies: frozenset[str] = frozenset()


class Asked(NamedTuple):
    """What a row asks of who enters."""

    regulation: int
    row: int
    kind: str
    met: bool = False
    amount: int | None = None
    currency: str = ""
    cap: int | None = None
    per: str = ""
    permit: str = ""


class Saying(NamedTuple):
    """What all rows come to."""

    access: str
    asked: frozenset[Asked]
    said: frozenset[Said]


class Stretch(NamedTuple):
    """From an instant until before another; an end of None never comes."""

    start: datetime
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        return at >= self.start and (self.end is None or not at >= self.end)


@dataclass(frozen=True)
class Held:
    """A permit; no zones: all."""

    kind: str
    valid: Stretch
    zones: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Written:
    """A regulation as it is written."""

    number: int
    zone: int
    legal: Stretch
    rows: Sequence[Mapping[str, Any]]


class Now(NamedTuple):
    """What the clock on the wall shows, and the calendars that are switched on."""

    shown: datetime
    lit: frozenset[str]


@dataclass
class Town:
    """Where the clocks hang: time zone, holidays, calendars of the city."""

    tz: ZoneInfo
    holidays: frozenset[date] = frozenset()
    calendars: Mapping[str, frozenset[date]] = field(default_factory=dict)
    switched: Mapping[str, Sequence[Stretch]] = field(default_factory=dict)
    _shown: dict[str, set[datetime]] = field(default_factory=dict)

    def shows(self, at: datetime) -> datetime:
        """Return what the clock on the wall shows, to the minute."""
        return at.astimezone(self.tz).replace(tzinfo=None, second=0, microsecond=0)

    def lit(self, at: datetime) -> frozenset[str]:
        """Return the calendars that are switched on at an instant."""
        return frozenset(n for n, times in self.switched.items() for t in times if t.holds(at))

    def open(self, row: Mapping[str, Any], shown: datetime, lit: frozenset[str]) -> bool:
        """Return whether one of the row's windows is open when the clock shows this minute and
        these calendars are on."""
        if "when" not in row or not row["when"]:
            return True
        key = f"{row['when']}{shown:%Y-%m-%d}{sorted(lit)}"
        if key not in self._shown:
            self._shown[key] = self._minutes(row["when"], shown.date(), lit)
        return shown in self._shown[key]

    def _minutes(
        self, windows: Iterable[Mapping[str, Any]], day: date, lit: frozenset[str]
    ) -> set[datetime]:
        minutes: set[datetime] = set()
        for window in windows:
            for first in (day - _DAY, day):
                if self._counts(window, first, lit):
                    minutes |= set(_hand(window, first))
        return {minute for minute in minutes if minute.date() == day}

    def _counts(self, window: Mapping[str, Any], day: date, lit: frozenset[str]) -> bool:
        iso = day.isoformat()
        no = [
            DAYS[day.weekday()] not in window.get("days", DAYS),
            "from_on" in window and iso < window["from_on"],
            "until_on" in window and iso >= window["until_on"],
            "on" in window and iso[5:] not in window["on"],
            iso[5:] in window.get("not_on", ()),
            window.get("holidays") == "only" and day not in self.holidays,
            window.get("holidays") == "except" and day in self.holidays,
        ]
        if "calendar" in window:
            named = self.calendars.get(window["calendar"], ())
            wanted = window.get("calendar_mode", "only") == "only"
            no.append((day in named or window["calendar"] in lit) != wanted)
        return not any(no)


def _hand(window: Mapping[str, Any], day: date) -> Iterable[datetime]:
    """Yield every minute that the hand passes from the start of a window to before its end."""
    begin, end = window.get("from", "00:00"), window.get("to", "24:00")
    shown = _on(day, begin)
    last = _on(day if not end < begin else day + _DAY, end)
    while shown != last:
        yield shown
        shown += _MINUTE


def _on(day: date, clock: str) -> datetime:
    if clock == "24:00":
        return datetime.combine(day + _DAY, time())
    return datetime.combine(day, time.fromisoformat(clock))


# Who


def who(asked: Mapping[str, Any], car: Mapping[str, Any], day: date) -> Known:
    """Return whether every key of `who` holds for a vehicle on a local day."""
    return _conjunction(_key(name, wanted, car, day) for name, wanted in asked.items())


def _conjunction(parts: Iterable[Known]) -> Known:
    answers = list(parts)
    if any(answer is False for answer, _ in answers):
        return False, frozenset()
    missing = frozenset().union(*(facts for _, facts in answers))
    return (None if missing else True), missing


def _denied(part: Known) -> Known:
    answer, missing = part
    return (None if answer is None else not answer), missing


def _key(name: str, wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    if name in _FAMILIES:
        return _FAMILIES[name](wanted, car, day)
    fact, test = _SINGLE[name]
    value = car.get(fact)
    if fact == "category" and value == "N9":
        value = None  # no category: it tells nothing
    if value is None and fact == "gross_weight_kg" and car.get("category") in WEIGHS:
        least, most = WEIGHS[car["category"]]
        ends = {test(least, wanted), test(10**9 if most is None else most, wanted)}
        if len(ends) == 1:
            return ends.pop(), frozenset()
    if value is None:
        return None, frozenset({fact})
    return bool(test(value, wanted)), frozenset()


def _any(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    # one of them holds unless none does
    return _denied(_conjunction(_denied(who(part, car, day)) for part in wanted))


def _all(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    return _conjunction(who(part, car, day) for part in wanted)


def _not(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    return _denied(who(wanted, car, day))


def _fuels(car: Mapping[str, Any]) -> set[str]:
    return set(car.get("fuels") or ())


def _fuel(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    if any(fuel in wanted for fuel in _fuels(car)):
        return True, frozenset()
    if not _fuels(car) or "coal" in _fuels(car):  # no fuel: it may be any
        return None, frozenset({"fuels"})
    return False, frozenset()


def _fuel_only(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    if any(fuel not in wanted for fuel in _fuels(car) - {"coal"}):
        return False, frozenset()
    if not _fuels(car) or "coal" in _fuels(car):
        return None, frozenset({"fuels"})
    return True, frozenset()


def _euro_below(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    return _euro(wanted, car, lambda number, bound: number < bound, exhaustless=False)


def _euro_at_least(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    return _euro(wanted, car, lambda number, bound: not number < bound, exhaustless=True)


def _euro(wanted: Any, car: Mapping[str, Any], test: Any, *, exhaustless: bool) -> Known:
    if _fuels(car) and not _fuels(car) - NO_EXHAUST:
        return exhaustless, frozenset()
    on_paper = car.get("euro_class")
    if on_paper not in NUMBER:
        return None, frozenset({"euro_class"})
    family = "light" if on_paper[0].isdigit() else "heavy"
    bound = wanted.get(family) if isinstance(wanted, Mapping) else wanted
    if bound is None:
        return False, frozenset()  # it does not speak of this family
    return bool(test(NUMBER[on_paper], NUMBER[bound])), frozenset()


def _euro_in(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    if _fuels(car) and not _fuels(car) - NO_EXHAUST:
        return False, frozenset()
    on_paper = car.get("euro_class")
    if on_paper not in NUMBER:
        return None, frozenset({"euro_class"})
    return any(on_paper in STAGES.get(one, {one}) for one in wanted), frozenset()


STAGES = {
    "5": {"5", "5a", "5b"}, "6": {"6", "6d-TEMP", "6d"}, "VI": {"VI", "VI-E"},
}  # fmt: skip
"""The classes of a world that one without a stage means."""


def _stickers(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    return _conjunction(_sticker(name, values, car, day) for name, values in wanted.items())


def _sticker(scheme: str, values: Any, car: Mapping[str, Any], day: date) -> Known:
    has = car.get("stickers") or {}
    if scheme in has:
        return has[scheme] in values, frozenset()
    lacking = {f"stickers.{scheme}"}
    for means, found in FOLLOWS[scheme]:
        answer, missing = who(means, car, day)
        may = {name in values for name in found}
        if answer and len(may) == 1:
            return may.pop(), frozenset()
        lacking |= missing
    return None, frozenset(lacking)


_DIESEL, _PETROL = ({"category": ["N1"], "fuel_only": [name]} for name in ("diesel", "petrol"))
_BIG, _SOME = {"category": ["N2", "N3"]}, ["0", "ECO", "C", "B"]
FOLLOWS = {
    "critair": [
        (_DIESEL | {"euro_in": ["4"]}, ["3"]),
        (_PETROL | {"euro_in": ["2", "3"]}, ["3"]),
        (_BIG | {"fuel_only": ["diesel"], "euro_in": ["V"]}, ["3"]),
    ],
    "dgt": [
        (_DIESEL | {"euro_below": "4"}, ["none"]),
        (_DIESEL | {"not": {"euro_below": "4"}}, _SOME),
        (_PETROL | {"euro_below": "3"}, ["none"]),
        (_PETROL | {"not": {"euro_below": "3"}}, _SOME),
        (_BIG | {"euro_below": "IV"}, ["none"]),
        (_BIG | {"not": {"euro_below": "IV"}}, _SOME),
    ],
}  # fmt: skip
"""What the facts about Paris and Barcelona say of who has which sticker."""


def _special(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    return any(code in wanted for code in car.get("special_purpose") or ()), frozenset()


def _years(car: Mapping[str, Any], day: date) -> int | None:
    first = car.get("first_registration_on")
    if first is None:
        return None
    had = (day.month, day.day) >= (first.month, first.day)
    return day.year - first.year - (0 if had else 1)


def _under(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    years = _years(car, day)
    if years is None:
        return None, frozenset({"first_registration_on"})
    return years < wanted, frozenset()


def _at_least(wanted: Any, car: Mapping[str, Any], day: date) -> Known:
    return _denied(_under(wanted, car, day))


_FAMILIES = {
    "any": _any, "all": _all, "not": _not, "fuel": _fuel, "fuel_only": _fuel_only,
    "euro_below": _euro_below, "euro_at_least": _euro_at_least, "euro_in": _euro_in,
    "stickers": _stickers,
    "special_purpose": _special, "age_under_years": _under, "age_at_least_years": _at_least,
}  # fmt: skip


def _in(value: Any, wanted: Any) -> bool:
    return value in wanted


def _is(value: Any, wanted: Any) -> bool:
    return value is wanted


def _over(value: Any, wanted: Any) -> bool:
    return value > wanted


def _up_to(value: Any, wanted: Any) -> bool:
    return not value > wanted


def _iso_before(value: date, wanted: str) -> bool:
    return value.isoformat() < wanted


def _iso_from(value: date, wanted: str) -> bool:
    return not value.isoformat() < wanted


_SINGLE = {
    "category": ("category", _in),
    "body": ("body", _in),
    "operator": ("operator", _in),
    "n1_class": ("n1_class", _in),
    "registered_in": ("registered_in", _in),
    "particulate_filter": ("particulate_filter", _is),
    "blind_spot_detection": ("blind_spot_detection", _is),
    "combination": ("combination", _is),
    "gross_weight_over_kg": ("gross_weight_kg", _over),
    "gross_weight_up_to_kg": ("gross_weight_kg", _up_to),
    "gross_weight_at_least_kg": ("gross_weight_kg", lambda v, w: not v < w),
    "gross_weight_under_kg": ("gross_weight_kg", lambda v, w: v < w),
    "unladen_weight_over_kg": ("unladen_weight_kg", _over),
    "unladen_weight_up_to_kg": ("unladen_weight_kg", _up_to),
    "length_over_m": ("length_m", _over),
    "length_up_to_m": ("length_m", _up_to),
    "width_over_m": ("width_m", _over),
    "height_over_m": ("height_m", _over),
    "particulates_over_g_per_kwh": ("particulates_g_per_kwh", _over),
    "particulates_up_to_g_per_kwh": ("particulates_g_per_kwh", _up_to),
    "registered_before": ("first_registration_on", _iso_before),
    "registered_from": ("first_registration_on", _iso_from),
}

FACT_OF = {name: fact for name, (fact, _) in _SINGLE.items()}
"""The fact that a key is about, for keys that are about one."""


# What follows


def saying(
    book: Sequence[Written],
    car: Mapping[str, Any],
    at: datetime,
    town: Town,
    permits: Sequence[Held] = (),
    booked: Sequence[Stretch] = (),
) -> Saying:
    """Return what the regulations say of a vehicle at an instant."""
    parts = []
    for zone in sorted({one.zone for one in book}):
        held = {p.kind for p in permits if p.valid.holds(at) and zone in (p.zones or {zone})}
        here = [one for one in book if one.zone == zone and one.legal.holds(at)]
        now = Now(town.shows(at), town.lit(at))
        parts.append(_zone(here, car, now, town, held, any(b.holds(at) for b in booked)))
    access = min((part.access for part in parts), key=STRICT.index, default="unregulated")
    return Saying(
        access,
        frozenset().union(*(part.asked for part in parts)),
        frozenset().union(*(part.said for part in parts)),
    )


@dataclass
class _Line:
    """An open row that means the vehicle or may mean it."""

    place: tuple[int, int]
    row: Mapping[str, Any]
    missing: frozenset[str]
    exempt: bool
    warns: bool
    helps: set[str]

    @property
    def effect(self) -> str:
        return self.row["what"]["effect"]

    @property
    def rank(self) -> int:
        return self.row.get("priority", 0)


def _zone(
    book: Sequence[Written],
    car: Mapping[str, Any],
    now: Now,
    town: Town,
    held: set[str],
    booked: bool,
) -> Saying:
    lines = [
        line
        for one in book
        for index, row in enumerate(one.rows)
        if (line := _line((one.number, index), row, car, now, town, held)) is not None
    ]
    permits = [line for line in lines if line.effect == "allow" and not line.exempt]
    sure = [line.rank for line in permits if not line.missing]
    access, asked, said = {"unregulated"}, set(), set()
    for line in lines:
        if line in permits and line.missing:
            continue  # an allowance that is not sure allows nothing by itself
        if not line.exempt and line.effect not in ("allow", "charge"):
            if any(rank > line.rank for rank in sure):
                continue
            if not line.warns:
                for other in permits:
                    if other.rank > line.rank:
                        line.missing |= other.missing
        follows, duty, told = _follows(line, held, booked)
        access.add(follows)
        asked |= duty
        said |= told
    return Saying(min(access, key=STRICT.index), frozenset(asked), frozenset(said))


def _line(
    place: tuple[int, int],
    row: Mapping[str, Any],
    car: Mapping[str, Any],
    now: Now,
    town: Town,
    held: set[str],
) -> _Line | None:
    shown = now.shown
    if not town.open(row, shown, now.lit):
        return None
    means, missing = who(row.get("who", {}), car, shown.date())
    if means is False:
        return None
    effect, unless = row["what"]["effect"], _in_force(row, shown.date())
    exempt = bool(_exempting(unless) & held)
    unsure = [who(one["who"], car, shown.date()) for one in unless if "who" in one]
    exempt = exempt or any(answer for answer, _ in unsure)
    missing = missing.union(*(lacks for _, lacks in unsure))
    warns = effect == "warn" or (
        effect in BLOCKS
        and "warning_until" in row
        and shown.date().isoformat() < row["warning_until"]
    )
    asked = frozenset() if exempt else missing
    return _Line(place, row, asked, exempt, warns, _exempting(unless))


def _in_force(row: Mapping[str, Any], day: date) -> list[Mapping[str, Any]]:
    """Return the exemptions of a row on a local day."""
    written, iso = row.get("unless", []), day.isoformat()
    return [
        one
        for one in (written if isinstance(written, list) else [written])
        if one.get("from_on", iso) <= iso < one.get("until_on", "9999")
    ]


def _exempting(unless: Sequence[Mapping[str, Any]]) -> set[str]:
    permits = {kind for one in unless for kind in one.get("permit", ())}
    return permits | {sold["kind"] for one in unless for sold in one.get("day_pass", ())}


def _follows(
    line: _Line, held: set[str], booked: bool
) -> tuple[str, frozenset[Asked], frozenset[Said]]:
    what = line.row["what"]
    if line.exempt:
        return "allowed", frozenset(), frozenset({Said(*line.place, "exempt")})
    helps = {f"permit:{kind}" for kind in line.helps}
    if line.effect == "require_permit":
        helps.add(f"permit:{what['permit']}")
    if line.effect == "require_booking":
        helps.add("booking")
    met = booked if line.effect == "require_booking" else what.get("permit") in held
    required = line.effect in ("require_permit", "require_booking")

    def told(effect: str, missing: frozenset[str] = frozenset()) -> frozenset[Said]:
        return frozenset({Said(*line.place, effect, missing, frozenset(helps))})

    if line.missing:
        if required and met:
            return "allowed", frozenset(), frozenset()
        blocks = line.effect in BLOCKS and not line.warns
        return (
            "undetermined" if blocks else "allowed",
            frozenset(),
            told("undetermined", line.missing),
        )
    if line.warns and not met:
        return "allowed", frozenset({Asked(*line.place, "warning")}), told("warn")
    asked: frozenset[Asked] = frozenset()
    if line.effect == "charge":
        asked = frozenset(
            {
                Asked(
                    *line.place, "charge", met, what["amount"], what["currency"],
                    what.get("cap_per_day"), what.get("per", "visit"), what.get("permit", ""),
                )
            }
        )  # fmt: skip
    elif required:
        kind = "permit" if line.effect == "require_permit" else "booking"
        asked = frozenset({Asked(*line.place, kind, met, permit=what.get("permit", ""))})
    return "prohibited" if line.effect == "prohibit" else "allowed", asked, told(line.effect)
