"""The whole working day before it begins: forty tours, their truth, their bookings.

Everything comes from one seed. A vehicle whose dice fell so that right and wrong could be argued
about throws again, from the next stream of the same seed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from shapely.geometry import Polygon

from simulation import fleet, places, rulebook
from simulation.errands import DOORS, BayTable, Errands, bay_dwell, plan_of, short_dwell
from simulation.ground import Plane, Point, metres
from simulation.places import Address, Bay, Place
from simulation.rulebook import HOUR, NOON
from simulation.streets import NoWay, Streets
from simulation.tour import CLEARANCE_M, Tour, Unusable

ATTEMPTS = 60
STOPS_MORNING = 8
STOPS_AFTERNOON = 6
AFTERNOON_IN_NOON_ZONE = 2


@dataclass(frozen=True)
class City:
    """What the simulator reads of the city pack and of the map."""

    plane: Plane
    polygons: Mapping[str, Polygon]
    bays: Sequence[Bay]
    race_bays: Sequence[Bay]
    addresses: Sequence[Address]
    hub: Point = (287.0, -300.0)


@dataclass(frozen=True)
class AfternoonStop:
    """A stop of a planned vehicle's afternoon, as published in the morning."""

    stop: str
    seq: int
    place: Place
    units: int
    service_s: int


@dataclass
class Day:
    """The day as it will be driven; planned vehicles only up to noon."""

    seed: int
    tours: list[Tour]
    afternoons: dict[str, list[AfternoonStop]] = field(default_factory=dict)

    @property
    def stops(self) -> int:
        return sum(len(t.stops) for t in self.tours) + sum(map(len, self.afternoons.values()))

    def truth(self) -> list[rulebook.Truth]:
        return [truth for tour in self.tours for truth in tour.truth()]

    def near_misses(self) -> list[tuple[str, str, str, float]]:
        """What was legal, but only just: (how, vehicle, zone, when)."""
        found = []
        for tour in self.tours:
            found += tour.near_edges()
            found += tour.just_in_time()
            found += tour.by_permit()
        return found


def compose(seed: int, city: City, streets: Streets) -> Day:
    """The day of a seed."""
    for zone, polygon in city.polygons.items():
        streets.close(zone, polygon.buffer(CLEARANCE_M))
    stops = places.stops(
        city.addresses,
        streets=streets,
        hub=city.hub,
        polygons=city.polygons,
        curb=[*city.bays, *city.race_bays],
    )
    stops = [place for place in stops if _always_open(place, city, streets)]
    day = Day(seed, [])
    table = BayTable(city.bays)
    errands = Errands(stops, table, [streets.snap(p)[0] for p in DOORS])
    roots = np.random.SeedSequence(seed).spawn(64)
    number = 0
    for index, vehicle in enumerate(fleet.vehicles()):
        maker = _Maker(city, streets, stops, errands, table)
        tour, afternoon = maker.make(vehicle, roots[index], number)
        day.tours.append(tour)
        if vehicle.planned:
            day.afternoons[vehicle.ref] = afternoon
        else:
            number += 1
    return day


def _always_open(place: Place, city: City, streets: Streets) -> bool:
    """Can the place be reached and left while every zone but its own is closed?"""
    closed = frozenset(city.polygons) - {place.zone or ""}
    try:
        streets.route([city.hub, place.at, city.hub], closed=closed)
    except NoWay:
        return False
    return True


@dataclass
class _Maker:
    city: City
    streets: Streets
    stops: Sequence[Place]
    errands: Errands
    table: BayTable

    def make(
        self, vehicle: fleet.Vehicle, root: np.random.SeedSequence, number: int
    ) -> tuple[Tour, list[AfternoonStop]]:
        mark, last = self.table.mark(), ""
        for stream in root.spawn(ATTEMPTS):
            tour = self._blank(vehicle, np.random.default_rng(stream))
            self.table.rewind(mark)
            try:
                afternoon = self._build(tour, number)
                tour.lose_signal()
                tour.check()
            except (Unusable, NoWay) as reason:
                last = str(reason)
                continue
            return tour, afternoon
        raise RuntimeError(f"{vehicle.ref} finds no day that is beyond doubt: {last}")

    def _blank(self, vehicle: fleet.Vehicle, rng: np.random.Generator) -> Tour:
        carrier = next(c for c in fleet.CARRIERS if c.code == vehicle.carrier)
        depot = self.streets.snap(carrier.at)[0]
        curb = [bay.at for bay in (*self.city.bays, *self.city.race_bays)]
        return Tour(vehicle, self.streets, self.city.polygons, rng, depot, curb)

    def _build(self, tour: Tour, number: int) -> list[AfternoonStop]:
        if tour.vehicle.planned:
            return self._planned(tour)
        morning, afternoon, night = plan_of(tour, number, self.errands, refuge=self._refuge)
        gate = 5.6 if tour.vehicle.heavy else tour.rng.uniform(6.2, 6.8)
        ref = tour.vehicle.ref
        self._trip(tour, f"{ref}-1", gate * HOUR, morning, 1)
        self._trip(tour, f"{ref}-2", 12.7 * HOUR, afternoon, 0)
        if night:
            self._trip(tour, f"{ref}-3", (21.0 if number % 2 else 23.0) * HOUR, night, 1)
        return []

    def _trip(self, tour: Tour, ref: str, gate_in: float, steps: Sequence, quota: int) -> None:
        if tour.track.times and tour.now > gate_in:
            raise Unusable("the last trip ends too late")
        tour.begin_trip(ref, gate_in)
        for at, errand in steps:
            while quota and tour.now < at - 900:
                self._ordinary(tour)
                quota -= 1
            if tour.now > at + 600:
                raise Unusable(f"{at:.0f} is too early for {ref}")
            errand(tour)
            last = tour.stops[-1]
            # Nobody waits in the middle of a street, at a bay or inside a zone.
            if last.bay or (last.departed != tour.now and not tour.resting):
                self._ordinary(tour)
            elif tour.zone_at(tour.at):
                tour.go(self._refuge(tour))
        while quota and tour.now < 18 * HOUR:
            self._ordinary(tour)
            quota -= 1
        tour.end_trip()

    def _ordinary(self, tour: Tour) -> None:
        """A short stop at a legal place not far away."""
        tour.serve(self._legal_place(tour), dwell_s=short_dwell(tour.rng))

    def _legal_place(self, tour: Tour, until: float | None = None) -> Place:
        closed = rulebook.closed_zones(
            tour.vehicle.facts, tour.now - 120.0, until or tour.now + 2400.0
        )
        picks = tour.rng.integers(len(self.stops), size=60)
        legal = [self.stops[i] for i in picks if self.stops[i].zone not in closed]
        if not legal:
            raise Unusable("no legal stop")
        return min(legal[:5], key=lambda place: abs(metres(place.at, tour.at) - 300.0))

    def _refuge(self, tour: Tour) -> Point:
        """A place outside all zones to drive to when one has to get out in time."""
        picks = tour.rng.permutation(len(self.stops))
        outside = (self.stops[i] for i in picks if self.stops[i].zone is None)
        return next(p.at for p in outside if 250.0 < metres(p.at, tour.at) < 900.0)

    # -- planned vehicles

    def _planned(self, tour: Tour) -> list[AfternoonStop]:
        tour.begin_trip(f"{tour.vehicle.ref}-1", tour.rng.uniform(5.5, 6.6) * HOUR)
        bay_at = [tour.rng.uniform(6.9, 10.6) * HOUR]
        bicycle = tour.vehicle.facts.category == "cargo_bicycle"
        for _ in range(STOPS_MORNING):
            if tour.now > 11.1 * HOUR:
                break
            if bay_at and tour.now > bay_at[0] and not bicycle:
                bay_at.pop(0)
                dwell = bay_dwell(tour.rng)
                self.errands.bay(tour, at=tour.now + 1.0, booked=True, dwell_s=dwell)
                continue
            self._ordinary(tour)
            tour.stand(tour.now + float(tour.rng.uniform(120, 1100)))
            tour.stops[-1] = replace(tour.stops[-1], departed=tour.now)
        self._lunch(tour)
        trip = tour.trips[-1]
        tour.trips[-1] = replace(trip, end=math.inf)
        return self._afternoon(tour)

    def _lunch(self, tour: Tour) -> None:
        """Pause before noon at a legal place outside all zones, until the new plan is there."""
        if tour.now > 11.4 * HOUR:
            raise Unusable("no time for lunch")
        tour.go(self._refuge(tour))
        tour.pauses.append((tour.now, NOON))
        tour.stand(NOON)

    def _afternoon(self, tour: Tour) -> list[AfternoonStop]:
        """Stops that are legal by what is known in the morning; some in the zone of the noon
        rule."""
        facts = tour.vehicle.facts
        closed = rulebook.closed_zones(facts, 12 * HOUR, 17 * HOUR) - {rulebook.NOON_ZONE}
        legal = [p for p in self.stops if p.zone not in closed]
        noon = [p for p in legal if p.zone == rulebook.NOON_ZONE]
        other = [p for p in legal if p.zone != rulebook.NOON_ZONE]
        rng = tour.rng
        chosen = [noon[i] for i in rng.permutation(len(noon))[:AFTERNOON_IN_NOON_ZONE]]
        chosen += [
            other[i]
            for i in rng.permutation(len(other))[: STOPS_AFTERNOON - AFTERNOON_IN_NOON_ZONE]
        ]
        order = rng.permutation(len(chosen))
        trip, before = tour.trips[-1].ref, len(tour.stops)
        return [
            AfternoonStop(
                stop=f"{trip}-{before + k + 1:02d}",
                seq=before + k + 1,
                place=chosen[i],
                units=int(rng.integers(1, 3)),
                service_s=int(round(short_dwell(rng) / 30.0) * 30),
            )
            for k, i in enumerate(order)
        ]
