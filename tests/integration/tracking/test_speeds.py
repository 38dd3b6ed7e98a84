"""Speeds on streets: each live position counts once, whatever the order of arrival."""

from datetime import timedelta

import days
import pytest

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

NOW = TUESDAY + timedelta(minutes=10)


@pytest.fixture
def street(hel):
    """A street of 600 m along y = 50."""
    from django.contrib.gis.geos import LineString

    from roads.models import Street, StreetNetwork

    west, east = days.lnglat(-300, 50), days.lnglat(300, 50)
    StreetNetwork.objects.create(
        city=hel,
        content=str(hel.id)[-16:],
        loaded_at=TUESDAY,
        west=west[0],
        south=west[1],
        east=east[0],
        north=east[1],
    )
    return Street.objects.create(
        city=hel,
        way_id=7,
        street_class="residential",
        drivable=True,
        length_m=600,
        geometry=LineString(west, east, srid=4326),
        drawn=LineString((0, 0), (1, 1), srid=3857),
    )


def sums():
    """Return (way, quarter, samples, sum in mm/s) of every quarter."""
    from roads.models import SegmentSpeed

    rows = SegmentSpeed.objects.order_by("quarter_at")
    return [(row.way_id, row.quarter_at, row.samples, row.sum_mmps) for row in rows]


def test_moving_fixes_count_for_their_street_and_standing_ones_do_not(
    street, van, sender, tracking
):
    fixes = [days.position(van, 5 * n, -100 + 40 * n, 50, 8.0) for n in range(3)]
    fixes.append(days.position(van, 20, 20, 52, 0.0))
    fixes.append(days.position(van, 25, 20, 120, 9.0))  # 70 m off the street
    days.send(sender, fixes, NOW)
    tracking()
    assert sums() == [(7, TUESDAY, 3, 24_000)]
    days.send(sender, fixes, NOW)
    tracking()
    assert sums() == [(7, TUESDAY, 3, 24_000)]


def test_a_late_fix_counts_once_and_a_voided_one_is_taken_back(street, van, sender, tracking):
    fixes = [days.position(van, 5 * n, -100 + 40 * n, 50, 8.0) for n in range(4)]
    days.send(sender, [*fixes[:1], *fixes[2:]], NOW)
    tracking()
    days.send(sender, fixes[1:2], NOW)
    tracking()
    assert sums() == [(7, TUESDAY, 4, 32_000)]
    days.send(sender, [days.void(van, fixes[1], 60)], NOW)
    tracking()
    assert sums() == [(7, TUESDAY, 3, 24_000)]


def test_a_fix_that_is_voided_twice_is_taken_back_once(street, van, sender, tracking):
    fixes = [days.position(van, 5 * n, -100 + 40 * n, 50, 8.0) for n in range(4)]
    days.send(sender, fixes, NOW)
    tracking()
    for _ in range(2):
        days.send(sender, [days.void(van, fixes[1], 60)], NOW)
        tracking()
    assert sums() == [(7, TUESDAY, 3, 24_000)]


def test_a_quarter_of_which_nothing_is_left_is_no_row(street, van, sender, tracking):
    fix = days.position(van, 0, 0, 50, 8.0)
    days.send(sender, [fix], NOW)
    tracking()
    days.send(sender, [days.void(van, fix, 60)], NOW)
    tracking()
    assert sums() == []


def test_a_fix_that_was_voided_before_it_came_never_counts(street, van, sender, tracking):
    fix = days.position(van, 0, 0, 50, 8.0)
    days.send(sender, [days.void(van, fix, 60)], NOW)
    tracking()
    days.send(sender, [fix], NOW)
    tracking()
    assert sums() == []


def test_a_fix_that_two_voids_name_is_taken_back_once(street, van, sender, tracking):
    fixes = [days.position(van, 5 * n, -100 + 40 * n, 50, 8.0) for n in range(4)]
    days.send(sender, fixes, NOW)
    tracking()
    for later in (60, 70):
        days.send(sender, [days.void(van, fixes[1], later)], NOW)
        tracking()
    assert sums() == [(7, TUESDAY, 3, 24_000)]
