"""Cutting the ground of a zone along a line. Pure; degrees (lng, lat) in and out.

A line between two positions is straight in longitude and latitude, as the edges of zones are. The
pieces have every corner of the ground as it was and share the new ones digit by digit, so that
between them there is neither gap nor overlap.
"""

from math import hypot

import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

LENGTHENED_DEG = 1e-6
"""A tenth of a metre: an end that was set onto the boundary need not hit it digit by digit."""


def pieces(ground: BaseGeometry, line: LineString) -> list[Polygon]:
    """Return the parts of the ground when it is cut along the line, the largest first.

    A part that the line does not cross from edge to edge stays whole.
    """
    cut = _lengthened(line)
    found = [piece for part in shapely.get_parts(ground) for piece in _cut(part, cut)]
    return sorted(found, key=lambda piece: (-piece.area, piece.bounds))


def _cut(part: Polygon, line: LineString) -> list[Polygon]:
    edges = shapely.union_all([part.boundary, line])
    faces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(edges))))
    inside = [face for face in faces if part.contains(face.representative_point())]
    return inside if len(inside) > 1 else [part]


def _lengthened(line: LineString) -> LineString:
    points = list(line.coords)
    return LineString([_beyond(points[1], points[0]), *points, _beyond(points[-2], points[-1])])


def _beyond(before: tuple[float, ...], end: tuple[float, ...]) -> tuple[float, float]:
    """Return the point a little behind `end`, coming from `before`."""
    east, north = end[0] - before[0], end[1] - before[1]
    by = LENGTHENED_DEG / (hypot(east, north) or 1.0)
    return (end[0] + east * by, end[1] + north * by)
