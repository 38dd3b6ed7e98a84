"""The vehicles that a predicate speaks of, in words. Pure.

Kinds come first and traits after them. Commas join what must hold together; where that could be
read in two ways, brackets hold together what belongs together.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from zones import kinds, writing
from zones.language import EuroLimit, Who
from zones.phrases import FUELS, PHRASES, STICKERS, Language

_MASSES = (
    "gross_weight_over_kg", "gross_weight_up_to_kg", "gross_weight_at_least_kg",
    "gross_weight_under_kg",
)  # fmt: skip
_OTHER_MASSES = ("unladen_weight_over_kg", "unladen_weight_up_to_kg")
_NUMBERS = (
    "length_over_m", "length_up_to_m", "width_over_m", "height_over_m", "age_under_years",
    "age_at_least_years", "particulates_over_g_per_kwh", "particulates_up_to_g_per_kwh",
)  # fmt: skip
_DAYS = ("registered_before", "registered_from")
_FLAGS = ("particulate_filter", "blind_spot_detection", "combination")


def said(who: Who, language: Language) -> str:
    """Return the vehicles that a predicate speaks of."""
    speaker = _Speaker(language)
    return speaker.whole(speaker.said(who, alone=True))


class _Said(NamedTuple):
    """Which kinds of vehicles (empty: any), whether that is one kind, and their traits."""

    kinds: str
    is_one: bool
    traits: list[str]
    but: list[str]

    @property
    def all_traits(self) -> list[str]:
        return self.traits + self.but


class _Speaker:
    """Speaks one language."""

    def __init__(self, language: Language) -> None:
        self._language, self._phrases = language, PHRASES[language]

    def said(self, who: Who, *, alone: bool) -> _Said:
        """Return a predicate in words, apart; `alone`: nothing else must hold beside it."""
        said = self._itself(who)
        for one in who.all or ():
            said = self._both(said, self.said(one, alone=False))
        if who.any:
            alone = alone and who.not_ is None and not (said.kinds or said.all_traits)
            said = self._some(said, [self.said(one, alone=True) for one in who.any], alone=alone)
        if who.not_ is not None:
            said.but.append(self._but(self.said(who.not_, alone=True)))
        return said

    def _itself(self, who: Who) -> _Said:
        """Return what stands in the predicate itself. The weight of one kind is said with it."""
        masses = list(self._bounds(who, _MASSES, writing.mass))
        named = kinds.of(who.category or (), self._language)
        if len(named) == 1 and len(masses) == 1:
            named, masses = (named[0]._replace(mass=masses[0]),), []
        words = [kind.said(weighed=bool(masses)) for kind in named]
        text = writing.listed(words, "or", self._language)
        return _Said(text, len(words) == 1, [*self._traits(who, masses)], [])

    def whole(self, said: _Said) -> str:
        """Return whom the predicate means, standing by itself."""
        phrases = self._phrases
        if said.kinds:
            return ", ".join([said.kinds, *said.all_traits])
        if not said.traits:
            return ", ".join([phrases["everybody"], *said.but])
        return f"{phrases['vehicles']} {', '.join(said.all_traits)}"

    def _both(self, said: _Said, more: _Said) -> _Said:
        """Return what holds of both: traits add up, and so do kinds."""
        if not said.kinds:
            said = said._replace(kinds=more.kinds, is_one=more.is_one)
        elif more.kinds:
            said.traits.append(self._phrases["kind"].format(more.kinds))
        said.traits.extend(more.traits)
        said.but.extend(more.but)
        return said

    def _some(self, said: _Said, among: list[_Said], *, alone: bool) -> _Said:
        """Return what holds of a predicate and of one among others: these are its kinds where
        each of them is a kind, else a trait; `alone`: the predicate says nothing else."""
        either, named = self._phrases["or"], [one for one in among if one.kinds]
        if not said.kinds and named and (alone or len(named) == len(among)):
            return said._replace(kinds=either.join(map(self._kind, among)), is_one=False)
        text = either.join(map(self._trait, among))
        said.traits.append(text if alone else f"({text})")
        return said

    def _kind(self, said: _Said) -> str:
        """Return a predicate as one kind of vehicle among others."""
        traits = said.all_traits
        if len(traits) == 1 and said.is_one and not said.but:
            return f"{said.kinds} {traits[0]}"
        text = self.whole(said)
        return f"({text})" if ", " in text else text

    def _trait(self, said: _Said) -> str:
        """Return a predicate as one trait among others."""
        parts = [self._phrases["kind"].format(said.kinds)] if said.kinds else []
        parts = [*parts, *said.all_traits] or [self._phrases["everybody"]]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def _but(self, said: _Said) -> str:
        """Return whom a predicate leaves out."""
        if said.kinds or not said.traits:
            return self._phrases["but"].format(self._kind(said))
        return self._phrases["but"].format(self._phrases["those"].format(self._trait(said)))

    def _traits(self, who: Who, masses: Iterable[str]) -> Iterable[str]:
        """Yield the traits that stand in the predicate itself."""
        yield from masses
        yield from self._bounds(who, _OTHER_MASSES, writing.mass)
        yield from self._listed(who, "body")
        for name in ("fuel", "fuel_only"):
            yield from self._listed(who, name, FUELS[self._language])
        for name in ("euro_in", "registered_in", "n1_class"):
            yield from self._listed(who, name)
        for name, limit in (("euro_below", who.euro_below), ("euro_at_least", who.euro_at_least)):
            yield from self._euro(name, limit)
        yield from self._bounds(who, _NUMBERS, writing.number)
        yield from self._bounds(who, _DAYS, writing.day)
        for scheme, values in (who.stickers or {}).items():
            yield self._sticker(scheme, values)
        yield from self._listed(who, "special_purpose", kinds.PURPOSES[self._language])
        yield from self._listed(who, "operator")
        for name in _FLAGS:
            value = getattr(who, name)
            if value is not None:
                yield self._phrases[f"{name}_{str(value).lower()}"]

    def _listed(self, who: Who, name: str, words: Mapping[str, str] | None = None) -> Iterable[str]:
        values = getattr(who, name)
        if values:
            said = [(words or {}).get(value, value) for value in values]
            yield self._phrases[name].format(writing.listed(said, "or", self._language))

    def _euro(self, name: str, limit: str | EuroLimit | None) -> Iterable[str]:
        if isinstance(limit, str):
            yield self._phrases[name].format(_class(limit))
        elif limit is not None:
            families = (("light", limit.light), ("heavy", limit.heavy))
            said = [self._phrases[one].format(_class(text)) for one, text in families if text]
            if said:
                yield self._phrases[name].format(self._phrases["or"].join(said))

    def _bounds(
        self, who: Who, names: Iterable[str], write: Callable[[Any, Language], str]
    ) -> Iterable[str]:
        """Yield the bounds of some facts."""
        for name in names:
            value = getattr(who, name)
            if value is not None:
                yield self._phrases[name].format(write(value, self._language))

    def _sticker(self, scheme: str, values: tuple[str, ...]) -> str:
        known, phrases = STICKERS[self._language], self._phrases
        noun = known.get(scheme) or known[""].format(scheme)
        held = [value for value in values if value != "none"]
        if not held:
            return phrases["no_sticker"].format(noun)
        name = "sticker" if len(held) == len(values) else "sticker_or_none"
        return phrases[name].format(noun, writing.listed(held, "or", self._language))


def _class(text: str) -> str:
    """Return a Euro class without the word before it: `Euro-6` is a 6."""
    return re.sub(r"(?i)^\s*euro[\s-]*", "", text)
