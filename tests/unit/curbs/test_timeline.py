"""What is free over time, and when a vehicle could start."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from curbs.rules import Metres
from curbs.timeline import Held, slots, starts
from kernel.periods import Period

TEN = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
ZONE = Metres(Decimal(0), Decimal(24))


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def held(start_m: int, end_m: int, from_min: int, until_min: int) -> Held:
    return Held(
        Metres(Decimal(start_m), Decimal(end_m)),
        Period(TEN + minutes(from_min), TEN + minutes(until_min)),
    )


def test_an_empty_zone_is_one_slot_with_all_its_metres():
    (slot,) = slots(ZONE, [], Period(TEN, TEN + minutes(60)), Decimal(8))
    assert (slot.free_m, slot.longest_free_m, slot.fits) == (24, 24, 3)


def test_slots_change_where_somebody_comes_or_goes():
    taken = [held(0, 8, 15, 45), held(16, 24, 30, 90)]
    found = slots(ZONE, taken, Period(TEN, TEN + minutes(60)), Decimal(8))
    assert [(s.period.start - TEN, s.free_m, s.longest_free_m, s.fits) for s in found] == [
        (minutes(0), 24, 24, 3),
        (minutes(15), 16, 16, 2),
        (minutes(30), 8, 8, 1),
        (minutes(45), 16, 16, 2),
    ]


def test_two_holes_of_seven_metres_fit_no_vehicle_of_eight():
    taken = [held(7, 17, 0, 60)]
    (slot,) = slots(ZONE, taken, Period(TEN, TEN + minutes(60)), Decimal(8))
    assert (slot.free_m, slot.longest_free_m, slot.fits) == (14, 7, 0)


def test_a_change_of_hands_that_leaves_the_same_free_is_no_new_slot():
    taken = [held(0, 8, 0, 30), held(0, 8, 30, 60)]
    assert len(slots(ZONE, taken, Period(TEN, TEN + minutes(60)))) == 1


def test_starts_are_the_nearest_quarters_at_which_it_is_free_throughout():
    full = [held(0, 24, 0, 30)]
    found = starts(
        ZONE,
        full,
        around=TEN,
        within=minutes(60),
        duration=minutes(30),
        block=Decimal(8),
        earliest=TEN - minutes(45),
    )
    assert [at - TEN for at in found] == [
        minutes(30),
        minutes(-30),
        minutes(45),
        minutes(-45),
        minutes(60),
    ]
