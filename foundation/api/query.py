"""Reading query parameters: times, ids and choices, each refused with its name."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from foundation import codes
from kernel.periods import YEARS
from kernel.refusals import Refusal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(request: Any, name: str) -> datetime | None:
    """Return a parameter as an aware time, None when it is absent.

    RFC 3339; a `+` that a client forgot to escape arrives as a blank and is read as one.
    Raises `request.invalid` for anything else.
    """
    text = request.GET.get(name)
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or read.year not in YEARS:
        raise _refused(name, _("Give a time with its offset, such as 2026-05-12T10:00:00+03:00."))
    return read


def unix_ms(request: Any, name: str) -> datetime | None:
    """Return a parameter in milliseconds since 1970 as an aware time, None when it is absent.

    Raises `request.invalid` for what is none or lies beyond the calendar.
    """
    text = request.GET.get(name)
    if not text:
        return None
    plain = text.isascii() and text.isdigit() and len(text) < 15
    read = EPOCH + timedelta(milliseconds=int(text)) if plain else None
    if read is None or read.year not in YEARS:
        raise _refused(name, _("Give milliseconds since 1970, such as 1778569200000."))
    return read


def identifier(request: Any, name: str) -> UUID | None:
    """Return a parameter as an id, None when it is absent. Raises `request.invalid`."""
    text = request.GET.get(name)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise _refused(name, _("Give an id (UUID).")) from None


def choice(request: Any, name: str, choices: Collection[str]) -> str | None:
    """Return a parameter that is one of the choices, None when absent. Raises `request.invalid`."""
    text = request.GET.get(name)
    if not text:
        return None
    if text not in choices:
        raise _refused(name, _("One of: %(choices)s.") % {"choices": ", ".join(sorted(choices))})
    return text


def _refused(name: str, detail: str) -> Refusal:
    return Refusal(codes.REQUEST_INVALID, detail, parameter=name)
