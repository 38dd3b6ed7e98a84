"""What does not fit a type, all of it at once: msgspec itself stops at the first misfit."""

import re
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from kernel import words

MOST_MISFITS = 50
MOST_DEEP = 100
"""Steps into a value beyond which only the first misfit is told: no reader goes deeper."""
_AT = re.compile(r" - at `(?:key in )?`?(?P<path>\$[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_MEMBER = re.compile(r"Object (?:missing required|contains unknown) field `(.*)`")
Steps = tuple[str, ...]


class Misfit(NamedTuple):
    """One value that does not fit: the way to it, msgspec's message, and what may stand there:
    the words that are allowed (none when any is), or a text in the type's own description."""

    steps: Steps
    text: str
    allowed: Steps = ()
    described: str = ""

    @property
    def way(self) -> Steps:
        """The way to what is told of: to the member itself where one is missing or unknown."""
        member = _MEMBER.fullmatch(self.text)
        return (*self.steps, member[1]) if member else self.steps

    @property
    def detail(self) -> str:
        """What an answer says of it."""
        if self.allowed:
            return f"{self.text}; allowed: {', '.join(self.allowed)}"
        return f"Expected: {self.described}" if self.described else self.text


def misfits(value: Any, kind: Any, at: Steps = ()) -> list[Misfit]:
    """Return the misfits in a decoded value: of all members of all structs within it, and of as
    many elements of a list as are told."""
    error = _first(value, kind)
    if error is None:
        return []
    if len(at) > MOST_DEEP:
        return [misfit(error, kind, at)]
    bare = _bare(kind, value)
    found: list[Misfit] = []
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct) and isinstance(value, dict):
        found = _in_struct(value, bare, at)
    elif get_origin(bare) in (list, tuple) and isinstance(value, list) and get_args(bare):
        item = get_args(bare)[0]
        for index, element in enumerate(value):
            found += misfits(element, item, (*at, str(index)))
            if len(found) >= MOST_MISFITS:
                break
    # What is wrong with the whole (the length of a list, say) shows only in the whole.
    return found or [misfit(error, kind, at)]


def misfit(error: msgspec.ValidationError, kind: Any, at: Steps = ()) -> Misfit:
    """Return the misfit that msgspec names, whose path `$[0].a` is the way `0`, `a`."""
    text = str(error)
    found = _AT.search(text)
    way = steps_of(found["path"]) if found else ()
    text = text[: found.start()] if found else text
    if text.startswith("Invalid enum value"):
        return Misfit((*at, *way), text, words.allowed(kind, way))
    described = words.described(kind, way) if "matching regex" in text else ""
    return Misfit((*at, *way), text, described=described)


def steps_of(path: str) -> Steps:
    """Return the steps of a path of msgspec."""
    return tuple(name or index for name, index in _STEP.findall(path))


def pointer(steps: Steps) -> str:
    """Return the JSON pointer (RFC 6901) for a way into a value."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _first(value: Any, kind: Any) -> msgspec.ValidationError | None:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return error
    return None


def _bare(kind: Any, value: Any) -> Any:
    """Return a type without its constraints, and of several types the one that is of the value's
    sort, if that is one."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0], value)
    if get_origin(kind) in (Union, UnionType) and value is not None:
        others = [option for option in get_args(kind) if option is not NoneType]
        alike = others if len(others) == 1 else [one for one in others if _alike(one, value)]
        if len(alike) == 1:
            return _bare(alike[0], value)
    return kind


def _alike(kind: Any, value: Any) -> bool:
    if isinstance(value, list):
        return get_origin(kind) in (list, tuple)
    return isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _in_struct(value: dict[str, Any], kind: type, at: Steps) -> list[Misfit]:
    config = kind.__struct_config__  # type: ignore[attr-defined]
    if config.tag is not None and value.get(config.tag_field) != config.tag:
        return []
    hints = get_type_hints(kind, include_extras=True)
    fields = msgspec.structs.fields(kind)
    found = []
    for field in fields:
        name = field.encode_name
        if name in value:
            found += misfits(value[name], hints[field.name], (*at, name))
        elif field.required:
            found.append(Misfit(at, f"Object missing required field `{name}`"))
    if config.forbid_unknown_fields:
        known = {field.encode_name for field in fields} | {config.tag_field}
        found += list(_unknown(value, known, at))
    return found


def _unknown(value: dict[str, Any], known: set[Any], at: Steps) -> Iterator[Misfit]:
    for name in value:
        if name not in known:
            yield Misfit(at, f"Object contains unknown field `{name}`")
