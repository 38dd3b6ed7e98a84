"""Plain positions: vehicle, time and place, at most with a trip and a device's clock. Nine events
of ten are such, so they go through the intake by columns instead of one by one. Pure.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from math import isnan, nan
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import UNSET, Struct, UnsetType

from carriers.messages import (
    MOST_SEQ,
    MOST_SKEW_MS,
    CarrierEvent,
    Clock,
    Degrees,
    Latitude,
    Longitude,
    NotNegative,
    Place,
    VehicleRef,
)
from kernel import identifiers
from kernel.instants import Micros, micros
from kernel.wire import EPOCH, MICRO

FEW = 16
"""Fewer positions than this are cheaper one by one."""
_SHORTEST = 220
"""Bytes of a plain position at least."""
_NUMBERS = 5
_FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICRO
_LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICRO


class _Vehicle(Struct, forbid_unknown_fields=True, gc=False):
    vehicle_id: str


class _Place(Struct, forbid_unknown_fields=True, gc=False):
    lat: Latitude
    lng: Longitude
    accuracy_m: NotNegative | UnsetType = UNSET
    heading_deg: Degrees | UnsetType = UNSET
    speed_mps: NotNegative | UnsetType = UNSET


class More(Struct, gc=False):
    """What some positions say besides."""

    schema_version: Literal["1.0"] | UnsetType = UNSET
    clock: Clock | UnsetType = UNSET
    trip_id: str | UnsetType = UNSET


_ENCODER = msgspec.json.Encoder()


class _Position(Struct, forbid_unknown_fields=True, gc=False):
    """What a plain position says of a `CarrierEvent`, which has twice as many members."""

    event_id: str
    event_type: Literal["telemetry.position"]
    classifier: Literal["actual"]
    carrier_id: str
    occurred_at: str
    vehicle: _Vehicle
    place: _Place
    schema_version: Literal["1.0"] | UnsetType = UNSET
    clock: Clock | UnsetType = UNSET
    trip_id: str | UnsetType = UNSET


_POSITIONS = msgspec.json.Decoder(list[_Position])


@dataclass(frozen=True)
class Plain:
    """Plain positions among items, as they were said: a column for each member.

    `places` says where each is among the items. `instants` are microseconds since 2000, `fixes`
    longitude, latitude, accuracy, speed and heading of each, one after the other (NaN: not said).
    `more` is empty when none says more.
    """

    places: Sequence[int]
    event_ids: list[str]
    carriers: list[str]
    vehicles: list[str]
    instants: Micros
    fixes: array[float]
    more: Sequence[More | None]

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def packed_ids(self) -> bytes:
        """Return the event ids as 16 bytes each. Raises ValueError when one is no UUID."""
        return identifiers.packed(self.event_ids)

    @cached_property
    def lower_ids(self) -> list[str]:
        """Return the event ids in lower case, as ours are written."""
        joined = "".join(self.event_ids)
        if joined == joined.lower():
            return self.event_ids
        return [text.lower() for text in self.event_ids]

    @cached_property
    def vehicle_names(self) -> set[str]:
        """Return each vehicle once."""
        return set(self.vehicles)

    @cached_property
    def trip_names(self) -> set[str]:
        """Return each trip once."""
        return {one.trip_id for one in self.more if one is not None and one.trip_id is not UNSET}

    @cached_property
    def rows(self) -> dict[int, int]:
        """Return the row of each place."""
        return {place: row for row, place in enumerate(self.places)}

    def only(self, rows: Sequence[int]) -> "Plain":
        """Return some of them."""
        numbers = [self.fixes[_NUMBERS * row : _NUMBERS * (row + 1)] for row in rows]
        return Plain(
            [self.places[row] for row in rows],
            [self.event_ids[row] for row in rows],
            [self.carriers[row] for row in rows],
            [self.vehicles[row] for row in rows],
            self.instants[rows],
            array("d", [number for fix in numbers for number in fix]),
            [self.more[row] for row in rows] if self.more else (),
        )

    def event(self, row: int) -> CarrierEvent:
        """Return one of them as an event; its instant is in UTC."""
        fix = self.fixes[_NUMBERS * row : _NUMBERS * (row + 1)]
        lng, lat, accuracy_m, speed_mps, heading_deg = (UNSET if isnan(n) else n for n in fix)
        more = (self.more[row] if self.more else None) or More()
        return CarrierEvent(
            schema_version=more.schema_version,
            event_id=self.event_ids[row],
            event_type="telemetry.position",
            classifier="actual",
            carrier_id=self.carriers[row],
            occurred_at=EPOCH + int(self.instants[row]) * MICRO,
            clock=more.clock,
            trip_id=more.trip_id,
            vehicle=VehicleRef(vehicle_id=self.vehicles[row]),
            place=Place(
                lat=lat,
                lng=lng,
                accuracy_m=accuracy_m,
                heading_deg=heading_deg,
                speed_mps=speed_mps,
            ),
        )


NONE = Plain((), [], [], [], np.empty(0, np.int64), array("d"), ())


def read(body: bytes) -> Plain | None:
    """Return the positions of a JSON list that has nothing but plain ones, not few, with instants
    of one layout; else None."""
    if len(body) < FEW * _SHORTEST:
        return None
    try:
        found = _POSITIONS.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    instants = micros([position.occurred_at for position in found])
    if instants is None or not all(
        position.clock is UNSET or _is_simple(position.clock) for position in found
    ):
        return None
    return _columns(range(len(found)), found, instants)


def among(items: Sequence[object]) -> Plain:
    """Return the plain positions among items, none where they would be few."""
    if len(items) < FEW:
        return NONE
    places = [place for place, item in enumerate(items) if is_plain(item)]
    events: list[Any] = [items[place] for place in places]
    instants = np.array([(event.occurred_at - EPOCH) // MICRO for event in events], np.int64)
    return _columns(places, events, instants) or NONE


def is_plain(event: object) -> bool:
    """Return whether an event is a position that has all that its type demands, and nothing but
    what has a column or is `More`."""
    return (
        isinstance(event, CarrierEvent)
        and event.event_type == "telemetry.position"
        and event.classifier == "actual"
        and event.energy is event.ext is event.eta is UNSET
        and (event.clock is UNSET or _is_simple(event.clock))
        and event.units is event.units_expected is event.units_counted is UNSET
        and event.stop_id is event.stop_seq is event.facility_id is UNSET
        and event.outcome is event.voids is UNSET
        and (vehicle := event.vehicle) is not UNSET
        and vehicle.plate is vehicle.grai is vehicle.giai is UNSET
        and (place := event.place) is not UNSET
        and place.lng is not UNSET
        and place.lat is not UNSET
        and place.gln is place.gln_extension is place.unlocode is UNSET
        and place.station_id is place.ooh_point_id is place.compartment is UNSET
        and place.curb_zone_id is place.geography_ids is UNSET
    )


def encoded(more: Sequence[More]) -> list[bytes]:
    """Return in canonical form what positions say besides, their trips by our ids."""
    return _ENCODER.encode_lines(more).splitlines()


def more_of(event: Any) -> More | None:
    """Return what a position says besides, None when nothing."""
    if event.schema_version is event.clock is event.trip_id is UNSET:
        return None
    return More(event.schema_version, event.clock, event.trip_id)


def _is_simple(clock: Clock) -> bool:
    """Return whether a clock tells no instants of its own, which have offsets, and counts within
    what can be stored."""
    return (
        clock.captured_at is clock.sent_at is UNSET
        and (clock.seq is UNSET or clock.seq <= MOST_SEQ)
        and (clock.skew_ms is UNSET or abs(clock.skew_ms) <= MOST_SKEW_MS)
    )


def _columns(places: Sequence[int], events: Sequence[Any], instants: Micros) -> Plain | None:
    """Return positions by columns; None when one lies at an instant that UTC has no name for."""
    if len(instants) and (instants.min() < _FIRST or instants.max() > _LAST):
        return None
    event_ids, carriers, vehicles = [], [], []
    said: list[float | UnsetType] = []
    more: list[More | None] = []
    for event in events:
        place = event.place
        event_ids.append(event.event_id)
        carriers.append(event.carrier_id)
        vehicles.append(event.vehicle.vehicle_id)
        said += (place.lng, place.lat, place.accuracy_m, place.speed_mps, place.heading_deg)
        more.append(more_of(event))
    if not any(more):
        more = []
    return Plain(places, event_ids, carriers, vehicles, instants, _numbers(said), more)


def _numbers(said: Sequence[float | UnsetType]) -> array[float]:
    try:
        return array("d", said)  # type: ignore[arg-type]
    except TypeError:  # not everybody knows accuracy, speed and heading
        return array("d", [nan if value is UNSET else value for value in said])
