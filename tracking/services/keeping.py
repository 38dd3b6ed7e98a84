"""Writing what the fold came to: states, snapshots and rows in bulk, and the difference."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models
from msgspec import structs

from carriers.selectors import log
from foundation import bulk, outbox
from kernel.identifiers import shard_of
from tracking.models import (
    FoldState,
    Snapshot,
    StopProgress,
    TripState,
    VehicleState,
    ZoneVisit,
)
from tracking.rules import fold as folding
from tracking.rules.told import StopDone, Trip, Visit

if TYPE_CHECKING:
    from tracking.services.projection import Task

KEEP_SNAPSHOTS = timedelta(days=15)
"""A day longer than the backfill: a late event of the last minute still finds one before it."""

_MODELS: dict[type, type[models.Model]] = {
    Visit: ZoneVisit,
    Trip: TripState,
    StopDone: StopProgress,
}
_OWNER = ("city_id", "organisation_id", "vehicle_id")


def snapshots_before(times: dict[UUID, datetime | None]) -> dict[UUID, tuple[datetime, bytes]]:
    """Return the last snapshot before each vehicle's time, where there is one: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.vehicle_id, found.at, found.state"
            " FROM unnest(%s::uuid[], %s::timestamptz[]) AS asked(vehicle_id, before)"
            " CROSS JOIN LATERAL (SELECT at, state FROM tracking_snapshot one"
            "  WHERE one.vehicle_id = asked.vehicle_id AND one.at < asked.before"
            "  ORDER BY at DESC LIMIT 1) found",
            [list(times), list(times.values())],
        )
        return {vehicle_id: (at, bytes(state)) for vehicle_id, at, state in cursor.fetchall()}


def keep_states(tasks: Sequence["Task"]) -> None:
    """Store the states and what a page shows of them; replace snapshots that no longer hold."""
    _drop_snapshots([task for task in tasks if task.rewinds])
    snapshots = [
        Snapshot(vehicle_id=task.vehicle_id, at=at, state=frozen)
        for task in tasks
        if task.folded is not None
        for at, frozen in task.folded.snapshots
    ]
    Snapshot.objects.bulk_create(snapshots)
    empty = [task.vehicle_id for task in tasks if task.state.head is None]
    if empty:
        FoldState.objects.filter(vehicle_id__in=empty).delete()
        VehicleState.objects.filter(vehicle_id__in=empty).delete()
    told = [task for task in tasks if task.state.head is not None]
    bulk.upsert(FoldState, [_fold_state(task) for task in told], key="vehicle_id")
    bulk.upsert(
        VehicleState,
        [_vehicle_state(task) for task in told],
        key="vehicle_id",
        expressions={"xid": "pg_current_xact_id()"},
    )


def _drop_snapshots(tasks: Sequence["Task"]) -> None:
    if not tasks:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tracking_snapshot one USING unnest(%s::uuid[], %s::timestamptz[])"
            " AS gone(vehicle_id, since) WHERE one.vehicle_id = gone.vehicle_id"
            " AND one.at > COALESCE(gone.since, '-infinity')",
            [[task.vehicle_id for task in tasks], [task.since for task in tasks]],
        )


def _fold_state(task: "Task") -> dict[str, Any]:
    assert task.state.head is not None
    return {
        "vehicle_id": task.vehicle_id,
        "city_id": task.city_id,
        "shard": shard_of(task.vehicle_id),
        "head_at": task.state.head[0],
        "state": folding.freeze(task.state),
    }


def _vehicle_state(task: "Task") -> dict[str, Any]:
    state, position = task.state, task.state.position
    assert state.head is not None
    return {
        "vehicle_id": task.vehicle_id,
        "city_id": task.city_id,
        "organisation_id": task.organisation_id,
        "shard": shard_of(task.vehicle_id),
        "seen_at": state.head[0],
        "fix_at": position and position.at,
        "lng": position and position.lng,
        "lat": position and position.lat,
        "speed_mps": position and position.speed_mps,
        "heading_deg": position and position.heading_deg,
        "accuracy_m": position and position.accuracy_m,
        "status": folding.status(state),
        "trip_id": state.journal.current,
    }


def keep_rows(tasks: Sequence["Task"], *, as_of: datetime, announce: bool) -> None:
    """Store visits, trips and stops, remove those that are no more, tell the difference."""
    for kind, model in _MODELS.items():
        _keep_kind(tasks, kind, model, as_of, announce)


def _keep_kind(
    tasks: Sequence["Task"], kind: type, model: Any, as_of: datetime, announce: bool
) -> None:
    after: dict[UUID, Any] = {}
    withdrawn: set[UUID] = set()
    owners: dict[UUID, Task] = {}
    for task in tasks:
        if task.folded is None:
            continue
        for row_id, row in task.folded.rows.items():
            if row is None:
                withdrawn.add(row_id)
            elif isinstance(row, kind):
                after[row_id] = row
                owners[row_id] = task
    rewound = [task for task in tasks if task.rewinds]
    if not after and not rewound:
        return
    before = _before(model, after.keys() | withdrawn, rewound)
    gone = [row for row_id, row in before.items() if row_id not in after]
    model.objects.filter(pk__in=[row.pk for row in gone]).delete()
    written = [_row(owners[row_id], row) for row_id, row in sorted(after.items())]
    bulk.upsert(model, written, key="id")
    if announce and kind in _TOPICS:
        _announce(kind, after, owners, before, gone, as_of)


def _before(model: Any, ids: Iterable[UUID], rewound: Sequence["Task"]) -> dict[UUID, Any]:
    """Return the rows as they were: those with these ids, and of vehicles that went back all
    that were touched after the snapshot."""
    found = {row.id: row for row in model.objects.filter(id__in=list(ids))}
    if rewound:
        touched = models.Q(pk__in=[])
        for task in rewound:
            own = models.Q(vehicle_id=task.vehicle_id)
            touched |= own if task.since is None else own & models.Q(touched_at__gt=task.since)
        found |= {row.id: row for row in model.objects.filter(touched)}
    return found


def _row(task: "Task", row: Any) -> dict[str, Any]:
    return structs.asdict(row) | {name: getattr(task, name) for name in _OWNER}


_TOPICS: dict[type, tuple[str, str]] = {
    Visit: ("visit.changed", "visit_ids"),
    StopDone: ("stop.changed", "stop_progress_ids"),
    Trip: ("trip.changed", "trip_state_ids"),
}


def _announce(
    kind: type,
    after: dict[UUID, Any],
    owners: dict[UUID, "Task"],
    before: dict[UUID, Any],
    gone: Sequence[Any],
    as_of: datetime,
) -> None:
    """Tell what appeared, changed and was withdrawn: a message per vehicle and kind of change."""
    topic, member = _TOPICS[kind]
    news: dict[tuple[UUID, UUID, str], list[str]] = defaultdict(list)
    for row_id, row in after.items():
        task = owners[row_id]
        old = before.get(row_id)
        if old is None:
            news[task.city_id, task.vehicle_id, "appeared"].append(str(row_id))
        elif _told(kind, old) != _told(kind, row):
            news[task.city_id, task.vehicle_id, "changed"].append(str(row_id))
    for row in gone:
        news[row.city_id, row.vehicle_id, "withdrawn"].append(str(row.id))
    by_city: dict[UUID, list[tuple[UUID, dict[str, Any]]]] = defaultdict(list)
    for (city_id, vehicle_id, change), ids in sorted(news.items()):
        by_city[city_id].append((vehicle_id, {member: sorted(ids), "change": change}))
    for city_id, payloads in by_city.items():
        outbox.add_all(city_id=city_id, topic=topic, payloads=payloads, at=as_of)


def _told(kind: type, row: Any) -> tuple[Any, ...]:
    """Return what others act upon: the rest of a row may grow without news. Of an open visit the
    last sight inside counts by the minute."""
    if kind is Visit:
        seen = row.last_inside_at.replace(second=0, microsecond=0)
        return row.zone_id, row.entered_at, row.left_at, seen
    names = (name for name in kind.__struct_fields__ if name not in {"id", "touched_at"})
    return tuple(getattr(row, name) for name in names)


def forget_snapshots(as_of: datetime) -> int:
    """Delete snapshots that nothing can go back to any more (a job of the tick); return how many.

    Kept are those of the backfill window and the newest before it, for late events; and beyond,
    as far as positions are kept, the first of each day (UTC): a rebuild begins at the oldest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tracking_snapshot old WHERE at < %s AND EXISTS ("
            " SELECT 1 FROM tracking_snapshot newer WHERE newer.vehicle_id = old.vehicle_id"
            " AND newer.at > old.at AND newer.at < %s)"
            " AND (at < COALESCE(%s::timestamptz, '-infinity') OR EXISTS ("
            " SELECT 1 FROM tracking_snapshot earlier"
            " WHERE earlier.vehicle_id = old.vehicle_id AND earlier.at < old.at"
            " AND earlier.at >= GREATEST(date_trunc('day', old.at, 'UTC'),"
            "  COALESCE(%s::timestamptz, '-infinity'))))",
            [as_of - KEEP_SNAPSHOTS] * 2 + [log.positions_since()] * 2,
        )
        return int(cursor.rowcount)
