"""The map of a finding: north up, to scale, from what the bundle holds."""

import re
from xml.etree import ElementTree

import pytest
from shapely import LineString, Polygon, box

from compliance import drawing

# 0.01 degrees of latitude are 1,113.2 m; at the equator as many of longitude.
SQUARE = box(0.0, -0.005, 0.01, 0.005)
FIXES = [(-0.005, 0.0, False), (0.005, 0.0, True)]


def drawn(**parts):
    return ElementTree.fromstring(drawing.svg(**parts))


def of_class(root, name):
    return [element for element in root.iter() if element.get("class") == name]


def test_a_map_shows_place_fixes_way_and_scale():
    root = drawn(place=SQUARE, fixes=FIXES, ways=[[[-0.005, 0.0], [0.005, 0.0]]])
    for name, count in (
        ("place", 1),
        ("track", 1),
        ("way", 1),
        ("in", 1),
        ("out", 1),
        ("scale", 1),
    ):
        assert len(of_class(root, name)) == count, name


def test_the_fixes_fill_the_width_less_the_margins():
    """1,113.2 m over 640 − 2 · 24 = 592 units, around the middle 320, 200."""
    root = drawn(place=SQUARE, fixes=FIXES)
    (outside,), (inside,) = of_class(root, "out"), of_class(root, "in")
    assert (outside.get("cx"), outside.get("cy")) == ("24.0", "200.0")
    assert (inside.get("cx"), inside.get("cy")) == ("616.0", "200.0")


def test_north_is_up():
    root = drawn(place=None, fixes=[(0.0, 0.0, None), (0.0, 0.01, None)])
    south, north = of_class(root, "out")
    assert float(north.get("cy")) < float(south.get("cy"))


def test_the_scale_is_a_round_number_and_true():
    """592 units are 1,113.2 m, a quarter of 640 units 300.9 m: 200 m it is, of 106.4 units."""
    root = drawn(place=SQUARE, fixes=FIXES)
    (bar,) = of_class(root, "scale")
    assert float(bar.get("x2")) - float(bar.get("x1")) == pytest.approx(106.4, abs=0.1)
    assert "200 m" in [text.text for text in root.iter() if text.tag.endswith("text")]


def test_a_vehicle_that_stood_is_shown_with_at_least_120_metres_around():
    """592 units would be 0 m; the height of 352 units shows 120 m, as the less of the two."""
    root = drawn(place=None, fixes=[(0.0, 0.0, None), (0.0001, 0.0, None)])  # 11.13 m apart
    west, east = of_class(root, "out")
    apart = float(east.get("cx")) - float(west.get("cx"))
    assert apart == pytest.approx(11.132 / (120 / 352), abs=0.11)


def test_a_hole_in_a_zone_is_cut_out():
    holed = Polygon(SQUARE.exterior, [box(0.004, -0.001, 0.006, 0.001).exterior])
    (place,) = of_class(drawn(place=holed, fixes=FIXES), "place")
    assert place.get("d").count("M") == 2
    assert "fill-rule:evenodd" in drawing.svg(place=holed, fixes=FIXES)


def test_a_curb_is_a_line():
    root = drawn(place=LineString([(0, 0), (0.001, 0)]), fixes=[])
    assert len(of_class(root, "kerb")) == 1


def test_without_a_place_and_fixes_there_is_no_map():
    assert drawing.svg(place=None, fixes=[]) == ""


def test_nothing_is_loaded_from_anywhere():
    text = drawing.svg(place=SQUARE, fixes=FIXES)
    assert re.findall(r"(?:href|url|src)\W", text) == []
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
