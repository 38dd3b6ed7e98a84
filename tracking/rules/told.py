"""The words of the fold: events as it reads them, rows as it writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any
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


class Told(Struct, frozen=True, array_like=True):
    """One live event of a vehicle or a facility. `x`, `y` are metres in the city's plane.

    `window_end_at`, `service_s` and `route_seq` are the stop's in the revision of its route that
    was current at `at`. `unknown`: kind and name of each zone and curb that the city does not have.
    `of_operator`: the sender runs the facility. A unit is written `scheme:id`.
    """

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
    attempt: int | None = None
    next_action: str = ""
    sender_id: UUID | None = None
    vehicle_id: UUID | None = None
    facility_id: UUID | None = None
    of_operator: bool = False
    compartment: str = ""
    units: tuple[str, ...] = ()
    units_expected: int | None = None
    units_counted: int | None = None
    window_end_at: datetime | None = None
    service_s: int | None = None
    revision: int | None = None
    route_seq: int | None = None
    unknown: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[datetime, str, int, str]:
        """Return the place of the event in the order of meaning (digest, section 4)."""
        return self.at, self.session_id, self.seq, self.event_id.hex


class Point(Struct, array_like=True):
    """One position that the cleaner lets through. `standing`: the mean of a standing vehicle;
    `speed`: as reported, metres per second; `sigma`: its noise on each axis, metres; `fixes`: of
    how many reports it stands for."""

    t: float
    x: float
    y: float
    event_id: UUID
    standing: bool = False
    speed: float | None = None
    sigma: float = 8.0
    fixes: int = 1


class Unresolved(Struct, frozen=True):
    """A run near a zone's border that nobody could decide, hence no visit. `reason`: `no_streets`
    (there is no map), `no_match` (it fits no street), `undecided` (inside and outside explain the
    fixes about as well)."""

    zone_id: UUID
    started_at: datetime
    ended_at: datetime
    points: int
    reason: str


class Visit(Struct, frozen=True, array_like=True):
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


class Stay(Struct, frozen=True, array_like=True):
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


class Trip(Struct, frozen=True, array_like=True):
    """What became of a trip. `eta_at`: when it is expected to end; `paused_at`: since when it is
    paused; `paused_s`: seconds of the pauses that are over."""

    id: UUID
    trip_id: UUID
    state: str
    planned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    touched_at: datetime
    eta_at: datetime | None = None
    paused_at: datetime | None = None
    paused_s: int = 0


class StopDone(Struct, frozen=True, array_like=True):
    """How far a stop has come. `outcome`: '', served, partial, failed or skipped.

    `planned_at` is the arrival as planned, `eta_at` as projected last, `eta_told_at` when that was
    said, `eta_revisions` how often it changed. `attempts` counts calls that came to an outcome or
    are being made.
    """

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
    stop_seq: int | None = None
    planned_at: datetime | None = None
    eta_told_at: datetime | None = None
    eta_revisions: int = 0
    attempts: int = 0
    attempted_at: datetime | None = None
    outcome_at: datetime | None = None
    next_action: str = ""


class StationVisit(Struct, frozen=True, array_like=True):
    """One visit of a vehicle to a station: its sequence of scans. `step`: the farthest one.

    `units_expected` and `units_counted` as the load was verified last, `units_loaded` how many
    units were named then. `mismatch_at`: the first word that the load is not the one expected.
    """

    id: UUID
    facility_id: UUID | None
    trip_id: UUID | None
    step: str
    first_event_id: UUID
    touched_at: datetime
    gate_in_at: datetime | None = None
    dock_arrival_at: datetime | None = None
    load_started_at: datetime | None = None
    load_verified_at: datetime | None = None
    dock_departure_at: datetime | None = None
    gate_out_at: datetime | None = None
    unload_verified_at: datetime | None = None
    mismatch_at: datetime | None = None
    units_expected: int | None = None
    units_counted: int | None = None
    units_loaded: int | None = None
    units_unloaded: int | None = None


class Lapse(Struct, frozen=True, array_like=True):
    """A service exception. `ended_at` is None while it lasts; `facts` are what was measured;
    `organisation_id` is whose it is, where it is not the subject's."""

    id: UUID
    kind: str
    detail: str
    facility_id: UUID | None
    trip_id: UUID | None
    stop_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    facts: dict[str, Any]
    first_event_id: UUID
    touched_at: datetime
    organisation_id: UUID | None = None


class Reference(Struct, frozen=True):
    """A zone or curb that an event names and the city does not have (yet)."""

    id: UUID
    kind: str
    name: str
    event_id: UUID
    event_type: str
    said_at: datetime
    touched_at: datetime
    organisation_id: UUID | None = None


class CurbReport(Struct, frozen=True):
    """What a driver says of a curb without standing there: `claimed` or `blocked`."""

    id: UUID
    kind: str
    curb_zone_id: UUID | None
    at: datetime
    lng: float | None
    lat: float | None
    reason: str
    event_id: UUID
    touched_at: datetime


class UnitAt(Struct, frozen=True, array_like=True):
    """One unit at a facility, from deposit to departure.

    `state`: expected, deposited, ready, collected, expired, rejected or handed_over. `inside`:
    whether the unit is in the facility's custody. `organisation_id` is whose word about the unit
    came first.
    """

    id: UUID
    organisation_id: UUID
    unit: str
    state: str
    inside: bool
    compartment: str
    reason: str
    first_event_id: UUID
    touched_at: datetime
    vehicle_id: UUID | None = None
    trip_id: UUID | None = None
    stop_id: UUID | None = None
    deposited_at: datetime | None = None
    ready_at: datetime | None = None
    collected_at: datetime | None = None
    expired_at: datetime | None = None
    rejected_at: datetime | None = None
    handed_over_at: datetime | None = None


Row = Visit | Stay | Trip | StopDone | StationVisit | Lapse | Reference | CurbReport | UnitAt
