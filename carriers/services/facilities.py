"""Registering facilities."""

from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from msgspec import UNSET

from accounts import scopes
from accounts.actors import Actor
from carriers.models import Facility
from carriers.services import keys
from carriers.services.owners import owner
from kernel import identifiers


@transaction.atomic
def register(*, actor: Actor, wish: Any, now: datetime) -> tuple[Facility, bool]:
    """Register a facility, or update the one with the same `ref`; returns it and whether new."""
    organisation = owner(
        actor=actor,
        wanted=wish.organisation_id,
        scope=scopes.FACILITIES_WRITE,
        now=now,
        action="facility.registered_by_mandate",
    )
    facts: dict[str, Any] = {
        "kind": wish.kind,
        "name": wish.name,
        "location": Point(wish.location.lng, wish.location.lat, srid=4326),
        "active": wish.active,
    }
    if wish.gln is not None:
        facts["gln"] = keys.own("gln", wish.gln)
    fixed = {"city_id": organisation.city_id, "organisation": organisation, "registered_at": now}
    with keys.taken_once():
        if wish.ref is UNSET:
            return Facility.objects.create(**facts, **fixed), True
        facility_id = identifiers.ref_id(organisation.id, "facility", wish.ref)
        return Facility.objects.update_or_create(
            id=facility_id, defaults=facts, create_defaults=facts | fixed | {"ref": wish.ref}
        )
