"""What the curb does when news arrives: a vehicle that stands where it booked is checked in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from curbs.models import CurbSession
from curbs.services import bookings, sessions


class AutomaticCheckIn:
    """Checks in the booking of a vehicle whose stay at the curb the events show.

    A driver need not press a button, and nobody who came is a no-show because of one.
    """

    name = "curbs.check_in"
    stream = "outbox"
    topics = frozenset({sessions.TOPIC})

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Check in for every stay that appeared or changed and still is."""
        ids = [
            UUID(stay_id)
            for row in rows
            if row.payload["change"] != "withdrawn"
            for stay_id in row.payload["stay_ids"]
        ]
        for stay in CurbSession.objects.filter(id__in=ids).order_by("started_at", "id"):
            bookings.check_in_seen(
                vehicle_id=stay.vehicle_id,
                curb_zone_id=stay.curb_zone_id,
                since=stay.started_at,
                now=as_of,
            )
