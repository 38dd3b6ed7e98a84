"""Which of many polygons hold which of many points: exact, in memory, all points at once.

A grid of square cells lies over the polygons. Each cell knows the polygons that cover it whole and
those whose border may run through it; only the latter are asked point by point (GEOS, prepared).
The answer is that of `ST_Intersects`: a point on a border is inside, one in a hole is not.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

CELLS = 1 << 20
"""About so many cells: 8 MB of offsets, and in a city of 10 km cells of 10 m."""
FINEST = 10.0
"""Smaller cells win nothing: a border is asked for by its cell, whatever is near it."""
CHUNK = 1 << 16
"""So many points are looked up together: enough to share work, few enough for the cache."""
_SLACK = 1e-6
"""Cells overlap by this part of their size, so that rounding puts no point beside its border."""

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]


class Grid:
    """The polygons of one plane. Points and polygons are in the same units (metres)."""

    def __init__(
        self, shapes: Sequence[BaseGeometry], *, cells: int = CELLS, finest: float = FINEST
    ) -> None:
        self.shapes = np.array(shapes, dtype=object)
        shapely.prepare(self.shapes)
        west, south, east, north = _extent(self.shapes)
        self._west, self._south = west, south
        self._size = max(finest, ((east - west) * (north - south) / cells) ** 0.5)
        self._columns = int((east - west) // self._size) + 1
        self._rows = int((north - south) // self._size) + 1
        self._inside, self._border = self._filled()

    def pairs(self, x: Floats, y: Floats) -> tuple[Indices, Indices]:
        """Return (point, polygon) index pairs of all points that lie inside or on a border,
        ordered by point, then polygon. Points that are not finite lie nowhere."""
        starts = range(0, len(x), CHUNK)
        found = [self._pairs(x[at : at + CHUNK], y[at : at + CHUNK], at) for at in starts]
        if len(found) == 1:
            return found[0]
        none = np.empty(0, dtype=np.intp)
        points, shapes = zip(*found, strict=True) if found else ((none,), (none,))
        return np.concatenate(points), np.concatenate(shapes)

    def _pairs(self, x: Floats, y: Floats, first: int) -> tuple[Indices, Indices]:
        points, cells = self._cells_of(x, y)
        sure_points, sure = self._inside.at(points, cells)
        asked_points, asked = self._border.at(points, cells)
        together = np.argsort(asked, kind="stable")  # polygon by polygon: each is in the cache once
        asked_points, asked = asked_points[together], asked[together]
        held = shapely.intersects_xy(self.shapes[asked], x[asked_points], y[asked_points])
        found_points = np.concatenate([sure_points, asked_points[held]])
        found = np.concatenate([sure, asked[held]])
        order = np.argsort(found_points * len(self.shapes) + found, kind="stable")
        return found_points[order] + first, found[order].astype(np.intp)

    def _cells_of(self, x: Floats, y: Floats) -> tuple[Indices, Indices]:
        """Return the points that lie over the grid, and the cell of each."""
        with np.errstate(invalid="ignore"):
            column = np.floor((x - self._west) / self._size)
            row = np.floor((y - self._south) / self._size)
            over = (column >= 0) & (column < self._columns) & (row >= 0) & (row < self._rows)
        points = np.flatnonzero(over)
        cells = row[points].astype(np.intp) * self._columns + column[points].astype(np.intp)
        return points, cells

    def _filled(self) -> tuple["_Lists", "_Lists"]:
        inside, border = [], []
        for number, shape in enumerate(self.shapes):
            if not shape.is_empty:
                covered, crossed = self._raster(shape)
                inside.append((np.full(len(covered), number, dtype=np.intp), covered))
                border.append((np.full(len(crossed), number, dtype=np.intp), crossed))
        total = self._columns * self._rows
        return _Lists(total, inside), _Lists(total, border)

    def _raster(self, shape: BaseGeometry) -> tuple[Indices, Indices]:
        """Return the cells that a polygon covers whole, and those that its border may cross."""
        west, south, east, north = shape.bounds
        left, right = self._columns_of(west, east)
        low, high = self._rows_of(south, north)
        crossed = np.zeros((high - low + 1, right - left + 1), dtype=bool)
        self._cross(crossed, shape, left, low)
        covered = self._cover(crossed, shape, left, low)
        return self._numbers(covered, left, low), self._numbers(crossed, left, low)

    def _columns_of(self, west: float, east: float) -> tuple[int, int]:
        return self._span(west - self._west, east - self._west, self._columns)

    def _rows_of(self, south: float, north: float) -> tuple[int, int]:
        return self._span(south - self._south, north - self._south, self._rows)

    def _span(self, start: float, end: float, count: int) -> tuple[int, int]:
        first = int(np.floor(start / self._size - _SLACK))
        last = int(np.floor(end / self._size + _SLACK))
        return max(0, first), min(count - 1, last)

    def _cross(self, crossed: NDArray[np.bool_], shape: BaseGeometry, left: int, low: int) -> None:
        """Mark the cells of each piece of the border; pieces are no longer than a cell, so that
        the box of each is at most two cells wide and high."""
        a, b = _pieces(shape, self._size)
        origin = np.array([self._west, self._south])
        limit = np.array([crossed.shape[1] - 1, crossed.shape[0] - 1])
        corner = np.array([left, low])
        first = np.floor((np.minimum(a, b) - origin) / self._size - _SLACK).astype(np.intp)
        last = np.floor((np.maximum(a, b) - origin) / self._size + _SLACK).astype(np.intp)
        first = np.clip(first - corner, 0, limit)
        last = np.clip(last - corner, 0, limit)
        middle = np.minimum(first + 1, last)
        for columns in (first[:, 0], middle[:, 0], last[:, 0]):
            for rows in (first[:, 1], middle[:, 1], last[:, 1]):
                crossed[rows, columns] = True

    def _cover(
        self, crossed: NDArray[np.bool_], shape: BaseGeometry, left: int, low: int
    ) -> NDArray[np.bool_]:
        """Return the cells inside. Between two cells of the border a row is inside or outside as
        a whole, so that one cell of each run is asked."""
        begins = ~crossed
        begins[:, 1:] &= crossed[:, :-1]
        rows, columns = np.nonzero(begins)
        x = self._west + (left + columns + 0.5) * self._size
        y = self._south + (low + rows + 0.5) * self._size
        held = shapely.contains_xy(shape, x, y)
        run = np.cumsum(begins.ravel()) - 1
        free = ~crossed.ravel()
        covered = np.zeros(crossed.size, dtype=bool)
        covered[free] = held[run[free]] if len(held) else False
        return covered.reshape(crossed.shape)

    def _numbers(self, cells: NDArray[np.bool_], left: int, low: int) -> Indices:
        rows, columns = np.nonzero(cells)
        numbers: Indices = (rows + low) * self._columns + columns + left
        return numbers


class _Lists:
    """For each cell the polygons listed for it (compressed rows)."""

    def __init__(self, cells: int, entries: Sequence[tuple[Indices, Indices]]) -> None:
        none = np.empty(0, dtype=np.intp)
        shapes = np.concatenate([none, *(shape for shape, _ in entries)])
        places = np.concatenate([none, *(cell for _, cell in entries)])
        small = np.uint16 if shapes.size and shapes.max() < 1 << 16 else np.int32  # sorts by radix
        self._shapes = shapes[np.argsort(places, kind="stable")].astype(small)
        self._starts = np.zeros(cells + 1, dtype=np.int32)
        np.cumsum(np.bincount(places, minlength=cells), out=self._starts[1:])

    def at(self, points: Indices, cells: Indices) -> tuple[Indices, NDArray[Any]]:
        """Return the pairs (point, polygon) of points whose cells are given."""
        starts = self._starts[cells]
        counts = self._starts[cells + 1] - starts
        total = int(counts.sum())
        before = np.cumsum(counts) - counts
        places = np.arange(total) + np.repeat(starts - before, counts)
        return np.repeat(points, counts), self._shapes[places]


def _extent(shapes: NDArray[np.object_]) -> tuple[float, float, float, float]:
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return 0.0, 0.0, 0.0, 0.0
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _pieces(shape: BaseGeometry, longest: float) -> tuple[Floats, Floats]:
    """Return both ends (n, 2) of the pieces of a polygon's rings, none longer than `longest`."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    a, b = coords[:-1][joined], coords[1:][joined]
    cuts = np.maximum(1, np.ceil(np.abs(b - a).max(axis=1) / longest)).astype(np.intp)
    edge = np.repeat(np.arange(len(a)), cuts)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    ways, whole = (b - a)[edge], cuts[edge]
    start = a[edge] + ways * (step / whole)[:, None]
    end = a[edge] + ways * ((step + 1) / whole)[:, None]
    return start, end
