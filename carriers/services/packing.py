"""A batch of statements as one binary COPY.

Written for speed, since it runs once per event: what many rows of a batch share (ids of senders
and vehicles, event types, the receipt) is encoded once and looked up after.
"""

from datetime import datetime
from struct import Struct
from uuid import UUID

import msgspec
from msgspec import UNSET

from carriers import wire
from carriers.messages import CarrierEvent, Clock, Place
from carriers.rules import Statement

# The columns that every row of an event has, in one call: idx, id, sender, event, hash.
_HEAD = Struct(">hiii16si16si16si32s").pack
_FIX = Struct(">ididididid").pack
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
_NO_PLACE = _NOTHING_NAMED = wire.NULL * 5
_POSITION = wire.boolean(True) + wire.text("telemetry.position") + wire.text("actual")
_OTHER = wire.boolean(False)


class Receipt:
    """Where and when events were received and who transmitted them, with the fields of a COPY."""

    def __init__(self, city_id: UUID, client_id: UUID | None, received_at: datetime) -> None:
        self.city_id = city_id
        self.client_id = client_id
        self.received_at = received_at
        self.fields = wire.uuid(city_id) + wire.uuid(client_id)
        self.received = wire.instant(received_at)


class Packer:
    """Collects rows; the order of fields is the order of `columns`."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._pieces: list[bytes] = [wire.HEADER]
        self._texts: dict[str, bytes] = {}

    def packed(self) -> bytes:
        """Return all rows as the bytes of a COPY."""
        self._pieces.append(wire.TRAILER)
        return b"".join(self._pieces)

    def add(
        self, place: int, number: int, statement: Statement, receipt: Receipt, notes: bytes | None
    ) -> None:
        """Add an event; `number` is the 128-bit number of its row id."""
        event, key = statement.event, statement.key
        subject, vehicle, at = statement.subject, statement.vehicle, statement.effective_at
        occurred = wire.instant(event.occurred_at)
        position = event.event_type == "telemetry.position"
        self._pieces += (
            _HEAD(
                len(self._columns), 4, place, 16, number.to_bytes(16), 16, key[:16], 16, key[16:],
                32, statement.content_hash,
            ),
            _NO_SUBJECT if subject is None else subject.subject_fields,
            receipt.fields,
            _POSITION if position else self._kind(event),
            wire.NULL if vehicle is None else vehicle.field,
            self._named(statement),
            occurred,
            occurred if at is event.occurred_at else wire.instant(at),
            receipt.received,
            self._text(statement.lateness),
            _NO_CLOCK if event.clock is UNSET else self._clock(event.clock),
            _NO_PLACE if event.place is UNSET else _fix(event.place),
            wire.json(extras(event) if position else msgspec.json.encode(event)),
            wire.NULL if notes is None else wire.json(notes),
        )  # fmt: skip

    def hold(self, place: int, key: bytes, receipt: Receipt, notes: bytes) -> None:
        """Add the row of an event that is not here yet, with the voids that wait for it."""
        given = {
            "idx": wire.integer(place),
            "sender_id": wire.binary(key[:16]),
            "event_id": wire.binary(key[16:]),
            "city_id": wire.uuid(receipt.city_id),
            "received_at": receipt.received,
            "is_position": wire.boolean(False),
            "held": wire.json(notes),
        }
        self._pieces.append(wire.row_header(len(self._columns)))
        self._pieces += [given.get(name, wire.NULL) for name in self._columns]

    def _kind(self, event: CarrierEvent) -> bytes:
        return _OTHER + self._text(event.event_type) + self._text(event.classifier)

    def _named(self, statement: Statement) -> bytes:
        """Return the fields of stop, facility, trip and what a void names and when that was."""
        stop, facility, trip = statement.stop, statement.facility, statement.trip
        if stop is facility is trip is statement.voids_event_id is None:
            return _NOTHING_NAMED
        named = [wire.NULL if one is None else one.field for one in (stop, facility, trip)]
        voids = wire.uuid(statement.voids_event_id), wire.instant(statement.voids_effective_at)
        return b"".join((*named, *voids))

    def _text(self, value: str) -> bytes:
        found = self._texts.get(value)
        if found is None:
            found = self._texts[value] = wire.text(value)
        return found

    def _clock(self, clock: Clock) -> bytes:
        session = self._text(clock.session_id) if clock.session_id else wire.NULL
        return session + wire.bigint(None if clock.seq is UNSET else clock.seq)


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
    if _has_columns_only(event):
        return None
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


def _has_columns_only(event: CarrierEvent) -> bool:
    """Return whether a position has no member beyond those with a column: almost all have not."""
    place, vehicle = event.place, event.vehicle
    return (
        event.clock is event.energy is event.ext is event.eta is event.stop_seq is UNSET
        and event.units is event.units_expected is event.units_counted is event.outcome is UNSET
        and event.schema_version is event.stop_id is event.voids is event.facility_id is UNSET
        and vehicle is not UNSET
        and vehicle.plate is vehicle.grai is vehicle.giai is UNSET
        and place is not UNSET
        and place.curb_zone_id is place.geography_ids is place.gln is place.gln_extension is UNSET
        and place.station_id is place.ooh_point_id is place.compartment is place.unlocode is UNSET
    )
