"""Stays at the curb. Tracking folds them from events and replaces a vehicle's rows from here.

The rows compared, the difference goes to the outbox as `stay.changed`, one message per kind of
change, with the vehicle as key; a rebuild writes the same rows and announces nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from curbs.models import CurbSession
from foundation import outbox

TOPIC = "stay.changed"
_COMPARED = ("curb_zone_id", "started_at", "ended_at", "activity", "evidence")


@dataclass(frozen=True)
class Stay:
    """A stay as the fold sees it; `id` is derived from its first event. Open: `ended_at` None."""

    id: UUID
    curb_zone_id: UUID
    curb_line_id: UUID
    started_at: datetime
    ended_at: datetime | None
    activity: str = "loading"
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """The ids of stays that appeared, changed or were withdrawn."""

    appeared: tuple[UUID, ...] = ()
    changed: tuple[UUID, ...] = ()
    withdrawn: tuple[UUID, ...] = ()


@transaction.atomic
def replace(
    *,
    city_id: UUID,
    organisation_id: UUID,
    vehicle_id: UUID,
    stays: Sequence[Stay],
    since: datetime | None,
    at: datetime,
    announce: bool = True,
) -> Difference:
    """Make `stays` the vehicle's stays that start at `since` or later (None: all it ever had).

    Returns what differs from before, and announces it unless told not to (a rebuild).
    """
    known = CurbSession.objects.filter(vehicle_id=vehicle_id)
    if since is not None:
        known = known.filter(started_at__gte=since)
    before = {row.id: row for row in known.select_for_update()}
    after = {stay.id: stay for stay in stays}
    difference = Difference(
        appeared=tuple(key for key in after if key not in before),
        changed=tuple(k for k, s in after.items() if k in before and _differs(before[k], s)),
        withdrawn=tuple(key for key in before if key not in after),
    )
    CurbSession.objects.filter(id__in=difference.withdrawn).delete()
    written = [after[key] for key in (*difference.appeared, *difference.changed)]
    CurbSession.objects.bulk_create(
        [_row(stay, city_id, organisation_id, vehicle_id) for stay in written],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["curb_zone", "curb_line", "started_at", "ended_at", "activity", "evidence"],
    )
    if announce:
        _announce(difference, city_id=city_id, vehicle_id=vehicle_id, at=at)
    return difference


def _announce(difference: Difference, *, city_id: UUID, vehicle_id: UUID, at: datetime) -> None:
    kinds = {
        "appeared": difference.appeared,
        "changed": difference.changed,
        "withdrawn": difference.withdrawn,
    }
    for change, ids in kinds.items():
        if ids:
            payload = {"stay_ids": [str(key) for key in ids], "change": change}
            outbox.add(city_id=city_id, topic=TOPIC, key=vehicle_id, payload=payload, at=at)


def _differs(row: CurbSession, stay: Stay) -> bool:
    return any(getattr(row, name) != getattr(stay, name) for name in _COMPARED)


def _row(stay: Stay, city_id: UUID, organisation_id: UUID, vehicle_id: UUID) -> CurbSession:
    return CurbSession(
        id=stay.id,
        city_id=city_id,
        organisation_id=organisation_id,
        vehicle_id=vehicle_id,
        curb_line_id=stay.curb_line_id,
        curb_zone_id=stay.curb_zone_id,
        started_at=stay.started_at,
        ended_at=stay.ended_at,
        activity=stay.activity,
        evidence=stay.evidence,
    )
