"""The fold: one vehicle's live events, in the order of meaning, into what they mean.

    derived state = f(set of live accepted events, zones and curbs in force, order of meaning)

It reads no clock and mints no id, so that the same set of events gives the same rows in whatever
order, batch or repetition they arrived. A late event rewinds to a snapshot before it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from math import isfinite
from uuid import UUID

import msgspec
from msgspec import Struct, field

from kernel import identifiers
from tracking.rules import motion, presence, stays, trips
from tracking.rules.geography import Geography
from tracking.rules.motion import Motion
from tracking.rules.presence import Scene
from tracking.rules.stays import Standing, Withdrawn
from tracking.rules.told import Row, Stay, Told
from tracking.rules.trips import Journal

EVERY = timedelta(hours=1)
"""Snapshots are taken at least so often while events come, and when a trip ends."""


class Position(Struct, frozen=True):
    """The last fix of a vehicle as it was told."""

    at: datetime
    lng: float
    lat: float
    speed_mps: float | None
    heading_deg: float | None
    accuracy_m: float | None


class State(Struct):
    """All that the fold must know of a vehicle's past to go on. Serialized as it is."""

    head: tuple[datetime, str, int, str] | None = None
    position: Position | None = None
    motion: Motion = field(default_factory=Motion)
    scene: Scene = field(default_factory=Scene)
    standing: Standing = field(default_factory=Standing)
    journal: Journal = field(default_factory=Journal)
    snapshot_at: datetime | None = None
    snapshot_due: bool = False
    comms_lost: bool = False


class Folded(Struct):
    """What a fold came to: rows by id (None: withdrawn), snapshots taken on the way, and the
    earliest start of a stay that was touched."""

    state: State
    rows: dict[UUID, Row | None]
    snapshots: list[tuple[datetime, bytes]]
    stays_since: datetime | None = None


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(State)


def freeze(state: State) -> bytes:
    """Return the state as bytes; equal states give equal bytes."""
    return _ENCODER.encode(state)


def thaw(frozen: bytes) -> State:
    """Return the state that `freeze` made bytes of."""
    return _DECODER.decode(frozen)


def fold(
    state: State, events: Iterable[Told], geography: Geography, *, city_id: UUID, vehicle_id: UUID
) -> Folded:
    """Return state and rows after `events`, which follow the state's head in order of meaning.

    Changes `state` in place and returns it. Rows hold every row that was touched, as it is last.
    """
    folded = Folded(state, {}, [])
    names = _Names(city_id, vehicle_id)
    for told in events:
        snapshot = _snapshot_before(state, told.at)
        if snapshot is not None:
            folded.snapshots.append(snapshot)
        for row in _step(state, told, geography, names):
            if isinstance(row, Withdrawn):
                folded.rows[row.id] = None
            else:
                folded.rows[row.id] = row
            if isinstance(row, Withdrawn | Stay):
                known = folded.stays_since
                folded.stays_since = min(known or row.started_at, row.started_at)
        state.head = told.key
        state.snapshot_due |= _is_snapshot_due(state, told)
    return folded


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
    if state.comms_lost:
        return "silent"
    if state.position is None:
        return "unknown"
    return "moving" if state.motion.stand is None else "standing"


class _Names:
    """Deterministic ids of one vehicle's rows: uuid5(city, kind, subject, place, first event)."""

    def __init__(self, city_id: UUID, vehicle_id: UUID) -> None:
        self._city_id = city_id
        self._vehicle = str(vehicle_id)

    def of(self, kind: str, place: UUID, first_event_id: UUID) -> UUID:
        parts = (self._vehicle, str(place), str(first_event_id))
        return identifiers.derived(self._city_id, kind, *parts)

    def kind(self, kind: str) -> Callable[[UUID, UUID], UUID]:
        return lambda place, first_event_id: self.of(kind, place, first_event_id)


def _snapshot_before(state: State, at: datetime) -> tuple[datetime, bytes] | None:
    """Return the state as of its last event, when a snapshot is due and `at` is later than it.

    Events of one instant stay on one side of a snapshot, so that "later than the snapshot" is a
    comparison of times alone.
    """
    if state.head is None or not state.snapshot_due or at <= state.head[0]:
        return None
    state.snapshot_at, state.snapshot_due = state.head[0], False
    trips.forget(state.journal, state.snapshot_at)
    return state.snapshot_at, freeze(state)


def _is_snapshot_due(state: State, told: Told) -> bool:
    """Return whether the state after this event is to be kept.

    Decided by this event and those before it, never by the next one: an event that arrives late
    between the two must not find a snapshot that would not be there had it come in time.
    """
    last_at = state.snapshot_at
    return last_at is None or told.at - last_at >= EVERY or told.event_type == "trip.ended"


def _step(
    state: State, told: Told, geography: Geography, names: _Names
) -> Iterator[Row | Withdrawn]:
    if told.event_type == "telemetry.position":
        yield from _fix(state, told, geography, names)
    elif told.event_type.startswith("curb."):
        yield from stays.declare(state.standing, state.motion, told, geography, names.kind("stay"))
    elif told.event_type in {"telemetry.comms_lost", "telemetry.comms_restored"}:
        state.comms_lost = told.event_type == "telemetry.comms_lost"
    yield from trips.note(state.journal, told, names.of)


def _fix(
    state: State, told: Told, geography: Geography, names: _Names
) -> Iterator[Row | Withdrawn]:
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
