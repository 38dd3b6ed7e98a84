"""Plans: propose what was certified, and commit what is accepted.

Order of locks on acceptance: the plan, then the trips (in the order of their ids).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import LineString, Point
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from accounts.services import mandates
from carriers.models import RoutePlan, Stop
from carriers.services import routes as carrier_routes
from curbs import decisions
from curbs.evaluator import Evaluator
from foundation import audit, outbox
from foundation import codes as foundation_codes
from kernel.refusals import Reason, Refusal
from routing import codes, gathering
from routing.certificate import Fault, certify
from routing.jobs import Draft, Job, PlannedRoute, PlannedStop
from routing.models import Plan, PlanLeftOut, PlanRoute, PlanStop, Run


@transaction.atomic
def propose(*, run: Run, job: Job, draft: Draft, evaluator: Evaluator, now: datetime) -> Plan:
    """Store a certified draft as the run's plan and announce it."""
    vehicles = {vehicle.id: vehicle for vehicle in job.vehicles}
    plan = Plan.objects.create(
        run=run,
        city_id=run.city_id,
        organisation_id=run.organisation_id,
        service_on=run.service_on,
        vehicle_ids=run.vehicle_ids,
        certified_at=now,
        certified_under=_rules(evaluator, draft),
        rounds=draft.rounds,
    )
    for seq, route in enumerate(draft.routes, start=1):
        vehicle = vehicles[route.vehicle_id]
        line, offsets = _line(route)
        row = PlanRoute.objects.create(
            plan=plan,
            seq=seq,
            route_id=vehicle.route_id,
            vehicle_id=vehicle.id,
            trip_id=vehicle.trip_id,
            profile=vehicle.profile,
            start_at=route.start_at,
            end_at=route.end_at,
            driven_s=route.driven_s,
            distance_m=route.distance_m,
            line=line,
            offsets_s=offsets,
        )
        PlanStop.objects.bulk_create(_stop(row, *each) for each in enumerate(route.stops, start=1))
    PlanLeftOut.objects.bulk_create(
        PlanLeftOut(
            plan=plan,
            stop_id=one.stop_id,
            vehicle_id=one.vehicle_id,
            code=one.code,
            facts=dict(one.facts),
        )
        for one in draft.unserved
    )
    Run.objects.filter(pk=run.pk).update(state=Run.State.PROPOSED, finished_at=now)
    outbox.add(
        city_id=plan.city_id,
        topic="plan.proposed",
        key=plan.organisation_id,
        payload={"plan_id": plan.id, "run_id": run.id, "organisation_id": plan.organisation_id},
        at=now,
    )
    return plan


def _rules(evaluator: Evaluator, draft: Draft) -> dict[str, Any]:
    """Return what names the rules: the books' counters and the versions in force in that time."""
    start = min((route.start_at for route in draft.routes), default=None)
    versions = [] if start is None else [
        str(rule.version)
        for zone_id in sorted(evaluator.zones.cards)
        for rule in evaluator.zones.regulations(zone_id, start, known_at=evaluator.known_at)
    ]  # fmt: skip
    return {
        "zones": evaluator.zones.change,
        "curbs": evaluator.curbs.edition,
        "versions": versions,
    }


def _line(route: PlannedRoute) -> tuple[LineString, list[float]]:
    points = [(lng, lat) for _, lng, lat in route.path]
    offsets = [round((at - route.start_at).total_seconds(), 3) for at, _, _ in route.path]
    if len(points) == 1:
        points, offsets = points * 2, [offsets[0], offsets[0]]
    return LineString(points, srid=4326), offsets


def _stop(row: PlanRoute, seq: int, planned: PlannedStop) -> PlanStop:
    return PlanStop(
        planned=row,
        seq=seq,
        stop_id=planned.stop_id,
        location=Point(*planned.at, srid=4326),
        arrive_at=planned.arrive_at,
        start_at=planned.start_at,
        depart_at=planned.depart_at,
    )


@transaction.atomic
def accept(*, actor: Actor, plan_id: UUID, now: datetime) -> Plan:
    """Commit a plan: every vehicle's route becomes the current revision, or nothing changes.

    Raises Refusal: 404 for a plan that is not theirs, 409 when it is no longer open
    (`routing.plan_not_open`), the day has moved on (`routing.plan_outdated`) or the rules now
    stand against it (`routing.plan_not_admissible`, with every fault).
    """
    visible = Plan.objects.visible_to(actor, scopes.PLANS_ACCEPT).filter(pk=plan_id)
    plan = Plan.objects.filter(pk__in=visible.values("pk")).select_for_update().first()
    if plan is None:
        raise Refusal(foundation_codes.NOT_FOUND, _("There is no such plan of yours."))
    if plan.state == Plan.State.OUTDATED:
        raise Refusal(codes.PLAN_OUTDATED, _("Routes or stops have changed. Ask for a new plan."))
    if plan.state != Plan.State.PROPOSED:
        raise Refusal(codes.PLAN_NOT_OPEN, _("Ask for a new plan."), state=plan.state)
    carrier_routes.lock_trips(
        organisation_id=plan.organisation_id,
        trip_ids=plan.routes.values_list("trip_id", flat=True),
    )
    routes = list(plan.routes.select_related("route").prefetch_related("stops"))
    job = gathering.gather(
        city=plan.city, vehicle_ids=plan.vehicle_ids, on=plan.service_on, now=now
    )
    _require_same_day(plan, routes, job)
    evaluator = decisions.evaluator(plan.city)
    faults = certify(evaluator, job, [_still_open(row, job) for row in routes])
    if faults:
        raise Refusal.of([_reason(fault) for fault in faults])
    _commit(plan, routes, job, now)
    plan.state, plan.accepted_at = Plan.State.ACCEPTED, now
    plan.save(update_fields=["state", "accepted_at"])
    others = Plan.objects.filter(
        organisation_id=plan.organisation_id,
        service_on=plan.service_on,
        state=Plan.State.PROPOSED,
        vehicle_ids__overlap=plan.vehicle_ids,
    )
    others.update(state=Plan.State.OUTDATED)
    _note(actor, plan, evaluator, now)
    return plan


def _require_same_day(plan: Plan, routes: Iterable[PlanRoute], job: Job) -> None:
    """Refuse when routes were replaced, stops were added, or stops were served out of order."""
    open_stops = {stop.id for stop in job.stops}
    known = set(plan.left_out.values_list("stop_id", flat=True))
    outdated = False
    for row in routes:
        planned = [stop.stop_id for stop in row.stops.all()]
        known.update(planned)
        still = [stop_id in open_stops for stop_id in planned]
        outdated |= not row.route.is_current or still != sorted(still)
    if outdated or open_stops - known:
        raise Refusal(codes.PLAN_OUTDATED, _("Routes or stops have changed. Ask for a new plan."))


def _still_open(row: PlanRoute, job: Job) -> PlannedRoute:
    """Return a stored route as it was certified, without the stops that were served since."""
    open_stops = {stop.id for stop in job.stops}
    stops = tuple(
        PlannedStop(
            stop.stop_id,
            (stop.location.x, stop.location.y),
            stop.arrive_at,
            stop.start_at,
            stop.depart_at,
        )
        for stop in row.stops.all()
        if stop.stop_id in open_stops
    )
    path = tuple(
        (row.start_at + timedelta(seconds=offset), lng, lat)
        for offset, (lng, lat) in zip(row.offsets_s, row.line.coords, strict=True)
    )
    return PlannedRoute(
        row.vehicle_id, stops, path, row.start_at, row.end_at, row.distance_m, row.driven_s
    )


def _reason(fault: Fault) -> Reason:
    facts = {"vehicle_id": fault.vehicle_id, "at": fault.at.isoformat(), "kind": fault.kind}
    if fault.zone_id is not None:
        facts["zone_id"] = fault.zone_id
    if fault.stop_id is not None:
        facts["stop_id"] = fault.stop_id
    return Reason(codes.PLAN_NOT_ADMISSIBLE, fault.sentence, facts=facts)


def _commit(plan: Plan, routes: Iterable[PlanRoute], job: Job, now: datetime) -> None:
    """Write the next revision of every trip: what is behind stays, then the plan's order."""
    by_trip = sorted(routes, key=lambda row: row.trip_id)
    current = {row.route_id: list(row.route.stops.all()) for row in by_trip}
    stops = {stop.stop_id: stop for found in current.values() for stop in found}
    open_stops = {stop.id for stop in job.stops}
    for row in by_trip:
        behind = [stop for stop in current[row.route_id] if stop.stop_id not in open_stops]
        kept = {stop.stop_id for stop in behind}
        ahead = [
            _planned(stops[planned.stop_id], planned)
            for planned in row.stops.all()
            if planned.stop_id not in kept
        ]
        written = carrier_routes.replace_from_plan(
            route=row.route,
            vehicle_id=row.vehicle_id,
            stops=[*behind, *ahead],
            now=now,
            end_at=row.end_at,
        )
        _announce(plan, row, written, now)


def _planned(stop: Stop, planned: PlanStop) -> Stop:
    stop.planned_arrival_at = planned.arrive_at
    return stop


def _announce(plan: Plan, row: PlanRoute, written: RoutePlan, now: datetime) -> None:
    outbox.add(
        city_id=plan.city_id,
        topic="plan.committed",
        key=row.vehicle_id,
        payload={
            "plan_id": plan.id,
            "vehicle_id": row.vehicle_id,
            "trip_id": row.trip_id,
            "route_id": written.id,
            "revision": written.revision,
        },
        at=now,
    )


def _note(actor: Actor, plan: Plan, evaluator: Evaluator, now: datetime) -> None:
    mandates.use(
        actor=actor,
        organisation_id=plan.organisation_id,
        scope=scopes.PLANS_ACCEPT,
        action="plan.accepted_by_mandate",
        subject=plan.id,
        at=now,
        vehicle_id=plan.vehicle_ids[0],
    )
    under: Mapping[str, Any] = {
        "zones": evaluator.zones.change,
        "curbs": evaluator.curbs.edition,
    }
    audit.record(
        city_id=plan.city_id,
        actor=actor,
        action="plan.accepted",
        subject=plan.id,
        at=now,
        inputs={"proposed_under": plan.certified_under, "certified_under": dict(under)},
        outcome={"state": plan.state, "left_out": plan.left_out.count()},
    )
