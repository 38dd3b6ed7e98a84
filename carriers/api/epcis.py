"""EPCIS 2.0: the capture interface (section 12.6 of the standard, REST bindings)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from msgspec import Struct, field
from rest_framework.response import Response

from accounts import scopes
from carriers.adapters.epcis import documents
from carriers.api import bodies, messages
from carriers.models import CaptureJob
from carriers.services import captures
from foundation import codes as ground
from foundation.api.decoding import is_json
from foundation.api.openapi import schema
from foundation.api.views import HubView
from kernel.refusals import Refusal

BEHAVIOUR = "GS1-Capture-Error-Behaviour"
_VERSION = "GS1-EPCIS-Version"


class Job(Struct):
    """A capture job (EPCISCaptureJob of the standard) with counts beside."""

    capture_id: UUID = field(name="captureID")
    created_at: datetime = field(name="createdAt")
    finished_at: datetime = field(name="finishedAt")
    running: bool
    success: bool
    behaviour: str = field(name="captureErrorBehaviour")
    errors: list[dict[str, Any]]
    counts: dict[str, int]


def job(row: CaptureJob) -> dict[str, Any]:
    """Return a job as JSON data."""
    return {
        "captureID": row.id,
        "createdAt": row.created_at,
        "finishedAt": row.created_at,
        "running": False,
        "success": row.success,
        "captureErrorBehaviour": row.behaviour,
        "errors": row.errors,
        "counts": row.counts,
    }


class CapturesView(HubView):
    """The door for EPCIS documents."""

    scope = scopes.EVENTS_WRITE
    rows = CaptureJob.objects

    @schema(response=Job, paged=True, summary="List EPCIS captures")
    def get(self, request: Any) -> Response:
        return self.page(job)

    @schema(
        request={"type": "object"},
        response=None,
        status=202,
        summary="Capture an EPCIS document; the job says what became of each event",
        parameters={"carrier_id": "For whom you speak by mandate: a UUID or ref:<code>."},
    )
    def post(self, request: Any) -> HttpResponse:
        behaviour = _behaviour(request)
        events, base = _events(request)
        done = captures.capture(
            actor=self.actor,
            sender=messages.sender_of(self),
            events=events,
            behaviour=behaviour,
            base=base,
            now=self.now,
        )
        answer = HttpResponse(status=202)
        answer["Location"] = f"{request.path}/{done.id}"
        answer[BEHAVIOUR] = behaviour
        answer[_VERSION] = "2.0.0"
        return answer


class CaptureView(HubView):
    """One capture job."""

    scope = scopes.EVENTS_WRITE
    rows = CaptureJob.objects

    @schema(response=Job, summary="Read what became of an EPCIS capture")
    def get(self, request: Any, capture_id: UUID) -> Response:
        return Response(job(self.one(capture_id)))


def _behaviour(request: Any) -> str:
    wanted = request.headers.get(BEHAVIOUR, captures.PROCEED)
    if wanted not in (captures.PROCEED, captures.ROLLBACK):
        detail = _("%(header)s is proceed or rollback.") % {"header": BEHAVIOUR}
        raise Refusal(ground.REQUEST_INVALID, detail, parameter=BEHAVIOUR)
    return wanted


def _events(request: Any) -> tuple[list[bytes], str]:
    body, lines = bodies.events(request)
    if lines:
        return [line for line in body.splitlines() if line.strip()], ""
    with is_json():
        return documents.events(body)
