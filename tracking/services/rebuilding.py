"""Folding subjects anew: all of them (a rebuild), or those near ground that changed.

Where everything that a vehicle told is still in the log, it is folded from the beginning. Where
positions were dropped by retention, it is folded from an anchor: the oldest snapshot after the
horizon, the earliest instant from which on all positions are kept. What was touched before the
anchor is frozen, and what had begun before it goes on from there, as after any rewind.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from carriers.models import Facility
from carriers.selectors import horizon, log
from curbs.models import CurbSession
from foundation.streams import Cursor
from tracking.models import (
    CurbReport,
    FoldState,
    Snapshot,
    StationVisit,
    StopProgress,
    TripState,
    VehicleState,
    ZoneVisit,
)
from tracking.services import keeping, projection
from tracking.services.projection import Anchor, Subject
from tracking.services.subjects import FACILITY

_TOUCHED = (ZoneVisit, TripState, StopProgress, StationVisit, CurbReport)


class Vehicles:
    """The rows of `tracking.vehicles`. Scope: `{}` for all, else `city_id`, `since`, `until` and
    `boxes` (west, south, east, north): the vehicles that drove there then."""

    def subjects(
        self, *, shard: int, after: UUID | None, limit: int, scope: dict[str, Any]
    ) -> list[UUID]:
        """Return the next vehicles of a shard that have told anything (since then)."""
        rows = VehicleState.objects.filter(shard=shard)
        if after is not None:
            rows = rows.filter(vehicle_id__gt=after)
        if scope:
            rows = rows.filter(city_id=scope["city_id"], seen_at__gte=scope["since"])
        return list(rows.order_by("vehicle_id").values_list("vehicle_id", flat=True)[:limit])

    def rebuild(
        self,
        subjects: list[UUID],
        *,
        upto: Cursor,
        scope: dict[str, Any],
        announce: bool,
        as_of: datetime,
    ) -> tuple[int, int]:
        """Fold vehicles anew; return how many, and how many are frozen as a whole."""
        since = None
        if scope:
            since = datetime.fromisoformat(scope["since"])
            until = datetime.fromisoformat(scope["until"]) if scope["until"] else None
            subjects = log.drove_within(subjects, scope["boxes"], since=since, until=until)
        anchors = anchored(subjects, since)
        rows = VehicleState.objects.filter(vehicle_id__in=anchors)
        vehicles = [Subject(row.city_id, row.organisation_id, row.vehicle_id) for row in rows]
        projection.rebuild(vehicles, as_of=as_of, upto=upto, anchors=anchors, announce=announce)
        return len(anchors), len(subjects) - len(anchors)


class Facilities:
    """The rows of `tracking.facilities`: what is said of facilities is in the log as a whole."""

    def subjects(
        self, *, shard: int, after: UUID | None, limit: int, scope: dict[str, Any]
    ) -> list[UUID]:
        """Return the next facilities of a shard of which anything was told."""
        rows = FoldState.objects.filter(kind=FACILITY, shard=shard)
        if after is not None:
            rows = rows.filter(subject_id__gt=after)
        return list(rows.order_by("subject_id").values_list("subject_id", flat=True)[:limit])

    def rebuild(
        self,
        subjects: list[UUID],
        *,
        upto: Cursor,
        scope: dict[str, Any],
        announce: bool,
        as_of: datetime,
    ) -> tuple[int, int]:
        """Fold facilities anew; return how many, and that none is frozen."""
        owners = Facility.objects.filter(id__in=subjects).values_list("id", "organisation_id")
        runs = dict(owners)
        found = [
            Subject(row.city_id, runs[row.subject_id], row.subject_id)
            for row in FoldState.objects.filter(kind=FACILITY, subject_id__in=subjects)
            if row.subject_id in runs
        ]
        projection.rebuild(found, as_of=as_of, kind=FACILITY, upto=upto, announce=announce)
        return len(found), 0


def anchored(vehicle_ids: Collection[UUID], since: datetime | None) -> dict[UUID, Anchor]:
    """Return from where each vehicle can be folded anew, to get right what came after `since`
    (None: as far back as the log reaches). Vehicles that are frozen as a whole are left out.
    """
    edge = horizon.whole_since()
    begun = set() if edge is None else _begun_before(vehicle_ids, edge)
    found: dict[UUID, Anchor] = {
        vehicle_id: None for vehicle_id in vehicle_ids if vehicle_id not in begun
    }
    if edge is not None:
        found |= _oldest_after(begun, edge)
    if since is not None and found:
        nearer = keeping.snapshots_before(dict.fromkeys(found, since))
        for vehicle_id, snapshot in nearer.items():
            anchor = found[vehicle_id]
            if anchor is None or anchor[0] < snapshot[0]:
                found[vehicle_id] = snapshot
    return found


def _begun_before(vehicle_ids: Collection[UUID], edge: datetime) -> set[UUID]:
    """Return the vehicles of whose past something is older than what the log holds whole."""
    ids = list(vehicle_ids)
    begun = set(Snapshot.objects.filter(subject_id__in=ids, at__lt=edge).values_list("subject_id"))
    for model in _TOUCHED:
        begun |= set(
            model.objects.filter(vehicle_id__in=ids, touched_at__lt=edge).values_list("vehicle_id")
        )
    begun |= set(
        CurbSession.objects.filter(vehicle_id__in=ids, started_at__lt=edge).values_list(
            "vehicle_id"
        )
    )
    return {vehicle_id for (vehicle_id,) in begun}


def _oldest_after(vehicle_ids: Iterable[UUID], edge: datetime) -> dict[UUID, Anchor]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (subject_id) subject_id, at, state FROM tracking_snapshot"
            " WHERE subject_id = ANY(%s) AND at >= %s ORDER BY subject_id, at",
            [list(vehicle_ids), edge],
        )
        return {vehicle_id: (at, bytes(state)) for vehicle_id, at, state in cursor.fetchall()}
