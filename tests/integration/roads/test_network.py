import numpy as np
import pytest
import shapely

from roads.builds import build_base, build_view
from roads.network import unreachable

BOTTOM, RIGHT, TOP, LEFT = (0.005, 0.0), (0.01, 0.005), (0.005, 0.01), (0.0, 0.005)
SIDE_M = 1113.2
# Meets the middle node of the right-hand side only, hence both of that side's segments.
RIGHT_SIDE = shapely.box(0.009, 0.004, 0.011, 0.006)


def test_the_shorter_way_round_is_taken_and_its_times_grow_to_the_duration(town):
    path = town().network().route([BOTTOM, RIGHT])

    assert path.distance_m == pytest.approx(SIDE_M, rel=0.01)
    assert path.offsets_s[0] == 0
    assert path.offsets_s[-1] == pytest.approx(path.duration_s)
    assert (np.diff(path.offsets_s) >= 0).all()


def test_a_closed_area_is_driven_around(town):
    """From the bottom to the top: one half of the ring is closed, the other half remains."""
    path = town().network(closed=RIGHT_SIDE).route([(0.0099, 0.0), (0.0099, 0.01)])

    assert path.distance_m == pytest.approx(3 * SIDE_M, rel=0.03)
    assert not shapely.linestrings(path.coords).intersects(RIGHT_SIDE)


def test_what_is_cut_off_is_missing_in_the_table_and_never_zero(town):
    """Closing the middles of two opposite sides leaves two halves without a way between them."""
    closed = shapely.union(RIGHT_SIDE, shapely.box(-0.001, 0.004, 0.001, 0.006))
    network = town().network(closed=closed)

    durations = network.table([BOTTOM, TOP]).durations_s

    assert np.isnan(durations[0, 1])
    assert np.isnan(durations[1, 0])
    assert network.route([BOTTOM, TOP]) is None


def test_a_stop_in_a_closed_street_is_told_from_one_that_is_open(town):
    points = [RIGHT, LEFT]
    free, closed = town().network(), town().network(closed=RIGHT_SIDE)

    assert unreachable(free.snap(points), closed.snap(points)).tolist() == [True, False]


def test_a_view_never_changes_the_base_or_another_view(town):
    ring = town()
    before = ring.network().table([BOTTOM, RIGHT]).durations_s.tolist()

    ring.network(closed=RIGHT_SIDE)
    base = build_base(ring.opl, "van", ring.root / "base")
    again = build_view(base, None, ring.root / "other-views")

    from roads.network import Network

    assert Network(again).table([BOTTOM, RIGHT]).durations_s.tolist() == before


def test_areas_that_close_the_same_segments_are_one_view(town):
    ring = town()

    first = ring.network(closed=RIGHT_SIDE).folder
    second = ring.network(closed=shapely.box(0.0095, 0.0045, 0.012, 0.0055)).folder

    assert first == second


@pytest.mark.parametrize(
    ("tags", "closed_to"),
    [
        ("hgv=no", {"truck"}),
        ("goods=no", {"truck", "van"}),
        ("maxweight=7.5", {"truck"}),
        ("maxweight=2.8", {"truck", "van"}),
        ("maxweight:hgv=12", {"truck"}),
        ("maxheight=3.0", {"truck"}),
        ("maxlength=8", {"truck"}),
        ("motor_vehicle=no", {"truck", "van"}),
        ("motor_vehicle=no,goods=yes", set()),
        ("vehicle=no", {"truck", "van", "cargo_bike"}),
    ],
)
def test_each_kind_of_vehicle_keeps_out_of_what_is_closed_to_it(town, tags, closed_to):
    ring = town(right=tags)
    detours = {
        profile
        for profile in ("truck", "van", "cargo_bike")
        if ring.network(profile).route([(0.0099, 0.0), (0.0099, 0.01)]).distance_m > 2 * SIDE_M
    }

    assert detours == closed_to


def test_a_street_for_business_only_is_entered_to_stop_but_not_driven_through(town):
    network = town(right="motor_vehicle=destination").network()

    through = network.route([(0.0099, 0.0), (0.0099, 0.01)])
    to_a_stop = network.route([(0.0099, 0.0), RIGHT])

    assert through.distance_m > 2 * SIDE_M
    assert to_a_stop.distance_m < SIDE_M


def test_a_noisy_trace_is_matched_onto_its_street(town):
    network = town().network()
    trace = [(0.001 * step, 0.00004 * (-1) ** step) for step in range(1, 9)]

    matched = network.match(trace, [5.0] * 8)  # they lie 4.4 m off

    assert all(abs(point.lat) < 1e-6 for point in matched.points)
    assert {point.street for point in matched.points} == {"bottom"}


def test_views_that_nobody_asked_for_lately_are_removed_and_built_again_on_demand(town):
    import os

    from roads.builds import prune

    ring = town()
    free = ring.network().folder
    old = ring.network(closed=RIGHT_SIDE).folder
    new = ring.network(closed=shapely.box(-0.001, 0.004, 0.001, 0.006)).folder
    os.utime(old, (1, 1))

    assert prune(old.parent, keep=1) == [old]
    assert free.is_dir()
    assert new.is_dir()
    assert ring.network(closed=RIGHT_SIDE).folder.is_dir()
