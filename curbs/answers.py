"""Answers to questions about decisions, many at once and with few queries.

Whatever the number of questions: one query for the counters of zones and curbs and for the vehicles
named by id, and one each for permits and bookings where there are any. Asking about a
principal's vehicles is a use of its mandate and leaves an audit row for each principal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.models import City
from accounts.regions import require_here
from carriers.codes import VEHICLE_NOT_FOUND
from carriers.models import Vehicle
from curbs import charges, codes, decisions, remedies
from curbs.book import Zone
from curbs.evaluator import AtCurb, AtPoint, Crossing, Evaluator, InZone, Place, Question
from curbs.remedies import Change
from curbs.selectors.vehicles import asked_about
from foundation.api import mandate_use
from kernel.money import Money
from kernel.periods import Period
from kernel.refusals import Reason, Refusal
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Verdict, combine
from zones.codes import ZONE_NOT_FOUND
from zones.compiled import HeldPermit

SCOPE = "decisions:read"
AHEAD = timedelta(hours=48)
Path = tuple[tuple[datetime, float, float], ...]


@dataclass(frozen=True)
class Asked:
    """One question: a vehicle (id, or facts and perhaps a plate), a place or path, a time."""

    place: Place | None
    path: Path | None
    at: datetime | None
    period: Period | None
    vehicle_id: UUID | None = None
    facts: VehicleFacts | None = None
    plate: str = ""
    known_at: datetime | None = None
    remedies: bool = False

    def span(self, now: datetime) -> Period:
        """Return the time the question is about, with some room for the next change."""
        if self.path:
            return Period(self.path[0][0], self.path[-1][0] + timedelta(seconds=1))
        if self.period is not None:
            return self.period
        at = self.at or now
        return Period(at, at + AHEAD)


@dataclass(frozen=True)
class Answer:
    """What the rules say: over the parts of a period, along a path, or at an instant."""

    at: datetime
    verdict: Verdict
    pieces: tuple[tuple[Period, Verdict], ...] = ()
    crossings: tuple[Crossing, ...] = ()
    next_change_at: datetime | None = None
    curb: Zone | None = None
    charges: tuple[Money, ...] = ()
    remedies: tuple[tuple[Change, ...], ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known of those who are asked about; permits by the number of the question."""

    vehicles: Mapping[UUID, Vehicle]
    permits: Mapping[UUID, tuple[HeldPermit, ...]]
    bookings: Mapping[UUID, tuple[tuple[UUID, Period], ...]]

    def question(self, number: int, asked: Asked) -> Question:
        """Return the question with its facts. Raises Refusal 404 for a vehicle not to be seen."""
        permits = self.permits.get(UUID(int=number), ())
        if asked.vehicle_id is None:
            return Question(asked.facts or VehicleFacts(), permits)
        vehicle = self.vehicles.get(asked.vehicle_id)
        if vehicle is None:
            detail = "You have no such vehicle."
            raise Refusal(VEHICLE_NOT_FOUND, detail, pointer="/vehicle_id")
        return Question(vehicle.facts(), permits, self.bookings.get(vehicle.id, ()))


def answer(
    *, actor: Actor, questions: Sequence[Asked], now: datetime, look_ahead: bool = False
) -> list[Answer | tuple[Reason, ...]]:
    """Return an answer or the reasons against it for each question, of which there is one.

    With `look_ahead` an answer at an instant also says when it next changes, within 48 hours.
    """
    spans = [asked.span(now) for asked in questions]
    whole = Period(min(s.start for s in spans), max(s.end for s in spans if s.end))
    ids = {asked.vehicle_id for asked in questions if asked.vehicle_id is not None}
    vehicles, counted = asked_about(actor, ids, whole, scope=SCOPE)
    mandate_use.note(actor, vehicles.values(), scope=SCOPE, at=now)
    for_now = decisions.evaluator(actor.city, counted=counted)
    known = _known(for_now, questions, vehicles, whole)
    answers: list[Answer | tuple[Reason, ...]] = []
    evaluators = {None: for_now}
    for number, asked in enumerate(questions):
        evaluator = evaluators.get(asked.known_at)
        if evaluator is None:
            evaluator = evaluators[asked.known_at] = replace(for_now, known_at=asked.known_at)
        try:
            _require_here(actor.city, asked)
            question = known.question(number, asked)
            found = _answer(evaluator, asked, question, now, look_ahead)
            answers.append(_priced(evaluator, asked, question, found))
        except Refusal as refused:
            answers.append(refused.reasons)
    return answers


def _known(
    evaluator: Evaluator, questions: Sequence[Asked], vehicles: Mapping[UUID, Any], whole: Period
) -> Known:
    holders: dict[UUID, tuple[str, VehicleFacts]] = {}
    for number, asked in enumerate(questions):
        if asked.vehicle_id is None:
            holders[UUID(int=number)] = (asked.plate, asked.facts or VehicleFacts())
        elif asked.vehicle_id in vehicles:
            vehicle = vehicles[asked.vehicle_id]
            plate = vehicle.plate if vehicle.has_permits else ""
            holders[UUID(int=number)] = (plate, vehicle.facts())
    with_bookings = [row.id for row in vehicles.values() if row.has_bookings]
    return Known(
        vehicles=vehicles,
        permits=decisions.permits_of(evaluator, holders, whole),
        bookings=decisions.bookings_of(with_bookings, whole) if with_bookings else {},
    )


def _answer(
    evaluator: Evaluator, asked: Asked, question: Question, now: datetime, look_ahead: bool
) -> Answer:
    if asked.path is not None:
        crossings = tuple(evaluator.along(question, asked.path))
        return Answer(
            at=asked.path[0][0],
            verdict=combine(crossing.verdict for crossing in crossings),
            crossings=crossings,
        )
    place = asked.place
    assert place is not None
    _exists(evaluator, place)
    if asked.period is not None:
        pieces = tuple(evaluator.over(question, place, asked.period))
        whole = combine(verdict for _, verdict in pieces)
        change = pieces[0][0].end if len(pieces) > 1 else None
        curb = evaluator.curb_of(place, asked.period.start)
        return Answer(asked.period.start, whole, pieces, next_change_at=change, curb=curb)
    at = asked.at or now
    curb = evaluator.curb_of(place, at)
    if not look_ahead:
        return Answer(at, evaluator.at(question, place, at), curb=curb)
    until, verdict = next(evaluator.course(question, place, Period(at, at + AHEAD)))
    change = until.end if until.end != at + AHEAD else None
    return Answer(at, verdict, next_change_at=change, curb=curb)


def _priced(evaluator: Evaluator, asked: Asked, question: Question, found: Answer) -> Answer:
    """Return the answer with what it costs and, where that is asked, what would help."""
    tz = evaluator.zones.tz
    if asked.path is not None:
        charged = charges.over((crossing.pieces for crossing in found.crossings), tz)
    elif asked.period is not None:
        charged = charges.over([found.pieces], tz)
    else:
        charged = charges.at_once(found.verdict)
    helpful: list[tuple[Change, ...]] = []
    if asked.remedies and asked.place is not None:
        at, place = found.at, asked.place
        verdict = found.verdict if asked.period is None else found.pieces[0][1]
        helpful = remedies.remedies(evaluator, question, place, at, verdict)
    return replace(found, charges=tuple(charged), remedies=tuple(helpful))


def _require_here(city: City, asked: Asked) -> None:
    """Raises `decisions.place_elsewhere`: of what lies elsewhere this city has nothing to say.

    Who comes from far is answered, if the path can reach the region of the city.
    """
    if asked.path is not None:
        _times, lngs, lats = zip(*asked.path, strict=True)
        bounds = min(lngs), min(lats), max(lngs), max(lats)
        require_here(bounds, city, codes.PLACE_ELSEWHERE, "/path", partly=True)
    elif isinstance(asked.place, AtPoint):
        lng, lat = asked.place.lng, asked.place.lat
        require_here((lng, lat, lng, lat), city, codes.PLACE_ELSEWHERE, "/place")


def _exists(evaluator: Evaluator, place: Place) -> None:
    if isinstance(place, AtCurb) and evaluator.curbs.zone(place.curb_zone_id) is None:
        raise Refusal(codes.ZONE_NOT_FOUND, "No such curb zone.", pointer="/curb_zone_id")
    if isinstance(place, InZone) and place.zone_id not in evaluator.zones.cards:
        raise Refusal(ZONE_NOT_FOUND, "No such zone.", pointer="/zone_id")
