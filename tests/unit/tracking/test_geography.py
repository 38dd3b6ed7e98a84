"""What is remembered of the ground by cells is what geometry says."""

from uuid import UUID

import numpy as np
import pytest
import shapely

from kernel import geometry
from tracking.rules.geography import CELL_M, Area, Geography, cells_over

RING = shapely.Point(0, 0).buffer(400).difference(shapely.Point(30, 20).buffer(120))
TWO = shapely.MultiPolygon([shapely.box(500, 0, 700, 130), shapely.box(750, 0, 800, 130)])


@pytest.mark.law
def test_cells_change_neither_membership_nor_the_parts_of_lines_nor_who_is_near():
    rng = np.random.default_rng(1)
    areas = [Area(UUID(int=n), shape) for n, shape in enumerate([RING, TWO])]
    ground = Geography(areas)
    on_cells = rng.integers(-10, 18, (300, 2)) * CELL_M
    places = np.concatenate([rng.uniform(-500, 900, (1500, 2)), on_cells]).tolist()
    for (ax, ay), (bx, by) in zip(places, places[1:] + places[:1], strict=True):
        shrink = rng.choice([1.0, 0.1])
        bx, by = ax + shrink * (bx - ax), ay + shrink * (by - ay)
        line = shapely.LineString([(ax, ay), (bx, by)])
        near = ground.zones_near((ax, ay), (bx, by), 0.0)
        for area in areas:
            assert area.contains(ax, ay) == shapely.intersects_xy(area.shape, ax, ay)
            expected = geometry.inside_fractions(area.shape, (ax, ay), (bx, by))
            found = area.parts((ax, ay), (bx, by))
            assert np.ravel(found) == pytest.approx(np.ravel(expected), abs=1e-6)
            assert area in near or not shapely.intersects(area.shape, line)


def test_a_line_meets_the_cells_of_its_box():
    assert cells_over(10, 10, 20, 20) == [(0, 0)]
    assert cells_over(60, -10, 10, 10) == [(0, -1), (0, 0), (1, -1), (1, 0)]


def test_a_line_along_a_short_edge_is_cut_at_its_corners_in_city_coordinates():
    """25,000 km from the origin a float is exact to four billionths of a metre."""
    thin = shapely.Polygon(
        [
            (25497011.816145882, 6672034.366123213),
            (25496986.60154254, 6672064.922222656),
            (25496986.419205546, 6672064.771759898),
            (25497011.63380889, 6672034.215660456),
        ]
    )
    a, b = (25497019.380526885, 6672025.199293381), (25496961.386939198, 6672095.478322099)
    inside = sum(end - start for start, end in Area(UUID(int=1), thin).parts(a, b))
    # The edge that the line lies along is 39.6 m of the 91.1 m.
    assert inside * 91.1 <= 39.7
