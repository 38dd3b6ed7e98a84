"""Which vehicles, stops and facilities of a batch the platform does not know."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import connection

from carriers import codes
from carriers.rules import Statement
from kernel.refusals import Code, Reason


def unknown(statements: Sequence[Statement], city_id: UUID) -> dict[int, list[Reason]]:
    """Return, by place in `statements`, what each names that its sender does not have.

    One query per kind and batch. A void is not asked: it takes its target's subject. A facility
    may be another organisation's of the same city (a locker that many use).
    """
    asked = [s for s in statements if s.voids_event_id is None]
    senders = {s.sender.text for s in asked}
    vehicles = {s.sender.text + s.vehicle.text for s in asked if s.vehicle is not None}
    stops = {s.sender.text + s.stop.text for s in asked if s.stop is not None}
    facilities = {s.facility.text for s in asked if s.facility is not None}
    vehicles -= _texts(_VEHICLES, {pair[36:] for pair in vehicles}, senders)
    stops -= _texts(_STOPS, {pair[36:] for pair in stops}, senders)
    facilities -= _texts(_FACILITIES, facilities, {str(city_id)})
    if not (vehicles or stops or facilities):
        return {}
    found: dict[int, list[Reason]] = {}
    for place, statement in enumerate(statements):
        reasons = list(_reasons(statement, vehicles, stops, facilities))
        if reasons:
            found[place] = reasons
    return found


def _reasons(
    statement: Statement, vehicles: set[str], stops: set[str], facilities: set[str]
) -> Iterator[Reason]:
    """Yield what a statement names of the vehicles, stops and facilities that are missing."""
    if statement.voids_event_id is not None:
        return
    sender, vehicle, stop = statement.sender.text, statement.vehicle, statement.stop
    if vehicle is not None and sender + vehicle.text in vehicles:
        yield _reason(codes.VEHICLE_UNKNOWN, "/vehicle/vehicle_id")
    if stop is not None and sender + stop.text in stops:
        yield _reason(codes.STOP_UNKNOWN, "/stop_id")
    if statement.facility is not None and statement.facility.text in facilities:
        yield _reason(codes.FACILITY_UNKNOWN, "/facility_id")


# In SQL, with ids as text: asked with each batch, where building queries costs more than answers.
_VEHICLES = (
    "SELECT organisation_id::text || id::text FROM carriers_vehicle"
    " WHERE id = ANY(%s::uuid[]) AND organisation_id = ANY(%s::uuid[])"
)
_STOPS = (
    "SELECT DISTINCT route.organisation_id::text || stop.stop_id::text"
    " FROM carriers_stop stop JOIN carriers_routeplan route ON route.id = stop.route_id"
    " WHERE stop.stop_id = ANY(%s::uuid[]) AND route.organisation_id = ANY(%s::uuid[])"
)
_FACILITIES = (
    "SELECT id::text FROM carriers_facility"
    " WHERE id = ANY(%s::uuid[]) AND city_id = ANY(%s::uuid[])"
)


def _texts(query: str, ids: set[str], among: set[str]) -> set[str]:
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(query, [_array(ids), _array(among)])
        return {text for (text,) in cursor.fetchall()}


def _array(texts: set[str]) -> str:
    return "{" + ",".join(texts) + "}"


def _reason(code: Code, pointer: str) -> Reason:
    return Reason(code, f"{code.title}.", pointer=pointer)
