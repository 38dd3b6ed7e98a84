"""What the curb does when news arrives: of vehicles that stand there, and of new rules."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from curbs.models import CurbSession
from curbs.services import bookings, displacing, sessions


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


class RulesPublished:
    """Cancels the bookings that a rule forbids which was published with `bookings: cancel`."""

    name = "curbs.rules"
    stream = "outbox"
    topics = frozenset({"regulation.published"})

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        """Cancel for every version that was published so; a second reading finds nothing left."""
        told = [
            row
            for row in rows
            if row.payload["change"] == "published" and row.payload.get("bookings") == "cancel"
        ]
        cities = City.objects.in_bulk({row.city_id for row in told})
        for row in told:
            displacing.cancel_forbidden(
                city=cities[row.city_id],
                zone_id=UUID(row.payload["zone_ids"][0]),
                version_id=UUID(row.payload["version_id"]),
                now=as_of,
            )
