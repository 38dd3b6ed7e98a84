"""Where the rings of an area are wrong: every place, not only the first. Pure.

GEOS says of a polygon the first fault that it meets; who draws wants to see all of them at once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

Position = tuple[float, float]


@dataclass(frozen=True)
class RingFault:
    """A fault of the ring with this index (0 is the outer one), and the other ring it is with.

    `kind`: `crosses_itself`, `touches_itself`, `hole_outside`, `hole_crosses`, `holes_overlap`,
    `hole_within`, `in_pieces`.
    """

    kind: str
    at: Position
    ring: int = 0
    other: int = 0


def of_rings(rings: Sequence[Sequence[Position]]) -> list[RingFault]:
    """Return what is wrong with an outer ring and its holes, by ring; none for a valid area.

    Rings need not be closed; those of fewer than three corners are passed over.
    """
    closed = {number: [*ring, ring[0]] for number, ring in enumerate(rings) if len(set(ring)) > 2}
    found = [fault for number, ring in closed.items() for fault in _of_one(number, ring)]
    crossed = {fault.ring for fault in found}
    areas = {number: Polygon(ring) for number, ring in closed.items() if number not in crossed}
    holes = {number: area for number, area in areas.items() if number > 0}
    if 0 in areas:
        found += [
            fault for number, hole in holes.items() for fault in _outside(number, hole, areas[0])
        ]
    for (one, first), (other, second) in combinations(holes.items(), 2):
        found += _overlapping(one, first, other, second)
    if not found and 0 in areas:
        rings_in_order = list(closed.values())
        if not Polygon(rings_in_order[0], rings_in_order[1:]).is_valid:
            found += [RingFault("in_pieces", place) for place in _nodes(rings_in_order)]
    return sorted(found, key=lambda fault: (fault.ring, fault.other, fault.at))


def _of_one(number: int, ring: list[Position]) -> list[RingFault]:
    """Return the places where a ring meets itself."""
    reason = shapely.is_valid_reason(Polygon(ring))
    if reason == "Valid Geometry":
        return []
    kind = "touches_itself" if reason.startswith("Ring Self") else "crosses_itself"
    return [RingFault(kind, place, number) for place in _nodes([ring]) or [ring[0]]]


def _nodes(rings: list[list[Position]]) -> list[Position]:
    """Return where more than two ends of the pieces of rings meet."""
    ends: Counter[Position] = Counter()
    lines = [LineString(ring) for ring in rings]
    for piece in shapely.get_parts(shapely.union_all(lines)):
        ends.update((piece.coords[0], piece.coords[-1]))
    return [place for place, count in ends.items() if count > 2]


def _outside(number: int, hole: Polygon, outer: Polygon) -> list[RingFault]:
    if shapely.covers(outer, hole):
        return []
    if not shapely.intersects(outer, hole) or shapely.touches(outer, hole):
        return [RingFault("hole_outside", _somewhere(hole), number)]
    crossing = shapely.intersection(hole.exterior, outer.exterior)
    return [
        RingFault("hole_crosses", _somewhere(place), number)
        for place in shapely.get_parts(crossing)
    ]


def _overlapping(one: int, first: Polygon, other: int, second: Polygon) -> list[RingFault]:
    both = shapely.intersection(first, second)
    if both.area == 0:
        return []
    if shapely.covers(second, first):
        return [RingFault("hole_within", _somewhere(both), one, other)]
    if shapely.covers(first, second):
        return [RingFault("hole_within", _somewhere(both), other, one)]
    return [RingFault("holes_overlap", _somewhere(both), other, one)]


def _somewhere(shape: BaseGeometry) -> Position:
    point = shapely.point_on_surface(shape)
    return (float(point.x), float(point.y))
