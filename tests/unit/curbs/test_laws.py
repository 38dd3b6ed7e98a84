"""Laws of metres: nothing overlaps, the first fit is the first, equal lengths waste nothing."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curbs import rules
from curbs.rules import Metres

pytestmark = pytest.mark.law
# A law is about values, not about the speed of the machine that draws them.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ZONE = Metres(Decimal(0), Decimal(40))


def stretches():
    def made(start, length):
        return Metres(Decimal(start), Decimal(start + length))

    return st.lists(st.builds(made, st.integers(-5, 45), st.integers(1, 12)), max_size=8)


@calm
@given(stretches(), st.integers(1, 15))
def test_a_fit_lies_in_the_zone_touches_nobody_and_none_lies_before_it(taken, length):
    block = Decimal(length)
    found = rules.first_fit(ZONE, taken, block)
    # Brute force over whole metres, which is exact because all marks are whole.
    free = [
        start
        for start in range(41 - length)
        if not any(t.overlaps(Metres(Decimal(start), Decimal(start + length))) for t in taken)
    ]
    assert (found.start if found else None) == (Decimal(free[0]) if free else None)


@calm
@given(stretches())
def test_free_and_taken_metres_make_the_whole_zone(taken):
    free = rules.free_stretches(ZONE, taken)
    for metre in range(40):
        half = Metres(Decimal(metre), Decimal(metre + 1))
        held = any(t.overlaps(half) for t in taken)
        assert held != any(f.overlaps(half) for f in free)


@calm
@given(st.integers(1, 12))
def test_how_many_of_equal_length_fit_depends_on_the_metres_alone(length):
    taken: list[Metres] = []
    while (found := rules.first_fit(ZONE, taken, Decimal(length))) is not None:
        taken.append(found)
    assert len(taken) == 40 // length
