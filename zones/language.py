"""The rule language: the shape of a rule row as an official writes it (who, when, what, unless).

`docs/rule-language.md` explains it with examples; `schema()` is its JSON Schema. Rows are stored as
they were written and compiled by `zones.rules`.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, Union

import msgspec
from msgspec import Meta, Struct, field

from kernel import shapes
from kernel.periods import YEARS
from kernel.text import Filled
from kernel.text import gettext_noop as _
from kernel.vehicles import Category, Fuel, euro_rank
from zones import misfits

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clock = Annotated[
    str,
    Meta(
        pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description=_("A time of day from 00:00 to 24:00, such as 07:00."),
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Kilograms = Annotated[int, Meta(ge=0, le=1_000_000)]
Metres = Annotated[float, Meta(ge=0, le=1000)]
Years = Annotated[int, Meta(ge=0, le=200)]
Grams = Annotated[float, Meta(ge=0, le=100)]
Country = Annotated[
    str, Meta(pattern="^[A-Z]{2}$", description=_("A country in two letters, such as FI."))
]
Currency = Annotated[
    str, Meta(pattern="^[A-Z]{3}$", description=_("A currency in three letters, such as EUR."))
]
MonthDay = Annotated[
    str,
    Meta(
        pattern="^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        description=_("A month and a day, such as 12-24."),
    ),
]
MOST_MONEY = 1_000_000_000  # of the smallest unit: ten million euros, and it fits 32 bits
# Above the maximum a row is refused when it is written; one that was accepted before still rules.
Cents = Annotated[int, Meta(ge=0, extra_json_schema={"maximum": MOST_MONEY})]
Sentence = Annotated[str, Meta(max_length=1000)]
Reference = Annotated[str, Meta(max_length=500)]
MOST_ROWS = 500
MOST_NESTED = 32  # predicates within predicates
_NO_PRICE = Filled(
    _("More than %(most)s of the smallest unit is no price."), most=f"{MOST_MONEY:,}"
)
_ODD_YEAR = _("A year from 1900 to 8999 is needed.")
_NO_CLASS = _("“%(text)s” is not a Euro class.")


class EuroLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """A Euro class per family; a family that is not named is not spoken of."""

    light: str | None = None
    heavy: str | None = None


class Who(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A predicate over vehicle facts: every key that is given must hold. Empty: every vehicle."""

    category: tuple[Category, ...] | None = None
    body: tuple[Name, ...] | None = None
    fuel: tuple[Fuel, ...] | None = None
    fuel_only: tuple[Fuel, ...] | None = None
    euro_below: str | EuroLimit | None = None
    euro_at_least: str | EuroLimit | None = None
    euro_in: tuple[str, ...] | None = None
    gross_weight_over_kg: Kilograms | None = None
    gross_weight_up_to_kg: Kilograms | None = None
    gross_weight_at_least_kg: Kilograms | None = None
    gross_weight_under_kg: Kilograms | None = None
    unladen_weight_over_kg: Kilograms | None = None
    unladen_weight_up_to_kg: Kilograms | None = None
    length_over_m: Metres | None = None
    length_up_to_m: Metres | None = None
    width_over_m: Metres | None = None
    height_over_m: Metres | None = None
    registered_before: date | None = None
    registered_from: date | None = None
    registered_in: tuple[Country, ...] | None = None
    age_under_years: Years | None = None
    age_at_least_years: Years | None = None
    n1_class: tuple[Literal["I", "II", "III"], ...] | None = None
    combination: bool | None = None
    stickers: dict[Name, tuple[str, ...]] | None = None
    special_purpose: tuple[Name, ...] | None = None
    particulate_filter: bool | None = None
    particulates_over_g_per_kwh: Grams | None = None
    particulates_up_to_g_per_kwh: Grams | None = None
    blind_spot_detection: bool | None = None
    operator: tuple[Name, ...] | None = None
    any: tuple["Who", ...] | None = None
    all: tuple["Who", ...] | None = None
    not_: Union["Who", None] = field(name="not", default=None)


class When(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A window in local time; an end before the start wraps midnight, the day is the start's."""

    from_: Clock = field(name="from", default="00:00")
    to: Clock = "24:00"
    days: tuple[Day, ...] = DAYS
    from_on: date | None = None
    until_on: date | None = None
    on: tuple[MonthDay, ...] | None = None
    not_on: tuple[MonthDay, ...] = ()
    holidays: Literal["any", "only", "except"] = "any"
    calendar: Name | None = None
    calendar_mode: Literal["only", "except"] = "only"


class What(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The effect. Amounts are integers of the currency's smallest unit.

    A charge is due once for each visit, or once a local day however many visits there are.
    """

    effect: Literal["prohibit", "warn", "charge", "require_permit", "require_booking", "allow"]
    permit: Name | None = None
    amount: Cents | None = None
    currency: Currency | None = None
    cap_per_day: Cents | None = None
    per: Literal["visit", "day"] | None = None


class DayPass(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A permit of this kind for one local day, so many days of a calendar year for a plate.

    It is asked for at least `lead_time_h` before the day begins, or, when that is 0, at any time
    before the day is over. The price is the pass's own, no charge of the zone.
    """

    kind: Name
    per_year: Annotated[int, Meta(ge=1, le=366)]
    lead_time_h: Annotated[int, Meta(ge=0, le=720)] = 0
    amount: Cents | None = None
    currency: Currency | None = None


class Unless(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who is exempt: holders of one of the permits or day passes, and vehicles of whom `who`
    holds; from a local day on, or until the day before one."""

    permit: tuple[Name, ...] = ()
    day_pass: tuple[DayPass, ...] = ()
    who: Who | None = None
    from_on: date | None = None
    until_on: date | None = None
    legal_reference: Reference | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of permits and day passes that exempt."""
        return (*self.permit, *(sold.kind for sold in self.day_pass))

    @property
    def dates(self) -> tuple[date, ...]:
        """Return the days on which the exemption begins and no longer holds, as far as named."""
        return tuple(day for day in (self.from_on, self.until_on) if day is not None)

    def covers(self, day: date) -> bool:
        """Return whether the exemption holds on a local day."""
        begun = self.from_on is None or self.from_on <= day
        return begun and (self.until_on is None or day < self.until_on)


class Row(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule. `warning_until` is the first local day on which it is no longer a warning;
    `unless` is an exemption or a list of them."""

    what: What
    id: Name | None = None
    who: Who = Who()
    when: tuple[When, ...] = ()
    unless: Unless | tuple[Unless, ...] = Unless()
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    warning_until: date | None = None
    legal_reference: Reference | None = None
    sentence: Sentence | dict[Literal["en", "de", "fr"], Sentence] | None = None

    @property
    def exemptions(self) -> tuple[Unless, ...]:
        """Return the exemptions; each of them exempts."""
        return self.unless if isinstance(self.unless, tuple) else (self.unless,)


class Fault(NamedTuple):
    """What is wrong with a row, and where: a JSON pointer into the list of rows."""

    pointer: str
    detail: str


def read(rows: Sequence[Any]) -> tuple[list[Row], list[Fault]]:
    """Return the rows of a decoded JSON list and the faults found, at least one per bad row."""
    good: list[Row] = []
    faults: list[Fault] = []
    for index, item in enumerate(rows):
        read, found = _read(item, Row, _senseless)
        good += read
        faults += [Fault(f"/{index}{where}", detail) for where, detail in found]
    return good, faults


def _read[T](
    item: Any, kind: type[T], senseless: Callable[[T], list[tuple[str, str]]]
) -> tuple[list[T], list[tuple[str, str]]]:
    """Return an item as one of a kind, or none and all that is wrong with it: what has not its
    shape, and what has it in the rest and means nothing."""
    try:
        read = msgspec.convert(item, kind)
        found = senseless(read)
        return [] if found else [read], found
    except msgspec.ValidationError:
        odd = shapes.misfits(item, kind)
    found = [(shapes.pointer(one.steps), misfits.sentence(one)) for one in odd]
    try:
        rest = senseless(msgspec.convert(misfits.without(item, odd), kind))
    except (msgspec.ValidationError, RecursionError):
        return [], found
    told = [f"{where}/" for where, _detail in found]
    found += [one for one in rest if not any(where.startswith(f"{one[0]}/") for where in told)]
    return [], found


def accepted(rows: Sequence[Any]) -> list[Row]:
    """Return rows that were accepted when they were written.

    Only their shape is asked for: what the language has come to refuse since then still rules.
    Raises ValueError for the first that has not the shape of a row.
    """
    good = []
    for index, item in enumerate(rows):
        try:
            good.append(msgspec.convert(item, Row))
        except msgspec.ValidationError as error:
            odd = shapes.misfit(error, Row, (str(index),))
            raise ValueError(f"{shapes.pointer(odd.steps)}: {odd.detail}") from error
    return good


def read_who(predicate: Any, where: str = "") -> list[Fault]:
    """Return what is wrong with a predicate that stands by itself, such as a permit's class."""
    _read_who, found = _read(predicate, Who, lambda who: _senseless_who(who, ""))
    return [Fault(where + pointer, detail) for pointer, detail in found]


def month_day(text: str) -> tuple[int, int] | None:
    """Return month and day of `MM-DD`, None when no year has such a day."""
    month, day = int(text[:2]), int(text[3:])
    try:
        date(2000, month, day)  # a leap year
    except ValueError:
        return None
    return month, day


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a list of rows."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | msgspec.json.schema(
        tuple[Row, ...]
    )


def _senseless(row: Row) -> list[tuple[str, str]]:
    """Return what has the right shape and means nothing."""
    found = [(f"/what{where}", detail) for where, detail in _senseless_what(row.what)]
    found += _senseless_who(row.who, "/who")
    for place, exemption in enumerate(row.exemptions):
        where = f"/unless/{place}" if isinstance(row.unless, tuple) else "/unless"
        found += _senseless_unless(exemption, where)
    if row.warning_until is not None and row.warning_until.year not in YEARS:
        found.append(("/warning_until", _ODD_YEAR))
    for index, window in enumerate(row.when):
        found += _senseless_dates(window, f"/when/{index}")
        found += [
            (f"/when/{index}/{name}/{place}", _("No year has this day."))
            for name, days in (("on", window.on or ()), ("not_on", window.not_on))
            for place, day in enumerate(days)
            if month_day(day) is None
        ]
        if not window.days:
            found.append((f"/when/{index}/days", _("Names no day.")))
        if window.calendar is None and window.calendar_mode == "except":
            text = _("Counts only with a calendar; name one.")
            found.append((f"/when/{index}/calendar_mode", text))
    return found


def _senseless_dates(dated: When | Unless, where: str) -> list[tuple[str, str]]:
    bounds = dated.from_on, dated.until_on
    found = [
        (f"{where}/{name}", _ODD_YEAR)
        for name, day in zip(("from_on", "until_on"), bounds, strict=True)
        if day is not None and day.year not in YEARS
    ]
    if bounds[0] is not None and bounds[1] is not None and bounds[1] <= bounds[0]:
        found.append((f"{where}/until_on", _("Ends before it begins.")))
    return found


def _senseless_unless(unless: Unless, where: str) -> list[tuple[str, str]]:
    found = _senseless_dates(unless, where)
    for index, kind in enumerate(unless.day_pass):
        if (kind.amount is None) != (kind.currency is None):
            pointer = f"{where}/day_pass/{index}/currency"
            found.append((pointer, _("A price needs amount and currency.")))
        found += _senseless_money(f"{where}/day_pass/{index}/amount", kind.amount)
    if unless.dates and unless == Unless(from_on=unless.from_on, until_on=unless.until_on):
        found.append((where, _("Exempts nobody.")))
    if unless.who is not None:
        found += _senseless_who(unless.who, f"{where}/who")
    return found


def _senseless_what(what: What) -> list[tuple[str, str]]:
    found = []
    if what.effect == "charge":
        if what.amount is None:
            found.append(("/amount", _("A charge needs an amount.")))
        if what.currency is None:
            found.append(("/currency", _("A charge needs a currency.")))
    elif what.amount is not None or what.cap_per_day is not None or what.per is not None:
        found.append(("/amount", _("Only a charge has an amount.")))
    found += _senseless_money("/amount", what.amount)
    found += _senseless_money("/cap_per_day", what.cap_per_day)
    if what.effect == "require_permit" and what.permit is None:
        found.append(("/permit", _("A required permit needs its kind.")))
    if what.permit is not None and what.effect not in ("require_permit", "charge"):
        found.append(("/permit", _("Only a charge and a required permit name one; see “unless”.")))
    return found


def _senseless_money(where: str, amount: int | None) -> list[tuple[str, str]]:
    return [(where, _NO_PRICE)] if amount is not None and amount > MOST_MONEY else []


def _senseless_who(who: Who, where: str, depth: int = 0) -> list[tuple[str, str]]:
    if depth > MOST_NESTED:
        return [(where, Filled(_("Predicates nest at most %(most)s deep."), most=MOST_NESTED))]
    found: list[tuple[str, str]] = []
    for name, limit in (("euro_below", who.euro_below), ("euro_at_least", who.euro_at_least)):
        given = [limit] if isinstance(limit, str) else [limit.light, limit.heavy] if limit else []
        for text in given:
            if text is not None and euro_rank(text) is None:
                found.append((f"{where}/{name}", Filled(_NO_CLASS, text=text)))
    found += [
        (f"{where}/euro_in/{index}", Filled(_NO_CLASS, text=text))
        for index, text in enumerate(who.euro_in or ())
        if euro_rank(text) is None
    ]
    found += [
        (f"{where}/{name}", _("Names nothing."))
        for name in who.__struct_fields__
        if getattr(who, name) in ((), {})
    ]
    for name, parts in (("any", who.any), ("all", who.all)):
        for index, part in enumerate(parts or ()):
            found += _senseless_who(part, f"{where}/{name}/{index}", depth + 1)
    if who.not_ is not None:
        found += _senseless_who(who.not_, f"{where}/not", depth + 1)
    return found
