"""What became of a published version: when it was suspended or annulled, why and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.models import AuditEntry
from zones.models import RegulationVersion, Suspension


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did to a version and why; `by` is a person or a client."""

    at: datetime
    by: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class Interruption:
    """A suspension: who began and who ended it, and from when until when the version did not rule.

    It runs while it has no end; one that was ended before it began has `since` for its end.
    """

    since: datetime
    until: datetime | None
    reason: str
    begun_by: UUID | None
    ended_by: UUID | None


def of_version(version: RegulationVersion) -> tuple[list[Interruption], Act | None]:
    """Return the suspensions of a version in the order they were recorded, and its annulment.

    Two queries. To resume records a suspension anew with its end: the two are told as one.
    """
    done = _acts(version)
    rows = list(version.suspensions.order_by("recorded_from", "id"))
    ends = {(row.recorded_from, row.legal_from): row for row in rows if row.legal_until}
    found = [
        _told(row, ends, done["suspended"], done["resumed"])
        for row in rows
        if row.legal_until is None
    ]
    return found, next(iter(done["annulled"]), None)


def _told(
    row: Suspension,
    ends: dict[tuple[datetime, datetime], Suspension],
    suspended: Iterable[Act],
    resumed: Iterable[Act],
) -> Interruption:
    begun_by = next((act.by for act in suspended if act.at == row.recorded_from), None)
    if row.recorded_until is None:
        return Interruption(row.legal_from, None, row.reason, begun_by, None)
    end = ends.get((row.recorded_until, row.legal_from))
    until = row.legal_from if end is None else end.legal_until
    ended_by = next((act.by for act in resumed if act.at == row.recorded_until), None)
    return Interruption(row.legal_from, until, row.reason, begun_by, ended_by)


def _acts(version: RegulationVersion) -> dict[str, list[Act]]:
    """Return from the audit what was done to a version, by kind."""
    kinds = ("suspended", "resumed", "annulled")
    entries = AuditEntry.objects.filter(
        city_id=version.regulation.city_id,
        subject=str(version.pk),
        action__in=[f"zones.version_{kind}" for kind in kinds],
    )
    found: dict[str, list[Act]] = {kind: [] for kind in kinds}
    for entry in entries.order_by("at", "id"):
        act = Act(entry.at, entry.user_id or entry.client_id, entry.inputs.get("reason", ""))
        found[entry.action.removeprefix("zones.version_")].append(act)
    return found
