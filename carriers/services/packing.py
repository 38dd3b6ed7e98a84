"""A batch of statements as one binary COPY.

Written for speed, since it runs once per event: what many rows of a batch share (ids of senders
and vehicles, event types, the receipt) is encoded once and looked up after.
"""

from collections.abc import Iterator
from datetime import datetime
from struct import Struct
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from carriers.messages import CarrierEvent, Clock, Place, VehicleRef
from carriers.plain import More
from carriers.positions import Positions
from carriers.rules import Statement
from kernel import wire

# The columns that every row of an event has, in one call: idx, id, event.
_HEAD = Struct(">hiii16si16s").pack
_FIX = Struct(">ididididid").pack
_SEQ = Struct(">iq").pack
_LENGTH = Struct(">i").pack
_NONE = More()
_EVENT_EXTRAS = (
    "schema_version", "stop_id", "stop_seq", "units", "units_expected", "units_counted", "energy",
    "outcome", "eta", "voids", "ext", "facility_id",
)  # fmt: skip
_PLACE_EXTRAS = (
    "gln", "gln_extension", "unlocode", "curb_zone_id", "station_id", "ooh_point_id",
    "compartment", "geography_ids",
)  # fmt: skip
_CLOCK_EXTRAS = ("source", "captured_at", "captured_offline", "device_id", "sent_at", "skew_ms")
_NO_CLOCK = _NO_SUBJECT = wire.NULL * 2
_NO_PLACE = wire.NULL * 5
_POSITION = wire.boolean(True) + wire.text("telemetry.position") + wire.text("actual")
# Of positions by columns, what differs from row to row. What they share follows it in the order of
# columns, and then what they have none of, or say besides: a stop, a facility, a trip, what it
# voids, clock, payload and notes.
_ROW = np.dtype([
    ("width", ">i2"), ("idx", [("length", ">i4"), ("value", ">i4")]),
    ("id", [("length", ">i4"), ("high", ">u8"), ("low", ">u8")]),
    ("event", [("length", ">i4"), ("value", "V16")]),
    ("vehicle", "V46"),
    ("at", [("length", ">i4"), ("value", ">i8")], 2),
    ("fix", [("length", ">i4"), ("value", ">f8")], 5),
])  # fmt: skip
_CONTENT = np.dtype([("length", ">i4"), ("value", "V64")])
_NOTHING_ELSE = wire.NULL * 9
_NO_STOP_NOR_FACILITY = _NOTHING_VOIDED = wire.NULL * 2


class Receipt:
    """Where and when events were received and who transmitted them, with the fields of a COPY."""

    def __init__(self, city_id: UUID, client_id: UUID | None, received_at: datetime) -> None:
        self.city_id = city_id
        self.client_id = client_id
        self.received_at = received_at
        self.other = wire.uuid(city_id) + wire.uuid(client_id) + wire.boolean(False)
        self.position = wire.uuid(city_id) + wire.uuid(client_id) + _POSITION
        at = wire.instant(received_at)
        self.received = {name: at + wire.text(name) for name in ("on_time", "late", "backfill")}


class Packer:
    """Collects rows; the order of fields is the order of `columns`."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._width = len(columns)
        self._pieces: list[bytes] = [wire.HEADER]
        self._texts: dict[str, bytes] = {}
        self._payloads: dict[tuple[Any, ...], bytes] = {}

    def packed(self) -> bytes:
        """Return all rows as the bytes of a COPY."""
        self._pieces.append(wire.TRAILER)
        return b"".join(self._pieces)

    def add(
        self, place: int, number: int, statement: Statement, receipt: Receipt, notes: bytes | None
    ) -> None:
        """Add an event; `number` is the 128-bit number of its row id."""
        key = statement.key
        head = _HEAD(
            self._width, 4, place, 16, number.to_bytes(16), 16, key[16:],
        )  # fmt: skip
        self._pieces += (head, *self._fields(statement, receipt, notes))

    def _fields(
        self, statement: Statement, receipt: Receipt, notes: bytes | None
    ) -> Iterator[bytes]:
        event, subject, vehicle = statement.event, statement.subject, statement.vehicle
        position = statement.is_position
        yield _NO_SUBJECT if subject is None else subject.subject_fields
        yield wire.NULL if vehicle is None else vehicle.field
        yield wire.instant(event.occurred_at)
        yield wire.instant(statement.effective_at)
        yield _NO_PLACE if event.place is UNSET else _fix(event.place)
        yield statement.sender.field
        yield receipt.position if position else receipt.other + self._kind(event)
        yield receipt.received[statement.lateness]
        for one in (statement.stop, statement.facility, statement.trip):
            yield wire.NULL if one is None else one.field
        yield wire.uuid(statement.voids_event_id)
        yield wire.instant(statement.voids_effective_at)
        yield _NO_CLOCK if event.clock is UNSET else self._clock(event.clock)
        yield wire.json(extras(event) if position else msgspec.json.encode(event))
        yield wire.json(notes)
        yield wire.binary(statement.content_hash)

    def add_positions(
        self, place: int, number: int, positions: Positions, receipt: Receipt
    ) -> None:
        """Add positions by columns, the first of them at `place` with the row id `number`."""
        count = len(positions)
        rows = np.empty(count, _ROW)
        rows["width"] = self._width
        for name, length in (("idx", 4), ("id", 16), ("event", 16)):
            rows[name]["length"] = length
        rows["at"]["length"] = rows["fix"]["length"] = 8
        rows["idx"]["value"] = np.arange(place, place + count)
        rows["id"]["high"] = number >> 64
        rows["id"]["low"] = np.arange(count, dtype=np.uint64) + np.uint64(number & (2**64 - 1))
        rows["event"]["value"] = np.frombuffer(positions.packed_ids, "V16")
        fields = b"".join([one.position_fields for one in positions.vehicles])
        rows["vehicle"] = np.frombuffer(fields, "V46")
        rows["at"]["value"][:, 0] = positions.instants
        rows["at"]["value"][:, 1] = positions.effective
        rows["fix"]["value"] = positions.fixes
        same = positions.sender.field + receipt.position + receipt.received[positions.lateness]
        if positions.more:
            self._pieces += self._beside(rows.tobytes(), same, positions)
            return
        content = np.empty(count, _CONTENT)
        content["length"], content["value"] = 64, np.frombuffer(positions.records, "V64")
        same += _NOTHING_ELSE
        after = _ROW.itemsize + len(same)
        whole = np.empty((count, after + _CONTENT.itemsize), np.uint8)
        whole[:, : _ROW.itemsize] = rows.view(np.uint8).reshape(count, -1)
        whole[:, _ROW.itemsize : after] = np.frombuffer(same, np.uint8)
        whole[:, after:] = content.view(np.uint8).reshape(count, -1)
        self._pieces.append(whole.tobytes())

    def _beside(self, rows: bytes, same: bytes, positions: Positions) -> list[bytes]:
        """Return the rows of positions that say more, each of a width of its own."""
        size, same = _ROW.itemsize, same + _NO_STOP_NOR_FACILITY
        trips: dict[Any, bytes] = {text: one.field for text, one in positions.trips.items()}
        trips = {UNSET: wire.NULL} | trips
        pieces: list[bytes] = []
        for start, more, content in zip(
            range(0, len(rows), size), positions.more, positions.contents, strict=True
        ):
            said = _NONE if more is None else more
            pieces += (
                rows[start : start + size],
                same,
                trips[said.trip_id],
                _NOTHING_VOIDED,
                _NO_CLOCK if said.clock is UNSET else self._clock(said.clock),
                self._payload(said),
                _LENGTH(len(content)),
                content,
            )
        return pieces

    def _payload(self, more: More) -> bytes:
        """Return what has no column, the same of all that one device says, and that nothing is
        held."""
        clock = more.clock
        if clock is UNSET:
            said = (more.schema_version,)
        else:
            said = (
                more.schema_version,
                clock.source,
                clock.device_id,
                clock.captured_offline,
                clock.skew_ms,
            )
        found = self._payloads.get(said)
        if found is None:
            payload = wire.json(_extras(more, UNSET, clock, UNSET))
            found = self._payloads[said] = payload + wire.NULL
        return found

    def hold(self, place: int, key: bytes, receipt: Receipt, notes: bytes) -> None:
        """Add the row of an event that is not here yet, with the voids that wait for it."""
        given = {
            "idx": wire.integer(place),
            "sender_id": wire.binary(key[:16]),
            "event_id": wire.binary(key[16:]),
            "city_id": wire.uuid(receipt.city_id),
            "received_at": wire.instant(receipt.received_at),
            "is_position": wire.boolean(False),
            "held": wire.json(notes),
        }
        self._pieces.append(wire.row_header(len(self._columns)))
        self._pieces += [given.get(name, wire.NULL) for name in self._columns]

    def _kind(self, event: CarrierEvent) -> bytes:
        return self._text(event.event_type) + self._text(event.classifier)

    def _text(self, value: str) -> bytes:
        found = self._texts.get(value)
        if found is None:
            found = self._texts[value] = wire.text(value)
        return found

    def _clock(self, clock: Clock) -> bytes:
        session = self._text(clock.session_id) if clock.session_id else wire.NULL
        return session + (wire.NULL if clock.seq is UNSET else _SEQ(8, clock.seq))


def _fix(place: Place) -> bytes:
    lng, lat = place.lng, place.lat
    accuracy_m, speed_mps, heading_deg = place.accuracy_m, place.speed_mps, place.heading_deg
    if (
        lng is not UNSET
        and lat is not UNSET
        and accuracy_m is not UNSET
        and speed_mps is not UNSET
        and heading_deg is not UNSET
    ):
        return _FIX(8, lng, 8, lat, 8, accuracy_m, 8, speed_mps, 8, heading_deg)
    values = (lng, lat, accuracy_m, speed_mps, heading_deg)
    return b"".join([wire.NULL if v is UNSET else wire.double(v) for v in values])


def extras(event: CarrierEvent) -> bytes | None:
    """Return the members of a position that have no column, as JSON; None when there is none."""
    return _extras(event, event.place, event.clock, event.vehicle)


def _extras(
    event: CarrierEvent | More,
    place: Place | UnsetType,
    clock: Clock | UnsetType,
    vehicle: VehicleRef | UnsetType,
) -> bytes | None:
    found = {
        name: value for name in _EVENT_EXTRAS if (value := getattr(event, name, UNSET)) is not UNSET
    }
    for group, members, names in (("place", place, _PLACE_EXTRAS), ("clock", clock, _CLOCK_EXTRAS)):
        if members is not UNSET:
            more = {name: v for name in names if (v := getattr(members, name)) is not UNSET}
            if more:
                found[group] = more
    if vehicle is not UNSET and not (vehicle.plate is vehicle.grai is vehicle.giai is UNSET):
        found["vehicle"] = vehicle
    return msgspec.json.encode(found) if found else None
