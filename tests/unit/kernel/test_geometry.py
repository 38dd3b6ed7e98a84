import pytest
import shapely

from kernel.geometry import (
    inside_fractions,
    metres_between,
    metres_between_near,
    metres_inside,
    projection,
)

SQUARE = shapely.box(0, 0, 100, 100)


def test_a_metre_in_the_city_is_a_metre():
    # One minute of latitude is close to a nautical mile; at 60° north 1,857 m on the ellipsoid.
    assert metres_between(24.94, 60.0, 24.94, 60.0 + 1 / 60) == pytest.approx(1857, abs=1)
    assert metres_between_near(24.94, 60.17, 24.95, 60.17) == pytest.approx(
        metres_between(24.94, 60.17, 24.95, 60.17), rel=0.006
    )


def test_there_and_back_is_where_it_started():
    metric = projection(3067)
    x, y = metric.point_to_metric(24.9414, 60.1699)
    assert x == pytest.approx(385_800, abs=2_000)
    assert metric.point_to_wgs84(x, y) == pytest.approx((24.9414, 60.1699), abs=1e-8)
    square = metric.to_wgs84(shapely.box(x, y, x + 100, y + 100))
    assert metric.to_metric(square).area == pytest.approx(10_000, rel=1e-6)


def test_a_line_across_is_found_without_an_end_inside():
    assert inside_fractions(SQUARE, (-100, 50), (300, 50)) == [(0.25, 0.5)]
    assert metres_inside(SQUARE, (-100, 50), (300, 50)) == pytest.approx(100)


def test_a_touch_at_the_corner_is_no_part():
    assert inside_fractions(SQUARE, (-100, 100), (0, 200)) == []
    assert inside_fractions(SQUARE, (-50, 50), (50, -50)) == []


def test_a_hole_splits_the_line():
    ring = SQUARE.difference(shapely.box(40, 40, 60, 60))
    assert inside_fractions(ring, (0, 50), (100, 50)) == [(0.0, 0.4), (0.6, 1.0)]


def test_standing_inside_is_being_inside():
    assert inside_fractions(SQUARE, (10, 10), (10, 10)) == [(0.0, 1.0)]
    assert inside_fractions(SQUARE, (-10, 10), (-10, 10)) == []
