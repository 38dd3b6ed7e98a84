"""Vehicles' events into derived rows: the runner around the pure fold.

Per consumed batch: events that follow a vehicle's head extend its fold; a late event, or a void
of one that was folded, rewinds that vehicle to the last snapshot before it and folds again, once.
The difference between the rows that were and the rows that are goes to the outbox.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from carriers.selectors import log
from carriers.selectors.log import LogEvent
from foundation.streams import Cursor, Poisoned
from tracking.models import FoldState
from tracking.rules import fold as folding
from tracking.rules.fold import Folded, State
from tracking.rules.told import Told, instant
from tracking.services import grounds, keeping, reading, speeds, staying
from tracking.services.grounds import Ground


@dataclass
class Task:
    """One vehicle's part of a batch. `since`: the snapshot that a rewind goes back to."""

    vehicle_id: UUID
    city_id: UUID
    organisation_id: UUID
    state: State
    fresh: list[LogEvent] = field(default_factory=list)
    rewinds: bool = False
    since: datetime | None = None
    stays_since: datetime | None = None
    folded: Folded | None = None


class Projection:
    """The consumer of the log that folds vehicles."""

    name = "tracking.vehicles"
    stream = "events"
    topics: frozenset[str] = frozenset()

    def consume(self, rows: Sequence[LogEvent], *, shard: int, as_of: datetime) -> None:
        """Fold a batch of one shard; runs in the transaction that moves the checkpoint."""
        mine = [row for row in rows if row.vehicle_id == row.subject_id or row.voids_event_id]
        if not mine:
            return
        upto = Cursor(rows[-1].xid, rows[-1].id)
        events = [row for row in mine if row.voids_event_id is None]
        voided, voided_then = log.void_now_and_then(events, upto)
        tasks = _tasks(mine, voided)
        lands = _lands(tasks.values())
        _rewind(tasks.values(), upto, lands)
        _extend(tasks.values(), lands)
        _finish(list(tasks.values()), lands, as_of=as_of, announce=True)
        speeds.record(events, voided_then, [row for row in mine if row.voids_event_id], upto)


class Vehicle(NamedTuple):
    """A vehicle to be folded anew."""

    city_id: UUID
    organisation_id: UUID
    vehicle_id: UUID


Anchor = tuple[datetime, bytes] | None
"""The snapshot to fold on from; None: the beginning."""


def rebuild(
    vehicles: Collection[tuple[UUID, UUID, UUID]],
    *,
    as_of: datetime,
    upto: Cursor | None = None,
    anchors: Mapping[UUID, Anchor] = MappingProxyType({}),
    announce: bool = False,
) -> int:
    """Fold vehicles (city, organisation, vehicle) anew from what the log holds up to a cursor;
    return how many. Runs in the caller's transaction.

    Only for vehicles whose shard no worker consumes meanwhile, and up to what was consumed.
    Announces nothing, unless what is known has changed (`announce`).
    """
    tasks = [
        Task(vehicle_id, city_id, organisation_id, State(), rewinds=True)
        for city_id, organisation_id, vehicle_id in vehicles
    ]
    for task in tasks:
        _put_back(task, anchors.get(task.vehicle_id))
    lands = _lands(tasks)
    _replay(tasks, upto, lands)
    _finish(tasks, lands, as_of=as_of, announce=announce)
    return len(tasks)


def _tasks(rows: Iterable[LogEvent], voided: set[tuple[UUID, UUID]]) -> dict[UUID, Task]:
    """Return what is to do per vehicle: its live new events, and whether it must rewind."""
    by_vehicle: dict[UUID, list[LogEvent]] = defaultdict(list)
    for row in rows:
        by_vehicle[row.subject_id].append(row)
    states = dict(
        FoldState.objects.filter(vehicle_id__in=by_vehicle).values_list("vehicle_id", "state")
    )
    tasks = {}
    for vehicle_id, batch in by_vehicle.items():
        frozen = states.get(vehicle_id)
        state = State() if frozen is None else folding.thaw(bytes(frozen))
        events = [row for row in batch if row.voids_event_id is None]
        first = batch[0]
        task = Task(vehicle_id, first.city_id, first.sender_id, state)
        task.fresh = log.live(events, voided)
        back = _back_to(task, batch, {row.event_id for row in events})
        if back is not None:
            task.rewinds, task.since = True, back
        if task.fresh or task.rewinds:
            tasks[vehicle_id] = task
    return tasks


def _back_to(task: Task, batch: Iterable[LogEvent], own: set[UUID]) -> datetime | None:
    """Return the time before which the vehicle must be folded anew, None if it can go on."""
    gone = [
        row.voids_effective_at
        for row in batch
        if row.voids_effective_at is not None and row.voids_event_id not in own
    ]
    return folding.back_to(task.state.head, [row.meaning for row in task.fresh], gone)


def _lands(tasks: Iterable[Task]) -> dict[UUID, Ground]:
    """Return the ground of each city of a batch, as it is throughout the batch."""
    return {city_id: grounds.of(city_id) for city_id in {task.city_id for task in tasks}}


def _rewind(tasks: Iterable[Task], upto: Cursor, lands: Mapping[UUID, Ground]) -> None:
    """Put the vehicles that must go back to their snapshots, with the live events since then."""
    rewinding = [task for task in tasks if task.rewinds]
    if not rewinding:
        return
    before = {task.vehicle_id: task.since for task in rewinding}
    snapshots = keeping.snapshots_before(before)
    for task in rewinding:
        _put_back(task, snapshots.get(task.vehicle_id))
    _replay(rewinding, upto, lands)


def _put_back(task: Task, snapshot: Anchor) -> None:
    task.since = None if snapshot is None else snapshot[0]
    task.state = State() if snapshot is None else folding.thaw(snapshot[1])
    task.stays_since = _stays_since(task.state, task.since)


def _replay(tasks: Collection[Task], upto: Cursor | None, lands: Mapping[UUID, Ground]) -> None:
    starts = {task.vehicle_id: task.since for task in tasks}
    rows = log.events_since(starts, upto=upto)
    voided = log.voided_among(rows)
    by_vehicle: dict[UUID, list[LogEvent]] = defaultdict(list)
    for row in log.live(rows, voided):
        since = starts[row.subject_id]
        if since is None or row.effective_at > since:
            by_vehicle[row.subject_id].append(row)
    for task in tasks:
        task.fresh = by_vehicle.get(task.vehicle_id, [])
    _extend(tasks, lands)


def _stays_since(state: State, since: datetime | None) -> datetime | None:
    """Return the earliest start of a stay that folding on from a snapshot may touch."""
    if state.standing.stay is not None:
        return state.standing.stay.started_at
    if state.motion.stand is not None:
        return instant(state.motion.stand.since)
    return since


def _extend(tasks: Iterable[Task], lands: Mapping[UUID, Ground]) -> None:
    """Fold what is new of vehicles that are not folded yet; read at once, per city."""
    by_city: dict[UUID, list[Task]] = defaultdict(list)
    for task in tasks:
        if task.folded is None:
            by_city[task.city_id].append(task)
    for city_id, own in by_city.items():
        told = iter(reading.told([row for task in own for row in task.fresh], lands[city_id]))
        for task in own:
            _fold(task, list(islice(told, len(task.fresh))), lands[city_id])


def _fold(task: Task, fresh: Sequence[Told], ground: Ground) -> None:
    events = _Told(fresh)
    try:
        task.folded = folding.fold(
            task.state,
            events,
            ground.geography,
            city_id=task.city_id,
            vehicle_id=task.vehicle_id,
        )
    except Exception as error:
        last = events.last
        if last is None:
            raise
        raise Poisoned(last.event_id, last.event_type, last.at) from error


class _Told:
    """Events on their way into the fold; `last` is the one that it was told last."""

    def __init__(self, events: Sequence[Told]) -> None:
        self._events = events
        self.last: Told | None = None

    def __iter__(self) -> Iterator[Told]:
        for told in self._events:
            self.last = told
            yield told


def _finish(
    tasks: list[Task], lands: Mapping[UUID, Ground], *, as_of: datetime, announce: bool
) -> None:
    keeping.keep_states(tasks)
    keeping.keep_rows(tasks, as_of=as_of, announce=announce)
    for task in tasks:
        staying.keep(task, lands[task.city_id], as_of=as_of, announce=announce)
