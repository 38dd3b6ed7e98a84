"""The streets as the fold's matcher: OSRM in process, and the lines of all drivable streets."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from kernel.geometry import Projection
from roads.network import MatchedWay, Network
from tracking.rules.geography import Area
from tracking.rules.matching import OUTLIER, Way
from tracking.rules.told import Point

REACH_SIGMAS = (2 * OUTLIER) ** 0.5
"""A street farther from a fix than this explains it no better than any other."""
JOIN_M = 1.0
"""Streets whose lines come so near to each other are joined there."""
WIDTH_M = 8.0
"""A vehicle drives or stands so far from a street's centre line, however well it is located."""


Lines = Sequence[shapely.LineString]


class CityStreets:
    """One version of a city's streets, opened when a run first asks for it.

    `load` returns the network of vans, which may drive on most streets, and the lines (WGS84) of
    all streets on which any vehicle may be.
    """

    def __init__(self, load: Callable[[], tuple[Network, Lines]], place: Projection) -> None:
        self._load = load
        self._place = place

    @cached_property
    def _opened(self) -> tuple[Network, NDArray[np.object_], shapely.STRtree]:
        network, lines = self._load()
        metric = np.array([self._place.to_metric(line) for line in lines], dtype=object)
        return network, metric, shapely.STRtree(metric)

    def drive(self, run: Sequence[Point]) -> list[Way]:
        """Return the most plausible ways that the points of a run drove; none if none fits."""
        metric = shapely.points([(point.x, point.y) for point in run])
        lnglats = shapely.get_coordinates(self._place.to_wgs84(metric)).tolist()
        sigmas = [max(point.sigma, WIDTH_M) for point in run]
        matched = self._opened[0].match([(lng, lat) for lng, lat in lnglats], sigmas)
        return [self._way(way, run) for way in matched.ways if len(way.points) > 1]

    def metres_off_outside(self, run: Sequence[Point], area: Area) -> NDArray[np.float64]:
        """Return how far each point (row) lies from each connected part (column) of the streets
        outside the area, of those that are near."""
        points = shapely.points([(point.x, point.y) for point in run])
        reach = REACH_SIGMAS * max(point.sigma for point in run)
        box = shapely.box(*shapely.total_bounds(points)).buffer(reach, join_style="mitre")
        _, every, tree = self._opened
        lines = every[tree.query(box)]
        whole = ~shapely.intersects(area.shape, lines)
        cut = shapely.get_parts(shapely.difference(lines[~whole], area.shape))
        pieces = np.concatenate([lines[whole], cut[~shapely.is_empty(cut)]])
        off: NDArray[np.float64] = shapely.distance(points[:, None], pieces[None, :])
        return _nearest_of_each(off, _joined(pieces))

    def _way(self, way: MatchedWay, run: Sequence[Point]) -> Way:
        x, y = self._metric(way.coords)
        at = np.array([metres for _, metres in way.points])
        t = np.array([run[place].t for place, _ in way.points])
        along = np.concatenate([way.along_m, at])
        times = np.concatenate([np.interp(way.along_m, at, t), t])
        order = np.lexsort((times, along))
        return Way(
            np.interp(along[order], way.along_m, x),
            np.interp(along[order], way.along_m, y),
            along[order],
            times[order],
            way.points,
        )

    def _metric(self, lnglats: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = shapely.get_coordinates(self._place.to_metric(shapely.linestrings(lnglats)))
        return moved.T


def _joined(lines: NDArray[np.object_]) -> list[list[int]]:
    """Return which lines belong together, because they come within JOIN_M of each other."""
    a, b = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=JOIN_M)
    part = list(range(len(lines)))
    for here, there in zip(a.tolist(), b.tolist(), strict=True):
        if here < there:
            part[_root(part, here)] = _root(part, there)
    members: dict[int, list[int]] = defaultdict(list)
    for line in range(len(lines)):
        members[_root(part, line)].append(line)
    return list(members.values())


def _root(part: list[int], line: int) -> int:
    while part[line] != line:
        part[line] = line = part[part[line]]
    return line


def _nearest_of_each(off: NDArray[np.float64], parts: list[list[int]]) -> NDArray[np.float64]:
    """Return the smallest distance to each part, from distances to all lines (columns)."""
    least = [off[:, members].min(axis=1) for members in parts]
    return np.stack(least, axis=1) if least else off[:, :0]
