"""What webhooks tell of bookings."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from accounts.news import Piece, Topic
from accounts.scopes import CURBS_READ
from curbs.models import Booking
from curbs.services import announcing
from foundation.models import OutboxMessage


def read(messages: Sequence[OutboxMessage]) -> Mapping[UUID, Piece]:
    """Return the bookings that messages are about, as they are now. One query."""
    wanted = {message.id: UUID(str(message.payload["booking_id"])) for message in messages}
    rows = Booking.objects.in_bulk(set(wanted.values()))
    found = {}
    for message in messages:
        row = rows.get(wanted[message.id])
        if row is not None:
            data = announcing.as_payload(row, message.payload["change"])
            found[message.id] = Piece(data, row.organisation_id, row.vehicle_id)
    return found


TOPIC = Topic(announcing.TOPIC, CURBS_READ, read)
