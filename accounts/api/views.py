"""The clock, who am I, and mandates."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts import scopes
from accounts.api import shapes
from accounts.codes import MANDATE_NOT_FOUND
from accounts.models import Mandate
from accounts.services import mandates
from foundation import clock, codes
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView
from kernel.refusals import Refusal


class ClockView(HubView):
    """Domain time: the time that the city's books go by."""

    scope = None

    @schema(response=shapes.Clock, summary="Read domain time")
    def get(self, request: Any) -> Response:
        instant, demo, standing = clock.state()
        local = instant.astimezone(self.actor.city.tz)
        return Response(
            {
                "now": local.isoformat(),
                "utc": instant.isoformat(),
                "time_zone": self.actor.city.time_zone,
                "demo": demo,
                "standing": standing,
            }
        )


class MeView(HubView):
    """Who the platform takes the sender of this request for."""

    scope = None

    @schema(response=shapes.Me, summary="Who am I")
    def get(self, request: Any) -> Response:
        if self.actor.is_public:
            raise Refusal(codes.AUTH_REQUIRED, "This needs a token or a session.")
        return Response(shapes.me(self.actor))


class MandatesView(HubView):
    """Mandates given and held."""

    scope = scopes.MANDATES_WRITE
    rows = Mandate.objects

    @schema(response=shapes.MandateOut, paged=True, summary="List mandates given and held")
    def get(self, request: Any) -> Response:
        return self.page(shapes.mandate)

    @schema(
        request=shapes.MandateIn,
        response=shapes.MandateOut,
        status=201,
        refusals=(409,),
        summary="Give a mandate",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.MandateIn)
        mandate = mandates.give(
            actor=self.actor,
            agent_id=wish.agent_id,
            wanted=wish.scopes,
            vehicle_ids=wish.vehicle_ids,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            now=self.now,
        )
        return Response(shapes.mandate(mandate), status=201)


class MandateView(HubView):
    """One mandate."""

    scope = scopes.MANDATES_WRITE
    missing = MANDATE_NOT_FOUND
    rows = Mandate.objects

    @schema(response=shapes.MandateOut, summary="Read a mandate")
    def get(self, request: Any, mandate_id: UUID) -> Response:
        return Response(shapes.mandate(self.one(mandate_id)))


class MandateRevokeView(HubView):
    """The end of a mandate, at once."""

    scope = scopes.MANDATES_WRITE
    rows = Mandate.objects

    @schema(response=shapes.MandateOut, refusals=(409,), summary="Revoke a mandate")
    @idempotent
    def post(self, request: Any, mandate_id: UUID) -> Response:
        mandate = mandates.revoke(actor=self.actor, mandate_id=mandate_id, now=self.now)
        return Response(shapes.mandate(mandate))
