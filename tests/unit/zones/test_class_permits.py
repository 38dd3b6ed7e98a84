"""A permit for a class holds for as long as the vehicle is of the class: vehicles age.

The van was first registered on 12 May 2016, so it becomes ten on 12 May 2026, at midnight in
Helsinki.
"""

from datetime import date

import pytest

from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from tests.unit.zones.rulebook import HELSINKI, local, regulation
from zones import rules
from zones.class_permits import ClassPermit
from zones.compiled import HeldPermit
from zones.language import Who

VAN = VehicleFacts(first_registration_on=date(2016, 5, 12), gross_weight_kg=3500)
START, TENTH, END = local("2026-05-10T12:00"), local("2026-05-12"), local("2026-06-01")
WHILE_ASKED = Period(START, END)
YOUNG, OLD = Who(age_under_years=10), Who(age_at_least_years=10)
CHANGING = Who(any=(Who(age_under_years=9), Who(age_at_least_years=10)))


def held(who, facts=VAN, period=WHILE_ASKED):
    permit = ClassPermit.of(HeldPermit("green", period), who)
    return [one.period for one in permit.held_by(facts, HELSINKI)]


@pytest.mark.parametrize(
    ("who", "stretches"),
    [
        (YOUNG, [Period(START, TENTH)]),
        (OLD, [Period(TENTH, END)]),
        (CHANGING, [Period(TENTH, END)]),
        (Who(age_under_years=11), [WHILE_ASKED]),
        (Who(age_under_years=9), []),
        (Who(gross_weight_up_to_kg=3500), [WHILE_ASKED]),
        (Who(not_=YOUNG, gross_weight_up_to_kg=3500), [Period(TENTH, END)]),
    ],
)
def test_a_permit_begins_and_ends_on_the_birthdays_that_matter_to_its_class(who, stretches):
    assert held(who) == stretches


def test_a_class_that_one_grows_out_of_and_into_again_holds_the_permit_twice():
    decade = Period(local("2020-01-01"))
    assert held(CHANGING, period=decade) == [
        Period(local("2020-01-01"), local("2025-05-12")),
        Period(TENTH),
    ]


def test_an_unknown_age_holds_no_permit_that_asks_for_one():
    assert held(YOUNG, VehicleFacts(gross_weight_kg=3500)) == []


def test_over_a_period_a_rule_bans_the_vehicle_from_its_tenth_birthday_on():
    ban = regulation({"what": {"effect": "prohibit"}, "unless": {"permit": ["green"]}})
    permits = list(ClassPermit.of(HeldPermit("green", Period(START)), YOUNG).held_by(VAN, HELSINKI))
    answers = rules.intervals(
        regulations=[ban], facts=VAN, period=WHILE_ASKED, tz=HELSINKI, permits=permits
    )
    assert [(part.start, said.access) for part, said in answers] == [
        (START, "allowed"),
        (TENTH, "prohibited"),
    ]
