"""What the solver finds, against examples by hand and a brute force that is written differently."""

import itertools
import random
import time
from datetime import datetime, timedelta

import pytest

from kernel.periods import Period
from kernel.schedules import DayCalendar, Span
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Access
from tests.unit.zones.looked import ALLOW, ASCENSION, BAN, HELSINKI, MONDAY, found, said_of
from tests.unit.zones.rulebook import regulation
from zones import language, rules, vehicle_space, witnesses
from zones.language import When, Who


def verdict_of(rows, witness):
    """The one evaluator's verdict on an example."""
    at = witness.local.replace(tzinfo=HELSINKI)
    return rules.decide(
        regulations=[regulation(*rows)],
        facts=witness.facts,
        at=at,
        tz=HELSINKI,
        days=rules_days(witness),
    )


def rules_days(witness):
    named = {
        name: frozenset({witness.local.date()})
        for name in witness.calendars
        if not name.endswith("-1")
    }
    return DayCalendar(frozenset({ASCENSION}), named)


# By hand


def test_two_rows_of_equal_priority_that_contradict_each_other_clash_with_an_example():
    rows = [
        {"what": ALLOW, "who": {"fuel_only": ["electric"]}},
        {"what": BAN, "who": {"gross_weight_over_kg": 7500}, "when": [{"from": "22:00"}]},
    ]
    (clash,) = found(rows).clashes
    assert (clash.admits.row, clash.forbids.row) == (0, 1)
    assert clash.witness.facts.fuels == {"electric"}
    assert clash.witness.facts.gross_weight_kg > 7500
    assert clash.witness.local.hour >= 22


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"who": {"gross_weight_up_to_kg": 3500}}, {"who": {"gross_weight_over_kg": 3500}}),
        ({"who": {"category": ["N1"]}}, {"who": {"gross_weight_over_kg": 3500}}),
        ({"who": {"euro_at_least": "VI"}}, {"who": {"euro_below": "VI"}}),
        ({"when": [{"to": "06:00"}]}, {"when": [{"from": "06:00", "to": "22:00"}]}),
        ({"when": [{"days": ["mon"]}]}, {"when": [{"days": ["tue"]}]}),
        ({"when": [{"holidays": "only"}]}, {"when": [{"holidays": "except"}]}),
        (
            {"when": [{"calendar": "smog"}]},
            {"when": [{"calendar": "smog", "calendar_mode": "except"}]},
        ),
        ({"when": [{"until_on": "2026-05-20"}]}, {"when": [{"from_on": "2026-05-20"}]}),
        ({"priority": 1}, {}),
        ({"who": {"stickers": {"de": ["4"]}}}, {"who": {"stickers": {"de": ["3", "none"]}}}),
        ({}, {"unless": {"who": {}}}),
        ({}, {"warning_until": "2030-01-01"}),
    ],
)
def test_rows_that_never_meet_do_not_clash(one, other):
    assert found([{"what": ALLOW, **one}, {"what": BAN, **other}]).clashes == ()


@pytest.mark.law
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"who": {"euro_in": ["5", "EEV"]}}, {"who": {"euro_in": ["4", "V", "6"]}}),
        ({"who": {"euro_in": ["5b"]}}, {"who": {"euro_in": ["5a", "6"]}}),
        (
            {"when": [{"until_on": "2026-05-20"}]},
            {"unless": [{"who": {}, "until_on": "2026-05-20"}]},
        ),
        ({"when": [{"from_on": "2026-05-20"}]}, {"unless": {"who": {}, "from_on": "2026-05-20"}}),
    ],
)
def test_rows_of_other_classes_or_on_other_days_do_not_clash(one, other):
    assert found([{"what": ALLOW, **one}, {"what": BAN, **other}]).clashes == ()


@pytest.mark.law
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"who": {"euro_in": ["5"]}}, {"who": {"euro_in": ["5b"]}}),
        (
            {"when": [{"until_on": "2026-05-21"}]},
            {"unless": [{"who": {}, "until_on": "2026-05-20"}]},
        ),
        ({"when": [{"from_on": "2026-05-19"}]}, {"unless": {"who": {}, "from_on": "2026-05-20"}}),
    ],
)
def test_rows_that_meet_in_one_class_or_on_one_day_clash(one, other):
    (clash,) = found([{"what": ALLOW, **one}, {"what": BAN, **other}]).clashes
    if "unless" in other:
        assert clash.witness.local.date().isoformat() in ("2026-05-20", "2026-05-19")
    else:
        assert clash.witness.facts.euro_class == "5b"


def test_a_night_before_and_a_morning_meet_after_midnight():
    night = {"what": ALLOW, "when": [{"from": "22:00", "to": "06:00", "days": ["sun"]}]}
    morning = {"what": BAN, "when": [{"from": "05:59", "to": "09:00", "days": ["mon"]}]}
    (clash,) = found([night, morning]).clashes
    assert (clash.witness.local.weekday(), clash.witness.local.hour) == (0, 5)
    assert clash.witness.local.minute == 59


def test_a_row_that_means_nobody_never_applies():
    rows = [
        {"what": BAN, "who": {"category": ["N3"], "gross_weight_up_to_kg": 12000}},
        {"what": BAN, "who": {"category": ["N3"], "gross_weight_up_to_kg": 12001}},
        {"what": BAN, "when": [{"from": "06:00", "to": "06:00"}]},
        {"what": BAN, "when": [{"holidays": "only", "days": ["fri"]}]},
        {"what": BAN, "who": {"euro_below": "0"}},
    ]
    assert [(idle.rule.row, idle.why) for idle in found(rows).idle] == [
        (0, "nobody"),
        (2, "nobody"),
        (3, "nobody"),
        (4, "nobody"),
    ]


def test_a_row_that_is_always_exempt_or_silenced_never_applies():
    rows = [
        {"what": BAN, "who": {"fuel": ["diesel"]}, "unless": {"who": {"fuel": ["diesel", "lpg"]}}},
        {"what": BAN, "who": {"gross_weight_over_kg": 7500}},
        {"what": ALLOW, "who": {"gross_weight_over_kg": 3500}, "priority": 1},
        {"what": BAN, "who": {"gross_weight_over_kg": 3499}},
    ]
    idle = found(rows).idle
    assert [(one.rule.row, one.why) for one in idle] == [(0, "exempt"), (1, "silenced")]
    assert [rule.row for rule in idle[1].by] == [2]


def test_a_list_of_who_is_admitted_without_a_word_on_the_others_is_a_gap():
    admitted = {"what": ALLOW, "who": {"fuel_only": ["electric"]}, "priority": 1}
    (gap,) = found([admitted]).gaps
    assert gap.kind == "no_default"
    assert gap.witness.facts.fuels != {"electric"}
    assert found([admitted, {"what": BAN}]).gaps == ()
    assert found([{"what": BAN, "who": {"fuel": ["diesel"]}}]).gaps == ()


def test_a_euro_limit_of_one_family_leaves_the_other_a_gap():
    light = {"what": BAN, "who": {"euro_below": {"light": "4"}, "category": ["N1", "N2"]}}
    (gap,) = found([light]).gaps
    assert (gap.kind, gap.rule.row) == ("euro_family", 0)
    assert gap.witness.text == "Tue 09:30, N2 diesel Euro V, 7.4 t"
    both = {"what": BAN, "who": {"euro_below": {"light": "4", "heavy": "IV"}}}
    heavy_too = {"what": {"effect": "warn"}, "who": {"euro_at_least": {"heavy": "I"}}}
    heavy_too["who"]["category"] = ["N1", "N2"]
    assert found([both]).gaps == ()
    assert found([light, heavy_too]).gaps == ()


def test_who_is_worse_off_and_who_better_is_told_by_category():
    before = [{"what": BAN, "who": {"gross_weight_over_kg": 12_000}}]
    after = [{"what": BAN, "who": {"category": ["N1", "N2"]}}]
    analysis = found(after, before)
    worse = {shift.witness.facts.category for shift in analysis.worse}
    better = {shift.witness.facts.category for shift in analysis.better}
    # N2 ends at 12 t, so who was banned before and no longer is: M1, M3, N3, tractors, and what
    # has no EU category.
    assert (worse, better) == ({"N1", "N2"}, {"M1", "M3", "N3", "T", "van", "truck"})
    assert {shift.kind for shift in (*analysis.worse, *analysis.better)} == {"prohibited"}


def test_a_higher_charge_and_a_new_duty_are_worse():
    charge = {"what": {"effect": "charge", "amount": 500, "currency": "EUR"}}
    higher = {"what": {"effect": "charge", "amount": 501, "currency": "EUR"}}
    permit = {"what": {"effect": "require_permit", "permit": "p"}, "who": {"category": ["N3"]}}
    analysis = found([higher, permit], [charge])
    assert {shift.kind for shift in analysis.worse} == {"charge", "permit"}
    assert analysis.better == ()
    assert {shift.kind for shift in found([charge], [higher, permit]).better} == {
        "charge",
        "permit",
    }


def test_the_same_rules_make_nobody_worse_or_better():
    rows = [{"what": BAN, "who": {"euro_below": "5"}}, {"what": ALLOW, "who": {}, "priority": -1}]
    analysis = found(rows, rows)
    assert (analysis.worse, analysis.better) == ((), ())


def test_a_row_speaks_only_within_its_legal_period():
    later = Period(MONDAY + timedelta(days=30))
    assert found([{"what": BAN}], legal=later).idle[0].why == "nobody"
    assert found([{"what": BAN}], days=60, legal=later).idle == ()


def test_an_example_is_said_in_words():
    lorry = VehicleFacts(
        category="N2", fuels=frozenset({"diesel"}), euro_class="V", gross_weight_kg=7400
    )
    assert witnesses.text(lorry, datetime(2026, 5, 12, 9, 30)) == (  # noqa: DTZ001
        "Tue 09:30, N2 diesel Euro V, 7.4 t"
    )
    assert witnesses.vehicle(lorry, "de") == "N2 Diesel Euro V, 7,4 t"
    assert witnesses.vehicle(lorry, "fr") == "N2 au gazole Euro V, 7,4 t"


def test_every_key_of_who_is_encoded():
    assert set(vehicle_space.MEMBERS) == set(Who.__struct_fields__)


def test_every_key_of_when_reaches_the_solver_through_the_span():
    """Clock and named calendar are encoded; what else a span has is a property of its day, or its
    clock in seconds."""
    clock = {"from_", "to"}
    calendar = {"calendar", "calendar_mode"}
    of_the_day = {"days", "from_on", "until_on", "holidays", "on", "not_on"}
    assert set(When.__struct_fields__) == clock | calendar | of_the_day
    seconds = {"start_s", "end_s"}
    assert set(Span.__slots__) == {"start", "end"} | seconds | calendar | of_the_day


# By brute force

MASSES = (900, 3500, 3501, 7500, 7501, 12_000, 12_001, 30_000)
# Masses by category as the regulation has them; 0 and 999,999 = no limit.
LIMITS = {"N1": (0, 3500), "N2": (3501, 12_000), "N3": (12_001, 999_999), "M1": (0, 999_999)}
EUROS = {"N1": ["3", "4", "6", "III", "V", "VI"], "N3": ["III", "V", "VI"]}
FUELS = [frozenset({"diesel"}), frozenset({"electric"}), frozenset({"petrol", "electric"})]
HOURS = (0, 359, 360, 361, 539, 540, 1319, 1320, 1321, 1439)


def vehicles():
    for category, (least, most) in LIMITS.items():
        for mass in MASSES:
            if least <= mass <= most:
                for fuels in FUELS:
                    classes = EUROS.get(category, EUROS["N1"])
                    for euro in [None] if fuels == {"electric"} else classes:
                        yield VehicleFacts(
                            category=category, gross_weight_kg=mass, fuels=fuels, euro_class=euro
                        )


VEHICLES = list(vehicles())
TIMES = [MONDAY + timedelta(days=day, minutes=minute) for day in range(7) for minute in HOURS]
"""A week with Ascension Day (a Thursday). No clock change is near."""


def random_row(dice):
    who = {}
    if dice.random() < 0.5:
        who["category"] = dice.sample(sorted(LIMITS), dice.choice([1, 2]))
    if dice.random() < 0.4:
        key = dice.choice(["over", "up_to", "at_least", "under"])
        who[f"gross_weight_{key}_kg"] = dice.choice([3500, 7500, 12_000])
    if dice.random() < 0.4:
        key = dice.choice(["euro_below", "euro_at_least"])
        who[key] = dice.choice(["5", {"light": "4"}, {"light": "4", "heavy": "VI"}])
    elif dice.random() < 0.2:
        who["euro_in"] = dice.sample(["3", "4", "6", "V", "VI"], 2)
    if dice.random() < 0.3:
        who[dice.choice(["fuel", "fuel_only"])] = [dice.choice(["diesel", "electric"])]
    if dice.random() < 0.2:
        who = {"not": who}
    row = {"what": {"effect": dice.choice(["allow", "prohibit", "prohibit"])}, "who": who}
    row["priority"] = dice.choice([0, 0, 1])
    if dice.random() < 0.6:
        window = {"from": dice.choice(["00:00", "06:00", "22:00"])}
        window["to"] = dice.choice(["06:00", "09:00", "22:00", "24:00"])
        if dice.random() < 0.5:
            window["days"] = dice.sample(list(language.DAYS), 3)
        if dice.random() < 0.3:
            window["holidays"] = dice.choice(["only", "except"])
        row["when"] = [window]
    if dice.random() < 0.2:
        row["unless"] = {"who": {"fuel_only": ["electric"]}}
    return row


def speaks(row, facts, at):
    """Whether the row alone would speak, asked of the evaluator: as a ban of its own."""
    alone = {key: value for key, value in row.items() if key != "priority"} | {"what": BAN}
    verdict = rules.decide(
        regulations=[regulation(alone)],
        facts=facts,
        at=at,
        tz=HELSINKI,
        days=DayCalendar(frozenset({ASCENSION})),
    )
    return verdict.access is Access.PROHIBITED


def by_brute_force(rows):
    """Return clashes and idle rows, from all cases one by one.

    A case of a set of rows is who of them speaks; times and vehicles are independent, so each row
    is asked once for the time (of a vehicle it means) and once for the vehicle (at such a time).
    """
    patterns = set()
    timeless = [{k: v for k, v in row.items() if k != "when"} for row in rows]
    nobody_in_particular = [
        {k: v for k, v in row.items() if k not in ("who", "unless")} for row in rows
    ]
    plain = VEHICLES[0]
    times = {tuple(speaks(row, plain, at) for row in nobody_in_particular) for at in TIMES}
    fleets = {tuple(speaks(row, car, TIMES[0]) for row in timeless) for car in VEHICLES}
    for when, who in itertools.product(times, fleets):
        patterns.add(tuple(a and b for a, b in zip(when, who, strict=True)))
    return said_of(rows, patterns)


@pytest.mark.law
@pytest.mark.parametrize("number", range(40))
def test_the_solver_agrees_with_a_brute_force_over_all_classes(number):
    dice = random.Random(number)
    rows = [random_row(dice) for _ in range(dice.choice([2, 3, 4]))]
    analysis = found(rows, days=7)
    clashes, idle = by_brute_force(rows)
    assert {(c.admits.row, c.forbids.row) for c in analysis.clashes} == clashes, rows
    assert {one.rule.row for one in analysis.idle} == idle, rows
    for clash in analysis.clashes:
        at = clash.witness.local.replace(tzinfo=HELSINKI)
        assert speaks(rows[clash.admits.row], clash.witness.facts, at)
        assert speaks(rows[clash.forbids.row], clash.witness.facts, at)
    for gap in analysis.gaps:
        assert verdict_of(rows, gap.witness).access is Access.UNREGULATED


@pytest.mark.law
@pytest.mark.parametrize("number", range(20))
def test_who_is_worse_off_is_whom_the_evaluator_treats_worse(number):
    dice = random.Random(1000 + number)
    before, after = ([random_row(dice) for _ in range(2)] for _ in range(2))
    analysis = found(after, before, days=7)

    def banned(rows, facts, at):
        return (
            rules.decide(
                regulations=[regulation(*rows)],
                facts=facts,
                at=at,
                tz=HELSINKI,
                days=DayCalendar(frozenset({ASCENSION})),
            ).access
            is Access.PROHIBITED
        )

    sample = [(car, at) for car in VEHICLES[::7] for at in TIMES[::3]]
    worse = {
        car.category for car, at in sample if banned(after, car, at) and not banned(before, car, at)
    }
    better = {
        car.category for car, at in sample if banned(before, car, at) and not banned(after, car, at)
    }
    told_worse = {shift.witness.facts.category for shift in analysis.worse}
    told_better = {shift.witness.facts.category for shift in analysis.better}
    assert worse <= told_worse
    assert better <= told_better
    for shifts, then, now in ((analysis.worse, before, after), (analysis.better, after, before)):
        for shift in shifts:
            at = shift.witness.local.replace(tzinfo=HELSINKI)
            assert banned(now, shift.witness.facts, at)
            assert not banned(then, shift.witness.facts, at)


@pytest.mark.law
def test_a_thousand_zones_of_five_rules_are_looked_through_in_half_a_minute():
    """As CPU time: a busy machine does not tell on it. A tenth of them is looked through here."""
    dice = random.Random(5)
    zones = [[random_row(dice) for _ in range(5)] for _ in range(100)]
    started = time.process_time()
    clashing = sum(bool(found(rows, days=400).clashes) for rows in zones)
    spent = time.process_time() - started
    assert 0 < clashing < 100
    assert spent * 10 < 30, f"{spent * 10:.1f} s"
