"""Who holds which permit."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from kernel.identifiers import normalise_plate
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from zones.book import RuleBook
from zones.class_permits import ClassPermit
from zones.compiled import HeldPermit
from zones.language import Who
from zones.models import Permit


def held(
    *, book: RuleBook, vehicles: Mapping[UUID, tuple[str, VehicleFacts]], period: Period
) -> dict[UUID, tuple[HeldPermit, ...]]:
    """Return for each vehicle, given by plate and facts, the permits valid within the period.

    By normalised plate, or by class for as long as its `who` certainly holds: a vehicle ages. One
    query, however many vehicles; none when no vehicle has a plate. Raises ValueError for a period
    with an open end.
    """
    if period.end is None:
        raise ValueError("Permits are asked for a period that ends.")
    plates = {vehicle: normalise_plate(plate) for vehicle, (plate, _) in vehicles.items()}
    known = {plate for plate in plates.values() if plate}
    by_plate = _by_plate(book.city_id, known, period, period.end) if known else {}
    classes = [one for one in book.class_permits if one.permit.period.overlaps(period)]
    return {
        vehicle: (
            *by_plate.get(plates[vehicle], ()),
            *(
                permit
                for one in classes
                for permit in one.held_by(facts, book.tz)
                if permit.period.overlaps(period)
            ),
        )
        for vehicle, (_, facts) in vehicles.items()
    }


def by_class(city_id: UUID) -> Sequence[ClassPermit]:
    """Return the permits for classes of vehicles, each with whom it is for."""
    rows = _rows(Permit.objects.of_city(city_id).filter(vehicle_class__isnull=False))
    return [
        ClassPermit.of(permit, msgspec.convert(row.vehicle_class, Who))
        for row in rows
        if (permit := _held(row)) is not None
    ]


def _by_plate(
    city_id: UUID, plates: set[str], period: Period, end: Any
) -> dict[str, list[HeldPermit]]:
    rows = Permit.objects.of_city(city_id).valid_between(period.start, end)
    found: dict[str, list[HeldPermit]] = {}
    for row in _rows(rows.filter(plate__in=plates)):
        permit = _held(row)
        if permit is not None:
            found.setdefault(row.plate, []).append(permit)
    return found


def _rows(rows: Any) -> Any:
    named = ArrayAgg("zones", filter=Q(zones__isnull=False), default=[])
    return rows.annotate(zone_ids=named).order_by("id")


def _held(row: Any) -> HeldPermit | None:
    end = row.ends_at
    if row.revoked_at is not None:
        end = row.revoked_at if end is None else min(end, row.revoked_at)
    if end is not None and end <= row.starts_at:
        return None
    return HeldPermit(row.kind, Period(row.starts_at, end), frozenset(row.zone_ids))
