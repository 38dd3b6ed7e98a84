"""Which vehicles, stops and facilities of a batch the platform does not know."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from carriers import codes
from carriers.rules import Named, Statement
from kernel.refusals import Reason


class Lack(NamedTuple):
    """Something of a kind that a statement names and its sender does not have."""

    kind: str
    named: Named


def unknown(statements: Sequence[Statement], city_id: UUID) -> dict[int, list[Lack]]:
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
    found: dict[int, list[Lack]] = {}
    for place, statement in enumerate(statements):
        lacks = list(_lacks(statement, vehicles, stops, facilities))
        if lacks:
            found[place] = lacks
    return found


def reason(kind: str, said: str) -> Reason:
    """Return the reason against an event that calls something unknown `said`."""
    facts = {"named": said}
    if kind == "vehicle":
        detail, pointer = f"There is no vehicle {said} of yours.", "/vehicle/vehicle_id"
        return Reason(codes.VEHICLE_UNKNOWN, detail, pointer, facts)
    if kind == "stop":
        detail = f"There is no stop {said} in a route of yours."
        return Reason(codes.STOP_UNKNOWN, detail, "/stop_id", facts)
    detail = f"There is no facility {said} in the city."
    return Reason(codes.FACILITY_UNKNOWN, detail, "/facility_id", facts)


def _lacks(
    statement: Statement, vehicles: set[str], stops: set[str], facilities: set[str]
) -> Iterator[Lack]:
    """Yield what a statement names of the vehicles, stops and facilities that are missing."""
    if statement.voids_event_id is not None:
        return
    sender, vehicle, stop = statement.sender.text, statement.vehicle, statement.stop
    if vehicle is not None and sender + vehicle.text in vehicles:
        yield Lack("vehicle", vehicle)
    if stop is not None and sender + stop.text in stops:
        yield Lack("stop", stop)
    if statement.facility is not None and statement.facility.text in facilities:
        yield Lack("facility", statement.facility)


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
