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
from zones.compiled import HeldPermit
from zones.language import Who
from zones.models import Permit
from zones.predicates import Predicate, compile_who


def held(
    *, book: RuleBook, vehicles: Mapping[UUID, tuple[str, VehicleFacts]], period: Period
) -> dict[UUID, tuple[HeldPermit, ...]]:
    """Return for each vehicle, given by plate and facts, the permits valid within the period.

    By normalised plate, or by class where its `who` certainly holds on the first local day. One
    query, however many vehicles; none when no vehicle has a plate. Raises ValueError for a period
    with an open end.
    """
    if period.end is None:
        raise ValueError("Permits are asked for a period that ends.")
    first = period.start.astimezone(book.tz).date()
    plates = {vehicle: normalise_plate(plate) for vehicle, (plate, _) in vehicles.items()}
    known = {plate for plate in plates.values() if plate}
    by_plate = _by_plate(book.city_id, known, period, period.end) if known else {}
    by_class = [pair for pair in book.class_permits if pair[1].period.overlaps(period)]
    return {
        vehicle: (
            *by_plate.get(plates[vehicle], ()),
            *(permit for predicate, permit in by_class if predicate(facts, first)[0]),
        )
        for vehicle, (_, facts) in vehicles.items()
    }


def by_class(city_id: UUID) -> Sequence[tuple[Predicate, HeldPermit]]:
    """Return the permits for classes of vehicles, each with whom it is for."""
    rows = _rows(Permit.objects.of_city(city_id).filter(vehicle_class__isnull=False))
    return [
        (compile_who(msgspec.convert(row.vehicle_class, Who)), permit)
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
