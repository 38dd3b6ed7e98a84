"""Zones, curbs and streets as the fold needs them: metric shapes with the periods they were in
force, and the matcher of a version of the streets."""

import itertools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import floor
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from kernel import geometry
from tracking.rules import borders
from tracking.rules.borders import Border, Edge

if TYPE_CHECKING:
    from tracking.rules.matching import Streets

CURB_REACH_M = 12.0
"""A stand belongs to a curb when its mean lies this near: half a lane beside the curb line plus
the error of a mean of few fixes (8 m / sqrt(3) = 5 m, two sigma)."""

CELL_M = 50.0
"""The ground is remembered in cells of this size: what lies in or near each, worked out once."""
FEW_CELLS = 12
"""A line over more cells than this (a reporting gap) is looked at as it is."""
KEPT_CELLS = 100_000
"""So many cells (250 km²) are remembered for an area or a city."""
SLACK_M = 1e-3
"""Cells overlap by so much, so that rounding puts no point beside its cell."""

_FOREVER = float("inf")


class Area:
    """One version of a zone's shape: in force from `start` until before `end` (seconds)."""

    __slots__ = ("_border", "_cells", "_edges", "edge", "end", "shape", "start", "zone_id")

    def __init__(
        self, zone_id: UUID, shape: BaseGeometry, start: float = -_FOREVER, end: float = _FOREVER
    ) -> None:
        self.zone_id = zone_id
        self.shape = shape
        self.start = start
        self.end = end
        self.edge = shape.boundary
        shapely.prepare(shape)
        shapely.prepare(self.edge)
        self._border = Border(shape)
        self._cells: dict[tuple[int, int], bool | None] = {}
        self._edges: dict[tuple[int, int], tuple[Edge, ...]] = {}

    def contains(self, x: float, y: float) -> bool:
        """Return whether the point lies inside or on the border."""
        known = self._of_cell((floor(x / CELL_M), floor(y / CELL_M)))
        return bool(shapely.intersects_xy(self.shape, x, y)) if known is None else known

    def metres_off(self, x: float, y: float) -> float:
        """Return the distance of a point to the area; 0 inside."""
        return float(shapely.distance(self.shape, shapely.Point(x, y)))

    def is_near_edge(self, x: float, y: float, metres: float) -> bool:
        """Return whether the border is no farther from the point than so many metres."""
        edges = self._edges_over(x - metres, y - metres, x + metres, y + metres)
        if edges is None:
            return bool(shapely.dwithin(self.edge, shapely.Point(x, y), metres))
        return borders.is_near(edges, x, y, metres)

    def is_near(self, x: float, y: float, metres: float) -> bool:
        """Return whether the point lies inside, or outside no farther off than so many metres."""
        return self.contains(x, y) or self.is_near_edge(x, y, metres)

    def parts(self, a: tuple[float, float], b: tuple[float, float]) -> list[tuple[float, float]]:
        """Return where the line from a to b runs inside, as fractions of the way from a."""
        edges = self._edges_over(*a, *b)
        if edges is None:
            return geometry.inside_fractions(self.shape, a, b)
        if not edges or a == b:
            return [(0.0, 1.0)] if self.contains(*a) else []
        parts: list[tuple[float, float]] = []
        for start, end in itertools.pairwise(borders.cuts(edges, a, b)):
            middle = (start + end) / 2
            if self.contains(a[0] + middle * (b[0] - a[0]), a[1] + middle * (b[1] - a[1])):
                joins = parts and parts[-1][1] == start
                parts.append((parts.pop()[0] if joins else start, end))
        return parts

    def _edges_over(self, x0: float, y0: float, x1: float, y1: float) -> set[Edge] | None:
        """Return the edges of the border that may meet the box of a line; None if it is long."""
        cells = cells_over(x0, y0, x1, y1)
        if len(cells) > FEW_CELLS:
            return None
        found: set[Edge] = set()
        for cell in cells:
            try:
                edges = self._edges[cell]
            except KeyError:
                edges = self._border.meeting(*_box_of(cell))
                _remember(self._edges, cell, edges)
            if edges:
                found.update(edges)
        return found

    def _of_cell(self, cell: tuple[int, int]) -> bool | None:
        """Return whether a whole cell lies inside (True) or outside (False); None: the border
        runs through it. Kept, since vehicles drive where others drove."""
        try:
            return self._cells[cell]
        except KeyError:
            box = shapely.box(*_box_of(cell))
            known = None
            if not shapely.intersects(self.shape, box):
                known = False
            elif shapely.contains_properly(self.shape, box):
                known = True
            _remember(self._cells, cell, known)
            return known


class Shapes:
    """Areas found by the cells that their boxes meet."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self.areas = list(areas)
        boxes = np.array([area.shape.bounds for area in self.areas], dtype=float).reshape(-1, 4)
        self._west, self._south, self._east, self._north = boxes.T
        self._cells: dict[tuple[int, int], tuple[int, ...]] = {}

    def near(self, x0: float, y0: float, x1: float, y1: float) -> list[Area]:
        """Return the areas, in the order given, whose box may meet that of the line from (x0, y0)
        to (x1, y1)."""
        cells = cells_over(x0, y0, x1, y1)
        if len(cells) > FEW_CELLS:
            return [self.areas[index] for index in self._meeting(x0, y0, x1, y1)]
        found: set[int] = set()
        for cell in cells:
            found.update(self._of_cell(cell))
        return [self.areas[index] for index in sorted(found)] if found else []

    def _of_cell(self, cell: tuple[int, int]) -> tuple[int, ...]:
        try:
            return self._cells[cell]
        except KeyError:
            known = tuple(self._meeting(*_box_of(cell)))
            _remember(self._cells, cell, known)
            return known

    def _meeting(self, x0: float, y0: float, x1: float, y1: float) -> list[int]:
        hit = (
            (self._west <= max(x0, x1))
            & (self._east >= min(x0, x1))
            & (self._south <= max(y0, y1))
            & (self._north >= min(y0, y1))
        )
        found: list[int] = np.flatnonzero(hit).tolist()
        return found


def _remember(cells: dict[tuple[int, int], Any], cell: tuple[int, int], known: Any) -> None:
    """Keep what is known of a cell; noise far out must not fill the memory."""
    if len(cells) >= KEPT_CELLS:
        cells.clear()
    cells[cell] = known


def _box_of(cell: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a cell, slack included."""
    west, south = cell[0] * CELL_M - SLACK_M, cell[1] * CELL_M - SLACK_M
    side = CELL_M + 2 * SLACK_M
    return west, south, west + side, south + side


def cells_over(x0: float, y0: float, x1: float, y1: float) -> list[tuple[int, int]]:
    """Return the cells that the box of a line meets, one more than FEW_CELLS if it is long."""
    left, right = floor(x0 / CELL_M), floor(x1 / CELL_M)
    low, high = floor(y0 / CELL_M), floor(y1 / CELL_M)
    if left == right and low == high:
        return [(left, low)]
    left, right = min(left, right), max(left, right)
    low, high = min(low, high), max(low, high)
    if (right - left + 1) * (high - low + 1) > FEW_CELLS:
        return [(left, low)] * (FEW_CELLS + 1)
    return [(x, y) for x in range(left, right + 1) for y in range(low, high + 1)]


class Geography:
    """The zones and curbs of a city, at any time of the fold's reach."""

    def __init__(
        self,
        zones: Sequence[Area] = (),
        curbs: Sequence[Area] = (),
        streets: "Streets | None" = None,
    ) -> None:
        self.streets = streets
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

    def last_zone(self, zone_id: UUID, t: float) -> Area | None:
        """Return the zone's last shape that went out of force by `t`, or None."""
        ended = [area for area in self._versions.get(zone_id, []) if area.end <= t]
        return max(ended, key=lambda area: area.end, default=None)

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
