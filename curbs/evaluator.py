"""The one composition of access zone rules and curb rules. Pure: snapshots in, verdicts out.

A place is a point, a zone, a curb zone or a timed path. At a curb zone its own policy speaks and
the rules of the access zones it lies in; the strictest access wins, and all reasons are given.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from curbs.book import CurbBook, Zone
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Verdict, combine
from zones import rules as zone_rules
from zones.book import RuleBook
from zones.compiled import CompiledRegulation, CompiledRow, HeldBooking, HeldPermit
from zones.honouring import Booked

AT_THE_CURB_M = 10.0


class Held(tuple[UUID, Period]):
    """A booking held: curb zone and time, as a pair, and when it was made."""

    made_at: datetime

    def __new__(cls, curb_zone_id: UUID, period: Period, made_at: datetime) -> "Held":
        held = super().__new__(cls, (curb_zone_id, period))
        held.made_at = made_at
        return held


@dataclass(frozen=True)
class Question:
    """Who asks: facts, the permits of the plate, and the curb bookings held (curb zone, time)."""

    facts: VehicleFacts
    permits: tuple[HeldPermit, ...] = ()
    bookings: tuple[tuple[UUID, Period], ...] = ()


@dataclass(frozen=True)
class AtPoint:
    """A position; `stopping` there asks the curb within ten metres too."""

    lng: float
    lat: float
    stopping: bool = False


@dataclass(frozen=True)
class InZone:
    """Anywhere in an access zone."""

    zone_id: UUID


@dataclass(frozen=True)
class AtCurb:
    """In a curb zone, standing."""

    curb_zone_id: UUID


Place = AtPoint | InZone | AtCurb


@dataclass(frozen=True)
class Crossing:
    """A stretch of a path inside an access zone, and what the rules say over it, in pieces and
    all in all."""

    zone_id: UUID
    period: Period
    verdict: Verdict
    pieces: tuple[tuple[Period, Verdict], ...]


@dataclass(frozen=True)
class Evaluator:
    """Snapshots of a city's rules as of `known_at` (None: as recorded now)."""

    zones: RuleBook
    curbs: CurbBook
    known_at: datetime | None = None

    def at(self, question: Question, place: Place, at: datetime) -> Verdict:
        """Return the verdict at an instant."""
        curb = self.curb_of(place, at)
        return zone_rules.decide(
            regulations=self._regulations(question, place, curb, at),
            facts=question.facts,
            at=at,
            tz=self.zones.tz,
            days=self.zones.days(self.known_at),
            permits=question.permits,
            bookings=self.held(question.bookings),
        )

    def over(
        self, question: Question, place: Place, period: Period
    ) -> list[tuple[Period, Verdict]]:
        """Return the verdict over a period: adjoining pieces, each with another verdict."""
        return list(self.course(question, place, period))

    def course(
        self, question: Question, place: Place, period: Period
    ) -> Iterator[tuple[Period, Verdict]]:
        """Yield the same piece by piece: what is not read is not evaluated."""
        return zone_rules.merged(self._pieces(question, place, period))

    def _pieces(
        self, question: Question, place: Place, period: Period
    ) -> Iterator[tuple[Period, Verdict]]:
        for part in self._steady(period):
            curb = self.curb_of(place, part.start)
            yield from zone_rules.course(
                regulations=self._regulations(question, place, curb, part.start),
                facts=question.facts,
                period=part,
                tz=self.zones.tz,
                days=self.zones.days(self.known_at),
                permits=question.permits,
                bookings=self.held(question.bookings),
            )

    def along(
        self, question: Question, path: Sequence[tuple[datetime, float, float]]
    ) -> list[Crossing]:
        """Return each stretch of a timed path (time, lng, lat) inside an access zone."""
        found = []
        for inside in self.zones.crossings(path, known_at=self.known_at):
            period = Period(inside.entered_at, inside.left_at)
            place = InZone(inside.zone_id)
            if period.empty:
                pieces = [(period, self.at(question, place, period.start))]
            else:
                pieces = self.over(question, place, period)
            verdict = combine(answer for _, answer in pieces)
            found.append(Crossing(inside.zone_id, period, verdict, tuple(pieces)))
        return found

    def rows(self, question: Question, place: Place, at: datetime) -> Iterable[CompiledRow]:
        """Yield the rows of the rules that hold for a question at a place at an instant."""
        for regulation in self._regulations(question, place, self.curb_of(place, at), at):
            if regulation.legal.contains(at):
                yield from regulation.rows

    def curb_of(self, place: Place, at: datetime) -> Zone | None:
        """Return the curb zone that a place means, if it means one that is in force."""
        if isinstance(place, AtCurb):
            return self.curbs.zone(place.curb_zone_id)
        if isinstance(place, AtPoint) and place.stopping:
            near = self.curbs.nearest(
                place.lng, place.lat, AT_THE_CURB_M, at=at, known_at=self.known_at
            )
            return near.zone if near else None
        return None

    def zone_ids(self, place: Place, at: datetime) -> tuple[UUID, ...]:
        """Return the access zones a place lies in at an instant."""
        if isinstance(place, InZone):
            return (place.zone_id,)
        if isinstance(place, AtPoint):
            return self._zones_at(place.lng, place.lat, at)
        curb = self.curbs.zone(place.curb_zone_id)
        return () if curb is None else self._zones_at(*curb.middle, at)

    def _zones_at(self, lng: float, lat: float, at: datetime) -> tuple[UUID, ...]:
        return tuple(self.zones.zones_at(lng, lat, at, known_at=self.known_at))

    def held(self, bookings: Iterable[tuple[UUID, Period]]) -> list[HeldBooking]:
        """Return bookings with where they count: at their curb, and in the access zones in which
        it lies when they begin."""
        return [
            HeldBooking(period, frozenset({curb_id, *self.zone_ids(AtCurb(curb_id), period.start)}))
            for curb_id, period in bookings
        ]

    def booked_in(
        self, zone_id: UUID, bookings: Iterable[tuple[UUID, Period]]
    ) -> tuple[Booked, ...]:
        """Return the bookings at curbs in an access zone that its rules may have to honour."""
        if not self.zones.honours:
            return ()
        return tuple(
            (held[1], held.made_at)
            for held in bookings
            if isinstance(held, Held) and zone_id in self.zone_ids(AtCurb(held[0]), held[1].start)
        )

    def _regulations(
        self, question: Question, place: Place, curb: Zone | None, at: datetime
    ) -> list[CompiledRegulation]:
        found = []
        if curb is not None and curb.when.holds(at, self.known_at):
            found = curb.ruling(self.known_at)
        for zone_id in self.zone_ids(place, at):
            booked = self.booked_in(zone_id, question.bookings)
            if booked:
                known = self.known_at
                found += self.zones.regulations_honouring(zone_id, booked, known_at=known)
            else:
                found += self.zones.regulations(zone_id, known_at=self.known_at)
        return found

    def _steady(self, period: Period) -> Iterable[Period]:
        """Yield the parts of a period in which no zone and no curb zone changes its geometry."""
        if period.end is None:
            raise ValueError("A horizon needs an end.")
        inner = {
            edge
            for edges in (self.zones.geography(self.known_at).edges, self.curbs.edges)
            for edge in edges[bisect_right(edges, period.start) : bisect_left(edges, period.end)]
        }
        return [Period(*ends) for ends in pairwise([period.start, *sorted(inner), period.end])]
