"""Reoptimizations and plans."""

import re
import time
from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts import scopes
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView
from kernel import identifiers
from routing.api import shapes
from routing.models import Plan, Run
from routing.services import plans, runs

LONGEST_WAIT_S = 30
LOOK_EVERY_S = 0.25


class ReoptimizationsView(HubView):
    """Requests for better routes."""

    scope = scopes.ROUTES_OPTIMIZE
    rows = Run.objects

    @schema(response=shapes.ReoptimizationOut, paged=True, summary="List reoptimizations")
    def get(self, request: Any) -> Response:
        return self.page(shapes.run)

    @schema(
        request=shapes.ReoptimizationIn,
        response=shapes.ReoptimizationOut,
        status=202,
        summary="Ask for the remaining stops to be planned anew",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.ReoptimizationIn)
        owner = wish.organisation_id or self.actor.organisation_id or UUID(int=0)
        run = runs.request(
            actor=self.actor,
            organisation_id=wish.organisation_id,
            vehicle_ids=[identifiers.resolve(owner, "vehicle", one) for one in wish.vehicle_ids],
            on=wish.service_on,
            exchange=wish.exchange,
            reason=wish.reason,
            now=self.now,
        )
        return Response(
            shapes.run(run), status=202, headers={"Location": f"/api/v1/reoptimizations/{run.id}"}
        )


class ReoptimizationView(HubView):
    """One request; `Prefer: wait=10` holds the answer until it is done, at most 30 s."""

    scope = scopes.ROUTES_OPTIMIZE
    rows = Run.objects

    @schema(response=shapes.ReoptimizationOut, summary="Read a reoptimization")
    def get(self, request: Any, run_id: UUID) -> Response:
        run = self.one(run_id)
        waits = int(_wait_s(request.headers.get("Prefer", "")) / LOOK_EVERY_S)
        while waits and run.state in (Run.State.QUEUED, Run.State.SOLVING):
            time.sleep(LOOK_EVERY_S)
            run.refresh_from_db()
            waits -= 1
        return Response(shapes.run(run))


def _wait_s(prefer: str) -> int:
    """Return the seconds of `Prefer: wait=<seconds>` (RFC 7240, section 4.3), at most 30."""
    found = re.search(r"(?:^|[,;\s])wait=(\d{1,6})", prefer)
    return min(int(found[1]), LONGEST_WAIT_S) if found else 0


class PlanView(HubView):
    """One plan, with the whole driven line of every vehicle."""

    scope = scopes.ROUTES_OPTIMIZE
    rows = Plan.objects

    @schema(response=shapes.PlanOut, summary="Read a plan")
    def get(self, request: Any, plan_id: UUID) -> Response:
        return Response(shapes.plan(self.one(plan_id)))


class AcceptView(HubView):
    """Commit a plan."""

    scope = scopes.PLANS_ACCEPT
    rows = Plan.objects

    @schema(response=shapes.PlanOut, summary="Accept a plan", refusals=(409,))
    @idempotent
    def post(self, request: Any, plan_id: UUID) -> Response:
        plan = plans.accept(actor=self.actor, plan_id=plan_id, now=self.now)
        return Response(shapes.plan(plan))
