"""One trip with what belongs to it."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from foundation import codes
from kernel.refusals import Refusal
from tracking.models import StationVisit, StopProgress, TripState


def trip_of(*, actor: Actor, scope: str, trip_id: UUID) -> TripState:
    """Return what became of a trip, by the vehicle that spoke of it last.

    Raises a Refusal (404) for what is not there and for what is not theirs alike.
    """
    rows = TripState.objects.visible_to(actor, scope).filter(trip_id=trip_id)
    trip = rows.order_by("-touched_at", "-id").first()
    if trip is None:
        raise Refusal(codes.NOT_FOUND, _("There is nothing here, or nothing of yours."))
    return trip


def stops_of(trip: TripState) -> list[StopProgress]:
    """Return the stops of a trip that anything was said of, in their order, as last known."""
    rows = StopProgress.objects.filter(trip_id=trip.trip_id, organisation_id=trip.organisation_id)
    last = {row.stop_id: row for row in rows.order_by("touched_at", "id")}
    return sorted(last.values(), key=lambda row: (row.stop_seq or 0, row.touched_at, row.id))


def stations_of(trip: TripState) -> list[StationVisit]:
    """Return the visits to stations of a trip, the first one first."""
    rows = StationVisit.objects.filter(trip_id=trip.trip_id, organisation_id=trip.organisation_id)
    return list(rows.order_by("touched_at", "id"))
