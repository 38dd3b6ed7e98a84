"""The grid answers as geometry does, point by point."""

import numpy as np
import pytest
import shapely

from kernel.grid import Grid

HOLED = shapely.Polygon(
    [(0, 0), (100, 0), (100, 100), (0, 100)], [[(40, 40), (60, 40), (60, 60), (40, 60)]]
)
TWO_PARTS = shapely.MultiPolygon([shapely.box(200, 0, 230, 30), shapely.box(240, 0, 270, 30)])
OVER_BOTH = shapely.box(90, -10, 210, 10)


def found(grid, *points):
    x, y = np.array(points, dtype=float).T
    at, shape = grid.pairs(x, y)
    return list(zip(at.tolist(), shape.tolist(), strict=True))


def test_borders_are_inside_holes_are_not_and_overlapping_shapes_are_all_named():
    grid = Grid([HOLED, TWO_PARTS, OVER_BOTH], finest=7.0)
    assert found(grid, (95, 5), (50, 50), (40, 50), (0, 0), (235, 15), (240, 30), (150, 10)) == [
        (0, 0), (0, 2), (2, 0), (3, 0), (5, 1), (6, 2),
    ]  # fmt: skip


def test_ground_without_shapes_and_points_that_are_no_numbers_are_in_nothing():
    grid = Grid([HOLED])
    assert found(grid, (-1, 50), (1e9, 1e9), (np.nan, 5), (np.inf, 5)) == []
    assert found(Grid([]), (0, 0)) == []
    assert found(Grid([shapely.Polygon(), HOLED]), (10, 10)) == [(0, 1)]
    assert grid.pairs(np.empty(0), np.empty(0))[0].size == 0


def test_a_slender_shape_that_fills_no_cell_is_found():
    sliver = shapely.Polygon([(0, 0), (1000, 0.5), (1000, 0.6), (0, 0.1)])
    assert found(Grid([sliver]), (500, 0.3), (500, 0.5), (0, 0.1)) == [(0, 0), (2, 0)]


@pytest.mark.law
@pytest.mark.parametrize("finest", [0.5, 3.0, 50.0])
def test_the_grid_finds_what_geometry_finds_on_borders_of_cells_and_shapes_too(finest):
    rng = np.random.default_rng(int(finest))
    for _ in range(40):
        shapes = [_shape(rng) for _ in range(rng.integers(1, 12))]
        corners = shapely.get_coordinates(shapes)
        on_cells = rng.integers(-5, 60, (200, 2)) * finest + corners.min(axis=0)
        points = np.concatenate([rng.uniform(-20, 120, (300, 2)), corners, on_cells])
        at, shape = Grid(shapes, finest=finest, cells=5000).pairs(*points.T)
        expected = [
            (number, index)
            for number, point in enumerate(shapely.points(points))
            for index, one in enumerate(shapes)
            if one.intersects(point)
        ]
        assert list(zip(at.tolist(), shape.tolist(), strict=True)) == expected


def _shape(rng):
    angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 40)))
    reach = rng.uniform(2, 40, len(angle))
    centre = rng.integers(0, 100, 2)
    ring = centre + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    outer = shapely.Polygon(np.round(ring) if rng.random() < 0.5 else ring).buffer(0)
    hole = shapely.Point(*centre).buffer(float(rng.uniform(0.5, 5)))
    return outer.difference(hole) if rng.random() < 0.5 else outer
