"""Disputes of findings, and the check of oneself before there are any."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.scopes import DECISIONS_READ, FINDINGS_DECIDE, FINDINGS_DISPUTE, FINDINGS_READ
from carriers.codes import ROUTE_NOT_FOUND
from carriers.models import RoutePlan, Vehicle
from carriers.selectors import vehicles
from compliance import codes, selfcheck
from compliance.api import shapes
from compliance.models import Dispute, Finding
from compliance.selfcheck import Stop
from compliance.services import disputes
from curbs.api.bookings import vehicle_id
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.query import choice, identifier
from foundation.api.views import HubView
from kernel.periods import Period
from kernel.refusals import Reason, Refusal

FILTERS = {
    "state": "open, upheld, dismissed or moot.",
    "organisation": "Only disputes of this carrier.",
}


class DisputesView(HubView):
    """The disputes that the sender may see, those to be decided first at the front."""

    scope = FINDINGS_READ
    rows = Dispute.objects

    @schema(response=shapes.DisputeOut, paged=True, summary="List disputes", parameters=FILTERS)
    def get(self, request: Any) -> Response:
        rows = Dispute.objects.all()
        state = choice(request, "state", Dispute.State.values)
        if state is not None:
            rows = rows.filter(state=state)
        organisation = identifier(request, "organisation")
        if organisation is not None:
            rows = rows.filter(finding__organisation_id=organisation)
        return self.page(
            shapes.dispute, rows.select_related("finding"), order=("decide_by_at", "id")
        )


class DisputeView(HubView):
    """One dispute."""

    scope = FINDINGS_READ
    rows = Dispute.objects.select_related("finding")

    @schema(response=shapes.DisputeOut, summary="Read a dispute")
    def get(self, request: Any, dispute_id: UUID) -> Response:
        return Response(shapes.dispute(self.one(dispute_id)))


class DecisionView(HubView):
    """The city's word."""

    scope = FINDINGS_DECIDE
    rows = Dispute.objects

    @schema(
        request=shapes.DecisionIn,
        response=shapes.DisputeOut,
        refusals=(409,),
        summary="Decide a dispute",
    )
    @idempotent
    def post(self, request: Any, open_dispute_id: UUID) -> Response:
        given = body(request, shapes.DecisionIn)
        decided = disputes.decide(
            actor=self.actor,
            dispute_id=open_dispute_id,
            upheld=given.outcome == Dispute.State.UPHELD,
            reasons=given.reasons,
            now=self.now,
        )
        return Response(shapes.dispute(decided))


class FindingDisputesView(HubView):
    """The disputes of one finding."""

    scope = {"GET": FINDINGS_READ, "POST": FINDINGS_DISPUTE}
    rows = Finding.objects

    @schema(response=shapes.DisputeOut, paged=True, summary="List the disputes of a finding")
    def get(self, request: Any, finding_id: UUID) -> Response:
        finding = self.one(finding_id)
        rows = Dispute.objects.filter(finding=finding).select_related("finding")
        return self.page(shapes.dispute, rows, order=("opened_at", "id"))

    @schema(
        request=shapes.DisputeIn,
        response=shapes.DisputeOut,
        status=201,
        refusals=(409,),
        summary="Dispute a finding",
    )
    @idempotent
    def post(self, request: Any, finding_id: UUID) -> Response:
        given = body(request, shapes.DisputeIn)
        opened = disputes.open_dispute(
            actor=self.actor,
            finding_id=finding_id,
            reason=given.reason,
            statement=given.statement,
            now=self.now,
        )
        return Response(shapes.dispute(opened), status=201)


class SelfChecksView(HubView):
    """What would be found of one's own vehicle."""

    scope = DECISIONS_READ
    rows = Vehicle.objects

    @schema(
        request=shapes.SelfCheckIn,
        response=shapes.SelfCheckOut,
        summary="Check a path, stops or a route as findings would be judged",
    )
    def post(self, request: Any) -> Response:
        given = body(request, shapes.SelfCheckIn)
        route = self._route(given)
        if route is not None:
            stops, untimed = selfcheck.stops_of(route)
            vehicle = route.vehicle
        else:
            stops, untimed = _stops(given.stops), []
            vehicle = self._vehicle(given)
        found = selfcheck.check(
            city=self.actor.city,
            organisation_id=vehicle.organisation_id,
            vehicle_id=vehicle.id,
            path=[(fix.at, fix.lng, fix.lat) for fix in given.path],
            stops=stops,
        )
        return Response(shapes.checked(vehicle.id, found, untimed))

    def _route(self, given: shapes.SelfCheckIn) -> RoutePlan | None:
        if given.route_id is None:
            return None
        if given.vehicle_id is not None or given.stops or given.path:
            detail = _("A route brings its vehicle and its stops.")
            raise Refusal(codes.CHECK_AMBIGUOUS, detail, pointer="/route_id")
        rows = self.visible(RoutePlan.objects).select_related("vehicle")
        route = rows.filter(pk=given.route_id).first()
        if route is None:
            raise Refusal(ROUTE_NOT_FOUND, _("You have no such route."), pointer="/route_id")
        return self.noted(route)  # type: ignore[no-any-return]

    def _vehicle(self, given: shapes.SelfCheckIn) -> Vehicle:
        if given.vehicle_id is None:
            raise Refusal(
                codes.CHECK_EMPTY, _("Give vehicle_id, or a route."), pointer="/vehicle_id"
            )
        id_ = vehicle_id(self.actor, given.vehicle_id, "/vehicle_id")
        found = vehicles.vehicle_of(actor=self.actor, vehicle_id=id_, scope=DECISIONS_READ)
        return self.noted(found)  # type: ignore[no-any-return]


def _stops(given: list[shapes.StopIn]) -> list[Stop]:
    """Return the stops as they are judged. Raises a Refusal with all that is wrong with them."""
    reasons = []
    for number, stop in enumerate(given):
        if stop.until <= stop.from_:
            detail = _("A stop ends after it begins.")
            reasons.append(Reason(codes.CHECK_ORDER, detail, f"/stops/{number}/until"))
        placed = stop.lng is not None and stop.lat is not None
        if placed == (stop.curb_zone_id is not None) or (stop.lng is None) != (stop.lat is None):
            detail = _("Give either curb_zone_id, or lng and lat.")
            reasons.append(Reason(codes.CHECK_AMBIGUOUS, detail, f"/stops/{number}"))
    if reasons:
        raise Refusal.of(reasons)
    return [_stop(stop) for stop in given]


def _stop(given: shapes.StopIn) -> Stop:
    at = None if given.lng is None or given.lat is None else (given.lng, given.lat)
    return Stop(Period(given.from_, given.until), given.curb_zone_id, at)
