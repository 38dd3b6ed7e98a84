"""Which vehicles, stops and facilities of a batch the platform does not know."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from carriers import codes
from carriers.rules import Statement
from kernel.refusals import Code, Reason


def unknown(statements: Sequence[Statement], city_id: UUID) -> dict[int, list[Reason]]:
    """Return, by index of the item, what each names that its sender does not have.

    One query per kind and batch. A void is not asked: it takes its target's subject. A facility
    may be another organisation's of the same city (a locker that many use).
    """
    asked = [statement for statement in statements if statement.voids_event_id is None]
    senders = {statement.sender.text: statement.sender_id for statement in asked}
    owners = list(senders.values())
    vehicles = {s.vehicle.text: s.vehicle.id for s in asked if s.vehicle is not None}
    stops = {s.stop.text: s.stop.id for s in asked if s.stop is not None}
    facilities = {s.facility.text: s.facility.id for s in asked if s.facility is not None}
    owned = _vehicles(list(vehicles.values()), owners)
    told = _stops(list(stops.values()), owners)
    places = _facilities(list(facilities.values()), city_id)
    found: dict[int, list[Reason]] = {}
    for statement in asked:
        sender, vehicle, stop = statement.sender.text, statement.vehicle, statement.stop
        facility = statement.facility
        reasons = []
        if vehicle is not None and sender + vehicle.text not in owned:
            reasons.append(_reason(codes.VEHICLE_UNKNOWN, "/vehicle/vehicle_id"))
        if stop is not None and sender + stop.text not in told:
            reasons.append(_reason(codes.STOP_UNKNOWN, "/stop_id"))
        if facility is not None and facility.text not in places:
            reasons.append(_reason(codes.FACILITY_UNKNOWN, "/facility_id"))
        if reasons:
            found[statement.index] = reasons
    return found


# In SQL: the queries are asked with each batch, and building them costs more than answering.
_VEHICLES = (
    "SELECT organisation_id::text || id::text FROM carriers_vehicle"
    " WHERE id = ANY(%s) AND organisation_id = ANY(%s)"
)
_STOPS = (
    "SELECT DISTINCT route.organisation_id::text || stop.stop_id::text"
    " FROM carriers_stop stop JOIN carriers_routeplan route ON route.id = stop.route_id"
    " WHERE stop.stop_id = ANY(%s) AND route.organisation_id = ANY(%s)"
)
_FACILITIES = "SELECT id::text FROM carriers_facility WHERE id = ANY(%s) AND city_id = %s"


def _vehicles(ids: list[UUID], senders: list[UUID]) -> set[str]:
    return _texts(_VEHICLES, ids, senders)


def _stops(ids: list[UUID], senders: list[UUID]) -> set[str]:
    return _texts(_STOPS, ids, senders)


def _facilities(ids: list[UUID], city_id: UUID) -> set[str]:
    return _texts(_FACILITIES, ids, city_id)


def _texts(query: str, ids: list[UUID], among: list[UUID] | UUID) -> set[str]:
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(query, [ids, among])
        return {text for (text,) in cursor.fetchall()}


def _reason(code: Code, pointer: str) -> Reason:
    return Reason(code, f"{code.title}.", pointer=pointer)
