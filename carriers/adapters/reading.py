"""Reading messages of a dialect: typed structs, and every fault with its JSON pointer."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from carriers import codes
from kernel import words
from kernel.refusals import Code, Reason

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", flags=re.ASCII
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00]*", flags=re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MDS_SINCE = 1_514_764_800_000
"""The least timestamp of MDS: 2018-01-01 (mds-openapi, data-types/timestamp.yaml)."""
_PATH = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_AT = re.compile(r" - at `(?:key in )?`?(?P<path>\$[^`]*)`$")


class Moment:
    """An instant as RFC 3339 writes it: with T and an offset."""

    __slots__ = ("at",)

    def __init__(self, text: Any) -> None:
        if not isinstance(text, str) or not _RFC3339.fullmatch(text):
            raise ValueError(
                "Times are RFC 3339 with T and an offset, as 2026-11-22T10:00:00+02:00"
            )
        self.at = datetime.fromisoformat(text)


class Millis:
    """An instant as MDS writes it: whole milliseconds since 1970, not before 2018."""

    __slots__ = ("at",)

    def __init__(self, number: Any) -> None:
        whole = isinstance(number, int | float) and not isinstance(number, bool)
        if not whole or number != number // 1 or number < _MDS_SINCE:
            raise ValueError("Times are integer milliseconds since 1970, from 1514764800000 on")
        try:
            self.at = _EPOCH + timedelta(milliseconds=int(number))
        except OverflowError:
            raise ValueError("This time lies after the year 9999") from None


class Uri(str):
    """A URI (RFC 3986, section 3): a scheme, a colon and no blanks."""

    __slots__ = ()


def is_uri(text: str) -> bool:
    """Return whether a text has the form of a URI."""
    return _URI.fullmatch(text) is not None


def _hook(kind: type, value: Any) -> Any:
    if kind is Uri:
        if not isinstance(value, str) or not is_uri(value):
            raise ValueError("A URI is needed, such as urn:epc:id:sscc:0614141.1234567890")
        return Uri(value)
    return kind(value)


def read[T: Struct](raw: bytes, kind: type[T]) -> T | list[Reason]:
    """Return a message as a struct, or every reason against its shape."""
    try:
        if b"\\u0000" not in raw:
            return msgspec.json.decode(raw, type=kind, dec_hook=_hook)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [Reason(codes.MALFORMED, str(error))]
    if not isinstance(value, dict):
        return [Reason(codes.MALFORMED, "A message is a JSON object.")]
    reasons = [*_nul(value, ""), *_against(value, kind)]
    return reasons or msgspec.convert(value, kind, dec_hook=_hook)


def _against(value: dict[str, Any], kind: type[Struct]) -> Iterator[Reason]:
    """Yield the first fault of each member: all members of the message are looked at."""
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name not in value:
            if field.required:
                yield Reason(codes.MISSING, f"The message needs /{name}.", pointer=f"/{name}")
            continue
        try:
            msgspec.convert(value[name], hints[field.name], dec_hook=_hook)
        except msgspec.ValidationError as error:
            yield _reason(f"/{name}", str(error), hints[field.name])


def _reason(base: str, message: str, kind: Any) -> Reason:
    found = _AT.search(message)
    text = message[: found.start()] if found else message
    steps = _PATH.findall(found["path"]) if found else []
    where = base + "".join("/" + (name or index) for name, index in steps)
    if "missing required field" in text:
        return Reason(codes.MISSING, f"{text}.", pointer=f"{where}/{text.split('`')[1]}")
    text = words.with_allowed(text, kind, [name or index for name, index in steps])
    return Reason(codes.INVALID, f"{text}.", pointer=where)


def _nul(value: Any, where: str) -> Iterator[Reason]:
    if isinstance(value, str):
        if "\x00" in value:
            yield Reason(codes.NULL_CHARACTER, "U+0000 cannot be stored.", pointer=where)
    elif isinstance(value, dict):
        for name, member in value.items():
            if "\x00" in name:
                yield Reason(codes.NULL_CHARACTER, "U+0000 cannot be stored.", pointer=where)
            yield from _nul(member, f"{where}/{token(name)}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _nul(member, f"{where}/{index}")


def token(name: str) -> str:
    """Return a member's name as a step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


class Unreadable(Exception):
    """A part of a message that cannot be understood; carries the reason."""

    def __init__(self, code: Code, detail: str, pointer: str) -> None:
        super().__init__(detail)
        self.reason = Reason(code, detail, pointer=pointer)
