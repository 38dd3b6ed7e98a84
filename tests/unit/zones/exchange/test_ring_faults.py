"""Every fault of a drawn area is found, at the place where it is."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon

from zones.exchange import ring_faults
from zones.exchange.ring_faults import RingFault

OUTER = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]


def hole(west, south, side=2.0):
    return [(west, south), (west + side, south), (west + side, south + side), (west, south + side)]


@pytest.mark.parametrize(
    ("rings", "found"),
    [
        ([OUTER, hole(2.0, 2.0), hole(6.0, 6.0)], []),
        ([OUTER, hole(2.0, 2.0), hole(4.0, 4.0)], []),  # two holes may touch in a point
        # A bow tie with two knots: the diagonals cross at (1, 1) and at (5, 1).
        ([[(0.0, 0.0), (2.0, 2.0), (4.0, 2.0), (6.0, 0.0), (6.0, 2.0), (4.0, 0.0), (2.0, 0.0),
           (0.0, 2.0)]],
         [RingFault("crosses_itself", (1.0, 1.0)), RingFault("crosses_itself", (5.0, 1.0))]),
        ([[(0.0, 0.0), (4.0, 0.0), (2.0, 2.0), (4.0, 4.0), (0.0, 4.0), (2.0, 2.0)]],
         [RingFault("touches_itself", (2.0, 2.0))]),
        ([OUTER, hole(20.0, 20.0)], [RingFault("hole_outside", (21.0, 21.0), 1)]),
        ([OUTER, hole(9.0, 4.0)],
         [RingFault("hole_crosses", (10.0, 4.0), 1), RingFault("hole_crosses", (10.0, 6.0), 1)]),
        ([OUTER, hole(2.0, 2.0, 4.0), hole(4.0, 4.0, 4.0)],
         [RingFault("holes_overlap", (5.0, 5.0), 2, 1)]),
        ([OUTER, hole(2.0, 2.0, 6.0), hole(4.0, 4.0)],
         [RingFault("hole_within", (5.0, 5.0), 2, 1)]),
        ([OUTER, [(5.0, 0.0), (10.0, 5.0), (5.0, 10.0), (0.0, 5.0)]],
         [RingFault("in_pieces", at) for at in [(0.0, 5.0), (5.0, 0.0), (5.0, 10.0), (10.0, 5.0)]]),
    ],
)  # fmt: skip
def test_faults_are_named_where_they_are(rings, found):
    assert ring_faults.of_rings(rings) == found


ring = st.lists(st.tuples(*[st.integers(0, 6).map(float)] * 2), min_size=3, max_size=7, unique=True)


@pytest.mark.law
@given(st.lists(ring, min_size=1, max_size=3))
def test_there_is_a_fault_exactly_where_geos_finds_the_area_invalid(rings):
    whole = Polygon(rings[0], rings[1:])
    assert bool(ring_faults.of_rings(rings)) is not shapely.is_valid(whole)
