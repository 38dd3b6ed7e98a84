"""What a change of rules in a zone may touch: visits, stays, stops, bookings and planned stops.

Read in pages of one kind by id, so that a job can stop anywhere and go on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import QuerySet

from carriers.models import Stop
from curbs.evaluator import AtCurb, AtPoint, InZone, Place
from curbs.models import Booking, CurbSession
from kernel.periods import Period
from routing.models import Plan, PlanStop
from tracking.models import ZoneVisit

DAYS = timedelta(days=7)
_MOMENT = timedelta(seconds=1)
_STATES = (Plan.State.PROPOSED, Plan.State.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where and when: the zone, its ground, the curb zones in it, seven days about an instant."""

    city_id: UUID
    zone_id: UUID
    geometry: GEOSGeometry | None
    curb_zone_ids: tuple[UUID, ...]
    now: datetime

    @property
    def since(self) -> datetime:
        return self.now - DAYS

    @property
    def until(self) -> datetime:
        return self.now + DAYS


@dataclass(frozen=True, slots=True)
class Case:
    """Something that happened or is planned: who, where, when; `id` is what people know it by."""

    id: UUID
    vehicle_id: UUID
    organisation_id: UUID
    place: Place
    period: Period


def visits(ground: Ground) -> QuerySet:
    return ZoneVisit.objects.of_city(ground.city_id).filter(
        zone_id=ground.zone_id, entered_at__gte=ground.since, entered_at__lt=ground.now
    )


def stays(ground: Ground) -> QuerySet:
    return CurbSession.objects.of_city(ground.city_id).filter(
        curb_zone_id__in=ground.curb_zone_ids,
        started_at__gte=ground.since,
        started_at__lt=ground.now,
    )


def stops(ground: Ground) -> QuerySet:
    rows = Stop.objects.of_city(ground.city_id).filter(
        route__is_current=True,
        planned_arrival_at__gte=ground.since,
        planned_arrival_at__lt=ground.until,
    )
    return _inside(rows, ground).select_related("route")


def bookings(ground: Ground) -> QuerySet:
    rows = Booking.objects.of_city(ground.city_id).holding()
    return rows.filter(
        curb_zone_id__in=ground.curb_zone_ids,
        during__startswith__gte=ground.now,
        during__startswith__lt=ground.until,
    )


def plans(ground: Ground) -> QuerySet:
    rows = PlanStop.objects.of_city(ground.city_id).filter(
        planned__plan__state__in=_STATES,
        arrive_at__gte=ground.since,
        arrive_at__lt=ground.until,
    )
    return _inside(rows, ground).select_related("planned__plan")


def _inside(rows: QuerySet, ground: Ground) -> QuerySet:
    return (
        rows.none()
        if ground.geometry is None
        else rows.filter(location__intersects=ground.geometry)
    )


def _visit(row: Any) -> Case:
    end = max(row.left_at or row.last_inside_at, row.entered_at + _MOMENT)
    period = Period(row.entered_at, end)
    return Case(row.id, row.vehicle_id, row.organisation_id, InZone(row.zone_id), period)


def _stay(row: Any) -> Case:
    end = row.ended_at or row.started_at + _MOMENT
    period = Period(row.started_at, max(end, row.started_at + _MOMENT))
    return Case(row.id, row.vehicle_id, row.organisation_id, AtCurb(row.curb_zone_id), period)


def _stop(row: Any) -> Case:
    at, length = row.planned_arrival_at, timedelta(seconds=max(row.service_s, 1))
    place = AtPoint(row.location.x, row.location.y, stopping=True)
    route = row.route
    return Case(
        row.stop_id, route.vehicle_id, route.organisation_id, place, Period(at, at + length)
    )


def _booking(row: Any) -> Case:
    period = Period(row.during.lower, row.during.upper)
    return Case(row.id, row.vehicle_id, row.organisation_id, AtCurb(row.curb_zone_id), period)


def _planned(row: Any) -> Case:
    place = AtPoint(row.location.x, row.location.y, stopping=True)
    period = Period(row.arrive_at, max(row.depart_at, row.arrive_at + _MOMENT))
    plan = row.planned.plan
    return Case(plan.id, row.planned.vehicle_id, plan.organisation_id, place, period)


KINDS: dict[str, tuple[Callable[[Ground], QuerySet], Callable[[Any], Case]]] = {
    "visits": (visits, _visit),
    "stays": (stays, _stay),
    "stops": (stops, _stop),
    "bookings": (bookings, _booking),
    "plans": (plans, _planned),
}


def page(
    ground: Ground, kind: str, after: UUID | None, size: int
) -> tuple[list[Case], UUID | None]:
    """Return up to `size` cases of a kind and the id to go on after (None: there are no more)."""
    query, case_of = KINDS[kind]
    rows = query(ground).order_by("id")
    if after is not None:
        rows = rows.filter(id__gt=after)
    found: Sequence[Any] = list(rows[:size])
    return [case_of(row) for row in found], found[-1].id if len(found) == size else None


def count(ground: Ground) -> int:
    """Return how many cases there are in all."""
    return sum(query(ground).count() for query, _ in KINDS.values())
