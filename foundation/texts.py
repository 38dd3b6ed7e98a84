"""Texts of pure modules in the reader's language."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel.text import in_language


def said(text: Any) -> str:
    """Return a text in the language of the request; pure modules only mark theirs."""
    if not text:
        return ""
    plain = text if isinstance(text, str) else str(text)
    return in_language(plain, language_of_request(), _)


def language_of_request() -> str:
    """Return the two letters of the language in which the request is answered."""
    return (get_language() or "en")[:2]
