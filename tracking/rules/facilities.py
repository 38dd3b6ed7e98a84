"""Units at a facility: lockers, pickup points and hubs, by what several senders tell of them.

Whose word counts: the operator of the facility speaks of every unit in it, another sender of its
own units alone, so that nobody can take out what somebody else has put in by naming it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from tracking.rules import references
from tracking.rules.fold import Folded, Key, Names, run
from tracking.rules.lapses import lapse
from tracking.rules.told import Lapse, Row, Told, UnitAt
from tracking.rules.trips import FORGET, Namer

FORGOTTEN = timedelta(days=30)
"""A unit that is said to be inside and of which nobody spoke for so long is left out of account."""

_STATES = {
    "ooh.deposited": "deposited",
    "ooh.ready": "ready",
    "ooh.collected": "collected",
    "ooh.expired": "expired",
    "ooh.rejected": "rejected",
    "custody.handed_over": "handed_over",
}
_NEEDS_INSIDE = frozenset({"ready", "collected", "expired"})


class Shelf(Struct, array_like=True):
    """All that the fold must know of a facility's past to go on. Serialized as it is.

    `units` are keyed by whose they are and what they are.
    """

    head: Key | None = None
    units: dict[str, UnitAt] = {}
    snapshot_at: datetime | None = None
    snapshot_due: bool = False

    def forget(self, at: datetime) -> None:
        """Drop what has left, or what nobody mentioned, long ago."""
        self.units = {
            key: unit
            for key, unit in self.units.items()
            if unit.touched_at >= at - (FORGOTTEN if unit.inside else FORGET)
        }

    def held(self) -> Iterator[Row]:
        """Yield the rows that coming events may still change, as they are."""
        yield from self.units.values()


_DECODER = msgspec.msgpack.Decoder(Shelf)


def thaw(frozen: bytes) -> Shelf:
    """Return the shelf that `fold.freeze` made bytes of."""
    return _DECODER.decode(frozen)


def fold(shelf: Shelf, events: Iterable[Told], *, city_id: UUID, facility_id: UUID) -> Folded:
    """Return state and rows after a facility's `events`, which follow the shelf's head in order of
    meaning. Changes `shelf` in place and returns it."""
    name = Names(city_id, facility_id).of
    return run(shelf, events, lambda told: _step(shelf, told, name))


def _step(shelf: Shelf, told: Told, name: Namer) -> Iterator[Row]:
    state = _STATES.get(told.event_type)
    if state is not None and told.classifier == "actual":
        for unit in told.units:
            yield from _unit(shelf, told, unit, state, name)
    yield from references.noted(told, name)


def _unit(shelf: Shelf, told: Told, unit: str, state: str, name: Namer) -> Iterator[UnitAt | Lapse]:
    key = _key(shelf, told, unit)
    row = shelf.units.get(key)
    entering = state == "deposited" or (state == "handed_over" and not told.of_operator)
    if _is_out_of_turn(row, state, entering):
        yield _out_of_turn(row, told, unit, name)
    if row is None or (entering and not row.inside):
        row = _new(told, unit, name)
    shelf.units[key] = row = _changed(row, told, state, entering)
    yield row


def _key(shelf: Shelf, told: Told, unit: str) -> str:
    """Return under which key the unit is known that the event speaks of."""
    own = f"{told.sender_id}|{unit}"
    if not told.of_operator:
        return own
    known = shelf.units.items()
    found = [(row.inside, row.touched_at, key) for key, row in known if row.unit == unit]
    return max(found)[2] if found else own


def _is_out_of_turn(row: UnitAt | None, state: str, entering: bool) -> bool:
    inside = row is not None and row.inside
    if entering:
        return inside
    if state == "handed_over":
        return not inside
    return state in _NEEDS_INSIDE and not inside


def _out_of_turn(row: UnitAt | None, told: Told, unit: str, name: Namer) -> Lapse:
    facts = {"unit": unit, "step": told.event_type, "after": "" if row is None else row.state}
    place = name(f"unit {unit}", told.event_id, told.event_id) if row is None else row.id
    return lapse(name, "out_of_sequence", "unit_step", place, told, facts=facts)


def _new(told: Told, unit: str, name: Namer) -> UnitAt:
    return UnitAt(
        id=name(f"unit {told.sender_id} {unit}", told.event_id, told.event_id),
        organisation_id=told.sender_id or UUID(int=0),
        unit=unit,
        state="",
        inside=False,
        compartment="",
        reason="",
        first_event_id=told.event_id,
        touched_at=told.at,
        vehicle_id=told.vehicle_id,
        trip_id=told.trip_id,
        stop_id=told.stop_id,
    )


def _changed(row: UnitAt, told: Told, state: str, entering: bool) -> UnitAt:
    """Return the unit after the event; of each kind of event the first counts."""
    inside = row.inside
    if entering:
        inside = True
    elif state in {"collected", "rejected", "handed_over"}:
        inside = False
    late = row.inside if entering else state in _NEEDS_INSIDE and not row.inside
    return structs.replace(
        row,
        state=row.state if late and row.state else state,
        inside=inside,
        compartment=told.compartment or row.compartment,
        reason=told.reason or row.reason,
        touched_at=told.at,
        **{f"{state}_at": getattr(row, f"{state}_at") or told.at},
    )
