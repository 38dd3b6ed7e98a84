"""A plain sentence for a rule row, in English, German and French, for reasons and findings. Pure.

A row may carry a sentence of its own, in one or several languages; then that one stands.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from kernel.money import Money
from zones import whom, writing
from zones.language import DAYS, DayPass, Row, Unless, What, When, Who
from zones.phrases import LANGUAGES, PHRASES, Language

_ALL_DAY = ("00:00", "24:00")


def of_row(row: Row, language: Language = "en") -> str:
    """Return the sentence: effect, who, when, exceptions."""
    own = row.sentence
    if isinstance(own, str):
        return own
    return (own or {}).get(language) or _Writer(language).row(row)


def translations(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the other languages with what the row says in them; none for one that carries a
    sentence in words of one language."""
    if isinstance(row.sentence, str):
        return ()
    return tuple((one, of_row(row, one)) for one in LANGUAGES if one != "en")


def of_who(who: Who, language: Language = "en") -> str:
    """Return the vehicles a predicate speaks of."""
    return whom.said(who, language)


class Parts(NamedTuple):
    """A row in words, apart: its effect, whom it means, when (empty: always), who is exempt."""

    what: str
    who: str
    when: str
    unless: str


def parts(row: Row, language: Language = "en") -> Parts:
    """Return the parts of the row's sentence; a sentence of its own does not change them."""
    return _Writer(language).parts(row)


class _Writer:
    """Writes in one language."""

    def __init__(self, language: Language) -> None:
        self._language, self._phrases = language, PHRASES[language]

    def row(self, row: Row) -> str:
        said, spoken = self._phrases, self.parts(row)
        text = f"{spoken.what}{said['colon']}{spoken.who}"
        if spoken.when:
            text += ", " + spoken.when
        if spoken.unless:
            text += said["semicolon"] + said["except"].format(spoken.unless)
        return text + "."

    def parts(self, row: Row) -> Parts:
        exempt = self._phrases["also"].join(self._exempt(row))
        who = whom.said(row.who, self._language)
        return Parts(self._effect(row), who, self._when(row.when), exempt)

    def _exempt(self, row: Row) -> list[str]:
        return [text for entry in row.exemptions for text in self._exemption(entry)]

    def _exemption(self, entry: Unless) -> list[str]:
        said, dates = self._phrases, self._dates(entry)
        exempt = []
        if entry.permit:
            kinds = [said["quoted"].format(kind) for kind in entry.permit]
            exempt.append(said["holders"].format(writing.listed(kinds, "or", self._language)))
        exempt += [self._day_pass(sold) for sold in entry.day_pass]
        if entry.who is not None:
            exempt.append(whom.said(entry.who, self._language))
        return [" ".join([text, *dates]) for text in exempt]

    def _day_pass(self, sold: DayPass) -> str:
        if not sold.amount:
            return self._phrases["day_pass"].format(sold.kind, sold.per_year)
        price = self._money(sold.amount, sold.currency)
        return self._phrases["day_pass_priced"].format(sold.kind, sold.per_year, price)

    def _dates(self, dated: When | Unless) -> list[str]:
        """Return from when on and until when, in one piece; nothing where neither is said."""
        bounds = (("from_on", dated.from_on), ("until_on", dated.until_on))
        found = [
            self._phrases[name].format(writing.day(day, self._language))
            for name, day in bounds
            if day is not None
        ]
        return [self._phrases["and"].join(found)] if found else []

    def _effect(self, row: Row) -> str:
        what, said = row.what, self._phrases
        amount = self._money(what.amount or 0, what.currency)
        filled = {"require_permit": what.permit, "charge": amount}.get(what.effect, "")
        text = said[what.effect].format(filled)
        if what.effect == "charge":
            text += self._terms(what)
        if row.warning_until is not None:
            day = writing.day(row.warning_until, self._language)
            text += said["warning_until"].format(day)
        return text

    def _terms(self, charge: What) -> str:
        """Return for what a charge is due, the most of it, and what pays it."""
        said = self._phrases
        text = said[f"per_{charge.per or 'visit'}"]
        if charge.cap_per_day is not None:
            text += said["cap"].format(self._money(charge.cap_per_day, charge.currency))
        return text + (said["paid_with"].format(charge.permit) if charge.permit else "")

    def _money(self, amount: int, currency: str | None) -> str:
        return writing.money(Money(amount, currency or "XXX"), self._language)

    def _when(self, windows: tuple[When, ...]) -> str:
        """Return when a row holds; windows that differ in their times alone are said in one."""
        alike: dict[When, list[tuple[str, str]]] = {}
        for window in windows:
            key = msgspec.structs.replace(window, from_="00:00", to="24:00")
            alike.setdefault(key, []).append((window.from_, window.to))
        said = [
            self._window(window, times, alone=len(alike) == 1) for window, times in alike.items()
        ]
        return self._phrases["also"].join(said)

    def _window(self, window: When, times: list[tuple[str, str]], *, alone: bool) -> str:
        said, language = self._phrases, self._language
        parts = []
        if frozenset(window.days) != frozenset(DAYS):
            numbers = [DAYS.index(day) for day in window.days]
            parts.append(writing.weekdays(numbers, language))
        elif not alone and window.on is None:
            parts.append(said["daily"])
        if _ALL_DAY not in times:
            parts.append(writing.listed([f"{a}–{b}" for a, b in times], "and", language))
        parts += self._dates(window)
        if window.on:
            parts.append(said["on"].format(writing.days_of_year(window.on, language)))
        if window.holidays == "only":
            parts.append(said["holidays_only"])
        if window.calendar is not None and window.calendar_mode == "only":
            parts.append(said["calendar_only"].format(window.calendar))
        exceptions = ", ".join(self._exceptions(window))
        return " ".join([*parts, exceptions] if exceptions else parts) or said["always"]

    def _exceptions(self, window: When) -> Iterable[str]:
        """Yield the days on which a window does not open."""
        said = self._phrases
        if window.not_on:
            yield said["not_on"].format(writing.days_of_year(window.not_on, self._language))
        if window.holidays == "except":
            yield said["holidays_except"]
        if window.calendar is not None and window.calendar_mode == "except":
            yield said["calendar_except"].format(window.calendar)
