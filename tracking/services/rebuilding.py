"""Folding subjects anew: all of them (a rebuild), or vehicles near ground that changed.

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

from carriers.selectors import log
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
from tracking.services.projection import Anchor
from tracking.services.subjects import FACILITY, OF_KIND, VEHICLE

_TOUCHED = (ZoneVisit, TripState, StopProgress, StationVisit, CurbReport)


class Subjects:
    """The rows of the projection of one kind of subjects. Scope: `{}` for all, else `city_id`,
    `since`, `until` and `boxes` (west, south, east, north): the vehicles that drove there then."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def subjects(
        self, *, shard: int, after: UUID | None, limit: int, scope: dict[str, Any]
    ) -> list[UUID]:
        """Return the next subjects of a shard of whom anything is told (since then)."""
        rows = FoldState.objects.filter(kind=self._kind, shard=shard)
        if after is not None:
            rows = rows.filter(subject_id__gt=after)
        if scope:
            rows = rows.filter(city_id=scope["city_id"], head_at__gte=scope["since"])
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
        """Fold subjects anew; return how many, and how many are frozen as a whole."""
        since = None
        if scope:
            since = datetime.fromisoformat(scope["since"])
            until = datetime.fromisoformat(scope["until"]) if scope["until"] else None
            subjects = log.drove_within(subjects, scope["boxes"], since=since, until=until)
        anchors = anchored(subjects, since, kind=self._kind)
        projection.rebuild(
            self._owned(anchors),
            as_of=as_of,
            kind=self._kind,
            upto=upto,
            anchors=anchors,
            announce=announce,
        )
        return len(anchors), len(subjects) - len(anchors)

    def _owned(self, ids: Iterable[UUID]) -> list[tuple[UUID, UUID, UUID]]:
        """Return subjects with city and organisation; rows of a facility name their own sender."""
        cities = FoldState.objects.filter(pk__in=list(ids)).values_list("subject_id", "city_id")
        if self._kind == FACILITY:
            return [(city_id, subject_id, subject_id) for subject_id, city_id in cities]
        rows = VehicleState.objects.filter(vehicle_id__in=list(ids))
        owners = dict(rows.values_list("vehicle_id", "organisation_id"))
        return [(city_id, owners[subject_id], subject_id) for subject_id, city_id in cities]


def anchored(
    subjects: Collection[UUID], since: datetime | None, *, kind: str = VEHICLE
) -> dict[UUID, Anchor]:
    """Return from where each subject can be folded anew, to get right what came after `since`
    (None: as far back as the log reaches). Subjects that are frozen as a whole are left out.
    """
    edge = OF_KIND[kind].edge()
    begun = set() if edge is None else _begun_before(subjects, edge)
    found: dict[UUID, Anchor] = {
        subject_id: None for subject_id in subjects if subject_id not in begun
    }
    if edge is not None:
        found |= _oldest_after(begun, edge)
    if since is not None and found:
        nearer = keeping.snapshots_before(dict.fromkeys(found, since))
        for subject_id, snapshot in nearer.items():
            anchor = found[subject_id]
            if anchor is None or anchor[0] < snapshot[0]:
                found[subject_id] = snapshot
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
        return {subject_id: (at, bytes(state)) for subject_id, at, state in cursor.fetchall()}
