"""Where vehicles are and how far their stops have come."""

from collections.abc import Collection
from uuid import UUID

from accounts.actors import Actor
from tracking.models import StopProgress, TripState, VehicleState


def states_of(vehicle_ids: Collection[UUID]) -> dict[UUID, VehicleState]:
    """Return the states of vehicles by id; vehicles that never reported are left out."""
    return {
        row.vehicle_id: row for row in VehicleState.objects.filter(vehicle_id__among=vehicle_ids)
    }


def states_since(*, actor: Actor, scope: str, after: int | None, before: int) -> list[VehicleState]:
    """Return the states written in transactions [after, before) that the actor may see."""
    rows = VehicleState.objects.visible_to(actor, scope)
    if after is not None:
        rows = rows.filter(xid__gte=after)
    return list(rows.filter(xid__lt=before).order_by("vehicle_id"))


def trips_of(
    trip_ids: Collection[UUID], organisation_ids: Collection[UUID]
) -> dict[UUID, TripState]:
    """Return the last known state of trips by trip id."""
    rows = TripState.objects.filter(
        trip_id__in=trip_ids, organisation_id__in=organisation_ids
    ).order_by("touched_at", "id")
    return {row.trip_id: row for row in rows}


def stops_of(
    stop_ids: Collection[UUID], organisation_ids: Collection[UUID]
) -> dict[UUID, StopProgress]:
    """Return the last known progress of stops by stop id; untouched stops are left out.

    Only what these organisations said counts: others may name the same ids.
    """
    rows = StopProgress.objects.filter(
        stop_id__in=stop_ids, organisation_id__in=organisation_ids
    ).order_by("touched_at", "id")
    return {row.stop_id: row for row in rows}


def is_done(progress: StopProgress | None) -> bool:
    """Return whether nothing is left to do at a stop: left, skipped, or with an outcome."""
    return progress is not None and (
        progress.state in {"departed", "skipped"} or progress.outcome != ""
    )
