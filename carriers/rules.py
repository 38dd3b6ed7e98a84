"""What an event means to the log: its ids, subject, effective time, lateness and hash. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from carriers import codes
from carriers.messages import CarrierEvent
from kernel import identifiers
from kernel.refusals import Reason

SKEW_THAT_COUNTS_MS = 30_000
"""Below this a device's clock is taken as right (events digest, section 4)."""
AHEAD = timedelta(minutes=5)
"""Farther in the future than this an event is quarantined: the clock is wrong, not the event."""
ON_TIME = timedelta(minutes=5)
LATE = timedelta(hours=24)
BACKFILL = timedelta(days=14)
"""Lateness classes; older than the backfill is refused (MDS calls the same span recent)."""

_ENCODER = msgspec.json.Encoder(order="deterministic")


class Ids:
    """The sender's ids as our UUIDs, each worked out once per batch."""

    def __init__(self) -> None:
        self._known: dict[tuple[UUID, str, str], UUID] = {}
        self._shards: dict[UUID, int] = {}
        self._texts: dict[UUID, str] = {}

    def of(self, sender: UUID, kind: str, text: str) -> UUID:
        """Return the UUID that `text` names: a UUID of ours or `ref:<the sender's own id>`."""
        key = (sender, kind, text)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = identifiers.resolve(sender, kind, text)
        return found

    def text(self, named: UUID) -> str:
        """Return a UUID in its canonical text."""
        found = self._texts.get(named)
        if found is None:
            found = self._texts[named] = str(named)
        return found

    def shard(self, subject: UUID) -> int:
        """Return the shard of a subject."""
        found = self._shards.get(subject)
        if found is None:
            found = self._shards[subject] = identifiers.shard_of(subject)
        return found


@dataclass(slots=True)
class Statement:
    """One event made ready for the log. `subject_id` is None for a void until its target's is."""

    index: int
    event: CarrierEvent
    sender_id: UUID
    event_id: UUID
    vehicle_id: UUID | None
    trip_id: UUID | None
    stop_id: UUID | None
    facility_id: UUID | None
    subject_id: UUID | None
    effective_at: datetime
    lateness: str
    content_hash: bytes = b""
    voids_event_id: UUID | None = None
    voids_effective_at: datetime | None = None

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Return the identity of the event: sender and the sender's event id."""
        return self.sender_id, self.event_id

    @property
    def is_position(self) -> bool:
        """Return whether the event goes to the position log."""
        return self.event.event_type == "telemetry.position"


def prepare(
    index: int, event: CarrierEvent, sender_id: UUID, ids: Ids, now: datetime
) -> Statement | list[Reason]:
    """Return the event as a statement, or the reasons why the log refuses it.

    Rewrites the event in place to its canonical form: our ids, lower case, instants in UTC.
    """
    effective_at, skewed = _effective(event)
    age = now - effective_at
    if age > BACKFILL:
        detail = f"The event is {age.days} days old; the log takes {BACKFILL.days}."
        return [Reason(codes.TOO_LATE, detail, pointer="/occurred_at")]
    vehicle_id = trip_id = stop_id = None
    event.carrier_id = ids.text(sender_id)
    event.event_id = event.event_id.lower()
    if event.vehicle is not UNSET:
        vehicle_id = ids.of(sender_id, "vehicle", event.vehicle.vehicle_id)
        event.vehicle.vehicle_id = ids.text(vehicle_id)
    if event.trip_id is not UNSET:
        trip_id = ids.of(sender_id, "trip", event.trip_id)
        event.trip_id = ids.text(trip_id)
    if event.stop_id is not UNSET:
        stop_id = ids.of(sender_id, "stop", event.stop_id)
        event.stop_id = ids.text(stop_id)
    facilities = _facilities(event, sender_id, ids)
    if len(set(facilities.values())) > 1:
        return [_disagreement(pointer) for pointer in facilities]
    facility_id = next(iter(facilities.values()), None)
    subject_id = subject(event, vehicle_id, facility_id)
    voids_event_id = None
    if event.voids is not UNSET:
        event.voids.event_id = event.voids.event_id.lower()
        event.voids.replaced_by = (
            [text.lower() for text in event.voids.replaced_by] if event.voids.replaced_by else UNSET
        )
    if event.event_type == "event.voided":
        voids_event_id = UUID(event.voids.event_id)  # type: ignore[union-attr]
    elif subject_id is None:
        return [Reason(codes.NO_SUBJECT, f"{event.event_type} names no vehicle and no facility.")]
    _in_utc(event)
    return Statement(
        index=index,
        event=event,
        sender_id=sender_id,
        event_id=UUID(event.event_id),
        vehicle_id=vehicle_id,
        trip_id=trip_id,
        stop_id=stop_id,
        facility_id=facility_id,
        subject_id=subject_id,
        effective_at=event.occurred_at if not skewed else effective_at.astimezone(UTC),
        lateness=lateness(age),
        content_hash=sha256(_ENCODER.encode(event)).digest(),
        voids_event_id=voids_event_id,
    )


def subject(event: CarrierEvent, vehicle_id: UUID | None, facility_id: UUID | None) -> UUID | None:
    """Return whom the event is about: the facility for `ooh.*` and for `custody.*` without a
    vehicle, for everything else the vehicle; None for a void, which takes its target's."""
    family = event.event_type.partition(".")[0]
    if family == "event":
        return None
    if family == "ooh":
        return facility_id
    if family == "custody" and vehicle_id is None:
        return facility_id
    return vehicle_id


def effective_at(event: CarrierEvent) -> datetime:
    """Return when the event happened: a device's clock is corrected by its measured skew when
    that is more than 30 s; other clocks and smaller skews are taken as they are."""
    return _effective(event)[0]


def lateness(age: timedelta) -> str:
    """Return the lateness class of an event that is `age` old at receipt."""
    if age <= ON_TIME:
        return "on_time"
    return "late" if age <= LATE else "backfill"


def is_ahead(statement: Statement, now: datetime) -> bool:
    """Return whether the event's clock is too far ahead to be believed."""
    return statement.effective_at > now + AHEAD


def _effective(event: CarrierEvent) -> tuple[datetime, bool]:
    clock = event.clock
    if clock is UNSET or clock.source != "device" or clock.skew_ms is UNSET:
        return event.occurred_at, False
    if abs(clock.skew_ms) > SKEW_THAT_COUNTS_MS:
        try:
            return event.occurred_at - timedelta(milliseconds=clock.skew_ms), True
        except OverflowError:  # before year 1 or after 9999: too late or ahead as it stands
            return event.occurred_at, False
    return event.occurred_at, False


def _facilities(event: CarrierEvent, sender_id: UUID, ids: Ids) -> dict[str, UUID]:
    """Return the facilities that the event names, by pointer; `facility_id` goes first."""
    found: dict[str, UUID] = {}
    if event.facility_id is not UNSET:
        found["/facility_id"] = ids.of(sender_id, "facility", event.facility_id)
        event.facility_id = str(found["/facility_id"])
    place = event.place
    if place is not UNSET:
        if place.ooh_point_id is not UNSET:
            name = _ref_unless_uuid(place.ooh_point_id)
            found["/place/ooh_point_id"] = ids.of(sender_id, "facility", name)
            place.ooh_point_id = str(found["/place/ooh_point_id"])
        if place.station_id is not UNSET:
            name = _ref_unless_uuid(place.station_id)
            found["/place/station_id"] = ids.of(sender_id, "facility", name)
            place.station_id = str(found["/place/station_id"])
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
