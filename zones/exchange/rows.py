"""Rows of the rule language as the JSON data in which they are stored."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from zones.language import What, When, Who

PROHIBIT = What(effect="prohibit")


def data(value: Any) -> Any:
    """Return a struct of the language as JSON data, without what is left at its default."""
    return msgspec.json.decode(msgspec.json.encode(value))


def row(
    name: str,
    *,
    what: What = PROHIBIT,
    who: Who | None = None,
    when: Sequence[When] = (),
    unless: Who | None = None,
    permits: Iterable[str] = (),
    priority: int = 0,
    legal_reference: str = "",
) -> dict[str, Any]:
    """Return a row as JSON data; what is not given is left out."""
    made: dict[str, Any] = {"id": name[:80], "what": data(what)}
    if who is not None and data(who):
        made["who"] = data(who)
    if when:
        made["when"] = [data(window) for window in when]
    exempt: dict[str, Any] = {}
    if unless is not None:
        exempt["who"] = data(unless)
    if kinds := sorted(set(permits)):
        exempt["permit"] = kinds
    if exempt:
        made["unless"] = exempt
    if priority:
        made["priority"] = priority
    if legal_reference:
        made["legal_reference"] = legal_reference[:500]
    return made
