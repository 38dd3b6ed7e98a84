"""Makers of vehicles, facilities and events for tests."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from carriers.models import Facility, Vehicle
from kernel.identifiers import ref_id
from tests.factories import TUESDAY


def vehicle(organisation: Any, ref: str, **facts: Any) -> Vehicle:
    """Return a vehicle of a carrier that events mean by `ref:<ref>`."""
    return Vehicle.objects.create(
        id=ref_id(organisation.id, "vehicle", ref),
        city_id=organisation.city_id,
        organisation=organisation,
        ref=ref,
        plate=ref.upper(),
        registered_at=TUESDAY,
        **facts,
    )


def facility(organisation: Any, ref: str, **facts: Any) -> Facility:
    """Return a facility of an organisation that events mean by `ref:<ref>`."""
    from django.contrib.gis.geos import Point

    known = {"kind": "depot", "name": ref, "location": Point(24.94, 60.17, srid=4326)}
    return Facility.objects.create(
        id=ref_id(organisation.id, "facility", ref),
        city_id=organisation.city_id,
        organisation=organisation,
        ref=ref,
        registered_at=TUESDAY,
        **(known | facts),
    )


def position(
    vehicle: Vehicle, at: datetime, lng: float = 24.94, lat: float = 60.17, **members: Any
) -> dict[str, Any]:
    """Return a `telemetry.position` as a carrier sends it; `place` members by keyword."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "telemetry.position",
        "classifier": "actual",
        "carrier_id": str(vehicle.organisation_id),
        "occurred_at": at.isoformat(),
        "vehicle": {"vehicle_id": str(vehicle.id)},
        "place": {"lat": lat, "lng": lng} | members,
    }


def event(vehicle: Vehicle, event_type: str, at: datetime, **members: Any) -> dict[str, Any]:
    """Return an event of a vehicle as a carrier sends it."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": event_type,
        "classifier": "actual",
        "carrier_id": str(vehicle.organisation_id),
        "occurred_at": at.isoformat(),
        "vehicle": {"vehicle_id": str(vehicle.id)},
    } | members


def minutes(count: float) -> datetime:
    """Return an instant so many minutes after TUESDAY."""
    return TUESDAY + timedelta(minutes=count)
