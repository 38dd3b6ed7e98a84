"""The special errands of the demo day: violations of six kinds and legal near misses."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from simulation import rulebook
from simulation.ground import Point
from simulation.motion import Track
from simulation.places import Bay, Place
from simulation.rulebook import HEAVY, HOUR, LEZ, NIGHT, NOON, NOON_ZONE, PEDESTRIAN
from simulation.tour import NoWay, Tour, Unusable

# Streets that run along a zone at 60 to 120 m (metres of the plane): from, to.
EDGES: dict[str, Sequence[tuple[Point, Point]]] = {
    LEZ: [((-140.0, -425.0), (-260.0, -270.0))],
    NOON_ZONE: [((60.0, -499.0), (290.0, -489.0)), ((384.0, -585.0), (390.0, -700.0))],
    NIGHT: [((-120.0, -142.0), (10.0, -136.0))],
    PEDESTRIAN: [((280.0, -240.0), (282.0, -380.0)), ((282.0, -380.0), (280.0, -240.0))],
    HEAVY: [((318.0, 700.0), (320.0, 610.0)), ((328.0, 600.0), (325.0, 700.0))],
}

# Doors around Kaartinkaupunki between which one drives right through it.
DOORS: Sequence[Point] = (
    (85.0, -497.0),
    (186.0, -492.0),
    (288.0, -488.0),
    (390.0, -657.0),
)
GAP_INSIDE_S = 52.0
GAP_MARGIN_S = 2.0


class Errands:
    """Errands that a tour can be sent on; each says when and what it means to be."""

    def __init__(self, places: Sequence[Place], bays: "BayTable", doors: Sequence[Point]) -> None:
        self._inside = {zone: [p for p in places if p.zone == zone] for zone in rulebook.ZONES}
        self._bays = bays
        self._doors = doors

    def _some(self, tour: Tour, zone: str) -> Place:
        choice = self._inside[zone]
        return choice[int(tour.rng.integers(len(choice)))]

    def deliver(
        self, tour: Tour, zone: str, *, at: float, dwell_s: float, kind: str | None = None
    ) -> None:
        """Wait, then deliver in the zone; `kind` says that this is a violation."""
        tour.stand(at)
        tour.serve(self._some(tour, zone), dwell_s=dwell_s, into=zone)
        if kind:
            tour.intended.append((kind, zone))

    def stay_until(self, tour: Tour, zone: str, *, at: float, exit_at: float, to: Point) -> None:
        """Deliver in the zone from about `at` and cross its edge outwards at `exit_at`."""
        tour.stand(at)
        tour.serve(self._some(tour, zone), dwell_s=90.0, into=zone)
        tour.leave_by(to, exit_at=exit_at)

    def along_edge(self, tour: Tour, zone: str, *, at: float) -> None:
        """Drive along a street beside the zone, where the vehicle may."""
        start, end = EDGES[zone][int(tour.rng.integers(len(EDGES[zone])))]
        tour.stand(at)
        tour.go(tour.streets.snap(end)[0], via=[tour.streets.snap(start)[0]])

    def unseen(self, tour: Tour, *, at: float) -> None:
        """Drive through Kaartinkaupunki while the receiver is silent for less than a minute."""
        choices = [(a, b) for a in self._doors for b in self._doors if a != b]
        for i in tour.rng.permutation(len(choices)):
            start, end = choices[int(i)]
            if self._through(tour, start, end, at):
                tour.intended.append(("between two fixes", NOON_ZONE))
                return
        raise Unusable("no way through")

    def _through(self, tour: Tour, start: Point, end: Point, at: float) -> bool:
        try:
            way = tour.streets.route([start, end])
            approach = tour.way(start)
        except NoWay:
            return False
        polygon = tour.polygons[NOON_ZONE]
        length = rulebook.LineString(way.points).intersection(polygon)
        if length.geom_type != "LineString" or not 150.0 <= length.length <= 400.0:
            return False
        ends = [length.coords[0], length.coords[-1]]
        if rulebook.metres(ends[0], ends[1]) < 130.0:
            return False
        line = _at_speed(start, way.points, end, length.length / GAP_INSIDE_S)
        ghost = Track([0.0], [start])
        for t, point in line:
            ghost.add(t, point)
        seen = rulebook.visits(ghost, {NOON_ZONE: polygon})
        if len(seen) != 1:
            return False
        gap = (seen[0].start - GAP_MARGIN_S, seen[0].end + GAP_MARGIN_S)
        if not _plain(ghost, gap, polygon):
            return False
        tour.stand(at)
        tour.drive(tour.timed(approach, to=start, pace=tour.pace()))
        begun = tour.now
        tour.drive(line)
        tour.gaps.append((round(begun + gap[0], 1), round(begun + gap[1], 1)))
        return True

    def bay(self, tour: Tour, *, at: float, booked: bool, dwell_s: float) -> None:
        """Stand at a bay that is free; booked stays have a booking around them."""
        tour.stand(at)
        free = self._bays.free(tour.now - 420, tour.now + dwell_s + 1200)
        for _ in range(4):  # a few minutes later one may be
            if free:
                break
            tour.stand(tour.now + 300.0)
            free = self._bays.free(tour.now - 420, tour.now + dwell_s + 1200)
        if not free:
            raise Unusable("no bay is free")
        for i in tour.rng.permutation(len(free)):
            bay = free[int(i)]
            try:
                tour.use_bay(bay, dwell_s=dwell_s, booked=booked)
            except NoWay:
                continue
            self._bays.take(bay, tour.now - dwell_s - 480, tour.now + 480)
            if not booked:
                tour.intended.append(("unbooked bay", bay.code))
            return
        raise Unusable(f"no bay can be reached from {tour.at} at {tour.now}, {len(free)} free")


def _plain(track: Track, gap: tuple[float, float], polygon: rulebook.Polygon) -> bool:
    """Does the chord of the silence tell what happened? Most of it has to lie in the zone, so that
    the time inside, worked out from the chord alone, is beyond the grace too."""
    chord = rulebook.LineString([track.position(gap[0]), track.position(gap[1])])
    within = chord.intersection(polygon).length
    return within >= 120.0 and within >= 0.8 * chord.length


def _at_speed(
    at: Point, points: Sequence[Point], end: Point, speed: float
) -> list[tuple[float, Point]]:
    line = [at, *points, end]
    t, timed = 0.0, []
    for a, b in itertools.pairwise(line):
        length = rulebook.metres(a, b)
        if length > 0.01:
            t += length / speed
            timed.append((t, b))
    return timed


class BayTable:
    """Who stands where, so that no two stays of the day want the same bay."""

    def __init__(self, bays: Sequence[Bay]) -> None:
        self.bays = list(bays)
        self._taken: list[tuple[str, float, float]] = []

    def free(self, start: float, end: float) -> list[Bay]:
        busy = {code for code, s, e in self._taken if s < end and start < e}
        return [bay for bay in self.bays if bay.code not in busy]

    def take(self, bay: Bay, start: float, end: float) -> None:
        self._taken.append((bay.code, start, end))

    def mark(self) -> int:
        return len(self._taken)

    def rewind(self, mark: int) -> None:
        del self._taken[mark:]


def short_dwell(rng: np.random.Generator) -> float:
    """Seconds at an ordinary stop: lognormal around 3.5 min."""
    return float(np.clip(rng.lognormal(np.log(210.0), 0.45), 90.0, 720.0))


def bay_dwell(rng: np.random.Generator) -> float:
    """Seconds at a booked curb: lognormal with the pilot's median of 24 min."""
    return float(np.clip(rng.lognormal(np.log(24 * 60.0), 0.35), 600.0, 3000.0))


Step = tuple[float, Callable[[Tour], None]]


def plan_of(
    tour: Tour, number: int, errands: Errands, *, refuge: Callable[[Tour], Point]
) -> tuple[list[Step], list[Step], list[Step]]:
    """The errands of an errand vehicle by trip (morning, afternoon, night), with their times.

    `number` turns the roster, so that every kind comes often enough; it is the vehicle's place
    among the errand vehicles.
    """
    v, rng = tour.vehicle, tour.rng
    old = v.facts.fuel == "diesel" and v.facts.euro_number < 6
    lez_free = bool(rulebook.bans(LEZ, v.facts)) is False
    walk_free = bool(rulebook.bans(PEDESTRIAN, v.facts)) is False
    jitter = lambda s=300.0: float(rng.uniform(0.0, s))  # noqa: E731
    minutes = lambda a, b: float(rng.uniform(60 * a, 60 * b))  # noqa: E731

    def deliver(at: float, zone: str, kind: str | None, low: float = 3, high: float = 7) -> Step:
        at, dwell = at + jitter(), minutes(low, high)
        return at, lambda t: errands.deliver(t, zone, at=at, dwell_s=dwell, kind=kind)

    def edge(at: float, zone: str) -> Step:
        at = at + jitter()
        return at, lambda t: errands.along_edge(t, zone, at=at)

    def bay(at: float, booked: bool) -> Step:
        at = at + jitter()
        dwell = bay_dwell(rng) if booked else minutes(9, 16)
        return at, lambda t: errands.bay(t, at=at, booked=booked, dwell_s=dwell)

    def out_by(at: float, zone: str, exit_at: float) -> Step:
        return at, lambda t: errands.stay_until(
            t, zone, at=at, exit_at=exit_at - jitter(10.0), to=refuge(t)
        )

    morning: list[Step] = []
    if v.heavy:
        morning.append(out_by(6.45 * HOUR, HEAVY, 7 * HOUR - 60))
    if number % 3 == 0:
        morning.append(bay(7.3 * HOUR, True))
    morning.append(deliver(8.3 * HOUR, LEZ, None if lez_free else "class"))
    if not lez_free:
        morning.append(edge(8.9 * HOUR, LEZ))
    elif old:
        morning.append(deliver(8.9 * HOUR, LEZ, None))
    if number % 3:
        morning.append(bay((9.1, 9.65)[number % 2] * HOUR, True))
    if not walk_free:
        morning.append(out_by(10.7 * HOUR, PEDESTRIAN, 11 * HOUR - 60))
    else:
        morning.append(deliver(11.1 * HOUR, PEDESTRIAN, None))
    if v.diesel:
        morning.append(_noon(number, errands, refuge, deliver, jitter))

    afternoon: list[Step] = []
    if v.diesel and number % 3 != 2:
        unseen_at = 13.25 * HOUR + jitter()
        afternoon.append((unseen_at, lambda t: errands.unseen(t, at=unseen_at)))
    if v.diesel:
        afternoon.append(edge(13.65 * HOUR, NOON_ZONE))
    kind = None if walk_free else "hours"
    afternoon.append(deliver(13.95 * HOUR, PEDESTRIAN, kind))
    if v.heavy:
        afternoon.append(deliver(14.35 * HOUR, HEAVY, "hours"))
        afternoon.append(edge(14.7 * HOUR, HEAVY))
    if number % 5 in (0, 1, 2):
        afternoon.append(bay(15.0 * HOUR + number % 3 * 0.1 * HOUR, False))
    if not walk_free:
        afternoon.append(edge(15.75 * HOUR, PEDESTRIAN))
    if old and not v.heavy:
        afternoon.append(deliver(16.1 * HOUR, LEZ, None if lez_free else "class"))
    afternoon.append(bay(16.5 * HOUR + number % 4 * 0.4 * HOUR, True))

    night: list[Step] = []
    if v.diesel and number % 2 == 0:
        late = 23.6 * HOUR + jitter(900)
        dwell = 24 * HOUR + minutes(8, 16) - late

        def over_midnight(t: Tour) -> None:
            errands.deliver(t, NIGHT, at=late, dwell_s=dwell, kind="across midnight")

        night.append((late, over_midnight))
    elif v.diesel:
        night.append(out_by(21.6 * HOUR, NIGHT, 22 * HOUR - 60))
        night.append(edge(22.3 * HOUR, NIGHT))
    return morning, afternoon, night


def _noon(
    number: int,
    errands: Errands,
    refuge: Callable[[Tour], Point],
    deliver: Callable[..., Step],
    jitter: Callable[..., float],
) -> Step:
    """Around noon in Kaartinkaupunki: overstays, new entries, and those who leave in time."""
    match number % 4:
        case 0:
            at, dwell = 11.7 * HOUR + jitter(), 0.0
            until = NOON + rulebook.VACATE_S + 240.0 + jitter(240.0)

            def overstay(t: Tour) -> None:
                errands.deliver(
                    t, NOON_ZONE, at=at, dwell_s=until - at + dwell, kind="around the noon rule"
                )

            return at, overstay
        case 1:
            at, _ = deliver(NOON + 90.0, NOON_ZONE, None)
            return at, lambda t: errands.deliver(
                t, NOON_ZONE, at=at, dwell_s=240.0, kind="around the noon rule"
            )
        case 2:
            at = 11.75 * HOUR
            return at, lambda t: errands.stay_until(
                t, NOON_ZONE, at=at, exit_at=NOON + rulebook.VACATE_S - 60.0, to=refuge(t)
            )
        case _:
            return deliver(NOON + 420.0, NOON_ZONE, "around the noon rule", 3, 5)
