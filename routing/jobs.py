"""What a reoptimization starts from: vehicles with what is left of their day. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from curbs.evaluator import Question
from kernel.periods import Period
from kernel.vehicles import VehicleFacts

LngLat = tuple[float, float]
TRUCK_FROM_KG = 3500


@dataclass(frozen=True)
class StopJob:
    """A stop that is still to be served. `booking` fixes when its curb is held."""

    id: UUID
    vehicle_id: UUID
    at: LngLat
    service_s: int
    window: tuple[datetime | None, datetime | None] = (None, None)
    kg: int = 0
    units: int = 0
    pickup: bool = False
    curb_zone_id: UUID | None = None
    booking: Period | None = None


@dataclass(frozen=True)
class VehicleJob:
    """A vehicle and the trip it is on.

    `starts_at` is when it is free to leave `at` (the end of the stop it is serving, now, or the
    start of its trip), `free_from` when it could leave at the earliest; `served` are the stops
    behind it, which stay as they are. `begun` says that its load is aboard, so that its
    deliveries cannot change to another vehicle.
    """

    id: UUID
    route_id: UUID
    trip_id: UUID
    profile: str
    question: Question
    at: LngLat
    starts_at: datetime
    free_from: datetime
    ends_at: datetime
    home: LngLat | None
    begun: bool
    capacity_kg: int | None = None
    capacity_units: int | None = None
    served: tuple[tuple[UUID, datetime | None], ...] = ()


@dataclass(frozen=True)
class Job:
    """All vehicles of one request, as of `now`. `exchange` lets any stop change its vehicle."""

    city_id: UUID
    now: datetime
    vehicles: tuple[VehicleJob, ...]
    stops: tuple[StopJob, ...]
    exchange: bool = False

    def stops_for(self, vehicle: VehicleJob) -> list[StopJob]:
        """Return the stops that a vehicle may serve: its own, and others' that may change.

        Goods that are aboard stay aboard, a booked curb stays with its vehicle; pickups, and
        deliveries that still lie in the depot, may go to another vehicle that can take them.
        """
        owners = {one.id: one for one in self.vehicles}
        return [
            stop
            for stop in self.stops
            if stop.vehicle_id == vehicle.id
            or (stop.booking is None and self._may_change(stop, owners[stop.vehicle_id], vehicle))
        ]

    def _may_change(self, stop: StopJob, own: VehicleJob, other: VehicleJob) -> bool:
        if self.exchange or stop.pickup:
            return True
        return not own.begun and not other.begun and own.at == other.at


@dataclass(frozen=True)
class PlannedStop:
    """A stop in a plan: where the vehicle stands, and from when to when."""

    stop_id: UUID
    at: LngLat
    arrive_at: datetime
    start_at: datetime
    depart_at: datetime


@dataclass(frozen=True)
class PlannedRoute:
    """A vehicle's remaining way: `path` is the whole driven line as (time, lng, lat)."""

    vehicle_id: UUID
    stops: tuple[PlannedStop, ...]
    path: tuple[tuple[datetime, float, float], ...]
    start_at: datetime
    end_at: datetime
    distance_m: float
    driven_s: float


@dataclass(frozen=True)
class Unserved:
    """A stop that the plan leaves out, the vehicle that came nearest to it, and what stopped it."""

    stop_id: UUID
    vehicle_id: UUID
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A plan that every decision admits, and what it leaves out."""

    routes: tuple[PlannedRoute, ...]
    unserved: tuple[Unserved, ...]
    rounds: int = 1


def profile_of(facts: VehicleFacts) -> str:
    """Return the router's profile for a vehicle's category (and weight, where it is unknown)."""
    if facts.category in ("bicycle", "cargo_bicycle"):
        return "cargo_bike"
    heavy = (facts.gross_weight_kg or 0) > TRUCK_FROM_KG
    return "truck" if facts.category in ("N2", "N3", "M2", "M3") or heavy else "van"
