"""Texts for people in pure modules: marked here, translated where they leave the house."""

from collections.abc import Callable, Iterable
from typing import Any


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogues and return it unchanged."""
    return text


class Filled(str):
    """An English text with its gaps filled in, which can be said in another language too.

    `Filled(_("Zone %(code)s ends already."), code="K1")`, with `_` for `gettext_noop`.
    """

    template: str
    facts: dict[str, Any]

    def __new__(cls, template: str, **facts: Any) -> "Filled":
        made = super().__new__(cls, template % facts)
        made.template, made.facts = template, facts
        return made


class Spoken(str):
    """An English sentence that brings its translations along, as pairs of language and text."""

    translations: dict[str, str]

    def __new__(cls, text: str, translations: Iterable[tuple[str, str]]) -> "Spoken":
        made = super().__new__(cls, text)
        made.translations = dict(translations)
        return made


def in_language(text: str, language: str, translate: Callable[[str], str]) -> str:
    """Return a text in a language; `translate` looks up what the catalogues of it say."""
    if isinstance(text, Spoken):
        return text.translations.get(language, str(text))
    if isinstance(text, Filled):
        return translate(text.template) % text.facts
    return translate(text)
