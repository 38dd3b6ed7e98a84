"""A ground is cut along a line without losing or gaining anything."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from zones import dividing

SQUARE = box(24.0, 60.0, 24.4, 60.4)


def areas(ground, line):
    return [round(piece.area, 6) for piece in dividing.pieces(ground, LineString(line))]


def test_a_line_from_edge_to_edge_makes_two_parts_the_larger_one_first():
    line = [(24.1, 59.9), (24.1, 60.5)]
    west, east = 0.1 * 0.4, 0.3 * 0.4
    assert areas(SQUARE, line) == [round(east, 6), round(west, 6)]


def test_a_line_that_ends_within_cuts_nothing_off():
    assert dividing.pieces(SQUARE, LineString([(24.1, 59.9), (24.1, 60.2)])) == [SQUARE]


def test_a_line_that_ends_on_the_boundary_but_for_a_centimetre_cuts():
    assert len(areas(SQUARE, [(24.1, 60.0 + 1e-7), (24.1, 60.4 - 1e-7)])) == 2


def test_a_line_into_a_hole_and_out_on_the_same_side_cuts_off_a_corner_only():
    ring = Polygon(SQUARE.exterior, [box(24.1, 60.1, 24.3, 60.3).exterior.coords])
    around = [(23.9, 60.05), (24.05, 60.05), (24.05, 59.9)]
    assert areas(ring, around) == [round(0.16 - 0.04 - 0.0025, 6), 0.0025]


def test_a_line_to_the_hole_opens_the_ring_and_a_second_one_parts_it():
    ring = Polygon(SQUARE.exterior, [box(24.1, 60.1, 24.3, 60.3).exterior.coords])
    assert len(areas(ring, [(23.9, 60.2), (24.2, 60.2)])) == 1
    assert areas(ring, [(23.9, 60.2), (24.5, 60.2)]) == [0.06, 0.06]


def test_parts_that_the_line_does_not_cross_stay_whole():
    far = box(25.0, 60.0, 25.1, 60.1)
    found = dividing.pieces(MultiPolygon([SQUARE, far]), LineString([(24.1, 59.9), (24.1, 60.5)]))
    assert len(found) == 3
    assert far in found


@pytest.mark.law
@given(st.floats(24.01, 24.39), st.floats(24.01, 24.39), st.floats(60.05, 60.35))
def test_between_the_pieces_is_neither_gap_nor_overlap(south, north, middle):
    line = LineString([(south, 59.9), ((south + north) / 2, middle), (north, 60.5)])
    one, other = dividing.pieces(SQUARE, line)
    assert shapely.equals(shapely.union(one, other), SQUARE)
    assert shapely.intersection(one, other).area == 0
    own = {*one.exterior.coords} & {*other.exterior.coords}
    assert len(own) == 3  # where the line goes in, its corner, and where it comes out
    assert {*SQUARE.exterior.coords} <= {*one.exterior.coords} | {*other.exterior.coords}
