"""What routing's endpoints take and give."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from routing import codes
from routing.models import Plan, PlanRoute, Run

Id = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|ref:.{1,64})$",
        description="A UUID of ours, or ref:<the carrier's own id>.",
    ),
]


class ReoptimizationIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request for better routes. Without `vehicle_ids`: all vehicles of the organisation.

    `exchange` lets any stop change to another of these vehicles; without it, goods that are
    aboard stay aboard. `organisation_id` names a principal whose mandate is used.
    """

    service_on: date
    vehicle_ids: list[Id] = []
    organisation_id: UUID | None = None
    exchange: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ReoptimizationOut(msgspec.Struct):
    """A request and what has become of it."""

    id: UUID
    organisation_id: UUID
    service_on: date
    vehicle_ids: list[UUID]
    exchange: bool
    reason: str
    state: str
    failure: str
    plan_id: UUID | None
    created_at: datetime
    finished_at: datetime | None


class PlanStopOut(msgspec.Struct):
    """A stop in a plan: where the vehicle stands, and from when to when."""

    stop_id: UUID
    seq: int
    arrive_at: datetime
    start_at: datetime
    depart_at: datetime
    lng: float
    lat: float


class PlanRouteOut(msgspec.Struct):
    """A vehicle's remaining way. `path`: [seconds since `start_at`, lng, lat]; equal positions
    are standing."""

    vehicle_id: UUID
    trip_id: UUID
    route_id: UUID
    profile: str
    start_at: datetime
    end_at: datetime
    duration_s: float
    distance_m: float
    stops: list[PlanStopOut]
    path: list[tuple[float, float, float]]


class LeftOutOut(msgspec.Struct):
    """A stop that the plan does not serve. Further members are facts, such as `zone_id`."""

    stop_id: UUID
    vehicle_id: UUID
    code: str
    detail: str


class InfeasibleOut(msgspec.Struct):
    """A stop at which a rule that came later does not admit the vehicle as planned."""

    stop_id: UUID
    vehicle_id: UUID
    version_id: UUID
    sentence: str


class PlanOut(msgspec.Struct):
    """A certified plan; `infeasible` names the stops that later rules forbid."""

    id: UUID
    run_id: UUID
    organisation_id: UUID
    service_on: date
    state: str
    certified_at: datetime
    certified_under: dict[str, Any]
    accepted_at: datetime | None
    routes: list[PlanRouteOut]
    unserved: list[LeftOutOut]
    infeasible: list[InfeasibleOut]


def run(row: Run) -> dict[str, Any]:
    """Return a run as JSON data."""
    plan = Plan.objects.filter(run=row).values_list("id", flat=True).first()
    names = (
        "id", "organisation_id", "service_on", "vehicle_ids", "exchange", "reason", "state",
        "failure", "created_at", "finished_at",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "plan_id": plan}


def plan(row: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    names = (
        "id", "run_id", "organisation_id", "service_on", "state", "certified_at",
        "certified_under", "accepted_at", "infeasible",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "routes": [_route(each) for each in row.routes.prefetch_related("stops")],
        "unserved": [
            {
                **one.facts,
                "stop_id": one.stop_id,
                "vehicle_id": one.vehicle_id,
                "code": one.code,
                "detail": str(codes.SENTENCES.get(one.code, "")),
            }
            for one in row.left_out.all()
        ],
    }


def _route(row: PlanRoute) -> dict[str, Any]:
    names = ("vehicle_id", "trip_id", "route_id", "profile", "start_at", "end_at", "distance_m")
    return {
        **{name: getattr(row, name) for name in names},
        "duration_s": row.driven_s,
        "stops": [
            {
                "stop_id": stop.stop_id,
                "seq": stop.seq,
                "arrive_at": stop.arrive_at,
                "start_at": stop.start_at,
                "depart_at": stop.depart_at,
                "lng": stop.location.x,
                "lat": stop.location.y,
            }
            for stop in row.stops.all()
        ],
        "path": [
            [offset, lng, lat]
            for offset, (lng, lat) in zip(row.offsets_s, row.line.coords, strict=True)
        ],
    }
