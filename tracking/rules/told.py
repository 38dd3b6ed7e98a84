"""The words of the fold: events as it reads them, rows as it writes them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def seconds(at: datetime) -> float:
    """Return the seconds since 1970 of an instant, exact to the microsecond."""
    return ((at - EPOCH) // _MICRO) / 1e6


def instant(t: float) -> datetime:
    """Return the instant of `t` seconds since 1970, to the millisecond: the rest is noise."""
    return EPOCH + timedelta(milliseconds=round(t * 1000))


def by_the_minute(seen_at: datetime) -> datetime:
    """Return the last sight of a visit that goes on, as others are told of it: a vehicle inside
    is news once a minute, not with every fix."""
    return seen_at.replace(second=0, microsecond=0)


class Told(Struct, frozen=True):
    """One live event of a vehicle. `x`, `y` are metres in the city's plane."""

    at: datetime
    event_id: UUID
    event_type: str
    classifier: str = "actual"
    session_id: str = ""
    seq: int = -1
    trip_id: UUID | None = None
    stop_id: UUID | None = None
    stop_seq: int | None = None
    lng: float | None = None
    lat: float | None = None
    x: float = 0.0
    y: float = 0.0
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    curb_zone_id: UUID | None = None
    eta_at: datetime | None = None
    outcome: str = ""
    reason: str = ""

    @property
    def key(self) -> tuple[datetime, str, int, str]:
        """Return the place of the event in the order of meaning (digest, section 4)."""
        return self.at, self.session_id, self.seq, str(self.event_id)


class Point(Struct):
    """One position that the cleaner lets through. `standing`: the mean of a standing vehicle;
    `speed`: as reported, metres per second."""

    t: float
    x: float
    y: float
    event_id: UUID
    standing: bool = False
    speed: float | None = None


class Visit(Struct, frozen=True):
    """One stay of a vehicle inside a zone. `left_at` is None while it is inside.

    `crossing`: no two fixes lie inside; the visit is inferred from the line between fixes, and
    `gap_s` is the reporting gap that the line bridges.
    """

    id: UUID
    zone_id: UUID
    entered_at: datetime
    left_at: datetime | None
    last_inside_at: datetime
    metres: float
    points: int
    crossing: bool
    gap_s: int
    first_event_id: UUID
    last_event_id: UUID
    touched_at: datetime


class Stay(Struct, frozen=True):
    """One stay of a vehicle at a curb zone. `ended_at` is None while it stands there."""

    id: UUID
    curb_zone_id: UUID
    started_at: datetime
    ended_at: datetime | None
    last_seen_at: datetime
    declared: bool
    checked_out_at: datetime | None
    lng: float | None
    lat: float | None
    points: int
    first_event_id: UUID
    touched_at: datetime


class Trip(Struct, frozen=True):
    """What became of a trip."""

    id: UUID
    trip_id: UUID
    state: str
    planned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    touched_at: datetime


class StopDone(Struct, frozen=True):
    """How far a stop has come. `outcome`: '', served, partial, failed or skipped."""

    id: UUID
    stop_id: UUID
    trip_id: UUID | None
    state: str
    outcome: str
    reason: str
    eta_at: datetime | None
    arrived_at: datetime | None
    service_started_at: datetime | None
    departed_at: datetime | None
    touched_at: datetime


Row = Visit | Stay | Trip | StopDone
