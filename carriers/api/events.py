"""The door for events, and what became of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts import scopes
from carriers import codes
from carriers.api import bodies, fates
from carriers.models import LoggedEvent
from carriers.selectors import events
from carriers.services import intake, outcomes
from foundation.api import mandate_use, query
from foundation.api.openapi import schema
from foundation.api.paging import CursorPage
from foundation.api.views import HubView
from kernel.refusals import Refusal

LONGEST = timedelta(days=31)
USUAL = timedelta(days=1)


class EventsView(HubView):
    """The door for events: a batch in, an answer per item out; and events to read."""

    scope = scopes.EVENTS_WRITE
    rows = LoggedEvent.objects

    @schema(
        request=bodies.BATCH,
        response=outcomes.BatchResult,
        summary="Send events; every item gets its own answer",
    )
    def post(self, request: Any) -> HttpResponse:
        content, lines = bodies.events(request)
        items = bodies.items(content, lines=lines)
        result = intake.take_items(actor=self.actor, items=items, now=self.now)
        return HttpResponse(outcomes.encode(result), content_type="application/json")

    @schema(
        response=fates.EventOut,
        paged=True,
        parameters={
            "vehicle_id": "The vehicle; or",
            "facility_id": "the facility that the events are about.",
            "from": "Happened at or after this time (default: a day before `until`).",
            "until": "Happened before this time (default: now); at most 31 days after `from`.",
            "event_type": "Only this type.",
        },
        refusals=(422,),
        summary="Read the events of a vehicle or facility in the order in which they happened",
    )
    def get(self, request: Any) -> Response:
        subject_id = query.identifier(request, "vehicle_id") or query.identifier(
            request, "facility_id"
        )
        if subject_id is None:
            detail = _("Name a vehicle (vehicle_id) or a facility (facility_id).")
            raise Refusal(codes.EVENTS_SUBJECT, detail)
        end = query.instant(request, "until") or self.now
        start = query.instant(request, "from") or end - USUAL
        if not timedelta(0) < end - start <= LONGEST:
            raise Refusal(codes.EVENTS_PERIOD, _("Give a period of at most 31 days."))
        found = events.of_subject(
            subject_id=subject_id,
            start=start,
            end=end,
            event_type=request.GET.get("event_type") or None,
        )
        page = CursorPage(request, *map(self.visible, found), order=("effective_at", "id"))
        mandate_use.note(self.actor, page.rows, scope=self.needed_scope, at=self.now)
        voids = events.voids_of(page.rows)
        return page.response(lambda row: fates.event(row, voids.get(row.event_id, [])))


class EventView(HubView):
    """What became of one event."""

    scope = scopes.EVENTS_WRITE
    rows = LoggedEvent.objects

    @schema(response=fates.FateOut, summary="Read what became of an event")
    def get(self, request: Any, event_id: UUID) -> Response:
        found = events.fate(self.actor, event_id)
        if found is None:
            raise Refusal(codes.EVENT_NOT_FOUND, _("You have sent no such event."))
        rows = [row for row in (found.row, *found.kept) if row is not None]
        mandate_use.note(self.actor, rows[:1], scope=self.needed_scope, at=self.now)
        return Response(fates.fate(event_id, found))
