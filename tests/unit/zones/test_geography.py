"""Zones are squares of a hundredth of a degree; expected times are fractions worked out by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import shapely

from kernel.periods import Period
from zones.geography import Geography, Shape, for_acts, in_force

NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEST, EAST = UUID(int=1), UUID(int=2)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def square(zone, x=0.0, width=0.01, number=1, legal=None, recorded=None):
    return Shape(
        zone_id=zone,
        number=number,
        geometry=shapely.box(x, 0.0, x + width, 0.01),
        legal=legal or Period(NOON - HOUR),
        recorded=recorded or Period(NOON - HOUR),
    )


def crossings(geography, *path):
    return [
        (c.zone_id, (c.entered_at - NOON).total_seconds(), (c.left_at - NOON).total_seconds())
        for c in geography.crossings([(at(t), x, y) for t, x, y in path])
    ]


def test_a_point_on_the_edge_is_inside():
    geography = Geography([square(WEST)])
    assert geography.zones_at(0.01, 0.005, NOON) == [WEST]
    assert geography.zones_at(0.0100001, 0.005, NOON) == []


def test_overlapping_zones_are_all_found_and_no_zone_is_no_error():
    geography = Geography([square(WEST), square(EAST, x=0.005)])
    assert geography.zones_at(0.007, 0.005, NOON) == [WEST, EAST]
    assert Geography([]).zones_at(0.007, 0.005, NOON) == []
    assert Geography([]).crossings([(NOON, 0, 0), (at(9), 1, 1)]) == []


def test_many_fixes_are_found_like_single_ones():
    geography = Geography([square(WEST, legal=Period(NOON)), square(EAST, x=0.02)])
    fixes = [(at(t), x, 0.005) for t in (-1, 0) for x in (0.005, 0.015, 0.025)]
    assert geography.zones_of(fixes) == [set(geography.zones_at(x, y, t)) for t, x, y in fixes]
    assert geography.zones_of(fixes)[3] == {WEST}


def test_a_path_is_inside_from_edge_to_edge():
    geography = Geography([square(WEST), square(EAST, x=0.02)])
    # 0.05° in 50 s: 0.01° in 10 s, from x = -0.01.
    assert crossings(geography, (0, -0.01, 0.005), (50, 0.04, 0.005)) == [
        (WEST, 10.0, 20.0),
        (EAST, 30.0, 40.0),
    ]


def test_legs_that_meet_inside_are_one_crossing():
    geography = Geography([square(WEST)])
    path = [(0, -0.01, 0.005), (15, 0.005, 0.005), (25, 0.005, 0.005), (40, 0.02, 0.005)]
    assert crossings(geography, *path) == [(WEST, 10.0, 30.0)]


def test_a_crossing_begins_when_the_zone_does():
    geography = Geography([square(WEST, legal=Period(at(15), at(18)))])
    assert crossings(geography, (0, -0.01, 0.005), (50, 0.04, 0.005)) == [(WEST, 15.0, 18.0)]


def test_a_later_shape_holds_where_its_legal_period_lies():
    wide = square(WEST, width=0.02, number=2, legal=Period(at(60), at(120)))
    geography = Geography(in_force([square(WEST), wide]))
    found = [bool(geography.zones_at(0.015, 0.005, at(t))) for t in (59, 60, 119, 120)]
    assert found == [False, True, True, False]
    assert geography.zones_at(0.005, 0.005, at(120)) == [WEST]


def test_a_zone_that_is_recorded_late_holds_for_acts_from_then_on():
    late = square(WEST, recorded=Period(at(60)))
    geography = Geography(for_acts([late]))
    assert geography.zones_at(0.005, 0.005, at(59)) == []
    assert geography.zones_at(0.005, 0.005, at(60)) == [WEST]


def test_ground_that_is_given_up_late_is_given_up_for_earlier_acts_too():
    smaller = square(
        WEST, width=0.005, number=2, legal=Period(NOON - HOUR), recorded=Period(at(60))
    )
    geography = Geography(for_acts([square(WEST), smaller]))
    assert geography.zones_at(0.007, 0.005, at(0)) == []
    assert geography.zones_at(0.003, 0.005, at(0)) == [WEST]
