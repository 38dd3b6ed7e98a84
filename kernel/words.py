"""The words that a member allows, for messages that say which: msgspec names only the wrong one."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import inspect


def allowed(kind: Any, steps: Sequence[str]) -> tuple[str, ...]:
    """Return the words allowed at a place in a type, by the alphabet; none when any word is
    allowed there, or when the place cannot be found.

    Each step is a member's name as it is written, or the index of an element.
    """
    places = _places(kind, steps)
    found = [one for place in places for one in _options(place)]
    return tuple(sorted({word for one in found for word in _words(one)}))


def described(kind: Any, steps: Sequence[str]) -> str:
    """Return how a place in a type is described; empty when it is not, or cannot be found."""
    return next((text for place in _places(kind, steps) for text in _described(place)), "")


def with_allowed(text: str, kind: Any, steps: Sequence[str]) -> str:
    """Return a message of msgspec, with the allowed words where it is about a wrong one."""
    words = allowed(kind, steps) if text.startswith("Invalid enum value") else ()
    return f"{text}; allowed: {', '.join(words)}" if words else text


def _places(kind: Any, steps: Sequence[str]) -> list[Any]:
    found = [inspect.type_info(kind)]
    for step in steps:
        found = [
            inner for place in found for one in _options(place) for inner in _within(one, step)
        ]
    return found


def _described(info: Any) -> Iterator[str]:
    if isinstance(info, inspect.Metadata):
        if text := (info.extra_json_schema or {}).get("description"):
            yield text
        yield from _described(info.type)
    elif isinstance(info, inspect.UnionType):
        for option in info.types:
            yield from _described(option)


def _options(info: Any) -> Iterator[Any]:
    if isinstance(info, inspect.Metadata):
        yield from _options(info.type)
    elif isinstance(info, inspect.UnionType):
        for option in info.types:
            yield from _options(option)
    else:
        yield info


def _within(info: Any, step: str) -> Iterator[Any]:
    if isinstance(info, inspect.StructType):
        for field in info.fields:
            if field.encode_name == step:
                yield field.type
    elif isinstance(info, inspect.ListType | inspect.VarTupleType):
        yield info.item_type
    elif isinstance(info, inspect.DictType):
        yield info.value_type


def _words(info: Any) -> Iterator[str]:
    if isinstance(info, inspect.LiteralType):
        yield from map(str, info.values)
    elif isinstance(info, inspect.EnumType):
        yield from (str(member.value) for member in info.cls)
