"""Dates, masses, money and lists as people write them in English, German and French. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from kernel.money import Money, digits
from zones.language import month_day
from zones.phrases import PHRASES, Language

_MONTHS: dict[Language, str] = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_MARKS: dict[Language, tuple[str, str]] = {"en": (",", "."), "de": (".", ","), "fr": ("\xa0", ",")}
"""Between thousands, and before decimals."""
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


def listed(words: Sequence[str], last: str, language: Language) -> str:
    """Return words as a list: `a, b or c`; `last` names what joins the last one."""
    *first, end = words or [""]
    return PHRASES[language][last].join([", ".join(first), end] if first else [end])


def day(one: date, language: Language) -> str:
    """Return a date: `1 July 2026`, `1. Juli 2026`, `1er juillet 2026`."""
    return f"{_of_month(one.month, one.day, language)} {one.year}"


def days_of_year(texts: Sequence[str], language: Language) -> str:
    """Return days of every year (`MM-DD`) as a list in their order; three or more in a row from
    the first to the last."""
    found = sorted({known for text in texts if (known := month_day(text)) is not None})
    numbers = [date(2000, *known).toordinal() for known in found]  # a leap year
    ranges = [
        " – ".join(_of_month(*found[place], language) for place in ends) for ends in _runs(numbers)
    ]
    odd = [text for text in texts if month_day(text) is None]
    return listed([*ranges, *odd], "and", language)


def weekdays(numbers: Sequence[int], language: Language) -> str:
    """Return days of the week (0 = Monday) as a list; three or more in a row from the first to
    the last: `Mon–Fri and Sun`."""
    names, found = PHRASES[language]["days"].split(), sorted(set(numbers))
    ranges = ["–".join(names[found[place]] for place in ends) for ends in _runs(found)]
    return listed(ranges, "and", language)


def number(value: float | Decimal, language: Language) -> str:
    """Return a number with all its digits, without a decimal part that is none."""
    said = Decimal(str(value))
    whole = said == said.to_integral_value()
    thousands, point = _MARKS[language]
    text = f"{int(said):,}" if whole else f"{said:,f}"
    return text.translate({ord(","): thousands, ord("."): point})


def mass(kilograms: int, language: Language) -> str:
    """Return a mass: in tonnes where these are whole or half ones, else in kilograms."""
    if kilograms >= 1000 and kilograms % 500 == 0:
        return f"{number(Decimal(kilograms) / 1000, language)} t"
    return f"{number(kilograms, language)} kg"


def money(amount: Money, language: Language) -> str:
    """Return an amount: `€7.50` or `SEK 45` in English, `7,50 €` and `45 SEK` elsewhere."""
    value = Decimal(amount.amount).scaleb(-digits(amount.currency))
    said, sign = number(value, language), _SIGNS.get(amount.currency)
    if language != "en":
        return f"{said} {sign or amount.currency}"
    return f"{sign}{said}" if sign else f"{amount.currency} {said}"


def _of_month(month: int, number: int, language: Language) -> str:
    name = _MONTHS[language].split()[month - 1]
    mark = {"en": "", "de": ".", "fr": "er" if number == 1 else ""}[language]
    return f"{number}{mark} {name}"


def _runs(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the places of rising numbers: those of the ends of a run, each one of a short one."""
    found: list[tuple[int, ...]] = []
    for _key, group in groupby(range(len(numbers)), lambda place: numbers[place] - place):
        run = list(group)
        found += [(run[0], run[-1])] if len(run) > 2 else [(place,) for place in run]
    return found
