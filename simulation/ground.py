"""Metric plane of the demo city: metres east and north of one point.

A city centre of two kilometres is flat enough for an equirectangular projection: the error of a
distance is below 0.1 %. The plane is the simulator's own, so that nothing of the hub's geometry
stands behind the truth.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

Point = tuple[float, float]

_EQUATOR_M = 111_319.491
_MERIDIAN_M = 111_194.927


@dataclass(frozen=True)
class Plane:
    """Equirectangular projection around (lng, lat); x east, y north, both in metres."""

    lng: float
    lat: float

    @property
    def _kx(self) -> float:
        return _EQUATOR_M * math.cos(math.radians(self.lat))

    def to_plane(self, lng: float, lat: float) -> Point:
        return (lng - self.lng) * self._kx, (lat - self.lat) * _MERIDIAN_M

    def to_wgs84(self, x: float, y: float) -> Point:
        return self.lng + x / self._kx, self.lat + y / _MERIDIAN_M

    def polygon(self, ring: Sequence[Sequence[float]]) -> Polygon:
        """Polygon in metres from a GeoJSON ring (lng, lat)."""
        return Polygon([self.to_plane(position[0], position[1]) for position in ring])


def metres(a: Point, b: Point) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


def heading_deg(a: Point, b: Point) -> float:
    """Compass heading from a to b, 0 = north, clockwise, in [0, 360)."""
    return math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360.0


def inside(polygon: Polygon, points: np.ndarray) -> np.ndarray:
    """Which of the points (n × 2, metres) lie in the polygon."""
    return shapely.contains_xy(polygon, points[:, 0], points[:, 1])


def metres_inside(polygon: Polygon, points: Sequence[Point]) -> float:
    """Length of the polyline that lies in the polygon."""
    if len(points) < 2:
        return 0.0
    return float(LineString(points).intersection(polygon).length)
