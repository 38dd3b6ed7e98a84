from datetime import timedelta

import pytest

from foundation import clock
from kernel.clock import wall
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db


def test_outside_a_demo_domain_time_is_wall_time():
    assert abs(clock.now() - wall()) < timedelta(seconds=5)
    assert not clock.is_demo()


def test_reading_domain_time_outside_a_demo_costs_no_query(django_assert_num_queries):
    clock.now()
    with django_assert_num_queries(0):
        clock.now()


def test_a_demo_clock_stands_until_it_is_stepped():
    clock.start_demo(TUESDAY)
    assert clock.now() == TUESDAY
    clock.step_to(TUESDAY + timedelta(minutes=3))
    assert clock.now() == TUESDAY + timedelta(minutes=3)


def test_a_released_demo_clock_runs_on_at_the_speed_of_wall_time():
    clock.start_demo(TUESDAY)
    clock.release()
    first = clock.now()
    second = clock.now()
    assert TUESDAY <= first < second < TUESDAY + timedelta(seconds=10)


def test_domain_time_never_goes_back():
    clock.start_demo(TUESDAY)
    with pytest.raises(clock.BackwardsInTime):
        clock.step_to(TUESDAY - timedelta(seconds=1))


def test_a_database_that_holds_data_does_not_become_a_demo():
    factories.helsinki()
    with pytest.raises(clock.HoldsData):
        clock.start_demo(TUESDAY)
    assert not clock.is_demo()


def test_a_demo_database_may_be_set_anew():
    clock.start_demo(TUESDAY)
    factories.helsinki()
    clock.start_demo(TUESDAY + timedelta(days=1))
    assert clock.now() == TUESDAY + timedelta(days=1)


def test_only_a_demo_can_be_stepped():
    with pytest.raises(clock.NotADemo):
        clock.step_to(TUESDAY)
