"""Messages of other dialects as they were sent, with the events made of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from rest_framework.response import Response

from accounts import scopes
from carriers import codes
from carriers.models import Original
from foundation.api import query
from foundation.api.openapi import schema
from foundation.api.views import HubView


class OriginalOut(Struct, kw_only=True):
    """A message as it was sent; `event_ids` are the events made of it, `notes` what was kept and
    has no event."""

    id: UUID
    organisation_id: UUID
    dialect: str
    kind: str
    native_id: str
    content: Any
    event_ids: list[UUID]
    vehicle_id: UUID | None
    notes: list[dict[str, str]]
    occurred_at: datetime | None
    received_at: datetime


def original(row: Original) -> dict[str, Any]:
    """Return a message as JSON data."""
    shown = {
        name: getattr(row, name) for name in OriginalOut.__struct_fields__ if name != "content"
    }
    return shown | {"content": row.message}


class OriginalsView(HubView):
    """Messages that were kept."""

    scope = scopes.EVENTS_WRITE
    rows = Original.objects

    @schema(
        response=OriginalOut,
        paged=True,
        summary="List original messages of other dialects",
        parameters={
            "dialect": "mds, otm or epcis.",
            "native_id": "The id that the message has in its dialect.",
            "event_id": "An event that was made of it.",
        },
    )
    def get(self, request: Any) -> Response:
        rows = Original.objects.all()
        dialect = query.choice(request, "dialect", set(Original.Dialect.values))
        if dialect:
            rows = rows.filter(dialect=dialect)
        if native_id := request.GET.get("native_id"):
            rows = rows.filter(native_id=native_id)
        if event_id := query.identifier(request, "event_id"):
            rows = rows.filter(event_ids__contains=[event_id])
        return self.page(original, rows)


class OriginalView(HubView):
    """One message that was kept."""

    scope = scopes.EVENTS_WRITE
    missing = codes.MESSAGE_NOT_FOUND
    rows = Original.objects

    @schema(response=OriginalOut, summary="Read an original message")
    def get(self, request: Any, original_id: UUID) -> Response:
        return Response(original(self.one(original_id)))
