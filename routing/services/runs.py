"""Runs: ask for better routes, and solve what was asked for.

A run is claimed in one short transaction, solved outside of any, and its plan stored in another:
nobody's reading waits for a search.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from accounts.models import Organisation
from accounts.services import mandates
from carriers import codes as carrier_codes
from carriers.models import Vehicle
from curbs import decisions
from foundation import audit
from kernel.clock import wall
from kernel.refusals import Reason, Refusal
from routing import codes, gathering, planner
from routing.models import Run
from routing.services import plans
from routing.streets import streets_of

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
ATTEMPTS = 3


@transaction.atomic
def request(
    *,
    actor: Actor,
    organisation_id: UUID | None,
    vehicle_ids: Collection[UUID],
    on: date,
    exchange: bool,
    reason: str,
    now: datetime,
) -> Run:
    """Queue a run for vehicles (none named: all) of the actor's organisation or a principal.

    Raises Refusal: 404 without a mandate and for vehicles that are not theirs, 422 without any.
    """
    owner_id = organisation_id or actor.organisation_id
    organisation = Organisation.objects.of_city(actor.city_id).filter(id=owner_id).first()
    chosen = _vehicles(actor, owner_id, vehicle_ids)
    if organisation is None or not chosen:
        raise Refusal(codes.NO_VEHICLES, _("Register vehicles first, or name yours."))
    run = Run.objects.create(
        city_id=actor.city_id,
        organisation=organisation,
        service_on=on,
        vehicle_ids=chosen,
        exchange=exchange,
        reason=reason,
        created_at=now,
    )
    mandates.use(
        actor=actor,
        organisation_id=organisation.id,
        scope=scopes.ROUTES_OPTIMIZE,
        action="routing.requested_by_mandate",
        subject=run.id,
        at=now,
        vehicle_id=chosen[0],
    )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="routing.requested",
        subject=run.id,
        at=now,
        inputs={"vehicles": chosen, "service_on": on, "exchange": exchange, "reason": reason},
        outcome={"state": run.state},
    )
    return run


def _vehicles(actor: Actor, owner_id: UUID | None, wanted: Collection[UUID]) -> list[UUID]:
    """Return ids of the owner's vehicles within the actor's reach, all of those that are wanted."""
    rows = Vehicle.objects.visible_to(actor, scopes.ROUTES_OPTIMIZE).filter(
        organisation_id=owner_id, active=True
    )
    if not wanted:
        return list(rows.order_by("id").values_list("id", flat=True))
    found = set(rows.filter(id__in=wanted).values_list("id", flat=True))
    missing = [
        Reason(
            carrier_codes.VEHICLE_NOT_FOUND, _("You have no such vehicle."), f"/vehicle_ids/{index}"
        )
        for index, vehicle_id in enumerate(wanted)
        if vehicle_id not in found
    ]
    if missing:
        raise Refusal.of(missing)
    return sorted(found)


def solve_queued(as_of: datetime) -> int:
    """Solve the oldest run that is queued or was left by a worker that died; return how many.

    One at a time: between two runs the tick sees to everything else that is due.
    """
    run = _claim()
    if run is None:
        return 0
    _solve(run, as_of)
    return 1


@transaction.atomic
def _claim() -> Run | None:
    """Take the oldest open run for this worker."""
    left = Q(state=Run.State.SOLVING, leased_until__lt=wall())
    open_runs = Run.objects.filter(Q(state=Run.State.QUEUED) | left).order_by("created_at", "id")
    run = open_runs.select_for_update(skip_locked=True, of=("self",)).first()
    if run is None:
        return None
    run.state, run.leased_until = Run.State.SOLVING, wall() + LEASE
    run.attempts += 1
    if run.attempts > ATTEMPTS:
        run.state, run.failure = Run.State.FAILED, "given up after repeated failures"
    run.save(update_fields=["state", "leased_until", "attempts", "failure"])
    return run


def _solve(run: Run, now: datetime) -> None:
    if run.state == Run.State.FAILED:
        return
    try:
        _plan(run, now)
    except Exception as error:  # a run that cannot be solved must not stop the others
        log.exception("routing_run_failed", run_id=str(run.id))
        failure = error.reasons[0].detail if isinstance(error, Refusal) else type(error).__name__
        Run.objects.filter(pk=run.pk).update(
            state=Run.State.FAILED, failure=str(failure)[:400], finished_at=now
        )


def _plan(run: Run, now: datetime) -> None:
    city = run.city
    evaluator = decisions.evaluator(city)
    job = gathering.gather(
        city=city,
        vehicle_ids=run.vehicle_ids,
        on=run.service_on,
        now=now,
        exchange=run.exchange,
    )
    if not job.stops:
        Run.objects.filter(pk=run.pk).update(state=Run.State.NOTHING_TO_DO, finished_at=now)
        return
    draft = planner.plan(job, evaluator, streets_of(city.id, now))
    plans.propose(run=run, job=job, draft=draft, evaluator=evaluator, now=now)
