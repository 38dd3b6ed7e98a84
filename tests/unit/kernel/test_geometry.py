import pytest
import shapely

from kernel.geometry import (
    inside_fractions,
    metres_between,
    metres_between_near,
    metres_inside,
    projection,
    region,
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


def test_a_region_is_the_area_of_use_of_its_system_with_a_margin_of_one_degree():
    """EPSG 3879 is for Finland between 24.5° and 25.5°; Suomenlinna lies at 24.98, 60.14."""
    helsinki = region(3879)
    assert helsinki.holds((24.98, 60.14, 24.99, 60.15))
    assert helsinki.holds((23.5, 60.14, 26.5, 60.15))
    assert not helsinki.holds((23.49, 60.14, 24.99, 60.15))
    assert not helsinki.holds((24.98, 60.14, 24.99, 70.0))
    assert helsinki.holds_swapped((60.14, 24.98, 60.15, 24.99))
    assert not helsinki.holds_swapped((24.98, 60.14, 24.99, 60.15))


def test_a_region_across_the_180th_meridian_is_a_belt():
    """EPSG 3832 is for the Pacific, from 98.69 °E to 68 °W; Suva lies at 178.44, -18.14."""
    pacific = region(3832)
    assert pacific.holds((178.4, -18.2, 178.5, -18.1))
    assert not pacific.holds((178.4, -89.0, 178.5, -18.1))
