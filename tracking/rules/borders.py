"""The border of an area near a point or a short line, in plain numbers.

Vehicles report every few metres, and near a border each report is measured against it several
times. Few edges lie near: arithmetic on those is quicker than a call into GEOS with objects made
for it. GEOS still says what is inside.
"""

from collections.abc import Iterable
from math import hypot

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Edge = tuple[float, float, float, float]
"""One edge of a ring: its start (x, y), and the way from there to its end (dx, dy)."""

_ROUNDING_M = 1e-6
"""So far beyond its ends an edge is still cut: a line through a corner must not slip between. Of
metres from the equator a float holds four billionths (25,000 km)."""


class Border:
    """The edges of a polygon's rings."""

    __slots__ = ("_boxes", "_edges")

    def __init__(self, shape: BaseGeometry) -> None:
        rings = shapely.get_rings(shapely.get_parts(shape))
        corners, ring = shapely.get_coordinates(rings, return_index=True)
        joined = ring[1:] == ring[:-1]
        a, b = corners[:-1][joined], corners[1:][joined]
        self._edges = np.hstack([a, b - a])
        self._boxes = np.hstack([np.minimum(a, b), np.maximum(a, b)]).T

    def meeting(self, west: float, south: float, east: float, north: float) -> tuple[Edge, ...]:
        """Return the edges whose boxes meet a box."""
        left, low, right, high = self._boxes
        hit = (left <= east) & (right >= west) & (low <= north) & (high >= south)
        return tuple(map(tuple, self._edges[hit].tolist()))


def cuts(edges: Iterable[Edge], a: tuple[float, float], b: tuple[float, float]) -> list[float]:
    """Return the fractions of the way from a to b at which it may change sides, 0 and 1 included,
    in order. Between two of them it lies on one side, or along the border."""
    ax, ay = a
    dx, dy = b[0] - ax, b[1] - ay
    found = {0.0, 1.0}
    for x, y, along_x, along_y in edges:
        off_x, off_y = x - ax, y - ay
        turn = dx * along_y - dy * along_x
        if turn:
            share = (off_x * dy - off_y * dx) / turn
            slack = _ROUNDING_M / hypot(along_x, along_y)
            if -slack <= share <= 1 + slack:
                at = (off_x * along_y - off_y * along_x) / turn
                if 0.0 < at < 1.0:
                    found.add(at)
        elif off_x * dy == off_y * dx:  # the edge lies in the line
            length = dx * dx + dy * dy
            ends = ((off_x, off_y), (off_x + along_x, off_y + along_y))
            found.update(t for x, y in ends if 0.0 < (t := (x * dx + y * dy) / length) < 1.0)
    return sorted(found)


def is_near(edges: Iterable[Edge], x: float, y: float, metres: float) -> bool:
    """Return whether one of the edges comes within so many metres of a point."""
    for start_x, start_y, along_x, along_y in edges:
        off_x, off_y = x - start_x, y - start_y
        length = along_x * along_x + along_y * along_y
        share = (off_x * along_x + off_y * along_y) / length if length else 0.0
        share = min(1.0, max(0.0, share))
        if hypot(off_x - share * along_x, off_y - share * along_y) <= metres:
            return True
    return False
