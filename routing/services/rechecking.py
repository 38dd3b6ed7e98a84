"""Plans under a new rule: what can no longer be driven as planned is marked, never changed."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction

from accounts.models import City
from carriers.selectors import vehicles
from curbs import decisions
from curbs.evaluator import AtPoint, Evaluator, Question
from curbs.rules import blocking
from foundation import outbox
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from routing.models import Plan, PlanStop

_OPEN = (Plan.State.PROPOSED, Plan.State.ACCEPTED)


@transaction.atomic
def mark(
    *, city: City, zone_ids: Collection[UUID], version_ids: Collection[UUID], now: datetime
) -> int:
    """Mark the plans with stops to come that some of these versions of zones' rules forbid.

    A proposal is outdated then; an accepted plan stands, with the stops named, until its carrier
    asks for another. Returns how many were marked. Five queries, and one write per plan.
    """
    evaluator = decisions.evaluator(city)
    stops = _stops(city, evaluator, zone_ids, now)
    if not stops:
        return 0
    faults = _faults(evaluator, stops, version_ids)
    plans = Plan.objects.filter(id__in=faults, state__in=_OPEN).order_by("id").select_for_update()
    marked = 0
    for plan in plans:
        known = {(one["stop_id"], one["version_id"]) for one in plan.infeasible}
        new = [one for one in faults[plan.id] if (one["stop_id"], one["version_id"]) not in known]
        if not new:
            continue
        plan.infeasible = [*plan.infeasible, *new]
        if plan.state == Plan.State.PROPOSED:
            plan.state = Plan.State.OUTDATED
        plan.save(update_fields=["infeasible", "state"])
        outbox.add(
            city_id=city.id,
            topic="plan.infeasible",
            key=plan.organisation_id,
            payload={
                "plan_id": plan.id,
                "organisation_id": plan.organisation_id,
                "state": plan.state,
                "stops": new,
            },
            at=now,
        )
        marked += 1
    return marked


def _stops(
    city: City, evaluator: Evaluator, zone_ids: Collection[UUID], now: datetime
) -> list[PlanStop]:
    """Return the stops to come inside the zones, by their ground now or, if they have none,
    later."""
    shapes = [s for s in evaluator.zones.geography(None).shapes if s.zone_id in zone_ids]
    if not shapes:
        return []
    ground = shapely.union_all([shape.geometry for shape in shapes])
    rows = PlanStop.objects.of_city(city.id).filter(
        planned__plan__state__in=_OPEN,
        depart_at__gt=now,
        location__intersects=GEOSGeometry(shapely.to_wkt(ground), srid=4326),
    )
    return list(rows.select_related("planned").order_by("arrive_at", "id"))


def _faults(
    evaluator: Evaluator, stops: list[PlanStop], version_ids: Collection[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    ids = {stop.planned.vehicle_id for stop in stops}
    whole = Period(
        min(stop.arrive_at for stop in stops),
        max(stop.depart_at for stop in stops) + timedelta(seconds=1),
    )
    cards = {id_: ("", VehicleFacts()) for id_ in ids} | vehicles.cards_of(ids)
    permits = decisions.permits_of(evaluator, cards, whole)
    bookings = decisions.bookings_of(ids, whole)
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for stop in stops:
        vehicle_id = stop.planned.vehicle_id
        question = Question(
            cards[vehicle_id][1], tuple(permits[vehicle_id]), bookings.get(vehicle_id, ())
        )
        place = AtPoint(stop.location.x, stop.location.y, stopping=True)
        end = max(stop.depart_at, stop.arrive_at + timedelta(seconds=1))
        for _, verdict in evaluator.over(question, place, Period(stop.arrive_at, end)):
            against = [] if verdict.admissible else blocking(verdict)
            said = next((one for one in against if one.rule.version in version_ids), None)
            if said is not None:
                found[stop.planned.plan_id].append(
                    {
                        "stop_id": str(stop.stop_id),
                        "vehicle_id": str(vehicle_id),
                        "version_id": str(said.rule.version),
                        "sentence": said.sentence,
                    }
                )
                break
    return found
