"""Writing what the folds came to: states, snapshots and rows in bulk, and the difference."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, models
from msgspec import structs

from carriers.selectors import horizon
from foundation import bulk, outbox
from kernel.identifiers import shard_of
from tracking import models as tables
from tracking.models import FoldState, Snapshot, VehicleState
from tracking.rules import fold as folding
from tracking.rules import told
from tracking.services.subjects import VEHICLE, Task

KEEP_SNAPSHOTS = timedelta(days=15)
"""A day longer than the backfill: a late event of the last minute still finds one before it."""


class _Table(NamedTuple):
    """Where rows of a kind stand, under which column their subject, and how news of them is told:
    topic and the member with their ids."""

    model: Any
    subject: str
    topic: str
    member: str


_TABLES: dict[type, _Table] = {
    told.Visit: _Table(tables.ZoneVisit, "vehicle_id", "visit.changed", "visit_ids"),
    told.Trip: _Table(tables.TripState, "vehicle_id", "trip.changed", "trip_state_ids"),
    told.StopDone: _Table(tables.StopProgress, "vehicle_id", "stop.changed", "stop_progress_ids"),
    told.StationVisit: _Table(
        tables.StationVisit, "vehicle_id", "station.changed", "station_visit_ids"
    ),
    told.CurbReport: _Table(
        tables.CurbReport, "vehicle_id", "curb_report.changed", "curb_report_ids"
    ),
    told.UnitAt: _Table(tables.FacilityUnit, "facility_id", "unit.changed", "unit_ids"),
    told.Lapse: _Table(tables.ServiceException, "subject_id", "exception.changed", "exception_ids"),
    told.Reference: _Table(
        tables.UnresolvedReference, "subject_id", "reference.changed", "reference_ids"
    ),
}


def states_of(kind: str, subject_ids: Iterable[UUID]) -> dict[UUID, tuple[bytes, list[UUID]]]:
    """Return by subject its state, and the exceptions that the clock has raised: one query."""
    with bulk.binary_cursor() as cursor:
        cursor.execute(
            "SELECT subject_id, state, lasting FROM tracking_foldstate"
            " WHERE kind = %s AND subject_id = ANY(%s::uuid[])",
            [kind, bulk.uuids(list(subject_ids))],
            binary=True,
        )
        return {subject: (state, lasting) for subject, state, lasting in cursor.fetchall()}


def snapshots_before(times: dict[UUID, datetime | None]) -> dict[UUID, tuple[datetime, bytes]]:
    """Return the last snapshot before each subject's time, where there is one: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.subject_id, found.at, found.state"
            " FROM unnest(%s::uuid[], %s::timestamptz[]) AS asked(subject_id, before)"
            " CROSS JOIN LATERAL (SELECT at, state FROM tracking_snapshot one"
            "  WHERE one.subject_id = asked.subject_id AND one.at < asked.before"
            "  ORDER BY at DESC LIMIT 1) found",
            [list(times), list(times.values())],
        )
        return {subject_id: (at, bytes(state)) for subject_id, at, state in cursor.fetchall()}


def keep_states(tasks: Sequence[Task]) -> None:
    """Store the states and what a page shows of them; replace snapshots that no longer hold."""
    _drop_snapshots([task for task in tasks if task.rewinds])
    snapshots = [
        Snapshot(subject_id=task.subject_id, at=at, state=frozen)
        for task in tasks
        if task.folded is not None
        for at, frozen in task.folded.snapshots
    ]
    Snapshot.objects.bulk_create(snapshots)
    empty = [task.subject_id for task in tasks if task.state.head is None]
    if empty:
        FoldState.objects.filter(pk__in=empty).delete()
        VehicleState.objects.filter(pk__in=empty).delete()
    begun = [task for task in tasks if task.state.head is not None]
    bulk.upsert(FoldState, [_fold_state(task) for task in begun], key="subject_id")
    bulk.upsert(
        VehicleState,
        [_vehicle_state(task) for task in begun if task.kind == VEHICLE],
        key="vehicle_id",
        expressions={"xid": "pg_current_xact_id()"},
    )


def keep_lasting(tasks: Sequence[Task]) -> None:
    """Store what the clock has raised, and when it will raise more."""
    FoldState.objects.bulk_update(
        [FoldState(pk=task.subject_id, due_at=task.due_at, lasting=task.lasting) for task in tasks],
        ["due_at", "lasting"],
    )


def _drop_snapshots(tasks: Sequence[Task]) -> None:
    if not tasks:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tracking_snapshot one USING unnest(%s::uuid[], %s::timestamptz[])"
            " AS gone(subject_id, since) WHERE one.subject_id = gone.subject_id"
            " AND one.at > COALESCE(gone.since, '-infinity')",
            [[task.subject_id for task in tasks], [task.since for task in tasks]],
        )


def _fold_state(task: Task) -> dict[str, Any]:
    assert task.state.head is not None
    return {
        "subject_id": task.subject_id,
        "kind": task.kind,
        "city_id": task.city_id,
        "shard": shard_of(task.subject_id),
        "head_at": task.state.head[0],
        "state": folding.freeze(task.state),
        "due_at": task.due_at,
        "lasting": task.lasting,
    }


def _vehicle_state(task: Task) -> dict[str, Any]:
    state, position = task.state, task.state.position
    assert state.head is not None
    return {
        "vehicle_id": task.subject_id,
        "city_id": task.city_id,
        "organisation_id": task.organisation_id,
        "shard": shard_of(task.subject_id),
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


def keep_rows(tasks: Sequence[Task], *, as_of: datetime, announce: bool) -> None:
    """Store the rows of the folds, remove those that are no more, tell the difference."""
    found: dict[type, dict[UUID, Any]] = {kind: {} for kind in (*_TABLES, told.Stay)}
    withdrawn: set[UUID] = set()
    owners: dict[UUID, Task] = {}
    for task in tasks:
        for row_id, row in task.folded.rows.items() if task.folded is not None else ():
            owners[row_id] = task
            if row is None:
                withdrawn.add(row_id)
            else:
                found[type(row)][row_id] = row
    rewound = [task for task in tasks if task.rewinds]
    for kind in _TABLES:
        doubtful = withdrawn if kind is told.Lapse else set()
        if found[kind] or doubtful or rewound:
            _keep_kind(kind, found[kind], doubtful, owners, rewound, as_of, announce)


def _keep_kind(
    kind: type,
    after: dict[UUID, Any],
    withdrawn: set[UUID],
    owners: dict[UUID, Task],
    rewound: Sequence[Task],
    as_of: datetime,
    announce: bool,
) -> None:
    table = _TABLES[kind]
    before = _before(table, after.keys() | withdrawn, rewound)
    _restore(after, owners, before, rewound)
    gone = [row for row_id, row in before.items() if row_id not in after]
    if gone:
        table.model.objects.filter(pk__in=[row.pk for row in gone]).delete()
    written = [_row(table, owners[row_id], row) for row_id, row in sorted(after.items())]
    bulk.upsert(table.model, written, key="id")
    if announce:
        _announce(kind, after, owners, before, gone, as_of)


def _restore(
    after: dict[UUID, Any],
    owners: dict[UUID, Task],
    before: dict[UUID, Any],
    rewound: Sequence[Task],
) -> None:
    """Put rows back as they were at the snapshot, which the events that changed them afterwards
    do not touch any more."""
    for task in rewound:
        for row_id in task.held.keys() & before.keys() - owners.keys():
            after[row_id], owners[row_id] = task.held[row_id], task


def _before(table: _Table, ids: Iterable[UUID], rewound: Sequence[Task]) -> dict[UUID, Any]:
    """Return the rows as they were: those with these ids, and of subjects that went back all
    that were touched after the snapshot."""
    found = {row.id: row for row in table.model.objects.filter(id__among=ids)}
    if rewound:
        touched = models.Q(pk__in=[])
        for task in rewound:
            own = models.Q(**{table.subject: task.subject_id})
            touched |= own if task.since is None else own & models.Q(touched_at__gt=task.since)
        found |= {row.id: row for row in table.model.objects.filter(touched)}
    return found


def _row(table: _Table, task: Task, row: Any) -> dict[str, Any]:
    values = structs.asdict(row) | {"city_id": task.city_id, table.subject: task.subject_id}
    if table.subject == "subject_id":
        values["vehicle_id"] = task.vehicle_id
    elif table.subject == "facility_id":
        values["operator_id"] = task.operator_id
    values["organisation_id"] = values.get("organisation_id") or task.organisation_id
    return values


def _announce(
    kind: type,
    after: dict[UUID, Any],
    owners: dict[UUID, Task],
    before: dict[UUID, Any],
    gone: Sequence[Any],
    as_of: datetime,
) -> None:
    """Tell what appeared, changed and was withdrawn: a message per subject and kind of change."""
    table = _TABLES[kind]
    news: dict[tuple[UUID, UUID, str], list[str]] = defaultdict(list)
    for row_id, row in after.items():
        task = owners[row_id]
        old = before.get(row_id)
        if old is None:
            news[task.city_id, task.subject_id, "appeared"].append(str(row_id))
        elif _told(kind, old) != _told(kind, row):
            news[task.city_id, task.subject_id, "changed"].append(str(row_id))
    for row in gone:
        news[row.city_id, getattr(row, table.subject), "withdrawn"].append(str(row.id))
    by_city: dict[UUID, list[tuple[UUID, dict[str, Any]]]] = defaultdict(list)
    for (city_id, subject_id, change), ids in sorted(news.items()):
        by_city[city_id].append((subject_id, {table.member: sorted(ids), "change": change}))
    for city_id, payloads in by_city.items():
        outbox.add_all(city_id=city_id, topic=table.topic, payloads=payloads, at=as_of)


def _told(kind: type, row: Any) -> tuple[Any, ...]:
    """Return what others act upon: the rest of a row may grow without news. Of an open visit the
    last sight inside counts by the minute, and how far it went is told when it is over."""
    if kind is told.Visit and row.left_at is None:
        return row.zone_id, row.entered_at, told.by_the_minute(row.last_inside_at)
    names = (name for name in kind.__struct_fields__ if name not in _UNTOLD)
    return tuple(getattr(row, name) for name in names)


_UNTOLD = frozenset({"id", "touched_at", "organisation_id"})


def forget_snapshots(as_of: datetime) -> int:
    """Delete snapshots that nothing can go back to any more (a job of the tick); return how many.

    Kept are those of the backfill window and the newest before it, for late events; and beyond,
    as far as positions are kept, the first of each day (UTC): a rebuild begins at the oldest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tracking_snapshot old WHERE at < %s AND EXISTS ("
            " SELECT 1 FROM tracking_snapshot newer WHERE newer.subject_id = old.subject_id"
            " AND newer.at > old.at AND newer.at < %s)"
            " AND (at < COALESCE(%s::timestamptz, '-infinity') OR EXISTS ("
            " SELECT 1 FROM tracking_snapshot earlier"
            " WHERE earlier.subject_id = old.subject_id AND earlier.at < old.at"
            " AND earlier.at >= GREATEST(date_trunc('day', old.at, 'UTC'),"
            "  COALESCE(%s::timestamptz, '-infinity'))))",
            [as_of - KEEP_SNAPSHOTS] * 2 + [horizon.retired_until()] * 2,
        )
        return int(cursor.rowcount)
