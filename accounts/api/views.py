"""The clock, and who am I."""

from typing import Any

from rest_framework.response import Response

from accounts.api import shapes
from foundation import clock, codes
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
