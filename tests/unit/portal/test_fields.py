"""What is typed into fields, and what stands in them."""

import pytest

from portal import fields

DAY = 24 * 60


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("0", 0), ("5", 300), ("0.5", 30), ("0,5", 30), ("1.25", 75), ("1440", 86_400)],
)
def test_minutes_are_whole_or_with_a_fraction(typed, seconds):
    assert fields.minutes(typed, DAY) == seconds


@pytest.mark.parametrize("typed", ["", "-1", "1e3", "1440.1", "many", "nan", "5.", "٥", "1 5"])
def test_what_is_no_number_of_minutes_is_none(typed):
    assert fields.minutes(typed, DAY) is None


def test_seconds_stand_in_a_field_as_they_are_read_back():
    shown = {30: "0.5", 300: "5", 600: "10", 0: "0"}
    assert {seconds: fields.as_minutes(seconds) for seconds in shown} == shown
    assert all(fields.minutes(fields.as_minutes(s), DAY) == s for s in range(0, 86_401, 7))
