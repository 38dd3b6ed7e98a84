"""Day passes for a carrier's own vehicles."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from msgspec import Struct
from rest_framework.response import Response

from accounts.scopes import VEHICLES_WRITE
from carriers.codes import VEHICLE_NOT_FOUND
from carriers.models import Vehicle
from curbs import codes
from curbs.api.bookings import vehicle_id
from foundation.api import mandate_use
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView
from kernel.refusals import Refusal
from zones.services import passes

TAGS = ["rules"]


class PassIn(Struct, forbid_unknown_fields=True):
    """A pass for a vehicle (`ref:<your own id>` is fine) in a zone on a local day."""

    vehicle_id: str
    zone_id: UUID
    kind: str
    on: date


class PassOut(Struct):
    """A pass that was taken; `left` are those of the year that remain for the vehicle."""

    id: UUID
    kind: str
    plate: str
    zone_id: UUID
    starts_at: datetime
    ends_at: datetime
    amount: int | None
    currency: str | None
    left: int


class DayPassesView(HubView):
    """Passes of one day, as the rules of a zone offer them."""

    scope = {"POST": VEHICLES_WRITE}
    rows = Vehicle.objects

    @schema(
        request=PassIn,
        response=PassOut,
        status=201,
        summary="Take a day pass for a vehicle",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any) -> Response:
        sent = body(request, PassIn)
        wanted = vehicle_id(self.actor, sent.vehicle_id, "/vehicle_id")
        vehicle = self.visible().filter(pk=wanted).first()
        if vehicle is None:
            raise Refusal(VEHICLE_NOT_FOUND, _("You have no such vehicle."), pointer="/vehicle_id")
        if not vehicle.plate:
            detail = _("The vehicle has no number plate.")
            raise Refusal(codes.PLATE_MISSING, detail, pointer="/vehicle_id")
        mandate_use.note(self.actor, [vehicle], scope=VEHICLES_WRITE, at=self.now)
        taken = passes.take(
            actor=self.actor,
            organisation_id=vehicle.organisation_id,
            plate=vehicle.plate,
            zone_id=sent.zone_id,
            kind=sent.kind,
            on=sent.on,
            now=self.now,
        )
        permit, price = taken.permit, taken.price
        return Response(
            {
                "id": permit.id,
                "kind": permit.kind,
                "plate": permit.plate,
                "zone_id": sent.zone_id,
                "starts_at": permit.starts_at,
                "ends_at": permit.ends_at,
                "amount": price and price.amount,
                "currency": price and price.currency,
                "left": taken.left,
            },
            status=201,
        )
