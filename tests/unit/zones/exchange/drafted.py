"""Decides by a draft, as the evaluator will once an official has published it."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period
from kernel.schedules import DayCalendar
from kernel.vehicles import VehicleFacts
from zones import language, rules
from zones.compiled import compile_regulation

ZONE = UUID(int=1)


def access(draft, facts, local, tz, holidays=()):
    """Return the access of a vehicle in a draft at a local time ("2026-05-12 09:00")."""
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(tz))
    return rules.decide(
        regulations=compiled(draft),
        facts=VehicleFacts(**facts),
        at=at,
        tz=ZoneInfo(tz),
        days=DayCalendar(frozenset(map(date.fromisoformat, holidays))),
    ).access.value


def every_access(draft, vehicles, moments, tz, holidays=()):
    """Return the access of all vehicles at all local times: a draft is compiled once for them."""
    zone, ruling = ZoneInfo(tz), compiled(draft)
    days = DayCalendar(frozenset(map(date.fromisoformat, holidays)))
    times = [datetime.fromisoformat(local).replace(tzinfo=zone) for local in moments]
    return [
        rules.decide(
            regulations=ruling, facts=VehicleFacts(**facts), at=at, tz=zone, days=days
        ).access.value
        for facts in vehicles
        for at in times
    ]


def compiled(draft):
    """Return the versions of a draft as if they were published; every row is in the language."""
    made = []
    for number, regulation in enumerate(draft.regulations, start=1):
        for index, version in enumerate(regulation.versions, start=1):
            assert language.read(version.rows)[1] == []
            legal = Period(version.legal_from, version.legal_until)
            made.append(
                compile_regulation(
                    regulation_id=UUID(int=number),
                    version_id=UUID(int=number * 1000 + index),
                    number=index,
                    code=regulation.source_id,
                    zone_id=ZONE,
                    rows=version.rows,
                    legal=legal,
                    recorded=Period(version.legal_from),
                )
            )
    return rules.in_force(made)


def codes(notes, kind):
    """Return the codes of notes of a kind."""
    return [note.code for note in notes if note.kind == kind]
