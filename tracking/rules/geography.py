"""Zones and curbs as the fold needs them: metric shapes with the periods they were in force."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from kernel import geometry

CURB_REACH_M = 12.0
"""A stand belongs to a curb when its mean lies this near: half a lane beside the curb line plus
the error of a mean of few fixes (8 m / sqrt(3) = 5 m, two sigma)."""

_FOREVER = float("inf")


class Area:
    """One version of a zone's shape: in force from `start` until before `end` (seconds)."""

    __slots__ = ("end", "shape", "start", "zone_id")

    def __init__(
        self, zone_id: UUID, shape: BaseGeometry, start: float = -_FOREVER, end: float = _FOREVER
    ) -> None:
        self.zone_id = zone_id
        self.shape = shape
        self.start = start
        self.end = end
        shapely.prepare(shape)

    def contains(self, x: float, y: float) -> bool:
        """Return whether the point lies inside or on the border."""
        return bool(shapely.intersects_xy(self.shape, x, y))

    def metres_off(self, x: float, y: float) -> float:
        """Return the distance of a point to the area; 0 inside."""
        return float(shapely.distance(self.shape, shapely.Point(x, y)))

    def parts(self, a: tuple[float, float], b: tuple[float, float]) -> list[tuple[float, float]]:
        """Return where the line from a to b runs inside, as fractions of the way from a."""
        return geometry.inside_fractions(self.shape, a, b)


class Shapes:
    """Areas found by bounding box: one NumPy comparison over all of them."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self.areas = list(areas)
        boxes = np.array([area.shape.bounds for area in self.areas], dtype=float).reshape(-1, 4)
        self._west, self._south, self._east, self._north = boxes.T

    def near(self, x0: float, y0: float, x1: float, y1: float) -> list[Area]:
        """Return the areas whose box meets the box of the line from (x0, y0) to (x1, y1)."""
        hit = (
            (self._west <= max(x0, x1))
            & (self._east >= min(x0, x1))
            & (self._south <= max(y0, y1))
            & (self._north >= min(y0, y1))
        )
        return [self.areas[index] for index in np.flatnonzero(hit)] if hit.any() else []


class Geography:
    """The zones and curbs of a city, at any time of the fold's reach."""

    def __init__(self, zones: Sequence[Area] = (), curbs: Sequence[Area] = ()) -> None:
        self._zones = Shapes(zones)
        self._curbs = Shapes(curbs)
        self._versions: dict[UUID, list[Area]] = defaultdict(list)
        for area in sorted(zones, key=lambda area: area.start):
            self._versions[area.zone_id].append(area)

    def zones_near(self, a: tuple[float, float], b: tuple[float, float], t: float) -> list[Area]:
        """Return the zone shapes in force at `t` that the line from a to b may touch."""
        found = self._zones.near(a[0], a[1], b[0], b[1])
        return [area for area in found if area.start <= t < area.end]

    def zone(self, zone_id: UUID, t: float) -> Area | None:
        """Return the zone's shape in force at `t`, or None."""
        versions = self._versions.get(zone_id, [])
        index = bisect_right(versions, t, key=lambda area: area.start) - 1
        return versions[index] if index >= 0 and t < versions[index].end else None

    def zone_ended(self, zone_id: UUID, t: float) -> float:
        """Return when the zone's last shape before `t` went out of force; `t` if never."""
        ends = [area.end for area in self._versions.get(zone_id, []) if area.end <= t]
        return max(ends, default=t)

    def curb_at(self, x: float, y: float, t: float) -> UUID | None:
        """Return the curb zone nearest to the point and within reach, or None."""
        reach = CURB_REACH_M
        near = self._curbs.near(x - reach, y - reach, x + reach, y + reach)
        offs = [
            (area.metres_off(x, y), str(area.zone_id), area.zone_id)
            for area in near
            if area.start <= t < area.end
        ]
        best = min(offs, default=None)
        return best[2] if best is not None and best[0] <= reach else None
