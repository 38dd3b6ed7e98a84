"""Ways and seconds for one vehicle, over the views that close what is closed to it.

An arc is driven on the view that closes every zone which is closed to the vehicle at any time of
its horizon, but for the zones that hold one of its two ends: never illegal by itself, slightly
pessimistic. Whether an end may be driven to at that hour is a matter of its window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray

from roads.network import Network, RoutePath, Snap, length_m, unreachable
from routing.closures import Closure
from routing.jobs import LngLat
from routing.solver.problem import FIRST_TASK

Streets = Callable[[str, tuple[shapely.Geometry, ...]], Network]
# A stop farther than this from every street that is open to the vehicle lies beyond the map. Where
# a vehicle starts and ends may lie there: it comes and goes by the nearest street of the map.
REACH_M = 250.0
TimedPath = list[tuple[datetime, float, float]]


@dataclass
class Ways:
    """The places of one vehicle, in the order of the solver's matrix, snapped to its streets.

    The first place is where it starts. `leaving` numbers the closures it stands in though they are
    closed: it starts from the nearest street outside of them, after `exit`. `reached` says for
    each place whether the vehicle can stand near enough to it.
    """

    streets: Streets
    profile: str
    closures: Sequence[Closure]
    wanted: Sequence[LngLat]
    leaving: frozenset[int] = frozenset()
    places: list[LngLat] = field(init=False)
    reached: list[bool] = field(init=False)
    exit: RoutePath | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._inside = [self._closures_of(point) for point in self.wanted]
        self._inside[0] -= self.leaving
        free = self.streets(self.profile, ()).snap(self.wanted)
        snaps = self._snaps()
        self.places = [(snap.lng, snap.lat) for snap in snaps]
        moved = unreachable(free, snaps).tolist()
        self.reached = [
            not moved[n] and (n < FIRST_TASK or snap.distance_m <= REACH_M)
            for n, snap in enumerate(snaps)
        ]
        self.reached[0] = True
        if self.leaving:
            self.exit = self._way_out((free[0].lng, free[0].lat))
            self.reached[0] = self.exit is not None
            if self.exit is not None:
                lng, lat = self.exit.coords[-1].tolist()
                self.places[0] = (lng, lat)

    def _snaps(self) -> list[Snap]:
        """Return where each place meets a connected street of the view that its closures allow."""
        found: dict[int, Snap] = {}
        for opened in set(self._inside):
            mine = [n for n, each in enumerate(self._inside) if each == opened]
            snaps = self._view(opened).snap_connected([self.wanted[n] for n in mine])
            found.update(zip(mine, snaps, strict=True))
        return [found[n] for n in range(len(self.wanted))]

    def _way_out(self, here: LngLat) -> RoutePath | None:
        """Return the way from `here` to where it is out of the closures for good.

        Towards the heart of what stays open, because the nearest street outside may be a dead end,
        and far enough to be on a street that the closed view connects: the router gives up a whole
        street between two junctions when a part of it is closed.
        """
        shut = self._view(self._inside[0])
        way = self._view(self._inside[0] | self.leaving).route([here, shut.hub])
        if way is None:
            return None
        shapes = shapely.union_all([self.closures[number].shape for number in self.leaving])
        legs = shapely.linestrings(np.stack([way.coords[:-1], way.coords[1:]], axis=1))
        within = np.flatnonzero(shapely.intersects(legs, shapes))
        end = int(within[-1]) + 1 if len(within) else 0
        middles = (way.coords[end:-1] + way.coords[end + 1 :]) / 2
        joined = shut.connected(middles.tolist()) if len(middles) else np.zeros(0, dtype=bool)
        if not joined.any():
            return way
        # Halfway along a segment, so that the way goes on in the direction in which it left.
        end += int(joined.argmax())
        coords = np.vstack([way.coords[: end + 1], way.coords[end : end + 2].mean(axis=0)])
        offsets = np.append(way.offsets_s[: end + 1], way.offsets_s[end : end + 2].mean())
        return RoutePath(float(offsets[-1]), length_m(coords.tolist()), coords, offsets)

    def _closures_of(self, point: LngLat) -> frozenset[int]:
        """Return which closures hold a point and are open for some time (their numbers)."""
        return frozenset(
            number
            for number, closure in enumerate(self.closures)
            if not closure.throughout and closure.holds(point)
        )

    def holding(self, number: int) -> list[Closure]:
        """Return all closures that hold a place, or where the vehicle stands for it."""
        points = (self.wanted[number], self.places[number])
        return [each for each in self.closures if any(each.holds(point) for point in points)]

    def _view(self, opened: frozenset[int]) -> Network:
        shut = [each.shape for n, each in enumerate(self.closures) if n not in opened]
        return self.streets(self.profile, tuple(shut))

    def table(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return seconds and metres between all places, NaN where there is no legal way."""
        size = len(self.places)
        times, metres = np.full((size, size), np.nan), np.full((size, size), np.nan)
        pairs = {self._opened(a, b) for a in range(size) for b in range(size)}
        for opened in sorted(pairs, key=sorted):
            answer = self._view(opened).table(self.places)
            mine = np.array(
                [[self._opened(a, b) == opened for b in range(size)] for a in range(size)]
            )
            times[mine], metres[mine] = answer.durations_s[mine], answer.distances_m[mine]
        lost = ~np.array(self.reached, dtype=bool)
        times[lost, :] = times[:, lost] = np.nan
        return times, metres

    def _opened(self, origin: int, destination: int) -> frozenset[int]:
        return self._inside[origin] | self._inside[destination]

    def path(self, origin: int, destination: int) -> RoutePath | None:
        """Return the way between two places on the view that the table used."""
        network = self._view(self._opened(origin, destination))
        return network.route([self.places[origin], self.places[destination]])


def timed(path: RoutePath, leave_at: datetime, seconds: float) -> TimedPath:
    """Return a path as (time, lng, lat), stretched to take `seconds` from `leave_at`."""
    stretch = seconds / path.duration_s if path.duration_s else 0.0
    return [
        (leave_at + timedelta(seconds=float(offset) * stretch), float(lng), float(lat))
        for offset, (lng, lat) in zip(path.offsets_s, path.coords, strict=True)
    ]
