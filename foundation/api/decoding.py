"""Decoding of bodies into structs, with every error named by a JSON pointer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from foundation import codes
from kernel.periods import YEARS
from kernel.refusals import Reason, Refusal

_AT = re.compile(r" - at `(?:key in )?`?(?P<path>\$[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_ODD_YEAR = re.compile(rb'"(?!19|[2-8])\d{4}-|\\u')
MOST_REASONS = 50


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
            reasons = reasons_against(_plain(raw), kind) or [reason_of(error)]
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
                getattr(value, field.name), base + pointer(f"$.{field.encode_name}")
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
                yield from _with_nul(element, base + pointer(f"$.{name}"))


def _plain(raw: bytes) -> Any:
    with is_json():
        return msgspec.json.decode(raw)


def reason_of(error: msgspec.ValidationError, base: str = "") -> Reason:
    """Return the reason that msgspec gives, with its path `$[0].a` as the pointer `/0/a`."""
    text = str(error)
    found = _AT.search(text)
    detail = text[: found.start()] if found else text
    return Reason(codes.REQUEST_INVALID, detail, base + pointer(found["path"] if found else "$"))


def pointer(path: str) -> str:
    """Return the JSON pointer (RFC 6901) for a path of msgspec."""
    steps = (name or index for name, index in _STEP.findall(path))
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def reasons_against(value: Any, kind: Any, base: str = "") -> list[Reason]:
    """Return the errors of shape in a decoded value: of all fields of all structs within it, and
    of as many elements of a list as are told."""
    whole = _convert_reasons(value, kind, base)
    if not whole:
        return []
    bare = _bare(kind, value)
    reasons = []
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct) and isinstance(value, dict):
        reasons = _struct_reasons(value, bare, base)
    elif get_origin(bare) in (list, tuple) and isinstance(value, list) and get_args(bare):
        item = get_args(bare)[0]
        for index, element in enumerate(value):
            reasons += reasons_against(element, item, f"{base}/{index}")
            if len(reasons) >= MOST_REASONS:
                break
    # What is wrong with the whole (the length of a list, say) shows only in the whole.
    return reasons or whole


def _bare(kind: Any, value: Any) -> Any:
    """Return a type without its constraints, and without None where the value is not null."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0], value)
    if get_origin(kind) in (Union, UnionType) and value is not None:
        others = [option for option in get_args(kind) if option is not NoneType]
        if len(others) == 1:
            return _bare(others[0], value)
    return kind


def _convert_reasons(value: Any, kind: Any, base: str) -> list[Reason]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return [reason_of(error, base)]
    return []


def _struct_reasons(value: dict[str, Any], kind: type, base: str) -> list[Reason]:
    config = kind.__struct_config__
    fields = msgspec.structs.fields(kind)
    if config.tag is not None and value.get(config.tag_field) != config.tag:
        return []
    hints = get_type_hints(kind, include_extras=True)
    reasons = []
    for field in fields:
        name = field.encode_name
        if name in value:
            reasons += reasons_against(value[name], hints[field.name], base + pointer(f"$.{name}"))
        elif field.required:
            reasons.append(
                Reason(codes.REQUEST_INVALID, f"Object missing required field `{name}`", base)
            )
    if config.forbid_unknown_fields:
        known = {field.encode_name for field in fields} | {config.tag_field}
        reasons += [
            Reason(codes.REQUEST_INVALID, f"Object contains unknown field `{name}`", base)
            for name in value
            if name not in known
        ]
    return reasons
