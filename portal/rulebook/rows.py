"""A rule row as a form: fields for what most rows say, JSON for the rest. Pure.

`split` takes a row apart, `joined` puts it together again; nothing of a row is lost between.
"""

import copy
import itertools
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec

from zones.language import DAYS


class Place(NamedTuple):
    """Where the value of a field stands in a row, and how it is written in the field.

    A field that offers choices shows those `among` them only, several in their order.
    """

    path: tuple[str | int, ...]
    kind: str
    among: tuple[str, ...] = ()

    def shown(self, value: Any) -> str | None:
        """Return a value as the field shows it; None for what the field cannot show."""
        if (
            self.among
            and isinstance(value, list)
            and value != [d for d in self.among if d in value]
        ):
            return None
        if self.among and isinstance(value, str) and value not in self.among:
            return None
        return _written(value, self.kind)


PLACES: dict[str, Place] = {
    "effect": Place(("what", "effect"), "text"),
    "permit": Place(("what", "permit"), "text"),
    "amount": Place(("what", "amount"), "money"),
    "currency": Place(("what", "currency"), "text"),
    "category": Place(("who", "category"), "list"),
    "fuel": Place(("who", "fuel"), "list"),
    "euro_below": Place(("who", "euro_below"), "text"),
    "weight_over": Place(("who", "gross_weight_over_kg"), "number"),
    "weight_up_to": Place(("who", "gross_weight_up_to_kg"), "number"),
    "days": Place(("when", 0, "days"), "list", DAYS),
    "from": Place(("when", 0, "from"), "text"),
    "to": Place(("when", 0, "to"), "text"),
    "first_day": Place(("when", 0, "from_on"), "day"),
    "last_day": Place(("when", 0, "until_on"), "last day"),
    "holidays": Place(("when", 0, "holidays"), "text", ("any", "only", "except")),
    "calendar": Place(("when", 0, "calendar"), "text"),
    "calendar_mode": Place(("when", 0, "calendar_mode"), "text", ("only", "except")),
    "exempt": Place(("unless", "permit"), "list"),
    "warning_until": Place(("warning_until",), "text"),
    "priority": Place(("priority",), "number"),
    "reference": Place(("legal_reference",), "text"),
}
REST = "rest"
_A_DAY = timedelta(days=1)


class Unreadable(ValueError):
    """The JSON of a row is none, or no object."""


def split(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row as texts by field; what no field can say stays in `rest`, as JSON.

    Windows of time are in the fields when there is one only.
    """
    rest = copy.deepcopy(dict(row))
    given = dict.fromkeys(PLACES, "")
    windows = rest.get("when")
    for name, place in PLACES.items():
        if place.path[0] == "when" and not (isinstance(windows, list) and len(windows) == 1):
            continue
        typed = place.shown(_look(rest, place.path))
        if typed is not None:
            given[name] = typed
            _drop(rest, place.path)
    text = msgspec.json.format(msgspec.json.encode(rest), indent=2).decode() if rest else ""
    return {**given, REST: text}


def joined(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the row that a form says; a field that is filled in counts before the JSON.

    What a field cannot mean stays a text, for the rule language to refuse. Raises Unreadable.
    """
    row: Any = {}
    if given.get(REST, "").strip():
        try:
            row = msgspec.json.decode(given[REST])
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unreadable(str(error)) from None
        if not isinstance(row, dict):
            raise Unreadable
    for name, place in PLACES.items():
        if given.get(name):
            _put(row, place.path, _meant(given[name], place.kind))
    return row


def unread(given: Mapping[str, str]) -> dict[str, str]:
    """Return the filled fields of amounts and numbers that say none, with their kind."""
    return {
        name: place.kind
        for name, place in PLACES.items()
        if place.kind in ("money", "number")
        and given.get(name)
        and isinstance(_meant(given[name], place.kind), str)
    }


def field_of(pointer: str, given: Mapping[str, str]) -> str:
    """Return the field that a JSON pointer into a row means: the filled one, else the JSON."""
    steps = pointer.strip("/").split("/")
    for name, place in PLACES.items():
        path = [str(step) for step in place.path]
        if steps[: len(path)] == path and given.get(name):
            return name
    return "effect" if pointer in ("", "/what") and not given.get("effect") else REST


def _written(value: Any, kind: str) -> str | None:
    """Return a value as a field shows it; None for what the field cannot show."""
    match kind, value:
        case "text", str() if _plain(value):
            return value
        case "day", str():
            return value if _day(value) else None
        case "last day", str() if (day := _day(value)) and day > date.min:
            return (day - _A_DAY).isoformat()
        case "number", int() if not isinstance(value, bool):
            return str(value)
        case "money", int() if not isinstance(value, bool) and 0 <= value < 10**12:
            return f"{Decimal(value) / 100:.2f}"
        case "list", list() if value and all(_plain(one) and "," not in one for one in value):
            return ", ".join(value)
    return None


def _plain(one: Any) -> bool:
    """Return whether a field of one line gives a text back as it is."""
    return isinstance(one, str) and bool(one) and one == one.strip() and one.isprintable()


def _day(typed: str) -> date | None:
    """Return the day that `YYYY-MM-DD` means, None for every other text."""
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if found.isoformat() == typed else None


def _meant(typed: str, kind: str) -> Any:
    typed = typed.strip()
    match kind:
        case "list":
            return [one.strip() for one in typed.split(",") if one.strip()]
        case "number" if typed.lstrip("-").isascii() and typed.lstrip("-").isdigit():
            return int(typed) if len(typed) < 12 else typed
        case "money":
            return _cents(typed)
        case "last day" if (day := _day(typed)) and day < date.max:
            return (day + _A_DAY).isoformat()
    return typed


def _cents(typed: str) -> Any:
    try:
        cents = Decimal(typed.replace(",", ".")) * 100
        whole = int(cents)
    except (InvalidOperation, OverflowError, ValueError):
        return typed
    return whole if whole == cents and abs(whole) < 10**12 else typed


def _look(row: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(step, str):
            row = row.get(step) if isinstance(row, dict) else None
        else:
            row = row[step] if isinstance(row, list) and len(row) > step else None
    return row


def _drop(row: Any, path: tuple[str | int, ...]) -> None:
    """Take a value out, and what holds nothing more then."""
    holder = _look(row, path[:-1])
    del holder[path[-1]]
    if not holder and path[:-1]:
        _drop(row, path[:-1])


def _put(row: Any, path: tuple[str | int, ...], value: Any) -> None:
    for step, following in itertools.pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not row or not isinstance(row[step], dict):
                row[:] = [empty]
            row = row[step]
            continue
        if isinstance(row.get(step), list) and isinstance(following, str):
            row[step].append(empty)  # a list of exemptions: the field is one more
            row = row[step][-1]
            continue
        kind = list if isinstance(following, int) else dict
        if not isinstance(row.get(step), kind):
            row[step] = empty
        row = row[step]
    row[path[-1]] = value
