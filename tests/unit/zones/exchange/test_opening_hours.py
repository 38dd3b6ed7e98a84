"""Opening hours: the part of the grammar that windows can say, and nothing else."""

from datetime import date

import pytest

from zones.exchange import opening_hours
from zones.language import DAYS, When

WORKING = DAYS[:5]


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("24/7", [When()]),
        ("7:30-19:00", [When("07:30", "19:00")]),
        ("Mo-Sa 06:00-11:00", [When("06:00", "11:00", DAYS[:6])]),
        ("Mo-Fr 08:00-20:00; PH off", [When("08:00", "20:00", WORKING, holidays="except")]),
        ("19:00-6:00", [When("19:00", "06:00")]),
        ("22:00-26:00", [When("22:00", "02:00")]),
        ("Fr-Mo 10:00-12:00", [When("10:00", "12:00", ("mon", "fri", "sat", "sun"))]),
        ("Sa,Su", [When("00:00", "24:00", ("sat", "sun"))]),
        ("PH 10:00-12:00", [When("10:00", "12:00", holidays="only")]),
        (
            "Mo-Fr 16:00-11:00;Sa 00:00-11:00",
            [When("16:00", "11:00", WORKING), When("00:00", "11:00", ("sat",))],
        ),
        (
            "Mo-Fr 08:00-10:00, 12:00-14:00",
            [When("08:00", "10:00", WORKING), When("12:00", "14:00", WORKING)],
        ),
        (
            "2016 Apr 25 - 2016 Sep 26",
            [When(from_on=date(2016, 4, 25), until_on=date(2016, 9, 27))],
        ),
    ],
)
def test_hours_are_read_as_windows(text, windows):
    assert list(opening_hours.read(text)) == windows


def test_a_later_rule_replaces_an_earlier_one_on_the_days_it_names():
    read = opening_hours.read("Mo-Su 08:00-18:00; Sa 10:00-12:00; Su,PH off")
    assert [(w.from_, w.to, w.days, w.holidays) for w in read] == [
        ("08:00", "18:00", WORKING, "except"),
        ("10:00", "12:00", ("sat",), "except"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Apr-Oct 08:00-10:00", "Mo-Fr sunrise-sunset", "SH off", "Mo[1] 10:00-12:00", "off", "",
        "8:00", "25:00-26:00", "08:00-08:00", "10:61-12:00", "2016 Feb 30-2016 Mar 1", "week 3",
        'Mo-Fr 08:00-10:00 "by arrangement"', "Mo-Fr 08:00-10:00 || 12:00-14:00", "Mo-Fr off",
        "08:00-20:00; 2026 Dec 24 off", "00:00-48:01",
    ],
)  # fmt: skip
def test_what_no_window_can_say_is_not_understood(text):
    with pytest.raises(opening_hours.NotUnderstood):
        opening_hours.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "24/7", "Mo-Sa 06:00-11:00", "Mo-Fr 08:00-20:00; PH off", "19:00-06:00",
        "Mo-Fr 16:00-11:00; Sa 00:00-11:00", "Mo-Fr 08:00-10:00,12:00-14:00", "PH 10:00-12:00",
        "Mo,We 08:00-10:00; PH 10:00-12:00",
    ],
)  # fmt: skip
def test_hours_that_are_read_are_written_as_they_were(text):
    windows = opening_hours.read(text)
    if text == "Mo,We 08:00-10:00; PH 10:00-12:00":
        assert [w.holidays for w in windows] == ["except", "only"]
    assert opening_hours.write(windows) == text


def test_dated_hours_are_written_so_that_they_are_read_alike():
    windows = opening_hours.read("2016 Apr 25 - 2016 Sep 26 Mo 10:00-12:00")
    assert opening_hours.read(opening_hours.write(windows)) == windows


@pytest.mark.parametrize(
    "windows",
    [
        (When(calendar="smog"),),
        (When("08:00", "10:00", WORKING), When("09:00", "12:00", DAYS)),
        (When("08:00", "10:00"), When("10:00", "12:00", holidays="only")),
    ],
)
def test_windows_that_hours_cannot_say_are_not_written(windows):
    assert opening_hours.write(windows) is None
