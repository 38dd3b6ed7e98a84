"""MDS 2.0 Agency: the doors at which a provider knocks, and its bulk answer."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils.translation import gettext as _
from msgspec import Struct
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.response import Response

from accounts import scopes
from carriers import codes
from carriers.api import messages
from carriers.models import Original
from carriers.services import dialects
from carriers.services.answers import MessageResult, Report
from carriers.services.dialects import Message
from foundation.api import mandate_use
from foundation.api.openapi import schema
from foundation.api.paging import CursorPage
from foundation.api.renderers import HubJSONRenderer, ProblemRenderer
from foundation.api.views import HubView, ScopeRule
from kernel.refusals import Refusal

MEDIA = "application/vnd.mds+json"
VERSION = "2.0.0"
_VERSIONED = re.compile(r"application/vnd\.mds\+json\s*(?:;\s*version=\"?(?P<version>[\d.]+)\"?)?")


class Failure(Struct):
    """One item that was not written (models/response/error_*.yaml)."""

    item: dict[str, Any]
    error: str
    error_description: str
    error_details: list[str]


class Bulk(Struct):
    """models/response/bulk.yaml"""

    success: int
    total: int
    failures: list[Failure]


class Links(Struct):
    """models/response/paging.yaml; there is no further page when `next` is null."""

    next: str | None


class Vehicles(Struct):
    """A provider's registered fleet."""

    version: str
    vehicles: list[dict[str, Any]]
    links: Links | None = None


class Statuses(Struct):
    """Last known event and telemetry of vehicles."""

    version: str
    vehicles_status: list[dict[str, Any]]


class MdsRenderer(HubJSONRenderer):
    """JSON under the name and version of MDS."""

    media_type = f"{MEDIA};version=2.0"
    format = "mds"


class Negotiation(DefaultContentNegotiation):
    """Versions by the Accept header (MDS general information, Versioning): 2.0, or none said."""

    def get_accept_list(self, request: Any) -> list[str]:
        wanted = [self._named(one) for one in super().get_accept_list(request)]
        if all(one.strip().startswith(("*/*", "application/*")) for one in wanted):
            return [MdsRenderer.media_type]  # whatever: then as MDS
        return wanted

    def _named(self, accept: str) -> str:
        found = _VERSIONED.match(accept.strip())
        if found is None:
            return accept
        version = found["version"] or "2.0"
        plain = "2.0" if re.fullmatch(r"2\.0(\.\d+)?", version) else version
        return f"{MEDIA};version={plain}"


class MdsView(HubView):
    """A door of MDS: its media type, and messages that are kept as they came."""

    scope: ClassVar[ScopeRule] = scopes.EVENTS_WRITE
    rows = Original.objects
    renderer_classes = [MdsRenderer, HubJSONRenderer, ProblemRenderer]
    content_negotiation_class = Negotiation
    kind = "events"

    def take(self, request: Any, status: int, **how: Any) -> Response:
        """Take a list of messages and answer as MDS answers in bulk."""
        sent = messages.listed(request, self.kind)
        report = dialects.take(
            actor=self.actor,
            dialect="mds",
            messages=sent,
            now=self.now,
            scope=self.needed_scope or scopes.EVENTS_WRITE,
            **how,
        )
        failed = failures(sent, report)
        answer = {
            "success": report.received - len(failed),
            "total": report.received,
            "failures": failed,
        }
        return Response(answer, status=status_of(failed, report, status))

    def device(self, device_id: UUID) -> Any:
        """Return a registered vehicle by the provider's id of it or by ours. Raises 404."""
        rows = self.visible().of_kind("mds", "vehicles")
        found = rows.filter(Q(native_id=str(device_id)) | Q(vehicle_id=device_id))
        row = found.order_by("-order_id").first()
        if row is None:
            raise Refusal(codes.VEHICLE_NOT_FOUND, _("You have no such vehicle."))
        return self.noted(row)


def failures(sent: Sequence[Message], report: Report) -> list[dict[str, Any]]:
    """Return the failures of a bulk answer: what is not in the log, in the order sent."""
    return [
        {
            "item": _item(sent[result.index].raw),
            "error": _error(result),
            "error_description": _described(result),
            "error_details": [
                f"{one.pointer}: {one.detail}" if one.pointer else one.detail
                for one in result.errors or (result,)
            ],
        }
        for result in report.results
        if result.status not in ("accepted", "duplicate")
    ]


def _item(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw.decode(errors="replace")


def _error(result: MessageResult) -> str:
    named = {one.code for one in result.errors} | {result.code}
    if named & {codes.VEHICLE_UNKNOWN, codes.UNREGISTERED, codes.VEHICLE_NOT_FOUND}:
        return "unregistered"
    if codes.ALREADY_REGISTERED in named:
        return "already_registered"
    return "missing_param" if result.code == codes.MISSING else "bad_param"


def _described(result: MessageResult) -> str:
    if result.status == "quarantined":
        return _("Kept in quarantine: %(reason)s") % {"reason": result.detail}
    if result.status == "conflict":
        return _("Not taken: %(reason)s") % {"reason": result.detail}
    return result.detail


def status_of(failed: Sequence[dict[str, Any]], report: Report, status: int) -> int:
    """Return the HTTP status: that of success while anything was written, else that of the
    gravest failure (400, 404, 409 as the reference has them)."""
    if len(failed) < report.received:
        return status
    errors = {one["error"] for one in failed}
    if errors <= {"unregistered"}:
        return 404
    return 409 if errors <= {"already_registered"} else 400


_BULK: dict[str, Any] = {"response": Bulk, "media": MEDIA, "refusals": (406, 409)}


class MdsVehiclesView(MdsView):
    """A provider's fleet."""

    scope = {
        "GET": scopes.VEHICLES_READ,
        "POST": scopes.VEHICLES_WRITE,
        "PUT": scopes.VEHICLES_WRITE,
    }
    kind = "vehicles"

    @schema(
        response=Vehicles,
        media=MEDIA,
        refusals=(406,),
        summary="List vehicles that were registered by MDS",
        parameters={"cursor": "From `links.next` of the page before.", "limit": "1 to 1000."},
    )
    def get(self, request: Any) -> Response:
        rows = self.visible().of_kind("mds", "vehicles").latest_of_each()
        page = CursorPage(request, rows)
        mandate_use.note(self.actor, page.rows, scope=self.needed_scope, at=self.now)
        answer = {
            "version": VERSION,
            "vehicles": [row.message for row in page.rows],
            "links": {"next": page.next},
        }
        return Response(answer)

    @schema(
        request=list[dict[str, Any]], status=201, summary="Register vehicles (MDS Agency)", **_BULK
    )
    def post(self, request: Any) -> Response:
        return self.take(request, 201, vehicles="new")

    @schema(request=list[dict[str, Any]], summary="Change registered vehicles (MDS)", **_BULK)
    def put(self, request: Any) -> Response:
        return self.take(request, 200, vehicles="known")


class MdsVehicleView(MdsView):
    """One vehicle of a provider's fleet."""

    scope = scopes.VEHICLES_READ

    @schema(
        response=Vehicles,
        media=MEDIA,
        refusals=(406,),
        summary="Read a vehicle that was registered by MDS",
    )
    def get(self, request: Any, device_id: UUID) -> Response:
        return Response({"version": VERSION, "vehicles": [self.device(device_id).message]})


class MdsStatusView(MdsView):
    """The last event and telemetry of one vehicle."""

    scope = scopes.VEHICLES_READ

    @schema(
        response=Statuses,
        media=MEDIA,
        refusals=(406,),
        summary="Read the last event and telemetry of a vehicle",
    )
    def get(self, request: Any, device_id: UUID) -> Response:
        vehicle = self.device(device_id)
        last = {
            f"last_{word}": self._last(kind, vehicle)
            for word, kind in (("event", "events"), ("telemetry", "telemetry"))
        }
        whom = {"device_id": vehicle.native_id, "provider_id": str(vehicle.organisation_id)}
        return Response({"version": VERSION, "vehicles_status": [whom | last]})

    def _last(self, kind: str, vehicle: Any) -> Any:
        rows = self.visible().of_kind("mds", kind).filter(vehicle_id=vehicle.vehicle_id)
        rows = rows.latest_of_each().in_the_log()  # what waits in quarantine is not known yet
        row = rows.order_by("-occurred_at", "-id").first()
        if row is None:
            detail = _("This vehicle has sent no event or no telemetry yet.")
            raise Refusal(codes.MESSAGE_NOT_FOUND, detail)
        return row.message


class MdsTripsView(MdsView):
    """Trips, told when they are over."""

    scope = scopes.EVENTS_WRITE
    kind = "trips"

    @schema(request=list[dict[str, Any]], status=201, summary="Send trips (MDS Agency)", **_BULK)
    def post(self, request: Any) -> Response:
        return self.take(request, 201)


class MdsTelemetryView(MdsView):
    """Positions."""

    scope = scopes.EVENTS_WRITE
    kind = "telemetry"

    @schema(
        request=list[dict[str, Any]], status=201, summary="Send telemetry (MDS Agency)", **_BULK
    )
    def post(self, request: Any) -> Response:
        return self.take(request, 201)


class MdsEventsView(MdsView):
    """Changes of vehicles' states."""

    scope = scopes.EVENTS_WRITE
    kind = "events"

    @schema(request=list[dict[str, Any]], status=201, summary="Send events (MDS Agency)", **_BULK)
    def post(self, request: Any) -> Response:
        return self.take(request, 201)
