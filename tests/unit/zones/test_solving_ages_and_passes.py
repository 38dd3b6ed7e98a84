"""The solver over ages that grow while it looks, and over who holds permits and day passes."""

import itertools
import random
from datetime import date, datetime, timedelta

import pytest

from kernel.vehicles import VehicleFacts, birthday, registered_by
from kernel.verdicts import Access
from tests.unit.zones.looked import ALL_TIME, ALLOW, BAN, HELSINKI, MONDAY, found, said_of
from tests.unit.zones.rulebook import regulation
from zones import rules
from zones.compiled import HeldPermit

BAN_ALL = {"what": BAN}
PASS = {"kind": "day", "per_year": 12}


def verdict(rows, facts, at, held=()):
    return rules.decide(
        regulations=[regulation(*rows)],
        facts=facts,
        at=at,
        tz=HELSINKI,
        permits=[HeldPermit(kind, ALL_TIME) for kind in held],
    )


def at(witness):
    return witness.local.replace(tzinfo=HELSINKI)


# Ages

OLDTIMERS = {"what": ALLOW, "who": {"age_at_least_years": 30}}
FROM_JUNE_1996 = {"what": BAN, "who": {"registered_from": "1996-06-01"}}


def test_a_car_that_turns_thirty_while_it_is_looked_at_clashes_from_its_birthday_on():
    assert found([OLDTIMERS, FROM_JUNE_1996], days=21).clashes == ()  # until 31 May 2026
    (clash,) = found([OLDTIMERS, FROM_JUNE_1996], days=22).clashes
    assert clash.witness.facts.first_registration_on == date(1996, 6, 1)
    assert clash.witness.local.date() == date(2026, 6, 1)


def test_a_row_for_an_age_that_nobody_has_yet_applies_once_somebody_has():
    rows = [{"what": BAN, "who": {"age_at_least_years": 2, "registered_from": "2024-06-01"}}]
    assert [one.why for one in found(rows, days=21).idle] == ["nobody"]
    assert found(rows, days=22).idle == ()


def test_the_day_on_which_an_age_reaches_a_date_does_not_stand_for_the_day_before():
    """Only on Monday the 11th is somebody of 12 May 1996 not thirty; nobody is on Tuesday."""
    rows = [{"what": BAN, "who": {"age_under_years": 30, "registered_before": "1996-05-13"}}]
    assert found(rows).idle == ()
    assert [one.why for one in found(rows, start=MONDAY + timedelta(days=1)).idle] == ["nobody"]


def test_a_long_horizon_reaches_to_the_birthdays_that_rules_make():
    later = {"what": BAN, "who": {"registered_from": "2001-06-01"}}
    (clash,) = found([OLDTIMERS, later], days=3000).clashes
    assert clash.witness.local.date() >= date(2031, 6, 1)


def test_an_example_is_as_old_as_the_evaluator_says_on_its_day():
    rows = [OLDTIMERS | {"when": [{"from_on": "2027-03-01", "until_on": "2027-03-02"}]}, BAN_ALL]
    (clash,) = found(rows, days=400).clashes
    assert clash.witness.local.date() == date(2027, 3, 1)
    assert clash.witness.facts.first_registration_on <= date(1997, 3, 1)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 2, 28), date(1996, 2, 28)),
        (date(2026, 3, 1), date(1996, 3, 1)),  # one of 29 February 1996 too
        (date(2028, 2, 29), date(1998, 2, 28)),
        (date(2028, 3, 1), date(1998, 3, 1)),
        (date(29, 1, 1), date.min),
    ],
)
def test_who_is_thirty_has_been_registered_by_the_same_day_thirty_years_before(day, last):
    assert registered_by(day, 30) == last
    if last > date.min:
        assert birthday(last, 30) <= day < birthday(last + timedelta(days=1), 30)


def age(first, day):
    return day.year - first.year - ((day.month, day.day) < (first.month, first.day))


def aged_row(dice, start):
    years = dice.choice([25, 30])
    who = {dice.choice(["age_at_least_years", "age_at_least_years", "age_under_years"]): years}
    if dice.random() < 0.6:
        day = start.date() + timedelta(days=dice.randrange(-3, 14))
        bound = registered_by(day, dice.choice([25, 30]))
        who[dice.choice(["registered_from", "registered_before"])] = bound.isoformat()
    if dice.random() < 0.3:
        who = {"not": who}
    row = {"what": dice.choice([ALLOW, BAN, BAN]), "who": who, "priority": dice.choice([0, 0, 1])}
    if dice.random() < 0.5:
        row["when"] = [{"days": dice.sample(["mon", "tue", "wed", "thu", "fri", "sat"], 2)}]
    return row


def means(who, first, day):
    if "not" in who:
        return not means(who["not"], first, day)
    years = age(first, day)
    return (
        who.get("age_at_least_years", 0) <= years < who.get("age_under_years", 999)
        and who.get("registered_from", "") <= first.isoformat()
        and first.isoformat() < who.get("registered_before", "9999")
    )


def speaks(row, first, day):
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    days = row["when"][0]["days"] if "when" in row else names
    return names[day.weekday()] in days and means(row["who"], first, day)


@pytest.mark.law
@pytest.mark.parametrize("number", range(40))
def test_ages_agree_with_a_brute_force_over_every_day_and_first_registration(number):
    """Over twelve days in May, or around the end of February with and without a 29th."""
    dice = random.Random(number)
    starts = [MONDAY, *(datetime(year, 2, 22, tzinfo=HELSINKI) for year in (2027, 2028))]
    start = dice.choice(starts)
    days = [start.date() + timedelta(days=i) for i in range(12)]
    firsts = [
        registered_by(days[0], years) + timedelta(days=i)
        for years in (25, 30)
        for i in range(-8, 25)
    ]
    rows = [aged_row(dice, start) for _ in range(3)]
    cases = {
        tuple(speaks(row, first, day) for row in rows)
        for first, day in itertools.product(firsts, days)
    }
    analysis = found(rows, days=12, start=start)
    clashes, idle = said_of(rows, cases)
    assert {(c.admits.row, c.forbids.row) for c in analysis.clashes} == clashes, rows
    assert {one.rule.row for one in analysis.idle} == idle, rows
    for clash in analysis.clashes:
        first, day = clash.witness.facts.first_registration_on, clash.witness.local.date()
        assert speaks(rows[clash.admits.row], first, day)
        assert speaks(rows[clash.forbids.row], first, day)


# Permits and day passes


def test_a_draft_that_drops_a_day_pass_is_worse_for_who_holds_it_and_for_nobody_else():
    ban = {"what": BAN, "who": {"gross_weight_over_kg": 3500}}
    with_pass = ban | {"unless": {"day_pass": [PASS]}}
    (shift,) = found([ban], [with_pass]).worse
    assert (shift.kind, shift.witness.permits) == ("prohibited", ("day",))
    assert shift.witness.text == "Tue 09:30, N2 diesel Euro V, 7.4 t, with permit day"
    assert found([ban], [with_pass]).better == ()
    (gained,) = found([with_pass], [ban]).better
    assert (gained.kind, gained.witness.permits) == ("prohibited", ("day",))


def test_a_pass_that_is_kept_and_one_that_takes_its_place_are_told_apart():
    kept = [{"what": BAN, "unless": {"day_pass": [PASS], "permit": ["trade"]}}]
    other = [{"what": BAN, "unless": {"day_pass": [PASS | {"kind": "week"}], "permit": ["trade"]}}]
    assert found(kept, kept).worse == ()
    analysis = found(other, kept)
    assert [shift.witness.permits for shift in analysis.worse] == [("day",)]
    assert [shift.witness.permits for shift in analysis.better] == [("week",)]


def test_who_holds_the_permit_is_not_worse_off_when_it_is_required():
    duty = [{"what": {"effect": "require_permit", "permit": "p"}, "who": {"category": ["N2"]}}]
    (shift,) = found(duty, []).worse
    assert (shift.kind, shift.witness.permits) == ("permit", ())


def test_a_charge_is_dearer_for_who_held_the_pass_that_paid_it():
    paid = {"effect": "charge", "amount": 500, "currency": "EUR", "permit": "season"}
    unpaid = {name: value for name, value in paid.items() if name != "permit"}
    (shift,) = found([{"what": unpaid}], [{"what": paid}]).worse
    assert (shift.kind, shift.witness.permits) == ("charge", ("season",))


def test_a_ban_that_is_silenced_for_all_but_who_holds_a_permit_applies():
    admitted = {"what": ALLOW, "priority": 1, "unless": {"permit": ["p"]}}
    assert found([admitted, BAN_ALL]).idle == ()


KINDS = ("p", "q")
CARS = [VehicleFacts(category=name, gross_weight_kg=3000) for name in ("N1", "M1")]


def held_row(dice):
    effect = dice.choice([ALLOW, BAN, BAN, {"effect": "require_permit", "permit": "q"}])
    row = {"what": effect, "priority": dice.choice([0, 1])}
    if dice.random() < 0.4:
        row["who"] = {"category": [dice.choice(["N1", "M1"])]}
    unless = {}
    if dice.random() < 0.5:
        unless["day_pass"] = [PASS | {"kind": dice.choice(KINDS)}]
    if dice.random() < 0.3:
        unless["permit"] = [dice.choice(KINDS)]
    return row | ({"unless": unless} if unless else {})


@pytest.mark.law
@pytest.mark.parametrize("number", range(40))
def test_who_loses_access_with_which_permits_is_whom_the_evaluator_bans(number):
    dice = random.Random(number)
    before, after = ([held_row(dice) for _ in range(2)] for _ in range(2))
    sets = [(), ("p",), ("q",), ("p", "q")]

    def loses(car, held, at=MONDAY):
        was, now = (verdict(rows, car, at, held).access for rows in (before, after))
        return now is Access.PROHIBITED and was is not Access.PROHIBITED

    told = [s.witness for s in found(after, before).worse if s.kind == "prohibited"]
    for witness in told:
        assert loses(witness.facts, witness.permits, at(witness))
        assert not (witness.permits and loses(witness.facts, (), at(witness)))
    bare = {car.category for car in CARS if loses(car, ())}
    assert bare == {w.facts.category for w in told if not w.permits} & {"N1", "M1"}
    for held in sets[1:]:
        if any(loses(car, held) and not loses(car, ()) for car in CARS):
            assert any(w.permits and set(w.permits) <= set(held) for w in told), (before, after)
