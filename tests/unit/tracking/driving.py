"""Noisy drives for the tests of the fold: true paths, a bad receiver, a plane in metres."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import numpy as np
import shapely

from tracking.rules.fold import Folded, State, conclude, fold
from tracking.rules.geography import Area, Geography
from tracking.rules.matching import Way
from tracking.rules.told import Point, Told

START = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)
CITY = UUID(int=1)
VAN = UUID(int=2)
ZONE = UUID(int=3)
CURB = UUID(int=4)
NOISE_M = 8.0
OUTLIER_SHARE = 0.02
OUTLIER_M = 50.0

Leg = tuple[float, float, float]  # x, y to drive to, metres per second
PATH_STEP = 5.0
STAND_STEP = 60.0


def block(
    west: float, south: float, east: float, north: float, zone_id: UUID = ZONE, streets=None
) -> Geography:
    """Return a geography with one rectangular zone."""
    return Geography([Area(zone_id, shapely.box(west, south, east, north))], streets=streets)


class Straight:
    """A town of straight streets without crossings: a run drives the street that fits it best."""

    def __init__(self, *lines: Sequence[tuple[float, float]]) -> None:
        self.lines = [shapely.LineString(line) for line in lines]
        self.asked: list[int] = []

    def drive(self, run: Sequence[Point]) -> list[Way]:
        """Return the way along the nearest street, never backwards."""
        self.asked.append(len(run))
        points = shapely.points([(point.x, point.y) for point in run])
        line = min(self.lines, key=lambda line: float((shapely.distance(line, points) ** 2).sum()))
        if shapely.distance(line, points).min() > 50:
            return []
        along = np.maximum.accumulate(shapely.line_locate_point(line, points))
        x, y = shapely.get_coordinates(line.interpolate(along)).T
        times = np.array([point.t for point in run])
        return [Way(x, y, along - along[0], times, tuple(enumerate((along - along[0]).tolist())))]

    def metres_off_outside(self, run: Sequence[Point], area: Area) -> np.ndarray:
        """Return the distances to each part of the streets that lies outside."""
        outside = shapely.get_parts([line.difference(area.shape) for line in self.lines])
        points = shapely.points([(point.x, point.y) for point in run])
        return shapely.distance(points[:, None], outside[None, :])


def truth(start: tuple[float, float], legs: Sequence[Leg | float]) -> list[tuple[float, ...]]:
    """Return (t, x, y, speed) per fix of a path: legs to drive, numbers are seconds to stand."""
    t, (x, y) = 0.0, start
    fixes: list[tuple[float, ...]] = []
    for leg in legs:
        if isinstance(leg, tuple):
            to_x, to_y, speed = leg
            length = float(np.hypot(to_x - x, to_y - y))
            whole = length / speed
            for s in np.arange(0.0, whole, PATH_STEP):
                share = s / whole
                fixes.append((t + s, x + share * (to_x - x), y + share * (to_y - y), speed))
            t, x, y = t + whole, to_x, to_y
        else:
            fixes += [(t + s, x, y, 0.0) for s in np.arange(0.0, leg, STAND_STEP)]
            t += leg
    fixes.append((t, x, y, 0.0))
    return fixes


def seen(
    fixes: Sequence[tuple[float, ...]],
    rng: np.random.Generator,
    *,
    outliers: float = OUTLIER_SHARE,
    speeds: bool = True,
) -> list[Told]:
    """Return the fixes as a receiver with 8 m of noise and 2 % single outliers reports them."""
    return list(_seen(fixes, rng, outliers, speeds))


def _seen(
    fixes: Sequence[tuple[float, ...]], rng: np.random.Generator, outliers: float, speeds: bool
) -> Iterator[Told]:
    thrown_before = False
    for number, (t, x, y, speed) in enumerate(fixes):
        dx, dy = rng.normal(0.0, NOISE_M, 2)
        thrown = not thrown_before and rng.random() < outliers
        if thrown:
            angle = rng.uniform(0, 2 * np.pi)
            dx, dy = dx + OUTLIER_M * np.cos(angle), dy + OUTLIER_M * np.sin(angle)
        thrown_before = thrown
        yield fix(t, float(x + dx), float(y + dy), number, speed if speeds else None)


def fix(t: float, x: float, y: float, number: int, speed: float | None = None) -> Told:
    """Return one fix `t` seconds after START, with an id made of its number."""
    return Told(
        at=START + timedelta(seconds=t),
        event_id=uuid5(VAN, str(number)),
        event_type="telemetry.position",
        lng=x / 1e5,
        lat=y / 1e5,
        x=x,
        y=y,
        accuracy_m=NOISE_M,
        speed_mps=speed,
    )


def told(event_type: str, t: float, number: int = 0, **members) -> Told:
    """Return another event `t` seconds after START."""
    at = START + timedelta(seconds=t)
    event_id = uuid5(VAN, f"{event_type} {number} {t}")
    return Told(at=at, event_id=event_id, event_type=event_type, **members)


def folded_of(events: Sequence[Told], geography: Geography) -> Folded:
    """Return what a fold of all events comes to, decided to the end."""
    folded = fold(State(), events, geography, city_id=CITY, vehicle_id=VAN)
    conclude(folded, geography, city_id=CITY, vehicle_id=VAN)
    return folded


def rows(events: Sequence[Told], geography: Geography, kind: type) -> list:
    """Return the rows of one kind that a fold of all events leaves, by time."""
    folded = fold(State(), events, geography, city_id=CITY, vehicle_id=VAN)
    found = [row for row in folded.rows.values() if isinstance(row, kind)]
    return sorted(found, key=lambda row: row.touched_at)


def after(seconds: float) -> datetime:
    """Return the instant so many seconds after START."""
    return START + timedelta(seconds=seconds)


def seconds_of(t: float) -> float:
    """Return the seconds since 1970 of `t` seconds after START."""
    return START.timestamp() + t
