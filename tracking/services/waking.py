"""What happens though nobody says anything: silence that means something, names that come true.

Both are folded from events and the ground alone; these jobs of the tick only look again, one
shard at a time, holding its checkpoint so that no worker folds the same subject meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q

from accounts.models import City
from carriers.selectors import log
from foundation import stopped
from foundation.models import Checkpoint
from foundation.streams import Cursor
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
    with transaction.atomic(), _held(VEHICLE, shard) as upto:
        if upto is None or log.EventStream().pending(after={shard: upto}):
            return 0  # what is read next may break the silence
        standing, _ = stopped.exceptions(CONSUMERS[VEHICLE], shard)
        due = FoldState.objects.filter(due_at__lte=as_of, shard=shard).exclude(pk__in=standing)
        due = due.order_by("due_at", "pk")
        states = list(due[:MOST])
        rows = VehicleState.objects.filter(pk__in=[state.pk for state in states])
        owners = dict(rows.values_list("vehicle_id", "organisation_id"))
        tasks = [_task(state, owners[state.pk]) for state in states]
        for task in tasks:
            projection.look(task, grounds.of(task.city_id), as_of=as_of, raising=True)
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
    with transaction.atomic(), _held(kind, shard) as upto:
        if upto is None:
            return 0
        tasks: dict[UUID, Task] = {}
        standing, _ = stopped.exceptions(CONSUMERS[kind], shard)
        for row in rows:
            if row.subject_id in standing:
                continue  # it is folded when it goes on
            known = tasks.get(row.subject_id)
            if known is None:
                task = Task(kind, row.subject_id, row.city_id, row.organisation_id, None)
                task.rewinds, task.since = True, row.said_at
                tasks[row.subject_id] = task
        for state in FoldState.objects.filter(pk__in=tasks):
            tasks[state.pk].lasting = state.lasting
        projection.fold(list(tasks.values()), upto, as_of=as_of)
        return len(rows)


@contextmanager
def _held(kind: str, shard: int) -> Iterator[Cursor | None]:
    """Hold the checkpoint of a projection's shard; yields how far it has read, or None when
    another worker has it."""
    place = (
        Checkpoint.objects.select_for_update(skip_locked=True)
        .filter(consumer=CONSUMERS[kind], shard=shard)
        .first()
    )
    yield None if place is None else Cursor(place.xid, place.row_id)
