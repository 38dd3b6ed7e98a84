"""Plans when rules change: what can no longer be driven as planned is marked, never changed, and
the mark lifted when it can again."""

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
def look_again(
    *, city: City, zone_ids: Collection[UUID], version_ids: Collection[UUID], now: datetime
) -> int:
    """Mark the plans with stops to come that some of these versions of zones' rules forbid, and
    lift the marks of those that do not any more.

    A proposal is outdated by a mark and stays so; an accepted plan stands, with the stops named,
    until its carrier asks for another. Returns how many plans changed. Five queries, and one write
    per plan.
    """
    evaluator = decisions.evaluator(city)
    stops = _stops(city, evaluator, zone_ids, now)
    if not stops:
        return 0
    found = _faults(evaluator, stops, version_ids)
    seen = {(stop.planned.plan_id, str(stop.stop_id)) for stop in stops}
    versions = {str(version_id) for version_id in version_ids}
    ids = {plan_id for plan_id, _stop in seen}
    changed = 0
    for plan in Plan.objects.filter(id__in=ids, state__in=_OPEN).order_by("id").select_for_update():
        stood = {
            _key(one): one
            for one in plan.infeasible
            if one["version_id"] in versions and (plan.id, one["stop_id"]) in seen
        }
        faults = {_key(one): one for one in found[plan.id]}
        added = [one for key, one in faults.items() if key not in stood]
        lifted = [one for key, one in stood.items() if key not in faults]
        if not added and not lifted:
            continue
        plan.infeasible = [*(one for one in plan.infeasible if one not in lifted), *added]
        if added and plan.state == Plan.State.PROPOSED:
            plan.state = Plan.State.OUTDATED
        plan.save(update_fields=["infeasible", "state"])
        _tell(plan, "plan.feasible", lifted, now)
        _tell(plan, "plan.infeasible", added, now)
        changed += 1
    return changed


def _key(fault: dict[str, Any]) -> tuple[str, str]:
    return fault["stop_id"], fault["version_id"]


def _tell(plan: Plan, topic: str, stops: list[dict[str, Any]], now: datetime) -> None:
    if not stops:
        return
    outbox.add(
        city_id=plan.city_id,
        topic=topic,
        key=plan.organisation_id,
        payload={
            "plan_id": plan.id,
            "organisation_id": plan.organisation_id,
            "state": plan.state,
            "stops": stops,
        },
        at=now,
    )


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
