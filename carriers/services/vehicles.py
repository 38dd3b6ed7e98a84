"""Registering vehicles and correcting their facts."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from msgspec import UNSET, structs

from accounts import scopes
from accounts.actors import Actor
from accounts.models import Organisation
from carriers import codes
from carriers.models import Facility, Vehicle
from carriers.selectors.vehicles import vehicle_of
from carriers.services import keys
from carriers.services.owners import owner
from kernel import identifiers
from kernel.refusals import Refusal
from kernel.vehicles import NOT_STATED

_GS1 = frozenset({"grai", "giai"})
_METRES = frozenset({"length_m", "width_m", "height_m"})
_TEXTS = frozenset(
    {"plate", "category", "body", "euro_class", "n1_class", "registered_in", "grai", "giai"}
)


@transaction.atomic
def register(*, actor: Actor, wish: Any, now: datetime) -> tuple[Vehicle, bool]:
    """Register a vehicle, or update the one with the same `ref`; returns it and whether it is new.

    A vehicle with a `ref` has the id that events mean by `ref:<ref>`.
    """
    organisation = owner(
        actor=actor,
        wanted=wish.organisation_id,
        scope=scopes.VEHICLES_WRITE,
        now=now,
        action="vehicle.registered_by_mandate",
    )
    facts = _facts(wish, organisation)
    if wish.ref is UNSET:
        return _create(organisation, facts, now), True
    vehicle_id = identifiers.ref_id(organisation.id, "vehicle", wish.ref)
    vehicle = Vehicle.objects.select_for_update().filter(id=vehicle_id).first()
    if vehicle is not None:
        return _update(vehicle, facts), False
    return _create(organisation, facts | {"id": vehicle_id, "ref": wish.ref}, now), True


@transaction.atomic
def correct(*, actor: Actor, vehicle_id: UUID, wish: Any, now: datetime) -> Vehicle:
    """Change facts of a vehicle; what the wish leaves out stays as it is."""
    vehicle = vehicle_of(actor=actor, vehicle_id=vehicle_id, scope=scopes.VEHICLES_WRITE)
    owner(
        actor=actor,
        wanted=vehicle.organisation_id,
        scope=scopes.VEHICLES_WRITE,
        now=now,
        action="vehicle.corrected_by_mandate",
        vehicle_id=vehicle_id,
    )
    return _update(vehicle, _facts(wish, vehicle.organisation))


def _create(organisation: Organisation, facts: dict[str, Any], now: datetime) -> Vehicle:
    with keys.taken_once():
        return Vehicle.objects.create(
            city_id=organisation.city_id, organisation=organisation, registered_at=now, **facts
        )


def _update(vehicle: Vehicle, facts: dict[str, Any]) -> Vehicle:
    for name, value in facts.items():
        setattr(vehicle, name, value)
    if facts:
        with keys.taken_once():
            vehicle.save(update_fields=list(facts))
    return vehicle


def _facts(wish: Any, organisation: Organisation) -> dict[str, Any]:
    """Return the columns that a wish sets."""
    given = {name: value for name, value in structs.asdict(wish).items() if value is not UNSET}
    given.pop("ref", None)
    given.pop("organisation_id", None)
    for name in _TEXTS & given.keys():
        given[name] = given[name] or ""
    if given.get("particulates_g_per_kwh") == "not_stated":
        given["particulates_g_per_kwh"] = NOT_STATED
    for name in _METRES & given.keys():
        if given[name] is not None:
            given[name] = Decimal(str(round(given[name], 2)))
    for name in _GS1 & given.keys():
        given[name] = keys.own(name, given[name]) if given[name] else ""
    if given.get("plate"):
        given["plate"] = identifiers.normalise_plate(given["plate"])
    if given.get("depot_id") is not None:
        given["depot_id"] = _depot(given["depot_id"], organisation)
    return given


def _depot(text: str, organisation: Organisation) -> UUID:
    depot_id = identifiers.resolve(organisation.id, "facility", text)
    if not Facility.objects.filter(id=depot_id, organisation=organisation).exists():
        raise Refusal(codes.FACILITY_NOT_FOUND, "You have no such facility.", pointer="/depot_id")
    return depot_id
