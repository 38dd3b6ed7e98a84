"""What stands still: read it, have it tried again, skip the event at fault."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from rest_framework.response import Response

from accounts import scopes
from accounts.models import StandingStill
from foundation import stopped
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView


class StoppedOut(Struct):
    """A subject that a consumer cannot go on with, and the event at fault."""

    id: UUID
    consumer: str
    subject_id: UUID
    event_id: UUID
    event_type: str
    event_at: datetime
    error: str
    failures: int
    first_failed_at: datetime
    failed_at: datetime
    retry_at: datetime


def shown(row: Any) -> dict[str, Any]:
    """Return a stopped subject as JSON data."""
    return {name: getattr(row, name) for name in StoppedOut.__struct_fields__}


class StoppedView(HubView):
    """The subjects that stand still in the city."""

    scope = scopes.CONSUMERS_MEND
    rows = StandingStill.objects

    @schema(response=StoppedOut, paged=True, summary="List what stands still")
    def get(self, request: Any) -> Response:
        return self.page(shown)


class StoppedRetryView(HubView):
    """Another attempt at once."""

    scope = scopes.CONSUMERS_MEND
    rows = StandingStill.objects

    @schema(response=StoppedOut, summary="Have a stopped subject tried again at once")
    @idempotent
    def post(self, request: Any, stopped_id: UUID) -> Response:
        return Response(shown(stopped.retry(actor=self.actor, stopped_id=stopped_id, now=self.now)))


class StoppedSkipView(HubView):
    """The event at fault no longer counts."""

    scope = scopes.CONSUMERS_MEND
    rows = StandingStill.objects

    @schema(response=StoppedOut, summary="Skip the event at which a subject stopped")
    @idempotent
    def post(self, request: Any, stopped_id: UUID) -> Response:
        return Response(shown(stopped.skip(actor=self.actor, stopped_id=stopped_id, now=self.now)))
