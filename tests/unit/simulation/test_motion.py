"""The receiver's reports: cadence, noise, outliers, silence."""

import numpy as np
import pytest

from simulation import motion
from simulation.motion import Track


def standing(seconds: float) -> Track:
    track = Track([0.0], [(0.0, 0.0)])
    track.add(seconds, (0.0, 0.0))
    return track


def test_a_moving_vehicle_reports_every_five_seconds_and_a_standing_one_every_minute():
    times = motion.report_times(0.0, 240.0, [(120.0, 140.0)], [])

    assert times == [0.0, 60.0, 120.0, 125.0, 130.0, 135.0, 140.0, 200.0, 240.0]


def test_a_gap_has_a_fix_at_both_ends_and_none_between():
    times = motion.report_times(0.0, 60.0, [(0.0, 60.0)], [(12.0, 41.0)])

    assert times == [0.0, 5.0, 10.0, 12.0, 41.0, 45.0, 50.0, 55.0, 60.0]


@pytest.mark.law
def test_noise_has_a_deviation_of_eight_metres_in_each_axis():
    times = [float(t) for t in range(20_000)]
    reports = motion.fixes(standing(20_000.0), times, np.random.default_rng(3))
    plain = np.array([fix.point for fix in reports if not fix.outlier])

    assert np.allclose(plain.std(axis=0), 8.0, atol=0.2)
    assert np.allclose(plain.mean(axis=0), 0.0, atol=0.25)


@pytest.mark.law
def test_two_fixes_in_a_hundred_are_thrown_fifty_metres_and_never_two_in_a_row():
    times = [float(t) for t in range(20_000)]
    reports = motion.fixes(standing(20_000.0), times, np.random.default_rng(4))
    thrown = np.array([fix.outlier for fix in reports])
    distance = np.array([np.hypot(*fix.point) for fix in reports if fix.outlier])

    assert 0.017 < thrown.mean() < 0.022
    assert not (thrown[1:] & thrown[:-1]).any()
    # 50 m and noise of 8 m in two axes: the root of the mean square is √(50² + 2·8²) = 51.3 m
    assert abs(np.sqrt((distance**2).mean()) - 51.3) < 1.5


def test_the_ends_of_a_silence_are_no_outliers():
    times = [float(t) for t in range(5_000)]
    reports = motion.fixes(
        standing(5_000.0), times, np.random.default_rng(4), steady=frozenset(times[::2])
    )

    assert not any(fix.outlier for fix in reports[::2])
    assert any(fix.outlier for fix in reports[1::2])


def test_the_same_seed_gives_the_same_reports():
    times = [0.0, 5.0, 10.0]
    first = motion.fixes(standing(10.0), times, np.random.default_rng(5))
    second = motion.fixes(standing(10.0), times, np.random.default_rng(5))

    assert first == second


def test_a_profile_is_driven_at_the_given_speeds_and_slower_at_both_ends():
    timed = motion.profile([(0.0, 0.0), (100.0, 0.0)], [10.0], start_s=0.0)

    # 15 m at 5 m/s, 70 m at 10 m/s, 15 m at 5 m/s
    assert [(round(t, 3), round(p[0], 3)) for t, p in timed] == [
        (3.0, 15.0),
        (10.0, 85.0),
        (13.0, 100.0),
    ]


def test_a_track_knows_where_the_vehicle_is_at_every_instant():
    track = Track([0.0], [(0.0, 0.0)])
    track.add(10.0, (100.0, 0.0))
    track.add(20.0, (100.0, 0.0))

    assert track.position(4.0) == (40.0, 0.0)
    assert track.speed(4.0) == 10.0
    assert track.speed(15.0) == 0.0
    assert track.position(99.0) == (100.0, 0.0)
    assert track.heading(4.0) == 90.0
