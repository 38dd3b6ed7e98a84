"""Which vehicles, stops and facilities of a batch the platform does not know."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from carriers import codes
from carriers.models import Facility, Stop, Vehicle
from carriers.rules import Statement
from kernel.refusals import Code, Reason


def unknown(statements: Sequence[Statement], city_id: UUID) -> dict[int, list[Reason]]:
    """Return, by index of the item, what each names that its sender does not have.

    One query per kind and batch. A void is not asked: it takes its target's subject. A facility
    may be another organisation's of the same city (a locker that many use).
    """
    asked = [statement for statement in statements if statement.voids_event_id is None]
    senders = {statement.sender_id for statement in asked}
    vehicles = {s.vehicle_id for s in asked if s.vehicle_id is not None}
    stops = {s.stop_id for s in asked if s.stop_id is not None}
    facilities = {s.facility_id for s in asked if s.facility_id is not None}
    owned = _vehicles(vehicles, senders)
    told = _stops(stops, senders)
    places = _facilities(facilities, city_id)
    found: dict[int, list[Reason]] = {}
    for statement in asked:
        sender, vehicle_id, stop_id = statement.sender_id, statement.vehicle_id, statement.stop_id
        reasons = []
        if vehicle_id is not None and (sender, vehicle_id) not in owned:
            reasons.append(_reason(codes.VEHICLE_UNKNOWN, "/vehicle/vehicle_id"))
        if stop_id is not None and (sender, stop_id) not in told:
            reasons.append(_reason(codes.STOP_UNKNOWN, "/stop_id"))
        if statement.facility_id is not None and statement.facility_id not in places:
            reasons.append(_reason(codes.FACILITY_UNKNOWN, "/facility_id"))
        if reasons:
            found[statement.index] = reasons
    return found


def _vehicles(ids: Iterable[UUID], senders: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    rows = Vehicle.objects.filter(id__in=ids, organisation_id__in=senders) if ids else None
    return set() if rows is None else set(rows.values_list("organisation_id", "id"))


def _stops(ids: Iterable[UUID], senders: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    if not ids:
        return set()
    rows = Stop.objects.filter(stop_id__in=ids, route__organisation_id__in=senders)
    return set(rows.order_by().values_list("route__organisation_id", "stop_id").distinct())


def _facilities(ids: Iterable[UUID], city_id: UUID) -> set[UUID]:
    rows = Facility.objects.of_city(city_id).filter(id__in=ids) if ids else None
    return set() if rows is None else set(rows.values_list("id", flat=True))


def _reason(code: Code, pointer: str) -> Reason:
    return Reason(code, f"{code.title}.", pointer=pointer)
