"""What an event means to the log: its ids, subject, effective time, lateness and hash. Pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from math import nan
from struct import Struct as Format
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from carriers import codes, plain
from carriers.messages import CarrierEvent, Clock
from kernel import identifiers, wire
from kernel.refusals import Reason

SKEW_THAT_COUNTS_MS = 30_000
"""Below this a device's clock is taken as right (events digest, section 4)."""
AHEAD = timedelta(minutes=5)
"""Farther in the future than this an event is quarantined: the clock is wrong, not the event."""
ON_TIME = timedelta(minutes=5)
LATE = timedelta(hours=24)
BACKFILL = timedelta(days=14)
"""Lateness classes; older than the backfill is refused (MDS calls the same span recent)."""

Admits = Callable[[UUID, datetime], bool]
"""Whether a backfill window lets a sender send what happened at an instant."""

_ENCODER = msgspec.json.Encoder(order="deterministic")
_RECORD = Format(">16sq5d").pack


class Named(Struct, frozen=True, gc=False):
    """One id of ours in all the forms that are needed: value, canonical text, shard as a
    subject, and as fields of a COPY: alone, with the shard, and as subject, shard and vehicle."""

    id: UUID
    text: str
    shard: int
    field: bytes
    subject_fields: bytes
    position_fields: bytes

    @classmethod
    def of(cls, named: UUID) -> "Named":
        """Return an id in all its forms."""
        shard, field = identifiers.shard_of(named), wire.uuid(named)
        subject = field + wire.smallint(shard)
        return cls(named, str(named), shard, field, subject, subject + field)


class Names:
    """The ids of one sender as ours, each worked out once per batch."""

    def __init__(self, sender_id: UUID) -> None:
        self.sender = Named.of(sender_id)
        self.key = sender_id.bytes
        self.vehicles: dict[str, Named] = {}
        self._kinds = {"vehicle": self.vehicles, "trip": {}, "stop": {}, "facility": {}}

    def of(self, kind: str, text: str) -> Named:
        """Return what `text` names: a UUID of ours or `ref:<the sender's own id>`."""
        known = self._kinds[kind]
        found = known.get(text)
        if found is None:
            found = known[text] = _named(self.key, kind, text)
        return found

    def refs(self, kind: str) -> dict[str, str]:
        """Return what the sender called things of a kind, by our id; only `ref:` names."""
        named = self._kinds[kind].items()
        return {one.text: said for said, one in named if said.startswith("ref:")}


@lru_cache(maxsize=65_536)
def _named(sender: bytes, kind: str, text: str) -> Named:
    return Named.of(identifiers.resolve(UUID(bytes=sender), kind, text))


class Statement(Struct, gc=False):
    """One event made ready for the log. `subject` is None for a void until its target's is.

    `key` is its identity, the 16 bytes of the sender and the 16 of the sender's event id. The
    `content_hash` comes with `seal`.
    """

    index: int
    event: CarrierEvent
    sender: Named
    key: bytes
    vehicle: Named | None
    trip: Named | None
    stop: Named | None
    facility: Named | None
    subject: Named | None
    effective_at: datetime
    lateness: str
    voids_event_id: UUID | None = None
    voids_effective_at: datetime | None = None
    content_hash: bytes = b""

    @property
    def sender_id(self) -> UUID:
        """Return the organisation that speaks."""
        return self.sender.id

    @property
    def event_id(self) -> UUID:
        """Return the sender's id of the event."""
        return UUID(bytes=self.key[16:])

    @property
    def vehicle_id(self) -> UUID | None:
        """Return the vehicle that the event names."""
        return None if self.vehicle is None else self.vehicle.id

    @property
    def is_position(self) -> bool:
        """Return whether the event goes to the position log."""
        return self.event.event_type == "telemetry.position"


def no_window(sender_id: UUID, effective_at: datetime) -> bool:
    """Return that no backfill window is open."""
    return False


class Ages:
    """The bounds of lateness at one time of receipt, each worked out once per batch.

    A replay counts as received when it first came; `now` is the time by which a clock is ahead.
    `admits` is asked only of what is too old.
    """

    def __init__(
        self, now: datetime, received_at: datetime | None = None, admits: Admits = no_window
    ) -> None:
        self.received_at = now if received_at is None else received_at
        self.on_time_since = self.received_at - ON_TIME
        self.late_since = self.received_at - LATE
        self.backfill_since = self.received_at - BACKFILL
        self.ahead_after = now + AHEAD
        self._admits = admits

    def lateness(self, effective_at: datetime) -> str:
        """Return the lateness class of an event that happened then."""
        if effective_at >= self.on_time_since:
            return "on_time"
        return "late" if effective_at >= self.late_since else "backfill"

    def too_late(self, sender_id: UUID, effective_at: datetime) -> Reason | None:
        """Return why an event that happened then is older than the log takes, if it is."""
        if effective_at >= self.backfill_since or self._admits(sender_id, effective_at):
            return None
        days = (self.received_at - effective_at).days
        detail = f"The event is {days} days old; the log takes {BACKFILL.days}."
        return Reason(codes.TOO_LATE, detail, pointer="/occurred_at")


def prepare(index: int, event: CarrierEvent, names: Names, ages: Ages) -> Statement | list[Reason]:
    """Return the event as a statement that is not sealed yet, or the reasons why the log refuses
    it.

    Rewrites the event in place to its canonical form: our ids, lower case, instants in UTC.
    """
    effective_at, skewed = event.occurred_at, False
    if event.clock is not UNSET:
        effective_at, skewed = _effective(event)
    late = effective_at < ages.backfill_since and ages.too_late(names.sender.id, effective_at)
    if late:
        return [late]
    vehicle = trip = stop = facility = voids_event_id = None
    event.carrier_id = names.sender.text
    event.event_id = event_id = event.event_id.lower()
    if event.vehicle is not UNSET:
        said = event.vehicle.vehicle_id
        vehicle = names.vehicles.get(said) or names.of("vehicle", said)
        event.vehicle.vehicle_id = vehicle.text
    if event.trip_id is not UNSET:
        trip = names.of("trip", event.trip_id)
        event.trip_id = trip.text
    if event.event_type == "telemetry.position" and event.stop_id is event.facility_id is UNSET:
        subject = vehicle
    else:
        if event.stop_id is not UNSET:
            stop = names.of("stop", event.stop_id)
            event.stop_id = stop.text
        facilities = _facilities(event, names)
        if len({named.id for named in facilities.values()}) > 1:
            return [_disagreement(pointer) for pointer in facilities]
        facility = next(iter(facilities.values()), None)
        subject = _subject(event, vehicle, facility)
        voids_event_id = _voided(event)
        if subject is None and voids_event_id is None:
            return [
                Reason(codes.NO_SUBJECT, f"{event.event_type} names no vehicle and no facility.")
            ]
    if event.occurred_at.tzinfo is not UTC or event.clock is not UNSET or event.eta is not UNSET:
        _in_utc(event)
    return Statement(
        index,
        event,
        names.sender,
        names.key + bytes.fromhex(event_id.replace("-", "")),
        vehicle,
        trip,
        stop,
        facility,
        subject,
        event.occurred_at if not skewed else effective_at.astimezone(UTC),
        ages.lateness(effective_at),
        voids_event_id,
    )


def seal(statements: Sequence[Statement]) -> None:
    """Note on each statement the SHA-256 of its canonical event: the struct as JSON in the order
    of its fields; of a plain position the content that `carriers.positions` has of it."""
    others = []
    for statement in statements:
        if plain.is_plain(statement.event):
            statement.content_hash = sha256(_content(statement)).digest()
        else:
            others.append(statement)
    lines = _ENCODER.encode_lines([one.event for one in others]).split(b"\n")
    for statement, line in zip(others, lines, strict=False):  # a line break ends the last
        statement.content_hash = sha256(line).digest()


def _content(statement: Statement) -> bytes:
    """Return what a plain position says: vehicle, microseconds since 2000, longitude, latitude,
    accuracy, speed, heading (NaN: not said), and after this record whatever it says besides."""
    place, vehicle = statement.event.place, statement.vehicle
    assert place is not UNSET
    assert vehicle is not None
    values = (place.lng, place.lat, place.accuracy_m, place.speed_mps, place.heading_deg)
    micros = (statement.event.occurred_at - wire.EPOCH) // wire.MICRO
    record = _RECORD(vehicle.id.bytes, micros, *(nan if one is UNSET else one for one in values))
    more = plain.more_of(statement.event)
    return record if more is None else record + plain.encoded([more])[0]


def effective_at(event: CarrierEvent) -> datetime:
    """Return when an event happened, by a clock that is put right where it is known to be wrong."""
    return _effective(event)[0]


def _voided(event: CarrierEvent) -> UUID | None:
    """Return the event that a void names; writes what `voids` says in lower case."""
    if event.voids is UNSET:
        return None
    voids = event.voids
    voids.event_id = voids.event_id.lower()
    replaced = voids.replaced_by or []
    voids.replaced_by = [text.lower() for text in replaced] if replaced else UNSET
    return UUID(voids.event_id) if event.event_type == "event.voided" else None


def _subject(event: CarrierEvent, vehicle: Named | None, facility: Named | None) -> Named | None:
    """Return whom the event is about: the facility for `ooh.*` and for `custody.*` without a
    vehicle, for everything else the vehicle; None for a void, which takes its target's."""
    family = event.event_type.partition(".")[0]
    if family == "event":
        return None
    if family == "ooh":
        return facility
    if family == "custody" and vehicle is None:
        return facility
    return vehicle


def skew_us(clock: Clock | UnsetType) -> int:
    """Return by how many microseconds an instant is put right: a device's clock by its measured
    skew, when that is more than 30 s."""
    if clock is UNSET or clock.source != "device" or clock.skew_ms is UNSET:
        return 0
    return clock.skew_ms * 1000 if abs(clock.skew_ms) > SKEW_THAT_COUNTS_MS else 0


def _effective(event: CarrierEvent) -> tuple[datetime, bool]:
    """Return when the event happened and whether a correction was made."""
    skew = skew_us(event.clock)
    if not skew:
        return event.occurred_at, False
    try:
        return event.occurred_at - timedelta(microseconds=skew), True
    except OverflowError:  # before year 1 or after 9999: too late or ahead as it stands
        return event.occurred_at, False


def _facilities(event: CarrierEvent, names: Names) -> dict[str, Named]:
    """Return the facilities that the event names, by pointer; `facility_id` goes first."""
    found: dict[str, Named] = {}
    if event.facility_id is not UNSET:
        found["/facility_id"] = named = names.of("facility", event.facility_id)
        event.facility_id = named.text
    place = event.place
    if place is not UNSET:
        if place.ooh_point_id is not UNSET:
            named = names.of("facility", _ref_unless_uuid(place.ooh_point_id))
            found["/place/ooh_point_id"] = named
            place.ooh_point_id = named.text
        if place.station_id is not UNSET:
            named = names.of("facility", _ref_unless_uuid(place.station_id))
            found["/place/station_id"] = named
            place.station_id = named.text
    return found


def _ref_unless_uuid(text: str) -> str:
    if text.startswith("ref:"):
        return text
    try:
        UUID(text)
    except ValueError:
        return f"ref:{text}"
    return text


def _disagreement(pointer: str) -> Reason:
    detail = "facility_id, place.ooh_point_id and place.station_id must name one facility."
    return Reason(codes.FACILITIES_DISAGREE, detail, pointer=pointer)


def _in_utc(event: CarrierEvent) -> None:
    event.occurred_at = _utc(event.occurred_at)
    if event.eta is not UNSET:
        event.eta = _utc(event.eta)
    clock = event.clock
    if clock is not UNSET:
        clock.captured_at = _utc(clock.captured_at)
        clock.sent_at = _utc(clock.sent_at)


def _utc(instant: datetime | UnsetType) -> Any:
    if isinstance(instant, UnsetType) or instant.tzinfo is UTC:
        return instant
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # within a day of year 1 or 9999: no instant of ours, keep as said
        return instant
