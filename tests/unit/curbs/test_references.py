"""References that people read out, and the states of a booking."""

import re

from curbs import references
from curbs.states import State


def test_a_reference_names_the_city_and_six_unambiguous_characters():
    for _ in range(200):
        minted = references.mint("helsinki")
        assert re.fullmatch(r"HEL-[2-9ACDEFGHJKMNPQRTVWXY]{4}-[2-9ACDEFGHJKMNPQRTVWXY]{2}", minted)


def test_a_typed_reference_is_read_whatever_its_case_and_dashes():
    assert references.normalise("hel 7f3k2q") == "HEL-7F3K-2Q"


def test_a_booking_that_has_ended_never_holds_metres_again():
    ended = [s for s in State if not s.holds_metres]
    assert sorted(ended) == ["cancelled", "completed", "expired", "no_show"]
    assert not any(s.may_become(other) for s in ended for other in State)


def test_a_vehicle_checks_in_only_with_a_confirmed_booking():
    assert [s for s in State if s.may_become(State.CHECKED_IN)] == [State.CONFIRMED]
