"""Checks of plates: officers make them, the vehicle's organisation sees them."""

from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.scopes import ENFORCEMENT_CHECK, FINDINGS_READ
from compliance import codes
from compliance.api import check_shapes as shapes
from compliance.models import PlateCheck
from compliance.services import checks
from curbs.evaluator import AtCurb, AtPoint, InZone, Place
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.query import identifier, instant
from foundation.api.views import HubView
from kernel.refusals import Refusal

FILTERS = {
    "vehicle": "Only checks of this vehicle.",
    "from": "Only checks made at this time or later.",
    "to": "Only checks made before this time.",
}


class ChecksView(HubView):
    """The checks that the sender may see, the latest first; officers make new ones."""

    scope = {"GET": FINDINGS_READ, "POST": ENFORCEMENT_CHECK}
    rows = PlateCheck.objects

    @schema(response=shapes.CheckOut, paged=True, summary="List checks", parameters=FILTERS)
    def get(self, request: Any) -> Response:
        rows = PlateCheck.objects.between(instant(request, "from"), instant(request, "to"))
        vehicle_id = identifier(request, "vehicle")
        if vehicle_id is not None:
            rows = rows.filter(vehicle_id=vehicle_id)
        return self.page(
            partial(shapes.check, actor=self.actor), rows, order=("-checked_at", "-id")
        )

    @schema(
        request=shapes.CheckIn,
        response=shapes.CheckOut,
        status=201,
        summary="Check a plate at a place",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.CheckIn)
        row = checks.check(
            actor=self.actor, plate=wish.plate, place=_place(wish), at=wish.at, now=self.now
        )
        return Response(shapes.check(row, self.actor), status=201)


class CheckView(HubView):
    """One check."""

    scope = FINDINGS_READ
    rows = PlateCheck.objects

    @schema(response=shapes.CheckOut, summary="Read a check")
    def get(self, request: Any, check_id: UUID) -> Response:
        return Response(shapes.check(self.one(check_id), self.actor))


def _place(wish: shapes.CheckIn) -> Place:
    given: list[Place] = []
    if wish.place is not None:
        given.append(AtPoint(wish.place.lng, wish.place.lat, stopping=True))
    if wish.zone_id is not None:
        given.append(InZone(wish.zone_id))
    if wish.curb_zone_id is not None:
        given.append(AtCurb(wish.curb_zone_id))
    if len(given) != 1:
        raise Refusal(codes.CHECK_PLACE, _("Give exactly one of place, zone_id and curb_zone_id."))
    return given[0]
