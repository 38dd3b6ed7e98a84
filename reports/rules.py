"""How findings are counted: cells, and what a change adds and takes back. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Cell = tuple[str, ...]
"""The values of a cell as text, in the order of `reports.models.CELL`."""


@dataclass(frozen=True)
class Counted:
    """A finding as it is counted: its cell and its seconds over."""

    cell: Cell
    seconds: int


def cell_of(finding: Mapping[str, Any], tz: ZoneInfo) -> Cell:
    """Return the cell in which a finding counts: the local hour in which it began."""
    began: datetime = finding["from_at"]
    local = began.astimezone(tz)
    curb = finding["zone_id"] is None
    return (
        str(finding["city_id"]),
        local.date().isoformat(),
        str(local.hour),
        "curb_zone" if curb else "zone",
        str(finding["curb_zone_id"] if curb else finding["zone_id"]),
        str(finding["organisation_id"]),
        str(finding["regulation_id"]),
        str(finding["rule_code"]),
        str(finding["kind"]),
        str(finding["severity"]),
        str(finding["state"]),
    )


def deltas(
    changes: Iterable[tuple[Counted | None, Counted | None]],
) -> dict[Cell, tuple[int, int]]:
    """Return what (before, after) of findings add to the cells: (findings, seconds), no zeros."""
    sums: dict[Cell, list[int]] = {}
    for before, after in changes:
        if before == after:
            continue
        for counted, sign in ((before, -1), (after, 1)):
            if counted is not None:
                entry = sums.setdefault(counted.cell, [0, 0])
                entry[0] += sign
                entry[1] += sign * counted.seconds
    return {cell: (count, secs) for cell, (count, secs) in sums.items() if count or secs}


def delay(mean_mps: float, free_flow_mps: float | None) -> float | None:
    """Return the travel time index: free-flow speed over driven speed, at least 1.

    1.5 = a trip takes half as long again as in free flow. None where free flow is unknown or
    nothing moved. (FHWA, Travel Time Reliability, "travel time index".)
    """
    if not free_flow_mps or mean_mps <= 0:
        return None
    return max(1.0, free_flow_mps / mean_mps)


def safe_cell(text: Any) -> Any:
    """Return a CSV cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + text
    return text
