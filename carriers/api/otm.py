"""OTM 5.6: entities put by their UUIDs, given back as they were put."""

import json
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _
from msgspec import Raw
from rest_framework.response import Response

from accounts import scopes
from carriers import codes
from carriers.api import bodies, messages
from carriers.models import Original
from carriers.services import dialects, withdrawals
from carriers.services.answers import MessageResult, Report
from carriers.services.dialects import Message
from foundation.api.openapi import schema
from foundation.api.views import HubView, ScopeRule
from kernel.refusals import Refusal

_SENDER = {"carrier_id": "For whom you speak by mandate: a UUID or ref:<code>."}

NOTES = "CityHub-Notes"
MOST_NOTES = 10


class OtmView(HubView):
    """A kind of entities."""

    scope: ClassVar[ScopeRule] = scopes.EVENTS_WRITE
    rows = Original.objects
    kind = ""

    def put_one(self, request: Any) -> Response:
        """Take one entity and give it back; 202 when it waits in quarantine. The body is the
        entity, so what of it has no event of ours is said in a header."""
        body, _lines = bodies.events(request)
        sent = messages.decoded(body, dict[str, Any])
        report = self._take([Message(self.kind, body)])
        result = report.results[0]
        if result.status in ("refused", "conflict"):
            raise messages.refusal_of(result)
        if result.status == "quarantined":
            return Response(result_of(result), status=202)
        answer = Response(sent)
        if result.notes:
            answer[NOTES] = notes_of(result)
        return answer

    def post_many(self, request: Any) -> Response:
        """Take one entity or a list and answer for each."""
        body, lines = bodies.events(request)
        if lines:
            raws = [line for line in body.splitlines() if line.strip()]
        elif body.lstrip()[:1] == b"[":
            raws = [bytes(raw) for raw in messages.decoded(body, list[Raw])]
        else:
            raws = [body]
            messages.decoded(body, dict[str, Any])
        report = self._take([Message(self.kind, raw) for raw in raws])
        return Response(report_of(report))

    def _take(self, sent: list[Message]) -> Report:
        return dialects.take(
            actor=self.actor,
            dialect="otm",
            messages=sent,
            now=self.now,
            sender=messages.sender_of(self),
            scope=self.needed_scope or scopes.EVENTS_WRITE,
        )

    def last(self, identifier: UUID) -> Any:
        """Return the latest version of an entity that stands, in whatever lifecycle. Raises 404."""
        rows = self.visible().of_kind("otm", self.kind).standing().named(str(identifier))
        row = rows.first()
        if (
            row is None
            or self.visible().of_kind("otm", "deletions").named(str(identifier)).exists()
        ):
            raise Refusal(codes.MESSAGE_NOT_FOUND, _("There is nothing here, or nothing of yours."))
        return self.noted(row)


def notes_of(result: MessageResult) -> str:
    """Return the notes on a message as JSON in ASCII, so few that a header can hold them."""
    shown = [
        {"code": one.code, "pointer": one.pointer, "detail": one.detail}
        for one in result.notes[:MOST_NOTES]
    ]
    return json.dumps(shown)


def result_of(result: MessageResult) -> dict[str, Any]:
    """Return what became of one message as JSON data."""
    return msgspec.to_builtins(result)  # type: ignore[no-any-return]


def report_of(report: Report) -> dict[str, Any]:
    """Return a report as JSON data."""
    return msgspec.to_builtins(report)  # type: ignore[no-any-return]


ENTITY: dict[str, Any] = {"type": "object"}
MANY: dict[str, Any] = {"anyOf": [ENTITY, {"type": "array", "items": ENTITY}]}


def _put(what: str) -> Any:
    return schema(
        request=ENTITY,
        response=ENTITY,
        refusals=(409,),
        parameters=_SENDER,
        summary=f"Put {what} (OTM 5)",
    )


def _post(what: str) -> Any:
    return schema(request=MANY, response=Report, parameters=_SENDER, summary=f"Send {what} (OTM 5)")


class OtmTripsView(OtmView):
    """Trips with their actions."""

    scope = scopes.ROUTES_WRITE
    kind = "trips"

    @_put("a trip with its actions")
    def put(self, request: Any) -> Response:
        return self.put_one(request)

    @_post("trips with their actions")
    def post(self, request: Any) -> Response:
        return self.post_many(request)


class OtmActionsView(OtmView):
    """Actions by themselves; they name their trip or stop."""

    scope = scopes.EVENTS_WRITE
    kind = "actions"

    @_put("an action")
    def put(self, request: Any) -> Response:
        return self.put_one(request)

    @_post("actions")
    def post(self, request: Any) -> Response:
        return self.post_many(request)


class OtmVehiclesView(OtmView):
    """Vehicles."""

    scope = scopes.VEHICLES_WRITE
    kind = "vehicles"

    @_put("a vehicle")
    def put(self, request: Any) -> Response:
        return self.put_one(request)

    @_post("vehicles")
    def post(self, request: Any) -> Response:
        return self.post_many(request)


class OtmLocationsView(OtmView):
    """Places; warehouses and bases become facilities."""

    scope = scopes.FACILITIES_WRITE
    kind = "locations"

    @_put("a location")
    def put(self, request: Any) -> Response:
        return self.put_one(request)

    @_post("locations")
    def post(self, request: Any) -> Response:
        return self.post_many(request)


class OtmEventsView(OtmView):
    """Events."""

    scope = scopes.EVENTS_WRITE
    kind = "events"

    @_put("an event")
    def put(self, request: Any) -> Response:
        return self.put_one(request)

    @_post("events")
    def post(self, request: Any) -> Response:
        return self.post_many(request)


class OtmTripView(OtmView):
    """One trip as it was put last."""

    scope = scopes.ROUTES_READ
    kind = "trips"

    @schema(response=ENTITY, summary="Read a trip as it was put")
    def get(self, request: Any, otm_trip_id: UUID) -> Response:
        return Response(self.last(otm_trip_id).message)


class OtmActionView(OtmView):
    """One action as it was put last."""

    scope = scopes.ROUTES_READ
    kind = "actions"

    @schema(response=ENTITY, summary="Read an action as it was put")
    def get(self, request: Any, otm_action_id: UUID) -> Response:
        return Response(self.last(otm_action_id).message)


class OtmVehicleView(OtmView):
    """One vehicle as it was put last."""

    scope = scopes.VEHICLES_READ
    kind = "vehicles"

    @schema(response=ENTITY, summary="Read a vehicle as it was put")
    def get(self, request: Any, otm_vehicle_id: UUID) -> Response:
        return Response(self.last(otm_vehicle_id).message)


class OtmLocationView(OtmView):
    """One location as it was put last."""

    scope = scopes.VEHICLES_READ
    kind = "locations"

    @schema(response=ENTITY, summary="Read a location as it was put")
    def get(self, request: Any, otm_location_id: UUID) -> Response:
        return Response(self.last(otm_location_id).message)


class OtmEventView(OtmView):
    """One event as it was put; deleting it voids what was made of it."""

    scope = scopes.EVENTS_WRITE
    kind = "events"

    @schema(response=ENTITY, summary="Read an event as it was put")
    def get(self, request: Any, otm_event_id: UUID) -> Response:
        return Response(self.last(otm_event_id).message)

    @schema(status=204, summary="Withdraw an event: it did not happen as told")
    def delete(self, request: Any, otm_event_id: UUID) -> HttpResponse:
        withdrawals.withdraw(actor=self.actor, native_id=str(otm_event_id), now=self.now)
        return HttpResponse(status=204)
