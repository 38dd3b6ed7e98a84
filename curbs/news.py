"""What webhooks tell of bookings."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts.news import Piece, Topic, pieces
from accounts.scopes import CURBS_READ
from curbs.models import Booking
from curbs.services import announcing
from foundation.models import OutboxMessage


def read(messages: Sequence[OutboxMessage]) -> Mapping[UUID, Piece]:
    """Return the bookings that messages are about, as they are now. One query."""
    return pieces(messages, key="booking_id", rows=Booking.objects, piece=_piece)


def _piece(row: Booking, payload: Mapping[str, Any]) -> Piece:
    data = announcing.as_payload(row, payload["change"])
    return Piece(data, row.organisation_id, row.vehicle_id)


TOPIC = Topic(announcing.TOPIC, CURBS_READ, read)
