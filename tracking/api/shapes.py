"""What the endpoints of tracking give."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from tracking.models import (
    CurbReport,
    FacilityUnit,
    ServiceException,
    StationVisit,
    StopProgress,
    TripState,
    UnresolvedReference,
)

State = FacilityUnit.State
Kind = Literal[
    "late", "out_of_sequence", "dwell_spike", "missing_scan", "silent_vehicle", "misload"
]


class ExceptionOut(Struct):
    """A service exception. `ended_at` null: it lasts; `facts` are what was measured."""

    id: UUID
    kind: Kind
    detail: str
    organisation_id: UUID
    vehicle_id: UUID | None
    facility_id: UUID | None
    trip_id: UUID | None
    stop_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    facts: dict[str, Any]
    first_event_id: UUID


class TripOut(Struct):
    """What became of a trip of a vehicle."""

    trip_id: UUID
    organisation_id: UUID
    vehicle_id: UUID
    state: str
    planned_at: datetime | None
    eta_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    paused_s: int
    ended_at: datetime | None
    touched_at: datetime


class StopOut(Struct):
    """How far a stop has come."""

    stop_id: UUID
    vehicle_id: UUID
    stop_seq: int | None
    state: str
    outcome: str
    reason: str
    next_action: str
    attempts: int
    planned_at: datetime | None
    eta_at: datetime | None
    eta_told_at: datetime | None
    eta_revisions: int
    arrived_at: datetime | None
    service_started_at: datetime | None
    attempted_at: datetime | None
    outcome_at: datetime | None
    departed_at: datetime | None
    touched_at: datetime


class StationVisitOut(Struct):
    """One visit of a vehicle to a station: its scans, in the order in which they belong."""

    id: UUID
    organisation_id: UUID
    vehicle_id: UUID
    facility_id: UUID | None
    trip_id: UUID | None
    step: str
    gate_in_at: datetime | None
    dock_arrival_at: datetime | None
    load_started_at: datetime | None
    load_verified_at: datetime | None
    dock_departure_at: datetime | None
    gate_out_at: datetime | None
    unload_verified_at: datetime | None
    mismatch_at: datetime | None
    units_expected: int | None
    units_counted: int | None
    units_loaded: int | None
    units_unloaded: int | None
    touched_at: datetime


class TripDetail(TripOut):
    """A trip with its stops and its visits to stations."""

    stops: list[StopOut]
    station_visits: list[StationVisitOut]


class UnitOut(Struct):
    """One unit at a facility. `unit` is its scheme and id."""

    id: UUID
    facility_id: UUID
    organisation_id: UUID
    unit: str
    state: str
    inside: bool
    compartment: str
    reason: str
    vehicle_id: UUID | None
    trip_id: UUID | None
    stop_id: UUID | None
    deposited_at: datetime | None
    ready_at: datetime | None
    collected_at: datetime | None
    expired_at: datetime | None
    rejected_at: datetime | None
    handed_over_at: datetime | None
    touched_at: datetime


class FacilityStateOut(Struct):
    """What is inside a facility now, of what the reader may see: units by state."""

    facility_id: UUID
    units_inside: int
    deposited: int
    ready: int
    expired: int
    handed_over: int


class ReferenceOut(Struct):
    """A zone or curb that an event names and the city does not have (yet)."""

    id: UUID
    kind: Literal["zone", "curb"]
    name: str
    organisation_id: UUID
    vehicle_id: UUID | None
    event_id: UUID
    event_type: str
    said_at: datetime


class CurbReportOut(Struct):
    """What a driver said of a curb: `claimed` or `blocked`."""

    id: UUID
    kind: Literal["claimed", "blocked"]
    organisation_id: UUID
    vehicle_id: UUID
    curb_zone_id: UUID | None
    at: datetime
    lng: float | None
    lat: float | None
    reason: str


def _as(shape: type[Struct], row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in shape.__struct_fields__}


def exception(row: ServiceException) -> dict[str, Any]:
    """Return a service exception as JSON data."""
    return _as(ExceptionOut, row)


def trip(row: TripState) -> dict[str, Any]:
    """Return a trip as JSON data."""
    return _as(TripOut, row)


def trip_with(
    row: TripState, stops: Iterable[StopProgress], visits: Iterable[StationVisit]
) -> dict[str, Any]:
    """Return a trip with its stops and station visits as JSON data."""
    return trip(row) | {
        "stops": [_as(StopOut, one) for one in stops],
        "station_visits": [station_visit(one) for one in visits],
    }


def station_visit(row: StationVisit) -> dict[str, Any]:
    """Return a visit to a station as JSON data."""
    return _as(StationVisitOut, row)


def unit(row: FacilityUnit) -> dict[str, Any]:
    """Return a unit at a facility as JSON data."""
    return _as(UnitOut, row)


def facility_state(facility_id: UUID, counts: dict[str, int]) -> dict[str, Any]:
    """Return how many units of each state are inside a facility as JSON data."""
    names = [name for name in FacilityStateOut.__struct_fields__ if name in State.values]
    inside = {"facility_id": facility_id, "units_inside": sum(counts.values())}
    return inside | {name: counts.get(name, 0) for name in names}


def reference(row: UnresolvedReference) -> dict[str, Any]:
    """Return an unresolved reference as JSON data."""
    return _as(ReferenceOut, row)


def curb_report(row: CurbReport) -> dict[str, Any]:
    """Return a report on a curb as JSON data."""
    return _as(CurbReportOut, row)
