"""Publishing routes: a new revision never changes an old one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import connection, transaction

from accounts import scopes
from accounts.actors import Actor
from carriers import codes
from carriers.models import RoutePlan, Stop, Vehicle
from carriers.services.owners import owner
from foundation import outbox
from kernel import identifiers
from kernel.refusals import Reason, Refusal


@transaction.atomic
def publish(*, actor: Actor, route: Any, now: datetime) -> RoutePlan:
    """Publish the route of a trip as a carrier sent it, as the trip's next revision.

    Raises a Refusal: 404 for a vehicle that is not the carrier's, 422 for a stop named twice.
    """
    wanted = route.organisation_id
    organisation = owner(
        actor=actor,
        wanted=wanted,
        scope=scopes.ROUTES_WRITE,
        now=now,
        action="route.published_by_mandate",
    )
    vehicle_id = identifiers.resolve(organisation.id, "vehicle", route.vehicle_id)
    vehicle = Vehicle.objects.filter(id=vehicle_id, organisation=organisation).first()
    if vehicle is None or not actor.acts_for(organisation.id, scopes.ROUTES_WRITE, vehicle_id):
        detail = "This carrier has no such vehicle."
        raise Refusal(codes.VEHICLE_NOT_FOUND, detail, pointer="/vehicle_id")
    stops = [_stop(organisation.id, seq, wish) for seq, wish in enumerate(route.stops, start=1)]
    _refuse_repeats(stops)
    plan = RoutePlan(
        city_id=organisation.city_id,
        organisation=organisation,
        vehicle=vehicle,
        trip_id=identifiers.resolve(organisation.id, "trip", route.trip_id),
        trip_ref=_ref(route.trip_id),
        service_on=route.service_on,
        source=RoutePlan.Source.SENT,
        published_at=now,
        start_at=route.start_at,
        end_at=route.end_at,
        start_location=_point(route.start_location),
        end_location=_point(route.end_location),
    )
    return _next_revision(plan, stops)


@transaction.atomic
def replace_from_plan(
    *,
    route: RoutePlan,
    vehicle_id: UUID,
    stops: Iterable[Stop],
    now: datetime,
    **changes: Any,
) -> RoutePlan:
    """Write the next revision of a trip's route as an accepted plan has it, and return it.

    `stops` are stops of earlier revisions in their new order, changed as the plan says (planned
    arrival, curb zone); `changes` are further columns of the route (`start_at`, `end_at`).
    """
    plan = RoutePlan(
        city_id=route.city_id,
        organisation_id=route.organisation_id,
        vehicle_id=vehicle_id,
        trip_id=route.trip_id,
        trip_ref=route.trip_ref,
        service_on=route.service_on,
        source=RoutePlan.Source.PLAN,
        published_at=now,
        start_at=changes.get("start_at", route.start_at),
        end_at=changes.get("end_at", route.end_at),
        start_location=route.start_location,
        end_location=route.end_location,
    )
    return _next_revision(plan, [_copy(stop, seq) for seq, stop in enumerate(stops, start=1)])


def lock_trips(*, organisation_id: UUID, trip_ids: Iterable[UUID]) -> None:
    """Let nobody else write routes of these trips until the transaction ends; in sorted order."""
    locks = {
        identifiers.derived(organisation_id, "route", str(trip_id)).int % 2**63
        for trip_id in trip_ids
    }
    with connection.cursor() as cursor:
        for lock in sorted(locks):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def _next_revision(plan: RoutePlan, stops: list[Stop]) -> RoutePlan:
    """Store a route as its trip's current revision. Lock: one writer per trip."""
    lock_trips(organisation_id=plan.organisation_id, trip_ids=[plan.trip_id])
    earlier = RoutePlan.objects.filter(organisation_id=plan.organisation_id, trip_id=plan.trip_id)
    last = earlier.order_by("-revision").first()
    plan.revision = 1 if last is None else last.revision + 1
    earlier.filter(is_current=True).update(is_current=False)
    plan.save(force_insert=True)
    for stop in stops:
        stop.route = plan
    Stop.objects.bulk_create(stops)
    outbox.add(
        city_id=plan.city_id,
        topic="route.published",
        key=plan.vehicle_id,
        payload={
            "route_id": plan.id,
            "trip_id": plan.trip_id,
            "vehicle_id": plan.vehicle_id,
            "revision": plan.revision,
            "source": plan.source,
        },
        at=plan.published_at,
    )
    return plan


def _stop(organisation_id: UUID, seq: int, wish: Any) -> Stop:
    names = (
        "name", "address", "kind", "window_start_at", "window_end_at", "planned_arrival_at",
        "service_s", "demand_kg", "demand_units", "curb_zone_id",
    )  # fmt: skip
    return Stop(
        seq=seq,
        stop_id=identifiers.resolve(organisation_id, "stop", wish.stop_id),
        stop_ref=_ref(wish.stop_id),
        location=_point(wish.location),
        **{name: getattr(wish, name) for name in names},
    )


_KEPT = (
    "stop_id", "stop_ref", "name", "address", "location", "kind", "window_start_at",
    "window_end_at", "planned_arrival_at", "service_s", "demand_kg", "demand_units",
    "curb_zone_id",
)  # fmt: skip


def _copy(stop: Stop, seq: int) -> Stop:
    return Stop(seq=seq, **{name: getattr(stop, name) for name in _KEPT})


def _refuse_repeats(stops: list[Stop]) -> None:
    seen: set[UUID] = set()
    reasons = []
    for index, stop in enumerate(stops):
        if stop.stop_id in seen:
            pointer = f"/stops/{index}/stop_id"
            reasons.append(Reason(codes.STOPS_REPEAT, "This stop stands above.", pointer=pointer))
        seen.add(stop.stop_id)
    if reasons:
        raise Refusal.of(reasons)


def _ref(text: str) -> str:
    return text.removeprefix("ref:") if text.startswith("ref:") else ""


def _point(place: Any) -> Point | None:
    return None if place is None else Point(place.lng, place.lat, srid=4326)
