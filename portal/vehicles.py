"""Vehicles as they are now, in the words of a page and of the stream."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Organisation
from carriers.models import Vehicle
from portal import words

SILENT_AFTER = timedelta(minutes=10)


def as_live(states: Iterable[Any], actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return what a map and a table show of each state: three queries for all of them."""
    rows = [state for state in states if state.lng is not None]
    ids = [state.vehicle_id for state in rows]
    plates = {vehicle.pk: str(vehicle) for vehicle in Vehicle.objects.filter(pk__in=ids)}
    companies = names_of({state.organisation_id for state in rows})
    return [_shown(state, plates, companies, actor.city.tz, now) for state in rows]


def names_of(organisation_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of organisations."""
    return dict(Organisation.objects.filter(pk__in=organisation_ids).values_list("id", "name"))


def _shown(
    state: Any, plates: dict[UUID, str], companies: dict[UUID, str], tz: Any, now: datetime
) -> dict[str, Any]:
    live = is_live(state, now)
    return {
        "id": str(state.vehicle_id),
        "plate": plates.get(state.vehicle_id, ""),
        "organisation": str(state.organisation_id),
        "organisation_name": companies.get(state.organisation_id, ""),
        "lng": state.lng,
        "lat": state.lat,
        "live": live,
        "status": status_of(state, live),
        "speed": words.speed(state.speed_mps),
        "at": words.clock(state.fix_at, tz) if state.fix_at else "",
    }


def is_live(state: Any, now: datetime) -> bool:
    """Return whether a vehicle reported within the last ten minutes."""
    return state.fix_at is not None and now - state.fix_at <= SILENT_AFTER


def status_of(state: Any, live: bool) -> str:
    if not live:
        return _("silent")
    return _("driving") if (state.speed_mps or 0) > 1 else _("standing")
