"""A plain sentence for a rule row, in English, German and French, for reasons and findings. Pure.

A row may carry a sentence of its own, in one or several languages; then that one stands.
"""

from typing import NamedTuple

from kernel.money import Money
from zones.language import DAYS, EuroLimit, Row, Unless, When, Who
from zones.phrases import LANGUAGES, PHRASES, VALUES, Language

_LISTS = ("category", "body", "fuel", "fuel_only", "euro_in", "registered_in", "n1_class")
_IN_WORDS = ("category", "body", "fuel", "fuel_only")
_NUMBERS = (
    "gross_weight_over_kg", "gross_weight_up_to_kg", "gross_weight_at_least_kg",
    "gross_weight_under_kg", "unladen_weight_over_kg", "unladen_weight_up_to_kg",
    "length_over_m", "length_up_to_m", "width_over_m", "height_over_m", "registered_before",
    "registered_from", "age_under_years", "age_at_least_years",
    "particulates_over_g_per_kwh", "particulates_up_to_g_per_kwh",
)  # fmt: skip
_FLAGS = ("particulate_filter", "blind_spot_detection", "combination")


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
    return _Writer(language).who(who)


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
        self._phrases, self._values = PHRASES[language], VALUES[language]

    def row(self, row: Row) -> str:
        said, spoken = self._phrases, self.parts(row)
        text = f"{spoken.what}{said['colon']}{spoken.who}"
        if spoken.when:
            text += ", " + spoken.when
        if spoken.unless:
            text += said["semicolon"] + said["except"].format(spoken.unless)
        return text + "."

    def parts(self, row: Row) -> Parts:
        both = self._phrases["and"]
        when = both.join(self._window(window) for window in row.when)
        return Parts(self._effect(row), self.who(row.who), when, both.join(self._exempt(row)))

    def _exempt(self, row: Row) -> list[str]:
        return [text for entry in row.exemptions for text in self._exemption(entry)]

    def _exemption(self, entry: Unless) -> list[str]:
        said, dates = self._phrases, self._dates(entry)
        exempt = [said["holders"].format(kind) for kind in entry.permit]
        exempt += [said["day_pass"].format(p.kind, p.per_year) for p in entry.day_pass]
        if entry.who is not None:
            exempt.append(self.who(entry.who))
        return [text + dates for text in exempt]

    def _dates(self, dated: When | Unless) -> str:
        bounds = (("from_on", dated.from_on), ("until_on", dated.until_on))
        return "".join(self._phrases[name].format(day) for name, day in bounds if day is not None)

    def who(self, who: Who) -> str:
        return ", ".join(self._who_parts(who)) or self._phrases["everybody"]

    def _effect(self, row: Row) -> str:
        what, said = row.what, self._phrases
        amount = Money(what.amount or 0, what.currency or "XXX")
        filled = {"require_permit": what.permit, "charge": amount}.get(what.effect, "")
        text = said[what.effect].format(filled)
        if what.per == "day":
            text += said["per_day"]
        if what.cap_per_day is not None:
            text += said["cap"].format(Money(what.cap_per_day, what.currency or "XXX"))
        if row.warning_until is not None:
            text += said["warning_until"].format(row.warning_until)
        return text

    def _who_parts(self, who: Who) -> list[str]:
        said = self._phrases
        parts = [self._listed(name, getattr(who, name)) for name in _LISTS]
        parts += [self._euro(name, getattr(who, name)) for name in ("euro_below", "euro_at_least")]
        numbers = [(name, getattr(who, name)) for name in _NUMBERS]
        parts += [said[name].format(value) for name, value in numbers if value is not None]
        for scheme, values in (who.stickers or {}).items():
            words = (said["no_sticker"] if value == "none" else value for value in values)
            parts.append(said["sticker"].format(scheme, said["or"].join(words)))
        parts += [
            self._listed(name, getattr(who, name)) for name in ("special_purpose", "operator")
        ]
        for name in _FLAGS:
            value = getattr(who, name)
            if value is not None:
                parts.append(said[f"{name}_{str(value).lower()}"])
        for name, group in (("or", who.any), ("and", who.all)):
            if group:
                parts.append("(" + said[name].join(self.who(part) for part in group) + ")")
        if who.not_ is not None:
            parts.append(said["not"].format(self.who(who.not_)))
        return [part for part in parts if part]

    def _listed(self, name: str, values: tuple[str, ...] | None) -> str:
        if values is None:
            return ""
        words = self._values if name in _IN_WORDS else {}
        said = self._phrases["or"].join(words.get(value, value) for value in values)
        return self._phrases[name].format(said)

    def _euro(self, name: str, limit: str | EuroLimit | None) -> str:
        if limit is None:
            return ""
        given = [limit] if isinstance(limit, str) else [limit.light, limit.heavy]
        return self._listed(name, tuple(text for text in given if text))

    def _window(self, window: When) -> str:
        said = self._phrases
        text = f"{window.from_}–{window.to}"
        if window.days != DAYS:
            names = dict(zip(DAYS, said["days"].split(), strict=True))
            text = ", ".join(names[day] for day in window.days) + " " + text
        text += self._dates(window)
        for name, days in (("on", window.on), ("not_on", window.not_on)):
            if days:
                text += said[name].format(", ".join(days))
        if window.holidays != "any":
            text += said[f"holidays_{window.holidays}"]
        if window.calendar is not None:
            text += said[f"calendar_{window.calendar_mode}"].format(window.calendar)
        return text
