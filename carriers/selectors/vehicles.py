"""Reads of vehicles."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from accounts.actors import Actor
from carriers import codes
from carriers.models import Vehicle
from kernel.refusals import Refusal
from kernel.vehicles import VehicleFacts


class Label(NamedTuple):
    """What a list shows of a vehicle."""

    plate: str
    organisation_id: UUID
    label: str


def vehicle_of(*, actor: Actor, vehicle_id: UUID, scope: str) -> Vehicle:
    """Return a vehicle that the actor may see with a scope.

    Raises a Refusal (404) for what is not there and for what is not theirs alike.
    """
    vehicle = Vehicle.objects.visible_to(actor, scope).filter(id=vehicle_id).first()
    if vehicle is None:
        raise Refusal(codes.VEHICLE_NOT_FOUND, "You have no such vehicle.", vehicle_id=vehicle_id)
    return vehicle


def facts_of(vehicle_ids: Collection[UUID]) -> dict[UUID, VehicleFacts]:
    """Return the facts of vehicles by id; ids that are no vehicle are left out."""
    return {row.id: row.facts() for row in Vehicle.objects.filter(id__among=vehicle_ids)}


def plates_of(vehicle_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the number plates of vehicles by id, empty where there is none."""
    return dict(Vehicle.objects.filter(id__among=vehicle_ids).values_list("id", "plate"))


def cards_of(vehicle_ids: Collection[UUID]) -> dict[UUID, tuple[str, VehicleFacts]]:
    """Return number plate and facts of vehicles by id. One query."""
    rows = Vehicle.objects.filter(id__among=vehicle_ids)
    return {row.id: (row.plate, row.facts()) for row in rows}


def summary(vehicle_ids: Collection[UUID]) -> dict[UUID, Label]:
    """Return plate, organisation and a label for people of vehicles by id."""
    rows = Vehicle.objects.filter(id__among=vehicle_ids).select_related("organisation")
    return {
        row.id: Label(row.plate, row.organisation_id, f"{row.organisation.name} {row}")
        for row in rows
    }


def owners_of(vehicle_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Return (city, organisation) of vehicles by id."""
    rows = Vehicle.objects.filter(id__among=vehicle_ids)
    return {
        vehicle_id: (city_id, organisation_id)
        for vehicle_id, city_id, organisation_id in rows.values_list(
            "id", "city_id", "organisation_id"
        )
    }
