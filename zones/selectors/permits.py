"""Who holds which permit."""

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

import msgspec

from kernel.identifiers import normalise_plate
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from zones.compiled import HeldPermit
from zones.language import Who
from zones.models import Permit
from zones.predicates import Predicate, compile_who


def held(
    *, city_id: UUID, vehicles: Mapping[UUID, tuple[str, VehicleFacts]], period: Period
) -> dict[UUID, tuple[HeldPermit, ...]]:
    """Return for each vehicle, given by plate and facts, the permits valid within the period.

    By normalised plate, or by class where its `who` certainly holds on the first day. Two queries,
    however many vehicles. Raises ValueError for a period with an open end.
    """
    if period.end is None:
        raise ValueError("Permits are asked for a period that ends.")
    first = period.start.date()
    plates = {vehicle: normalise_plate(plate) for vehicle, (plate, _) in vehicles.items()}
    rows = (
        Permit.objects.of_city(city_id)
        .valid_between(period.start, period.end)
        .filter(plate__in=["", *{plate for plate in plates.values() if plate}])
        .prefetch_related("zones")
    )
    by_plate: dict[str, list[HeldPermit]] = {}
    by_class: list[tuple[Predicate, HeldPermit]] = []
    for row in rows:
        permit = _held(row)
        if permit is None:
            continue
        if row.plate:
            by_plate.setdefault(row.plate, []).append(permit)
        else:
            by_class.append((_predicate(msgspec.json.encode(row.vehicle_class)), permit))
    return {
        vehicle: (
            *by_plate.get(plates[vehicle], ()),
            *(permit for predicate, permit in by_class if predicate(facts, first)[0]),
        )
        for vehicle, (_, facts) in vehicles.items()
    }


def _held(row: Permit) -> HeldPermit | None:
    end = row.ends_at
    if row.revoked_at is not None:
        end = row.revoked_at if end is None else min(end, row.revoked_at)
    if end is not None and end <= row.starts_at:
        return None
    return HeldPermit(
        row.kind, Period(row.starts_at, end), frozenset(zone.id for zone in row.zones.all())
    )


@lru_cache(maxsize=1024)
def _predicate(who: bytes) -> Predicate:
    return compile_who(msgspec.json.decode(who, type=Who))
