"""What differs between two versions, row by row. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Change:
    """A row before and after; None where it is not there."""

    kind: Literal["same", "changed", "added", "removed"]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def rows(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return the rows of `after` with what each was before, then those that are gone.

    Rows belong together that have the same id; rows without an id, those of the same place.
    """
    earlier = {_key(row, place): row for place, row in enumerate(before)}
    found: list[Change] = []
    for place, row in enumerate(after):
        was = earlier.pop(_key(row, place), None)
        if was is None:
            found.append(Change("added", None, row))
        else:
            found.append(Change("same" if was == row else "changed", was, row))
    return found + [Change("removed", row, None) for row in earlier.values()]


def _key(row: Mapping[str, Any], place: int) -> Any:
    return row.get("id") or place
