"""The fold: one subject's live events, in the order of meaning, into what they mean.

    derived state = f(set of live accepted events, zones and curbs in force, order of meaning)

It reads no clock and mints no id, so that the same set of events gives the same rows in whatever
order, batch or repetition they arrived. A late event rewinds to a snapshot before it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from math import isfinite
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec import Struct, field

from kernel import identifiers
from tracking.rules import curbs, motion, presence, references, stations, stays, trips, watch
from tracking.rules.geography import Geography
from tracking.rules.limits import Limits
from tracking.rules.motion import Motion
from tracking.rules.scene import Scene
from tracking.rules.stations import Yard
from tracking.rules.stays import Standing, Withdrawn
from tracking.rules.told import Row, Stay, Told, Unresolved
from tracking.rules.trips import Journal
from tracking.rules.watch import Before, Watch

_DEFAULTS = Limits()
EVERY = timedelta(hours=1)
"""Snapshots are taken at least so often while events come, and when a trip ends."""


class Position(Struct, frozen=True, array_like=True):
    """The last fix of a vehicle as it was told."""

    at: datetime
    lng: float
    lat: float
    speed_mps: float | None
    heading_deg: float | None
    accuracy_m: float | None


class State(Struct, array_like=True):
    """All that the fold must know of a vehicle's past to go on. Serialized as it is."""

    head: tuple[datetime, str, int, str] | None = None
    position: Position | None = None
    motion: Motion = field(default_factory=Motion)
    scene: Scene = field(default_factory=Scene)
    standing: Standing = field(default_factory=Standing)
    journal: Journal = field(default_factory=Journal)
    snapshot_at: datetime | None = None
    snapshot_due: bool = False
    yard: Yard = field(default_factory=Yard)
    watch: Watch = field(default_factory=Watch)

    def forget(self, at: datetime) -> None:
        """Drop what nobody mentioned for long, so that the state stays small."""
        trips.forget(self.journal, at)
        known = frozenset(map(str, self.journal.trips))
        stations.forget(self.yard, known)
        watch.forget(self.watch, known, at)

    def held(self) -> Iterator[Row]:
        """Yield the rows that coming events may still change, as they are."""
        yield from self.journal.trips.values()
        yield from self.journal.stops.values()
        visits = (presence.visit for presence in self.scene.presences.values())
        rows = (self.yard.visit, self.yard.misload, self.standing.stay, *visits)
        yield from (row for row in rows if row is not None)


class Past(Protocol):
    """The state of any fold: how far it has come, and the snapshots it took."""

    head: "Key | None"
    snapshot_at: datetime | None
    snapshot_due: bool

    def forget(self, at: datetime) -> None: ...

    def held(self) -> Iterator[Row]: ...


class Folded(Struct):
    """What a fold came to: rows by id (None: withdrawn), snapshots taken on the way, and the
    earliest start of a stay that was touched, runs near a border that nobody could decide, and how
    many points went to the matcher."""

    state: Past
    rows: dict[UUID, Row | None]
    snapshots: list[tuple[datetime, bytes]]
    stays_since: datetime | None = None
    unresolved: list[Unresolved] = field(default_factory=list)
    matched: int = 0


_ENCODER = msgspec.msgpack.Encoder(uuid_format="bytes")
_DECODER = msgspec.msgpack.Decoder(State)


def freeze(state: Past) -> bytes:
    """Return the state as bytes; equal states give equal bytes.

    Structs are written as arrays of their fields: a new field goes to the end and has a default.
    """
    return _ENCODER.encode(state)


def thaw(frozen: bytes) -> State:
    """Return the state that `freeze` made bytes of."""
    return _DECODER.decode(frozen)


def fold(
    state: State,
    events: Iterable[Told],
    geography: Geography,
    *,
    city_id: UUID,
    vehicle_id: UUID,
    limits: Limits = _DEFAULTS,
) -> Folded:
    """Return state and rows after a vehicle's `events`, which follow the state's head in order of
    meaning.

    Changes `state` in place and returns it. Rows hold every row that was touched, as it is last.
    """
    names = Names(city_id, vehicle_id)
    before = state.scene.matched
    folded = run(state, events, lambda told: _step(state, told, geography, limits, names))
    folded.matched = state.scene.matched - before
    return folded


Said = Row | Withdrawn | Unresolved
"""What a step says: a row as it now is, a stay that was elsewhere, a run nobody could decide."""


def run(
    state: Past,
    events: Iterable[Told],
    step: Callable[[Told], Iterable[Said]],
) -> Folded:
    """Return what a fold comes to that takes each event by `step`, snapshots included."""
    folded = Folded(state, {}, [])
    for told in events:
        snapshot = _snapshot_before(state, told.at)
        if snapshot is not None:
            folded.snapshots.append(snapshot)
        _note(folded, step(told))
        state.head = told.key
        state.snapshot_due |= _is_snapshot_due(state, told)
    return folded


def conclude(folded: Folded, geography: Geography, *, city_id: UUID, vehicle_id: UUID) -> None:
    """Decide what is in doubt at the end of a trace that nothing will follow."""
    state, name = folded.state, Names(city_id, vehicle_id).kind("visit")
    if isinstance(state, State) and state.head is not None:
        _note(folded, presence.conclude(state.scene, geography, name, state.head[0]))


def _note(folded: Folded, rows: Iterable[Said]) -> None:
    for row in rows:
        if isinstance(row, Unresolved):
            folded.unresolved.append(row)
        elif isinstance(row, Withdrawn):
            folded.rows[row.id] = None
        else:
            folded.rows[row.id] = row
        if isinstance(row, Withdrawn | Stay):
            known = folded.stays_since
            folded.stays_since = min(known or row.started_at, row.started_at)


def lasting(
    state: State, *, city_id: UUID, vehicle_id: UUID, limits: Limits
) -> Iterator[watch.Lasting]:
    """Yield the exceptions that begin when a vehicle says nothing more (`tracking.rules.watch`)."""
    return watch.lasting(state.watch, state.journal, limits, Names(city_id, vehicle_id).of)


Key = tuple[datetime, str, int, str]


def back_to(head: Key | None, fresh: Iterable[Key], gone: Iterable[datetime]) -> datetime | None:
    """Return the time before which a fold must begin anew, or None if it can simply go on.

    `fresh` are the keys of new events, `gone` the times of folded events that are now voided.
    """
    if head is None:
        return None
    times = [key[0] for key in fresh if key <= head]
    times += [at for at in gone if at <= head[0]]
    return min(times, default=None)


def status(state: State) -> str:
    """Return what a vehicle does: `silent` (said to have lost contact), `standing`, `moving`, or
    `unknown` before its first position."""
    if state.watch.lost:
        return "silent"
    if state.position is None:
        return "unknown"
    return "moving" if state.motion.stand is None else "standing"


class Names:
    """Deterministic ids of one subject's rows: uuid5(city, kind, subject, place, first event)."""

    def __init__(self, city_id: UUID, subject_id: UUID) -> None:
        self._city_id = city_id
        self._subject = str(subject_id)

    def of(self, kind: str, place: UUID, first_event_id: UUID) -> UUID:
        parts = (self._subject, str(place), str(first_event_id))
        return identifiers.derived(self._city_id, kind, *parts)

    def kind(self, kind: str) -> Callable[[UUID, UUID], UUID]:
        return lambda place, first_event_id: self.of(kind, place, first_event_id)


def _snapshot_before(state: Past, at: datetime) -> tuple[datetime, bytes] | None:
    """Return the state as of its last event, when a snapshot is due and `at` is later than it.

    Events of one instant stay on one side of a snapshot, so that "later than the snapshot" is a
    comparison of times alone.
    """
    if state.head is None or not state.snapshot_due or at <= state.head[0]:
        return None
    state.snapshot_at, state.snapshot_due = state.head[0], False
    state.forget(state.snapshot_at)
    return state.snapshot_at, freeze(state)


def _is_snapshot_due(state: Past, told: Told) -> bool:
    """Return whether the state after this event is to be kept.

    Decided by this event and those before it, never by the next one: an event that arrives late
    between the two must not find a snapshot that would not be there had it come in time.
    """
    last_at = state.snapshot_at
    return last_at is None or told.at - last_at >= EVERY or told.event_type == "trip.ended"


def _step(
    state: State, told: Told, geography: Geography, limits: Limits, names: Names
) -> Iterator[Said]:
    if told.classifier == "actual":
        silence = watch.hear(state.watch, state.journal, told, limits, names.of)
        if silence is not None:
            yield silence
    if told.event_type == "telemetry.position":
        yield from _fix(state, told, geography, names)
        yield from trips.note(state.journal, told, names.of)
    else:
        yield from _word(state, told, geography, limits, names)
    if told.unknown:
        yield from references.noted(told, names.of)


def _word(
    state: State, told: Told, geography: Geography, limits: Limits, names: Names
) -> Iterator[Row | Withdrawn]:
    """Take what is not a position."""
    family = told.event_type.partition(".")[0]
    if family == "curb" and told.classifier == "actual":
        yield from stays.declare(state.standing, state.motion, told, geography, names.kind("stay"))
        yield from curbs.report(told, geography, names.of)
    elif family == "station":
        yield from stations.scan(state.yard, told, names.of)
    before = _before(state.journal, told)
    yield from trips.note(state.journal, told, names.of)
    if told.classifier == "actual":
        yield from watch.judge(
            state.watch, state.yard, state.journal, told, before, limits, names.of
        )


def _before(journal: Journal, told: Told) -> Before:
    trip = None if told.trip_id is None else journal.trips.get(told.trip_id)
    return Before(trip, None if told.stop_id is None else journal.stops.get(told.stop_id))


def _fix(state: State, told: Told, geography: Geography, names: Names) -> Iterator[Said]:
    if told.lng is None or told.lat is None:
        return
    state.position = Position(
        told.at, told.lng, told.lat, told.speed_mps, told.heading_deg, told.accuracy_m
    )
    if not (isfinite(told.x) and isfinite(told.y)):
        return  # beyond the city's plane (a pole, say): a position, but none in this city
    visit_name, stay_name = names.kind("visit"), names.kind("stay")
    for point in motion.feed(state.motion, told):
        yield from presence.advance(state.scene, point, geography, visit_name, told.at)
    yield from stays.follow(state.standing, state.motion, geography, stay_name, told.at)
