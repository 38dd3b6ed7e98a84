"""Decisions: the evaluator with a city's snapshots, permits and bookings put in.

    may this vehicle do this, here, at this time, and what would help?

Every consumer of rules asks here: the API, bookings, the planner; compliance judges what happened
with the same evaluator (`curbs.acts`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import City
from curbs.evaluator import AtCurb, AtPoint, Crossing, Evaluator, InZone, Place, Question
from curbs.selectors import bookings as booked
from curbs.selectors import snapshots
from foundation.rows import planned
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Verdict, combine
from zones.compiled import HeldPermit
from zones.selectors import books
from zones.selectors import permits as zone_permits

__all__ = [
    "AtCurb",
    "AtPoint",
    "Crossing",
    "Evaluator",
    "InZone",
    "Place",
    "Question",
    "along",
    "bookings_of",
    "decide",
    "evaluator",
    "over",
    "permits_of",
]


def evaluator(
    city: City, *, known_at: datetime | None = None, counted: tuple[int, int] | None = None
) -> Evaluator:
    """Return the evaluator of a city, with rules as recorded at `known_at` (None: now).

    While the rules of this process are current it takes one query, for the counters of rules and
    curbs, and none when the caller has `counted` them.
    """
    change, edition = counted or _count(city)
    return Evaluator(books.book(city.id, change), snapshots.book(city.id, edition), known_at)


def _count(city: City) -> tuple[int, int]:
    with planned() as cursor:
        cursor.execute(f"SELECT {snapshots.COUNTERS}", [city.id, city.id])
        return cursor.fetchone()


def decide(
    *,
    city: City,
    facts: VehicleFacts,
    place: Place,
    at: datetime,
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[tuple[UUID, Period]] = (),
    known_at: datetime | None = None,
) -> Verdict:
    """Return what zones and curbs say about the vehicle at the place at an instant."""
    question = Question(facts, tuple(permits), tuple(bookings))
    return evaluator(city, known_at=known_at).at(question, place, at)


def over(
    *,
    city: City,
    facts: VehicleFacts,
    place: Place,
    period: Period,
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[tuple[UUID, Period]] = (),
    known_at: datetime | None = None,
) -> list[tuple[Period, Verdict]]:
    """Return the verdict over a whole period: adjoining pieces, each with another verdict."""
    question = Question(facts, tuple(permits), tuple(bookings))
    return evaluator(city, known_at=known_at).over(question, place, period)


def along(
    *,
    city: City,
    facts: VehicleFacts,
    path: Sequence[tuple[datetime, float, float]],
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[tuple[UUID, Period]] = (),
    known_at: datetime | None = None,
) -> tuple[Verdict, list[Crossing]]:
    """Return the verdict of a timed path (time, lng, lat), and each zone it runs through."""
    question = Question(facts, tuple(permits), tuple(bookings))
    crossings = evaluator(city, known_at=known_at).along(question, path)
    return combine(crossing.verdict for crossing in crossings), crossings


def permits_of(
    evaluating: Evaluator, vehicles: Mapping[UUID, tuple[str, VehicleFacts]], period: Period
) -> Mapping[UUID, tuple[HeldPermit, ...]]:
    """Return the permits in force at some time of the period, by vehicle (plate and facts)."""
    return zone_permits.held(book=evaluating.zones, vehicles=vehicles, period=period)


def bookings_of(
    vehicle_ids: Iterable[UUID], period: Period
) -> dict[UUID, tuple[tuple[UUID, Period], ...]]:
    """Return the bookings that vehicles hold, by vehicle. One query."""
    return booked.covering(vehicle_ids, period)
