from datetime import UTC, datetime, timedelta

import pytest

from kernel.periods import Period, intersect, subtract, union


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 10, hour, minute, tzinfo=UTC)


def test_a_period_contains_its_start_and_not_its_end():
    period = Period(at(8), at(9))
    assert period.contains(at(8))
    assert not period.contains(at(9))


def test_an_open_period_contains_every_later_instant():
    assert Period(at(8)).contains(datetime(2999, 1, 1, tzinfo=UTC))
    assert Period(at(8)).duration is None


def test_periods_that_touch_do_not_overlap():
    assert not Period(at(8), at(9)).overlaps(Period(at(9), at(10)))
    assert Period(at(8), at(9)).duration == timedelta(hours=1)


def test_an_empty_period_overlaps_nothing():
    assert not Period(at(8), at(8)).overlaps(Period(at(7), at(9)))


def test_a_naive_time_or_an_end_before_the_start_is_refused():
    with pytest.raises(ValueError, match="aware"):
        Period(datetime(2026, 3, 10))  # noqa: DTZ001
    with pytest.raises(ValueError, match="end before"):
        Period(at(9), at(8))


def test_union_joins_what_touches_and_drops_what_is_empty():
    got = union(
        [
            Period(at(10), at(11)),
            Period(at(8), at(9)),
            Period(at(9), at(10)),
            Period(at(13), at(13)),
        ]
    )
    assert got == [Period(at(8), at(11))]


def test_union_with_an_open_period_stays_open():
    assert union([Period(at(8)), Period(at(9), at(10))]) == [Period(at(8))]


def test_subtract_cuts_the_middle_out():
    got = subtract([Period(at(8))], [Period(at(9), at(10)), Period(at(11))])
    assert got == [Period(at(8), at(9)), Period(at(10), at(11))]


def test_intersect_keeps_what_lies_in_both():
    got = intersect([Period(at(8), at(12))], [Period(at(7), at(9)), Period(at(11))])
    assert got == [Period(at(8), at(9)), Period(at(11), at(12))]
