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
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import City
from carriers.models import RoutePlan
from carriers.selectors import vehicles
from curbs import decisions
from curbs.evaluator import AtPoint, Evaluator, Question
from curbs.rules import blocking
from foundation import outbox
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from kernel.verdicts import ReasonGiven
from routing.models import Plan, PlanStop

_OPEN = (Plan.State.PROPOSED, Plan.State.ACCEPTED)
_ABOUT_A_CURB = 0.0005
"""Degrees about a curb in which a stop may be at it: more than ten metres wherever people live."""


@transaction.atomic
def look_again(
    *, city: City, zone_ids: Collection[UUID], curb_zone_ids: Collection[UUID] = (), now: datetime
) -> int:
    """Mark the plans with stops to come that the rules of these zones and curb zones forbid, and
    lift the marks of those that they do not any more.

    A proposal is outdated by a mark and stays so; an accepted plan stands, with the stops named,
    until its carrier has another way for the trip. Returns how many plans changed. Seven queries,
    and one write per plan.
    """
    ground = _ground(decisions.evaluator(city), zone_ids, curb_zone_ids)
    plans = list(_concerned(ground, city, now).select_for_update())
    if not plans:
        return 0
    # Read under the locks: who gets them later knows later rules.
    evaluator = decisions.evaluator(city)
    versions = {rule.version for id_ in zone_ids for rule in evaluator.zones.history(id_)}
    curbs = filter(None, map(evaluator.curbs.zone, curb_zone_ids))
    versions |= {policy.id for curb in curbs for policy in curb.policies}
    marked = {mark["stop_id"] for plan in plans for mark in plan.infeasible}
    stops = _stops(plans, ground, marked, now)
    seen = {(stop.planned.plan_id, str(stop.stop_id)) for stop in stops}
    found = _faults(evaluator, stops, versions) if stops else {}
    changed = 0
    for plan in plans:
        stood = {
            _key(one): one
            for one in plan.infeasible
            if UUID(one["version_id"]) in versions and (plan.id, one["stop_id"]) in seen
        }
        faults = found.get(plan.id, {})
        added = [one for key, one in faults.items() if key not in stood]
        lifted = [one for key, one in stood.items() if key not in faults]
        if added or lifted:
            _change(plan, added, lifted, now)
            changed += 1
    return changed


def _change(
    plan: Plan, added: list[dict[str, Any]], lifted: list[dict[str, Any]], now: datetime
) -> None:
    plan.infeasible = [*(one for one in plan.infeasible if one not in lifted), *added]
    if added and plan.state == Plan.State.PROPOSED:
        plan.state = Plan.State.OUTDATED
    plan.save(update_fields=["infeasible", "state"])
    still = {one["stop_id"] for one in plan.infeasible}  # by another version
    _tell(plan, "plan.feasible", [one for one in lifted if one["stop_id"] not in still], now)
    _tell(plan, "plan.infeasible", added, now)


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


def _ground(
    evaluator: Evaluator, zone_ids: Collection[UUID], curb_zone_ids: Collection[UUID]
) -> GEOSGeometry:
    """Return the ground of zones now and, as far as it is drawn, later, and that about curb zones;
    it may be empty."""
    shapes = evaluator.zones.geography(None).shapes
    own = [shape.geometry for shape in shapes if shape.zone_id in zone_ids]
    curbs = filter(None, map(evaluator.curbs.zone, curb_zone_ids))
    own += [shapely.buffer(curb.geometry, _ABOUT_A_CURB) for curb in curbs]
    return GEOSGeometry(shapely.to_wkt(shapely.union_all(own)), srid=4326)


def _concerned(ground: GEOSGeometry, city: City, now: datetime) -> QuerySet[Plan]:
    """Return the open plans with stops to come on a ground, and those with marks: their stops may
    have lain on it before it was drawn anew."""
    there = Q(location__intersects=ground) | ~Q(planned__plan__infeasible=[])
    to_come = PlanStop.objects.of_city(city.id).filter(there, _is_meant(), depart_at__gt=now)
    ids = to_come.values("planned__plan")
    return Plan.objects.filter(id__in=ids, state__in=_OPEN).order_by("id")


def _is_meant() -> Q:
    """Return the condition for a planned stop that nothing came in place of: of a proposal, the
    route that it would replace is the trip's current one; of an accepted plan, its own is."""
    own = RoutePlan.objects.filter(
        organisation_id=OuterRef("planned__route__organisation_id"),
        trip_id=OuterRef("planned__trip_id"),
        revision=OuterRef("planned__route__revision") + 1,
        is_current=True,
    )
    proposed = Q(planned__plan__state=Plan.State.PROPOSED, planned__route__is_current=True)
    return proposed | (Q(planned__plan__state=Plan.State.ACCEPTED) & Exists(own))


def _stops(
    plans: list[Plan], ground: GEOSGeometry, marked: Collection[str], now: datetime
) -> list[PlanStop]:
    there = Q(location__intersects=ground) | Q(stop_id__in=marked)
    rows = PlanStop.objects.filter(there, _is_meant(), planned__plan__in=plans, depart_at__gt=now)
    return list(rows.select_related("planned").order_by("arrive_at", "id"))


def _faults(
    evaluator: Evaluator, stops: list[PlanStop], versions: Collection[UUID]
) -> dict[UUID, dict[tuple[str, str], dict[str, Any]]]:
    """Return by plan what each of the versions forbids: all of them, not only the first."""
    ids = {stop.planned.vehicle_id for stop in stops}
    whole = Period(
        min(stop.arrive_at for stop in stops),
        max(stop.depart_at for stop in stops) + timedelta(seconds=1),
    )
    cards = {id_: ("", VehicleFacts()) for id_ in ids} | vehicles.cards_of(ids)
    permits = decisions.permits_of(evaluator, cards, whole)
    bookings = decisions.bookings_of(ids, whole)
    found: dict[UUID, dict[tuple[str, str], dict[str, Any]]] = defaultdict(dict)
    for stop in stops:
        vehicle_id = stop.planned.vehicle_id
        question = Question(
            cards[vehicle_id][1], tuple(permits[vehicle_id]), bookings.get(vehicle_id, ())
        )
        place = AtPoint(stop.location.x, stop.location.y, stopping=True)
        end = max(stop.depart_at, stop.arrive_at + timedelta(seconds=1))
        for _, verdict in evaluator.over(question, place, Period(stop.arrive_at, end)):
            for said in [] if verdict.admissible else blocking(verdict):
                if said.rule.version in versions:
                    fault = _fault(stop, said)
                    found[stop.planned.plan_id].setdefault(_key(fault), fault)
    return found


def _fault(stop: PlanStop, said: ReasonGiven) -> dict[str, Any]:
    return {
        "stop_id": str(stop.stop_id),
        "vehicle_id": str(stop.planned.vehicle_id),
        "version_id": str(said.rule.version),
        "sentence": said.sentence,
    }
