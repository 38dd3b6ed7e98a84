"""What is truly a violation, by hours and classes written by hand."""

import pytest
from shapely.geometry import box

from simulation import rulebook
from simulation.motion import Track
from simulation.rulebook import HOUR, NOON, BayStay, Facts, Visit

OLD_VAN = Facts("old", "N1", "diesel", "5", 3500, 6.0)
NEW_VAN = Facts("new", "N1", "diesel", "6d-TEMP", 3500, 6.0)
ELECTRIC = Facts("electric", "N1", "electric", None, 3500, 6.0)
TRUCK = Facts("truck", "N2", "diesel", "VI", 12000, 8.5)
BICYCLE = Facts("bike", "cargo_bicycle", "electric", None, 300, 2.6)


def kinds(facts, visit, gaps=()):
    return [truth.kind for truth in rulebook.violations(facts, [visit], [], gaps)]


@pytest.mark.parametrize(
    ("facts", "zone", "start", "end", "expected"),
    [
        (OLD_VAN, "kamppi", 8 * HOUR, 8 * HOUR + 240, ["class"]),
        (OLD_VAN, "kamppi", 8 * HOUR, 8 * HOUR + 29, []),
        (NEW_VAN, "kamppi", 8 * HOUR, 8 * HOUR + 240, []),
        (TRUCK, "siltasaari", 6.7 * HOUR, 7 * HOUR - 60, []),
        (TRUCK, "siltasaari", 6.7 * HOUR, 7 * HOUR + 90, ["hours"]),
        (TRUCK, "siltasaari", 18 * HOUR, 18.2 * HOUR, []),
        (NEW_VAN, "siltasaari", 12 * HOUR, 13 * HOUR, []),
        (ELECTRIC, "kluuvi", 10.8 * HOUR, 11 * HOUR - 60, []),
        (ELECTRIC, "kluuvi", 11.5 * HOUR, 11.6 * HOUR, ["hours"]),
        (BICYCLE, "kluuvi", 11.5 * HOUR, 11.6 * HOUR, []),
        (NEW_VAN, "asema", 23.8 * HOUR, 24.3 * HOUR, ["across midnight"]),
        (NEW_VAN, "asema", 5.5 * HOUR, 5.7 * HOUR, ["across midnight"]),
        (NEW_VAN, "asema", 21.7 * HOUR, 22 * HOUR - 60, []),
        (ELECTRIC, "asema", 23.8 * HOUR, 24.3 * HOUR, []),
    ],
)
def test_hours_and_classes_decide(facts, zone, start, end, expected):
    assert kinds(facts, Visit(zone, start, end)) == expected


def test_who_is_inside_at_noon_has_a_quarter_of_an_hour_to_leave():
    in_time = Visit("kaartinkaupunki", NOON - 300, NOON + 840)
    too_late = Visit("kaartinkaupunki", NOON - 300, NOON + 900 + 120)

    assert kinds(NEW_VAN, in_time) == []
    assert kinds(NEW_VAN, too_late) == ["around the noon rule"]
    assert rulebook.violations(NEW_VAN, [too_late], [], [])[0].forbidden_s == 120.0


def test_who_enters_after_noon_has_no_time_to_leave():
    assert kinds(NEW_VAN, Visit("kaartinkaupunki", NOON + 60, NOON + 180)) == [
        "around the noon rule"
    ]


def test_a_permit_lifts_the_rule():
    held = Facts("old", "N1", "diesel", "5", 3500, 6.0, frozenset({"kamppi-lez"}))

    assert kinds(held, Visit("kamppi", 8 * HOUR, 9 * HOUR)) == []


def test_a_visit_within_a_silence_is_one_between_two_fixes():
    visit = Visit("kaartinkaupunki", 13 * HOUR, 13 * HOUR + 45)

    assert kinds(NEW_VAN, visit, [(13 * HOUR - 4, 13 * HOUR + 49)]) == ["between two fixes"]


def test_a_bay_without_a_booking_is_a_violation_in_its_hours_only():
    stays = [
        BayStay("bay", 9 * HOUR, 9.3 * HOUR, booked=False),
        BayStay("bay", 10 * HOUR, 10.3 * HOUR, booked=True),
        BayStay("bay", 20.5 * HOUR, 20.8 * HOUR, booked=False),
    ]

    found = rulebook.violations(NEW_VAN, [], stays, [])

    assert [(truth.kind, truth.start) for truth in found] == [("unbooked bay", 9 * HOUR)]


def test_visits_are_cut_out_of_the_true_path_where_it_crosses_the_edge():
    track = Track([0.0], [(-100.0, 0.0)])
    track.add(20.0, (100.0, 0.0))  # 10 m/s through a zone of 60 m
    track.add(40.0, (100.0, 200.0))
    track.add(60.0, (100.0, 200.0))

    seen = rulebook.visits(track, {"zone": box(-30.0, -30.0, 30.0, 30.0)})

    assert [(v.start, v.end, round(v.metres, 6)) for v in seen] == [(7.0, 13.0, 60.0)]


def test_standing_in_a_zone_is_part_of_the_visit():
    track = Track([0.0], [(-40.0, 0.0)])
    track.add(4.0, (0.0, 0.0))
    track.add(604.0, (0.0, 0.0))
    track.add(608.0, (40.0, 0.0))

    seen = rulebook.visits(track, {"zone": box(-30.0, -30.0, 30.0, 30.0)})

    assert [(v.start, v.end) for v in seen] == [(1.0, 607.0)]


def test_euro_classes_of_light_and_heavy_vehicles_have_numbers():
    assert [f.euro_number for f in (OLD_VAN, NEW_VAN, TRUCK)] == [5, 6, 6]
    assert Facts("v", "N2", "diesel", "V", 12000, 8.5).euro_number == 5
    assert Facts("v", "N2", "diesel", "IV", 12000, 8.5).euro_number == 4
