"""One vehicle's day, built from the first gate to the last: its true track, stops and errands."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry import Point as ShapelyPoint

from simulation import motion, rulebook
from simulation.fleet import Vehicle
from simulation.ground import Point, metres
from simulation.places import CLEAR_OF_BAY_M, Bay, Place
from simulation.rulebook import BayStay, Visit
from simulation.streets import NoWay, Streets, Way

LEGAL_DISTANCE_M = 40.0
LOOK_AHEAD_S = 1500.0
CLEARANCE_M = 45.0


class Unusable(Exception):
    """The dice fell so that this day of the vehicle cannot be told apart; throw them again."""


@dataclass(frozen=True)
class StopDone:
    """A stop that was served, with its true times."""

    trip: str
    stop: str
    seq: int
    place: Place
    arrived: float
    departed: float
    bay: str | None = None
    booking: str | None = None
    succeeded: bool = True


@dataclass(frozen=True)
class Trip:
    """One trip from the depot: scans begin at `gate_in`, driving at `start`."""

    ref: str
    gate_in: float
    start: float
    end: float


@dataclass(frozen=True)
class BookingWish:
    """A booking the vehicle's dispatcher makes: when asked, for which time, and its visit."""

    ref: str
    vehicle: str
    bay: str
    ask_at: float
    start: float
    end: float
    arrived: float
    departed: float


@dataclass
class Tour:
    """The builder of one vehicle's day."""

    vehicle: Vehicle
    streets: Streets
    polygons: Mapping[str, Polygon]
    rng: np.random.Generator
    depot: Point
    curb: Sequence[Point] = ()
    resting: bool = False
    track: motion.Track = field(default_factory=motion.Track)
    driven: list[tuple[float, float]] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    stops: list[StopDone] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    bay_stays: list[BayStay] = field(default_factory=list)
    wishes: list[BookingWish] = field(default_factory=list)
    intended: list[tuple[str, str]] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    _seen: tuple[int, list[Visit]] = (0, [])

    # -- where and when

    @property
    def now(self) -> float:
        return self.track.end_s

    @property
    def at(self) -> Point:
        return self.track.at

    def zone_at(self, point: Point) -> str | None:
        spot = ShapelyPoint(point)
        return next((z for z, p in self.polygons.items() if p.contains(spot)), None)

    def stand(self, until: float) -> None:
        self.track.add(until, self.at)

    def pace(self) -> float:
        """Share of the free-flow speed at this hour: slow peaks, an easier middle of the day."""
        hour = self.now / 3600.0 % 24
        peak = math.exp(-(((hour - 8.2) / 1.1) ** 2)) + math.exp(-(((hour - 16.3) / 1.3) ** 2))
        return float((0.80 - 0.30 * min(1.0, peak)) * self.rng.uniform(0.9, 1.1))

    # -- driving

    def way(self, to: Point, *, via: Sequence[Point] = (), into: str | None = None) -> Way:
        """A legal way, except that the zone `into` and the one we stand in are open."""
        closed = rulebook.closed_zones(
            self.vehicle.facts, self.now - 120.0, self.now + LOOK_AHEAD_S
        )
        closed -= {zone for zone in (into, self.zone_at(self.at)) if zone}
        return self.streets.route([self.at, *via, to], closed=closed)

    def timed(self, way: Way, *, to: Point, pace: float) -> list[tuple[float, Point]]:
        """The way's vertices with seconds from its start; the last one is `to` itself."""
        points, speeds = list(way.points), [min(14.0, v * pace) for v in way.speeds]
        if points[0] != self.at:
            points.insert(0, self.at)
            speeds.insert(0, 2.5)
        if points[-1] != to:
            points.append(to)
            speeds.append(2.5)
        return motion.profile(points, speeds, start_s=0.0)

    def drive(self, timed: Sequence[tuple[float, Point]]) -> None:
        start = self.now
        for offset, point in timed:
            self.track.add(start + offset, point)
        if self.now > start:
            self.driven.append((start, self.now))
        self.resting = False

    def go(self, to: Point, *, via: Sequence[Point] = (), into: str | None = None) -> None:
        self.drive(self.timed(self.way(to, via=via, into=into), to=to, pace=self.pace()))

    def leave_by(self, to: Point, *, exit_at: float) -> None:
        """Stand until the way out of the zone we are in crosses its edge at `exit_at`; drive."""
        zone = self.zone_at(self.at)
        timed = self.timed(self.way(to), to=to, pace=self.pace())
        ghost = motion.Track([0.0], [self.at])
        for offset, point in timed:
            ghost.add(offset, point)
        seen = list(rulebook.visits(ghost, {"zone": self.polygons[zone or ""]}))
        wait = exit_at - seen[-1].end
        if wait < self.now:
            raise Unusable("too late to leave on time")
        self.stand(wait)
        self.drive(timed)
        self.resting = True

    # -- trips and stops

    def begin_trip(self, ref: str, gate_in: float) -> None:
        """Gate, dock and load scans take 12 to 18 minutes; then the trip starts."""
        start = gate_in + float(self.rng.uniform(720, 1080))
        if not self.track.times:
            self.track.add(gate_in, self.depot)
        self.trips.append(Trip(ref, gate_in, start, math.nan))
        self.stand(start)

    def end_trip(self) -> None:
        self.go(self.depot)
        self.stand(self.now + 120.0)
        trip = self.trips[-1]
        self.trips[-1] = Trip(trip.ref, trip.gate_in, trip.start, self.now)

    def serve(self, place: Place, *, dwell_s: float, into: str | None = None) -> None:
        self.go(place.at, into=into)
        arrived = self.now
        self.stand(arrived + dwell_s)
        self._served(place, arrived)

    def _served(
        self, place: Place, arrived: float, bay: str | None = None, wish: str | None = None
    ) -> None:
        trip = self.trips[-1].ref
        seq = 1 + sum(stop.trip == trip for stop in self.stops)
        self.stops.append(
            StopDone(
                trip=trip,
                stop=f"{trip}-{seq:02d}",
                seq=seq,
                place=place,
                arrived=arrived,
                departed=self.now,
                bay=bay,
                booking=wish,
                succeeded=bool(self.rng.random() > 0.03),
            )
        )

    def use_bay(self, bay: Bay, *, dwell_s: float, booked: bool) -> None:
        """Stand at a bay, with a booking around the stay or without one."""
        self.go(bay.at)
        arrived = self.now
        self.stand(arrived + dwell_s)
        self.bay_stays.append(BayStay(bay.code, arrived, self.now, booked))
        wish = None
        if booked:
            wish = f"{self.vehicle.ref}-{len(self.wishes) + 1}"
            self.wishes.append(
                BookingWish(
                    ref=wish,
                    vehicle=self.vehicle.ref,
                    bay=bay.code,
                    ask_at=max(5.5 * 3600, 900 * math.floor((arrived - 5400) / 900)),
                    start=300 * math.floor((arrived - 240) / 300),
                    end=300 * math.ceil((self.now + 240) / 300),
                    arrived=arrived,
                    departed=self.now,
                )
            )
        place = Place(bay.code, "", bay.at, None)
        self._served(place, arrived, bay.code, wish)

    def lose_signal(self) -> None:
        """One harmless silence of 22 to 52 s while driving, its chord far from what is closed."""
        for i in self.rng.permutation(len(self.driven)):
            start, end = self.driven[int(i)]
            length = float(self.rng.uniform(22.0, 52.0))
            if end - start < length + 15.0:
                continue
            gap = (round(start + 7.0, 1), round(start + 7.0 + length, 1))
            if any(s < gap[1] and gap[0] < e for s, e in self.gaps):
                continue
            chord = LineString([self.track.position(gap[0]), self.track.position(gap[1])])
            closed = rulebook.closed_zones(self.vehicle.facts, *gap)
            if all(self.polygons[zone].distance(chord) >= 60.0 for zone in closed):
                self.gaps.append(gap)
                return

    # -- truth

    def visits(self) -> list[Visit]:
        """Its true visits to zones (computed once for each length of the track)."""
        count = len(self.track.times)
        if self._seen[0] != count:
            self._seen = (count, rulebook.visits(self.track, self.polygons))
        return self._seen[1]

    def truth(self) -> list[rulebook.Truth]:
        return rulebook.violations(self.vehicle.facts, self.visits(), self.bay_stays, self.gaps)

    def check(self) -> None:
        """Raise Unusable unless what was driven is what was meant, beyond any argument."""
        driven = sorted((t.kind, t.place) for t in self.truth())
        if driven != sorted(self.intended):
            raise Unusable(f"{self.vehicle.ref}: meant {sorted(self.intended)}, drove {driven}")
        for visit in self.visits():
            wrong = visit.forbidden_s(self.vehicle.facts)
            in_gap = any(s <= visit.start and visit.end <= e for s, e in self.gaps)
            if 0.0 < wrong < (38.0 if in_gap else 60.0):
                raise Unusable(f"{self.vehicle.ref}: {wrong:.0f} s in {visit.zone}")
        self._check_distance()
        self._check_curbs()

    def _check_curbs(self) -> None:
        """Nobody stands near a bay but who uses it."""
        for t0, t1, a, b in self.track.pieces():
            if t1 - t0 < 45.0 or metres(a, b) > 1.0:
                continue
            if any(stay.start <= t0 and t1 <= stay.end for stay in self.bay_stays):
                continue
            if any(metres(a, bay) < CLEAR_OF_BAY_M for bay in self.curb):
                raise Unusable(f"{self.vehicle.ref}: stands near a bay at {t0:.0f}")

    def _check_distance(self) -> None:
        """Where a zone is closed to the vehicle, it keeps 40 m off it, but for its violations."""
        excused = [(v.zone, v.start - 90.0, v.end + 90.0) for v in self.visits()]
        lines = shapely.linestrings([[a, b] for _, _, a, b in self.track.pieces()])
        times = [(t0, t1) for t0, t1, _, _ in self.track.pieces()]
        for zone, polygon in self.polygons.items():
            bans = rulebook.bans(zone, self.vehicle.facts)
            if not bans:
                continue
            close = np.flatnonzero(shapely.distance(polygon, lines) < LEGAL_DISTANCE_M)
            for i in close:
                t0, t1 = times[i]
                if any(z == zone and s <= t0 and t1 <= e for z, s, e in excused):
                    continue
                if any(b.start - 60 < t1 and t0 < b.end + 60 for b in bans):
                    raise Unusable(f"{self.vehicle.ref}: skirts {zone} at {t0:.0f}")

    def near_edges(self) -> list[tuple[str, str, str, float]]:
        """Drives of 50 m or more along the edge of a zone that is closed, 60 to 120 m off it."""
        pieces = list(self.track.pieces())
        lines = shapely.linestrings([[a, b] for _, _, a, b in pieces])
        starts = np.array([t0 for t0, _, _, _ in pieces])
        lengths = shapely.length(lines)
        off = {zone: shapely.distance(p, lines) for zone, p in self.polygons.items()}
        found = []
        for start, end in self.driven:
            part = slice(*np.searchsorted(starts, [start, end]))
            for zone in rulebook.closed_zones(self.vehicle.facts, start, end):
                beside = (off[zone][part] >= 60.0) & (off[zone][part] <= 120.0)
                if lengths[part][beside].sum() >= 50.0 and off[zone][part].min() >= 60.0:
                    found.append(("along the edge", self.vehicle.ref, zone, start))
        return found

    def just_in_time(self) -> list[tuple[str, str, str, float]]:
        """Visits that end within two minutes before the zone closes to the vehicle."""
        found = []
        for visit in self.visits():
            for ban in rulebook.bans(visit.zone, self.vehicle.facts):
                closes = ban.start + ban.vacate_s
                if closes - 120.0 <= visit.end <= closes:
                    found.append(("before closing", self.vehicle.ref, visit.zone, visit.end))
        return found

    def by_permit(self) -> list[tuple[str, str, str, float]]:
        """Visits that only a permit makes legal."""
        bare = replace(self.vehicle.facts, permits=frozenset())
        return [
            ("valid permit", self.vehicle.ref, visit.zone, visit.start)
            for visit in self.visits()
            if visit.forbidden_s(bare) > visit.forbidden_s(self.vehicle.facts)
        ]


__all__ = ["BookingWish", "NoWay", "StopDone", "Tour", "Trip", "Unusable"]
