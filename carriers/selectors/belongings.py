"""Which vehicles, stops and facilities of a batch the platform does not know."""

from collections.abc import Collection, Container, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from carriers import codes
from carriers.positions import Positions
from carriers.rules import Named, Statement
from kernel.refusals import Reason

Missing = tuple[str, str, str]
"""Kind, owner and id of something that is not its owner's."""


class Lack(NamedTuple):
    """Something of a kind that a statement names and its sender does not have."""

    kind: str
    named: Named


def missing(
    statements: Sequence[Statement], positions: Sequence[Positions], city_id: UUID
) -> frozenset[Missing]:
    """Return what statements and positions name and their senders do not have.

    One query per kind, none for vehicles that were seen before. A void is not asked: it takes its
    target's subject. A facility may be another organisation's of the same city (a locker that
    many use).
    """
    asked = [s for s in statements if s.voids_event_id is None]
    city = str(city_id)
    # Each name once, by the object that stands for it in a batch: most events share one.
    vehicles = {id(s.vehicle): (s.sender.text, s.vehicle) for s in asked if s.vehicle is not None}
    for run in positions:
        sender = run.sender.text
        vehicles |= {id(one): (sender, one) for one in run.named}
    stops = {id(s.stop): (s.sender.text, s.stop) for s in asked if s.stop is not None}
    facilities = {id(s.facility): (city, s.facility) for s in asked if s.facility is not None}
    return frozenset(
        (
            *_missing_vehicles(vehicles.values()),
            *_missing(_STOPS, stops.values()),
            *_missing(_FACILITIES, facilities.values()),
        )
    )


def lacks(statement: Statement, found: Container[Missing], city_id: UUID) -> list[Lack]:
    """Return what a statement names of what is `missing`."""
    if statement.voids_event_id is not None:
        return []
    sender = statement.sender.text
    named = (
        ("vehicle", sender, statement.vehicle),
        ("stop", sender, statement.stop),
        ("facility", str(city_id), statement.facility),
    )
    return [
        Lack(kind, one)
        for kind, owner, one in named
        if one is not None and (kind, owner, one.text) in found
    ]


def are_known(positions: Positions, found: Container[Missing]) -> bool:
    """Return whether positions name nothing of what is `missing`."""
    sender = positions.sender.text
    return all(("vehicle", sender, one.text) not in found for one in positions.named)


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


_MOST_SEEN = 200_000
_seen: set[tuple[str, str]] = set()
"""Owners and vehicles of theirs that this process has seen."""

# In SQL, because it is asked with each batch, where building queries costs more than answers.
_VEHICLES = (
    "SELECT 'vehicle', owner, id FROM unnest(%s::text[], %s::text[]) AS asked(owner, id)"
    " WHERE NOT EXISTS (SELECT FROM carriers_vehicle known"
    " WHERE known.id = asked.id::uuid AND known.organisation_id = asked.owner::uuid)"
)
_STOPS = (
    "SELECT 'stop', owner, id FROM unnest(%s::text[], %s::text[]) AS asked(owner, id)"
    " WHERE NOT EXISTS (SELECT FROM carriers_stop known"
    " JOIN carriers_routeplan route ON route.id = known.route_id"
    " WHERE known.stop_id = asked.id::uuid AND route.organisation_id = asked.owner::uuid)"
)
_FACILITIES = (
    "SELECT 'facility', owner, id FROM unnest(%s::text[], %s::text[]) AS asked(owner, id)"
    " WHERE NOT EXISTS (SELECT FROM carriers_facility known"
    " WHERE known.id = asked.id::uuid AND known.city_id = asked.owner::uuid)"
)


def _missing_vehicles(pairs: Collection[tuple[str, Named]]) -> list[Missing]:
    """Return the vehicles that are not their sender's. One that is stays it for good: vehicles
    are never deleted and never change hands."""
    new = [(owner, one) for owner, one in pairs if (owner, one.text) not in _seen]
    missing = _missing(_VEHICLES, new)
    if not connection.in_atomic_block:  # what another transaction committed cannot be undone
        lost = {(owner, text) for _, owner, text in missing}
        if len(_seen) + len(new) > _MOST_SEEN:
            _seen.clear()
        _seen.update(pair for owner, one in new if (pair := (owner, one.text)) not in lost)
    return missing


def _missing(query: str, pairs: Collection[tuple[str, Named]]) -> list[Missing]:
    """Return kind, owner and id of the pairs that do not belong together."""
    if not pairs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            query, [_array(owner for owner, _ in pairs), _array(n.text for _, n in pairs)]
        )
        return cursor.fetchall()


def _array(texts: Iterable[str]) -> str:
    return "{" + ",".join(texts) + "}"
