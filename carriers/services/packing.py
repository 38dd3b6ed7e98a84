"""A batch of statements as one binary COPY.

Written for speed, since it runs once per event: what many rows of a batch share (ids of senders
and vehicles, event types, the receipt) is encoded once and looked up after.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from carriers import wire
from carriers.messages import CarrierEvent
from carriers.rules import Ids, Statement

# The columns that every row of an event has, in one call: idx, id, sender, event, city, hash.
_HEAD = Struct(">hiiiQQi16si16si16si32s").pack
_HALF = 1 << 64
_EVENT_EXTRAS = (
    "schema_version", "stop_id", "stop_seq", "units", "units_expected", "units_counted", "energy",
    "outcome", "eta", "voids", "ext", "facility_id",
)  # fmt: skip
_PLACE_EXTRAS = (
    "gln", "gln_extension", "unlocode", "curb_zone_id", "station_id", "ooh_point_id",
    "compartment", "geography_ids",
)  # fmt: skip
_CLOCK_EXTRAS = ("source", "captured_at", "captured_offline", "device_id", "sent_at", "skew_ms")
_NO_CLOCK = wire.NULL * 2
_NO_PLACE = wire.NULL * 5


class Packer:
    """Collects rows; the order of fields is the order of `columns`."""

    def __init__(self, receipt: Any, ids: Ids, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._ids = ids
        self._city = receipt.city_id.bytes
        self._city_field = wire.uuid(receipt.city_id)
        self._client = wire.uuid(receipt.client_id)
        self._received = wire.instant(receipt.received_at)
        self._pieces: list[bytes] = [wire.HEADER]
        self._uuids: dict[UUID | None, bytes] = {None: wire.NULL}
        self._texts: dict[str, bytes] = {}
        self._subjects: dict[UUID | None, bytes] = {None: wire.NULL * 2}

    def packed(self) -> bytes:
        """Return all rows as the bytes of a COPY."""
        return b"".join((*self._pieces, wire.TRAILER))

    def add(self, place: int, number: int, statement: Statement, notes: bytes | None) -> None:
        """Add an event; `number` is the 128-bit number of its row id."""
        event, at = statement.event, statement.effective_at
        position = statement.is_position
        occurred = wire.instant(event.occurred_at)
        self._pieces += (
            _HEAD(
                len(self._columns), 4, place, 16, number // _HALF, number % _HALF,
                16, statement.sender_id.bytes,
                16, statement.event_id.bytes, 16, self._city, 32, statement.content_hash,
            ),
            self._subject(statement.subject_id),
            self._client,
            wire.boolean(position),
            self._text(event.event_type),
            self._text(event.classifier),
            self._uuid(statement.vehicle_id),
            self._uuid(statement.stop_id),
            self._uuid(statement.facility_id),
            self._uuid(statement.trip_id),
            wire.uuid(statement.voids_event_id),
            wire.instant(statement.voids_effective_at),
            occurred,
            occurred if at is event.occurred_at else wire.instant(at),
            self._received,
            self._text(statement.lateness),
            self._clock(event),
            _place(event),
            wire.json(extras(event) if position else msgspec.json.encode(event)),
            wire.json(notes),
        )  # fmt: skip

    def hold(self, place: int, key: tuple[UUID, UUID], notes: bytes) -> None:
        """Add the row of an event that is not here yet, with the voids that wait for it."""
        given = {
            "idx": wire.integer(place),
            "sender_id": wire.uuid(key[0]),
            "event_id": wire.uuid(key[1]),
            "city_id": self._city_field,
            "received_at": self._received,
            "is_position": wire.boolean(False),
            "held": wire.json(notes),
        }
        self._pieces.append(wire.row_header(len(self._columns)))
        self._pieces += [given.get(name, wire.NULL) for name in self._columns]

    def _uuid(self, value: UUID | None) -> bytes:
        return _kept(self._uuids, value, wire.uuid)

    def _text(self, value: str) -> bytes:
        return _kept(self._texts, value, wire.text)

    def _subject(self, value: UUID | None) -> bytes:
        found = self._subjects.get(value)
        if found is None:
            assert value is not None
            found = wire.uuid(value) + wire.smallint(self._ids.shard(value))
            self._subjects[value] = found
        return found

    def _clock(self, event: CarrierEvent) -> bytes:
        clock = event.clock
        if clock is UNSET:
            return _NO_CLOCK
        session = self._text(clock.session_id) if clock.session_id else wire.NULL
        return session + wire.bigint(None if clock.seq is UNSET else clock.seq)


def _place(event: CarrierEvent) -> bytes:
    place = event.place
    if place is UNSET:
        return _NO_PLACE
    values = (place.lng, place.lat, place.accuracy_m, place.speed_mps, place.heading_deg)
    return b"".join([wire.NULL if v is UNSET else wire.double(v) for v in values])


def _kept[K](known: dict[K, bytes], value: K, encode: Callable[[K], bytes]) -> bytes:
    found = known.get(value)
    if found is None:
        found = known[value] = encode(value)
    return found


def extras(event: CarrierEvent) -> bytes | None:
    """Return the members of a position that have no column, as JSON; None when there is none."""
    found = {name: value for name in _EVENT_EXTRAS if (value := getattr(event, name)) is not UNSET}
    for group, names in (("place", _PLACE_EXTRAS), ("clock", _CLOCK_EXTRAS)):
        members = getattr(event, group)
        if members is not UNSET:
            more = {name: v for name in names if (v := getattr(members, name)) is not UNSET}
            if more:
                found[group] = more
    vehicle = event.vehicle
    if vehicle is not UNSET and not (vehicle.plate is vehicle.grai is vehicle.giai is UNSET):
        found["vehicle"] = vehicle
    return msgspec.json.encode(found) if found else None
