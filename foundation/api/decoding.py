"""Decoding of bodies into structs, with every error named by a JSON pointer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec

from foundation import codes
from kernel import shapes
from kernel.periods import YEARS
from kernel.refusals import Reason, Refusal

_ODD_YEAR = re.compile(rb'"(?!19|[2-8])\d{4}-|\\u')
MOST_REASONS = shapes.MOST_MISFITS


def decode[T](raw: bytes, kind: type[T]) -> T:
    """Return the struct that a JSON text stands for.

    Raises a Refusal: `request.not_json` (400) when it is no JSON, `request.invalid` (422) with all
    errors of shape, each with its pointer, when it is not this struct.
    """
    with is_json():
        try:
            found = msgspec.json.decode(raw, type=kind)
            _refuse_nul(raw)
            _refuse_odd_years(raw, found)
            return found
        except msgspec.ValidationError as error:
            reasons = reasons_against(_plain(raw), kind) or [reason_of(error, kind)]
            raise Refusal.of(reasons[:MOST_REASONS]) from None


@contextmanager
def is_json() -> Iterator[None]:
    """Raise a Refusal (400) where a text turns out to be no JSON."""
    try:
        yield
    except msgspec.DecodeError as error:
        raise Refusal(codes.REQUEST_NOT_JSON, str(error)) from None
    except UnicodeDecodeError:
        detail = "JSON is UTF-8 (RFC 8259, section 8.1)."
        raise Refusal(codes.REQUEST_NOT_JSON, detail) from None
    except RecursionError:
        raise Refusal(codes.REQUEST_NOT_JSON, "The JSON is nested too deeply.") from None


def _refuse_odd_years(raw: bytes, found: Any) -> None:
    """Refuse times and dates of years that are nobody's: some can be stored and never read again
    (the year 1 east of Greenwich lies before PostgreSQL's year 1), with others nothing can be
    reckoned."""
    if not _ODD_YEAR.search(raw):
        return
    detail = f"A year from {YEARS.start} to {YEARS.stop - 1} is needed"
    reasons = [Reason(codes.REQUEST_INVALID, detail, where) for where in _odd_years(found, "")]
    if reasons:
        raise Refusal.of(reasons[:MOST_REASONS])


def _odd_years(value: Any, base: str) -> Iterator[str]:
    if isinstance(value, date):
        if value.year not in YEARS:
            yield base
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            yield from _odd_years(
                getattr(value, field.name), base + shapes.pointer((field.encode_name,))
            )
    elif isinstance(value, list | tuple):
        for index, element in enumerate(value):
            yield from _odd_years(element, f"{base}/{index}")


def _refuse_nul(raw: bytes) -> None:
    """Refuse texts with U+0000, which PostgreSQL cannot store."""
    if b"\\u0000" not in raw:
        return
    reasons = [
        Reason(codes.REQUEST_INVALID, "Text must not contain the character U+0000", where)
        for where in _with_nul(_plain(raw), "")
    ]
    if reasons:
        raise Refusal.of(reasons[:MOST_REASONS])


def _with_nul(value: Any, base: str) -> Iterator[str]:
    if isinstance(value, str) and "\x00" in value:
        yield base
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _with_nul(element, f"{base}/{index}")
    elif isinstance(value, dict):
        for name, element in value.items():
            if "\x00" in name:
                yield base
            else:
                yield from _with_nul(element, base + shapes.pointer((name,)))


def _plain(raw: bytes) -> Any:
    with is_json():
        return msgspec.json.decode(raw)


def reason_of(error: msgspec.ValidationError, kind: Any) -> Reason:
    """Return the reason that msgspec gives, with its path `$[0].a` as the pointer `/0/a`."""
    return _reason(shapes.misfit(error, kind), "")


def reasons_against(value: Any, kind: Any, base: str = "") -> list[Reason]:
    """Return the errors of shape in a decoded value, with the words that are allowed."""
    return [_reason(one, base) for one in shapes.misfits(value, kind)]


def _reason(misfit: shapes.Misfit, base: str) -> Reason:
    return Reason(codes.REQUEST_INVALID, misfit.detail, base + shapes.pointer(misfit.way))
