"""What happens though nobody says anything: silence that means something, names that come true.

Both are folded from events and the ground alone; these jobs of the tick only look again, one
shard at a time, holding its checkpoint so that no worker folds the same subject meanwhile.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q

from accounts.models import City
from carriers.selectors import log
from foundation import advancing, stopped
from kernel.identifiers import shard_of
from tracking.models import FoldState, UnresolvedReference, VehicleState
from tracking.rules.fold import Folded
from tracking.services import grounds, keeping, projection
from tracking.services.subjects import CONSUMERS, FACILITY, OF_KIND, VEHICLE, Task

MOST = 1000
RETRIED = timedelta(days=14)
"""As long as the backfill: beyond it snapshots and positions may be gone, and rows are frozen."""


def look_again(as_of: datetime) -> int:
    """Raise the exceptions of vehicles that have said nothing for too long (a job of the tick);
    returns how many vehicles were looked at."""
    due = FoldState.objects.filter(due_at__lte=as_of)
    shards = due.order_by("shard").values_list("shard", flat=True).distinct()
    return sum(_look_again(shard, as_of) for shard in list(shards))


def next_due(as_of: datetime) -> datetime | None:
    """Return when silence will next mean something, or None."""
    found = FoldState.objects.filter(due_at__gt=as_of).aggregate(first=Min("due_at"))
    first: datetime | None = found["first"]
    return first


def _look_again(shard: int, as_of: datetime) -> int:
    with transaction.atomic():
        place = advancing.locked(CONSUMERS[VEHICLE], shard, skip_locked=True)
        if place is None or log.EventStream().pending(after={shard: advancing.cursor_of(place)}):
            return 0  # what is read next may break the silence
        standing, _ = stopped.exceptions(CONSUMERS[VEHICLE], [shard])
        due = FoldState.objects.filter(due_at__lte=as_of, shard=shard).exclude(pk__in=standing)
        due = due.order_by("due_at", "pk")
        states = list(due[:MOST])
        rows = VehicleState.objects.filter(pk__in=[state.pk for state in states])
        owners = dict(rows.values_list("vehicle_id", "organisation_id"))
        tasks = [_task(state, owners[state.pk]) for state in states]
        lands = grounds.of_all(task.city_id for task in tasks)
        for task in tasks:
            projection.look(task, lands[task.city_id], as_of=as_of, raising=True)
        keeping.keep_lasting(tasks)
        keeping.keep_rows(tasks, as_of=as_of, announce=True)
        return len(tasks)


def _task(row: FoldState, organisation_id: UUID) -> Task:
    state = OF_KIND[row.kind].thaw(bytes(row.state))
    task = Task(row.kind, row.pk, row.city_id, organisation_id, state)
    task.folded, task.lasting = Folded(state, {}, []), row.lasting
    return task


def resolve_references(as_of: datetime) -> int:
    """Fold subjects again whose events name zones or curbs that have appeared since (a job of the
    tick); returns how many references were resolved."""
    waiting = UnresolvedReference.objects.filter(city_id=OuterRef("pk"))
    cities = City.objects.filter(Exists(waiting)).values_list("pk", flat=True)
    by_place: dict[tuple[str, int], list[UnresolvedReference]] = defaultdict(list)
    for row in (row for city_id in cities for row in _resolved(city_id, as_of)):
        kind = VEHICLE if row.vehicle_id == row.subject_id else FACILITY
        by_place[kind, shard_of(row.subject_id)].append(row)
    return sum(
        _fold_again(kind, shard, rows, as_of) for (kind, shard), rows in sorted(by_place.items())
    )


def _resolved(city_id: UUID, as_of: datetime) -> list[UnresolvedReference]:
    """Return references that lead somewhere now, the oldest first.

    Asked by what the city has, which is little, not by what was ever named in vain.
    """
    ground = grounds.of(city_id)
    rows = UnresolvedReference.objects.filter(
        Q(kind=UnresolvedReference.Kind.ZONE, name__in=list(ground.zone_names))
        | Q(kind=UnresolvedReference.Kind.CURB, name__in=list(ground.curb_names)),
        city_id=city_id,
        said_at__gte=as_of - RETRIED,
    )
    return list(rows.order_by("said_at", "id")[:MOST])


def _fold_again(kind: str, shard: int, rows: list[UnresolvedReference], as_of: datetime) -> int:
    with transaction.atomic():
        place = advancing.locked(CONSUMERS[kind], shard, skip_locked=True)
        if place is None:
            return 0
        standing, _ = stopped.exceptions(CONSUMERS[kind], [shard])
        going = [row for row in rows if row.subject_id not in standing]  # those wait to go on
        tasks: dict[UUID, Task] = {}
        for row in going:
            if row.subject_id not in tasks:
                task = Task(kind, row.subject_id, row.city_id, row.organisation_id, None)
                task.rewinds, task.since = True, row.said_at
                tasks[row.subject_id] = task
        for state in FoldState.objects.filter(pk__in=tasks):
            tasks[state.pk].lasting = state.lasting
        projection.fold(list(tasks.values()), advancing.cursor_of(place), as_of=as_of)
        return len(going)
