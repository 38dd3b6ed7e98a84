"""The log into derived rows: the runner around the pure folds of vehicles and facilities.

Per consumed batch: events that follow a subject's head extend its fold; a late event, or a void of
one that was folded, rewinds that subject to the last snapshot before it and folds again, once.
What lies before the positions that the log still holds is frozen: no rewind touches it.
The difference between the rows that were and the rows that are goes to the outbox.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from uuid import UUID

from carriers.selectors import log
from carriers.selectors.log import LogEvent
from foundation.streams import Cursor, Poisoned
from tracking.models import FoldState
from tracking.rules import fold as folding
from tracking.rules.fold import State
from tracking.rules.told import Told, instant
from tracking.services import figures, grounds, keeping, reading, speeds, staying
from tracking.services.grounds import Ground
from tracking.services.subjects import CONSUMERS, FACILITY, OF_KIND, VEHICLE, Task


class Projection:
    """The consumer of the log that folds vehicles."""

    kind: str = VEHICLE
    name = CONSUMERS[VEHICLE]
    stream = OF_KIND[VEHICLE].stream
    topics: frozenset[str] = frozenset()

    def consume(self, rows: Sequence[LogEvent], *, as_of: datetime) -> None:
        """Fold a batch of one shard; runs in the transaction that moves the checkpoint."""
        mine = OF_KIND[self.kind].of(rows)
        if not mine:
            return
        upto = Cursor(rows[-1].xid, rows[-1].id)
        events = [row for row in mine if row.voids_event_id is None]
        voided, voided_then = log.void_now_and_then(events, upto)
        tasks = list(_tasks(self.kind, mine, voided).values())
        fold(tasks, upto, as_of=as_of)
        self.beside(events, voided_then, [row for row in mine if row.voids_event_id], upto)

    def beside(
        self,
        events: Sequence[LogEvent],
        voided: set[tuple[UUID, UUID]],
        voids: Sequence[LogEvent],
        upto: Cursor,
    ) -> None:
        """Record what depends on each event alone."""
        speeds.record(events, voided, voids, upto)


class FacilityProjection(Projection):
    """The consumer of the log that folds facilities."""

    kind = FACILITY
    name = CONSUMERS[FACILITY]
    stream = OF_KIND[FACILITY].stream

    def beside(self, *args: object) -> None:
        """Nothing: no position is about a facility."""


Anchor = tuple[datetime, bytes] | None
"""The snapshot to fold on from; None: the beginning."""


def rebuild(
    subjects: Collection[tuple[UUID, UUID, UUID]],
    *,
    as_of: datetime,
    kind: str = VEHICLE,
    upto: Cursor | None = None,
    anchors: Mapping[UUID, Anchor] = MappingProxyType({}),
    announce: bool = False,
) -> int:
    """Fold subjects (city, organisation, subject) anew from what the log holds up to a cursor;
    return how many. Runs in the caller's transaction.

    Only for subjects whose shard no worker consumes meanwhile, and up to what was consumed.
    Announces nothing, unless what is known has changed (`announce`).
    """
    tasks = [
        Task(kind, subject_id, city_id, organisation_id, None, rewinds=True)
        for city_id, organisation_id, subject_id in subjects
    ]
    known = FoldState.objects.filter(pk__in=[task.subject_id for task in tasks])
    lasting = dict(known.values_list("subject_id", "lasting"))
    for task in tasks:
        _put_back(task, anchors.get(task.subject_id))
        task.lasting = lasting.get(task.subject_id, [])
    lands = grounds.of_all(task.city_id for task in tasks)
    _replay(tasks, upto, lands)
    _finish(tasks, lands, as_of=as_of, announce=announce)
    return len(tasks)


def fold(tasks: list[Task], upto: Cursor, *, as_of: datetime) -> None:
    """Fold tasks, those that rewind from their snapshots on, and keep what they come to."""
    lands = grounds.of_all(task.city_id for task in tasks)
    _rewind(tasks, upto, lands)
    _extend([task for task in tasks if task.folded is None], lands)
    _finish(tasks, lands, as_of=as_of, announce=True)


def _tasks(kind: str, rows: Sequence[LogEvent], voided: set[tuple[UUID, UUID]]) -> dict[UUID, Task]:
    """Return what is to do per subject: its live new events, and whether it must rewind."""
    by_subject: dict[UUID, list[LogEvent]] = defaultdict(list)
    for row in rows:
        by_subject[row.subject_id].append(row)
    states = keeping.states_of(kind, by_subject)
    tasks = {}
    edge = OF_KIND[kind].edge() if any(row.voids_event_id for row in rows) else None
    for subject_id, batch in by_subject.items():
        frozen, lasting = states.get(subject_id, (None, []))
        subjects = OF_KIND[kind]
        state = subjects.begun() if frozen is None else subjects.thaw(frozen)
        events = [row for row in batch if row.voids_event_id is None]
        first = batch[0]
        task = Task(kind, subject_id, first.city_id, first.sender_id, state)
        task.lasting = lasting
        task.fresh = log.live(events, voided)
        back = _back_to(task, batch, edge)
        if back is not None:
            task.rewinds, task.since = True, back
        if task.fresh or task.rewinds:
            tasks[subject_id] = task
    return tasks


def _back_to(task: Task, batch: Sequence[LogEvent], edge: datetime | None) -> datetime | None:
    """Return the time before which the subject must be folded anew, None if it can go on. A void
    of what happened before the edge comes too late to change what it meant."""
    voids = [row for row in batch if row.voids_event_id is not None]
    told = (row for row in batch if voids and row.voids_event_id is None)
    own = {(row.sender_id, row.event_id) for row in told}
    gone = [
        row.voids_effective_at
        for row in voids
        if row.voids_effective_at is not None
        and (row.sender_id, row.voids_event_id) not in own
        and (edge is None or row.voids_effective_at >= edge)
    ]
    first = [row.meaning for row in task.fresh[:1]]  # they are in the order of meaning
    return folding.back_to(task.state.head, first, gone)


def _rewind(tasks: Iterable[Task], upto: Cursor, lands: Mapping[UUID, Ground]) -> None:
    """Put the subjects that must go back to their snapshots, with the live events since then."""
    rewinding = [task for task in tasks if task.rewinds]
    if not rewinding:
        return
    before = {task.subject_id: task.since for task in rewinding}
    snapshots = keeping.snapshots_before(before)
    edges = {kind: OF_KIND[kind].edge() for kind in {task.kind for task in rewinding}}
    for task in rewinding:
        edge, snapshot = edges[task.kind], snapshots.get(task.subject_id)
        if edge is not None and snapshot is not None and snapshot[0] < edge:
            # Positions behind that snapshot are gone: the vehicle begins anew where they begin.
            task.since, task.state, task.stays_since = edge, OF_KIND[task.kind].begun(), edge
        else:
            _put_back(task, snapshot)
    _replay(rewinding, upto, lands)


def _put_back(task: Task, snapshot: Anchor) -> None:
    subjects = OF_KIND[task.kind]
    task.since = None if snapshot is None else snapshot[0]
    task.state = subjects.begun() if snapshot is None else subjects.thaw(snapshot[1])
    task.stays_since = _stays_since(task.state, task.since)
    task.held = {row.id: row for row in task.state.held()}


def _replay(tasks: Collection[Task], upto: Cursor | None, lands: Mapping[UUID, Ground]) -> None:
    starts = {task.subject_id: task.since for task in tasks}
    rows = log.events_since(starts, upto=upto)
    voided = log.voided_among(rows)
    by_subject: dict[UUID, list[LogEvent]] = defaultdict(list)
    for row in log.live(rows, voided):
        since = starts[row.subject_id]
        if since is None or row.effective_at > since:
            by_subject[row.subject_id].append(row)
    for task in tasks:
        task.fresh = by_subject.get(task.subject_id, [])
    _extend(tasks, lands)


def _stays_since(state: object, since: datetime | None) -> datetime | None:
    """Return the earliest start of a stay that folding on from a snapshot may touch."""
    if not isinstance(state, State):
        return since
    if state.standing.stay is not None:
        return state.standing.stay.started_at
    if state.motion.stand is not None:
        return instant(state.motion.stand.since)
    return since


def _extend(tasks: Collection[Task], lands: Mapping[UUID, Ground]) -> None:
    """Fold what is new of subjects; what is told is read at once, city by city."""
    facilities = {task.subject_id for task in tasks if task.kind == FACILITY}
    known = reading.known([row for task in tasks for row in task.fresh], facilities)
    by_city: dict[UUID, list[Task]] = defaultdict(list)
    for task in tasks:
        by_city[task.city_id].append(task)
    for city_id, own in by_city.items():
        ground = lands[city_id]
        told = iter(reading.told([row for task in own for row in task.fresh], ground, known))
        for task in own:
            _fold(task, list(islice(told, len(task.fresh))), ground)
            task.operator_id = known.operators.get(task.subject_id)


def _fold(task: Task, fresh: Sequence[Told], ground: Ground) -> None:
    events = _Telling(fresh)
    try:
        task.folded = OF_KIND[task.kind].fold(task, events, ground)
    except Exception as error:
        last = events.last
        if last is None:
            raise
        raise Poisoned(last.event_id, last.event_type, last.at) from error


class _Telling:
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
    for task in tasks:
        look(task, lands[task.city_id], as_of=as_of, raising=not announce)
    keeping.keep_states(tasks)
    keeping.keep_rows(tasks, as_of=as_of, announce=announce)
    figures.count(task.folded for task in tasks)
    for task in tasks:
        if task.kind == VEHICLE:
            staying.keep(task, lands[task.city_id], as_of=as_of, announce=announce)


def look(task: Task, ground: Ground, *, as_of: datetime, raising: bool) -> None:
    """Put the exceptions that last at `as_of` beside the rows that the fold came to.

    Only who is `raising` begins one: a batch may be followed by others that were told before
    `as_of` too. What was raised and lasts no more is withdrawn, unless an event ended it.
    """
    assert task.folded is not None
    raised, task.lasting, task.due_at = task.lasting, [], None
    for due, make in OF_KIND[task.kind].lasting(task, ground):
        begins = raising and due <= as_of
        lapse = make() if begins or raised else None
        if lapse is not None and (begins or lapse.id in raised):
            task.folded.rows[lapse.id] = lapse
            task.lasting.append(lapse.id)
            continue
        task.due_at = due if task.due_at is None else min(task.due_at, due)
    task.lasting.sort()
    for lapse_id in raised:
        task.folded.rows.setdefault(lapse_id, None)
