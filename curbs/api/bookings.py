"""Bookings: hold, confirm, check in, check out, cancel, extend."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.scopes import CURBS_BOOK, CURBS_READ
from curbs import codes, references
from curbs.api import shapes
from curbs.models import Booking
from curbs.services import bookings
from curbs.services.placing import HoldRequest
from curbs.states import State
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.query import choice, identifier
from foundation.api.views import HubView
from kernel.identifiers import resolve
from kernel.periods import Period
from kernel.refusals import Refusal

TAGS = ["curbs"]
STATES = tuple(state.value for state in State)


class BookingsView(HubView):
    """An organisation's bookings, and new ones."""

    scope: ClassVar = {"GET": CURBS_READ, "POST": CURBS_BOOK}
    rows = Booking.objects

    @schema(
        response=shapes.BookingOut,
        paged=True,
        summary="List bookings, the newest first",
        parameters={
            "state": ", ".join(STATES) + ".",
            "vehicle": "Only bookings of this vehicle.",
            "curb_zone": "Only bookings in this curb zone.",
            "reference": "Only this reference.",
        },
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        found = Booking.objects.all()
        state = choice(request, "state", STATES)
        if state is not None:
            found = found.filter(state=state)
        for name, column in (("vehicle", "vehicle_id"), ("curb_zone", "curb_zone_id")):
            wanted = identifier(request, name)
            if wanted is not None:
                found = found.filter(**{column: wanted})
        if "reference" in request.GET:
            found = found.filter(reference=references.normalise(request.GET["reference"]))
        return self.page(shapes.booking, found, order=("-created_at", "-id"))

    @schema(
        request=shapes.BookingIn,
        response=shapes.BookingOut,
        status=201,
        refusals=(409,),
        summary="Hold metres of a curb zone for a vehicle",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.BookingIn)
        booking = bookings.hold(actor=self.actor, request=self._request(wish), now=self.now)
        return Response(
            shapes.booking(booking),
            status=201,
            headers={"Location": f"/api/v1/bookings/{booking.id}"},
        )

    def _request(self, wish: shapes.BookingIn) -> HoldRequest:
        if wish.until <= wish.from_:
            detail = _("A booking ends after it starts.")
            raise Refusal(codes.PERIOD_INVALID, detail, pointer="/until")
        return HoldRequest(
            curb_zone_id=wish.curb_zone_id,
            vehicle_id=vehicle_id(self.actor, wish.vehicle_id, "/vehicle_id"),
            period=Period(wish.from_, wish.until),
            confirm=wish.confirm,
            stop_id=wish.stop_id,
        )


class BookingView(HubView):
    """One booking."""

    scope = CURBS_READ
    missing = codes.BOOKING_NOT_FOUND
    rows = Booking.objects

    @schema(response=shapes.BookingOut, summary="Read a booking", tags=TAGS)
    def get(self, request: Any, booking_id: UUID) -> Response:
        return Response(shapes.booking(self.one(booking_id)))


class _StepView(HubView):
    """One step of a booking's life."""

    scope = CURBS_BOOK
    rows = Booking.objects
    step: ClassVar[Any]

    @schema(response=shapes.BookingOut, refusals=(409,), tags=TAGS)
    @idempotent
    def post(self, request: Any, booking_id: UUID) -> Response:
        step = type(self).step
        booking = step(actor=self.actor, booking_id=booking_id, now=self.now)
        return Response(shapes.booking(booking))


class ConfirmView(_StepView):
    """Confirm a hold."""

    scope = CURBS_BOOK
    step = bookings.confirm


class CheckInView(_StepView):
    """The vehicle stands at the curb."""

    scope = CURBS_BOOK
    step = bookings.check_in


class CheckOutView(_StepView):
    """The vehicle has left."""

    scope = CURBS_BOOK
    step = bookings.check_out


class CancelView(_StepView):
    """The metres are given back."""

    scope = CURBS_BOOK
    step = bookings.cancel


class ExtendView(HubView):
    """A later end for a booking."""

    scope = CURBS_BOOK
    rows = Booking.objects

    @schema(
        request=shapes.ExtensionIn,
        response=shapes.BookingOut,
        refusals=(409,),
        summary="Extend a booking",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, booking_id: UUID) -> Response:
        wish = body(request, shapes.ExtensionIn)
        booking = bookings.extend(
            actor=self.actor, booking_id=booking_id, until=wish.until, now=self.now
        )
        return Response(shapes.booking(booking))


def vehicle_id(actor: Any, text: str, pointer: str) -> UUID:
    """Return the id meant by a UUID or `ref:…`. Raises Refusal when the text is neither."""
    try:
        return resolve(actor.organisation_id, "vehicle", text)
    except ValueError:
        detail = _("Neither a UUID nor ref:<your own id>.")
        raise Refusal(codes.VEHICLE_ID_INVALID, detail, pointer=pointer) from None
