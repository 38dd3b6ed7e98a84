import json
from pathlib import Path

import msgspec
import pytest

from zones import language

DOCS = Path(__file__).parents[3] / "docs"


def faults(*rows):
    return [(fault.pointer, fault.detail) for fault in language.read(rows)[1]]


def test_every_bad_row_is_named_by_its_pointer():
    got = faults(
        {"what": {"effect": "prohibit"}, "who": {"category": ["N9"]}},
        {"what": {"effect": "prohibit"}},
        {"what": {"effect": "forbid"}},
    )
    assert [pointer for pointer, _ in got] == ["/0/who/category/0", "/2/what/effect"]


def test_all_that_is_wrong_with_a_row_is_told_at_once_what_means_nothing_in_the_rest_too():
    row = {
        "what": {"effect": "charge", "amount": "abc", "currency": "euro"},
        "who": {"category": ["N1", "n1"], "euro_below": "banana"},
        "when": [{"from": "7", "to": "25:00"}],
        "unless": [{"permits": ["x"]}],
        "priority": 1001,
    }
    time = "A time of day from 00:00 to 24:00, such as 07:00."
    got = dict(faults(row))
    assert got.pop("/0/who/category/1").startswith("“n1” is not known; allowed: L1e, L2e,")
    assert got == {
        "/0/what/amount": "A whole number is needed.",
        "/0/what/currency": "A currency in three letters, such as EUR.",
        "/0/who/euro_below": "“banana” is not a Euro class.",
        "/0/when/0/from": time,
        "/0/when/0/to": time,
        "/0/unless/0": "“permits” is not known here.",
        "/0/priority": "The most is 1000.",
    }


def test_a_fault_as_deep_as_json_goes_is_named_once():
    who = {"category": ["n1"]}
    for _ in range(450):
        who = {"not": who}
    ((where, _detail),) = faults({"what": {"effect": "prohibit"}, "who": who})
    assert where == "/0/who" + "/not" * 450 + "/category/0"


def test_what_was_accepted_once_still_rules_when_the_language_has_come_to_refuse_it():
    """A city whose published row is read as a fault would have no decision at all."""
    old = {"what": {"effect": "prohibit", "permit": "resident"}}
    assert faults(old)
    assert language.accepted([old])[0].what.effect == "prohibit"
    with pytest.raises(ValueError, match="effect"):
        language.accepted([{"what": {"effect": "forbid"}}])


def test_an_unknown_key_is_a_fault_and_not_a_rule_that_is_silently_wider():
    assert faults({"what": {"effect": "prohibit"}, "who": {"weigth_over": 3}})[0][0] == "/0/who"


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"what": {"effect": "charge", "currency": "EUR"}}, "/0/what/amount"),
        ({"what": {"effect": "charge", "amount": 5}}, "/0/what/currency"),
        ({"what": {"effect": "prohibit", "amount": 5}}, "/0/what/amount"),
        ({"what": {"effect": "require_permit"}}, "/0/what/permit"),
        ({"what": {"effect": "prohibit", "permit": "resident"}}, "/0/what/permit"),
        ({"what": {"effect": "warn"}, "who": {"category": []}}, "/0/who/category"),
        ({"what": {"effect": "warn"}, "who": {"not": {"stickers": {}}}}, "/0/who/not/stickers"),
        ({"what": {"effect": "warn"}, "who": {"euro_below": "9"}}, "/0/who/euro_below"),
        (
            {"what": {"effect": "warn"}, "unless": {"who": {"not": {"euro_below": "x"}}}},
            "/0/unless/who/not/euro_below",
        ),
        ({"what": {"effect": "warn"}, "when": [{"from": "25:00"}]}, "/0/when/0/from"),
        ({"what": {"effect": "warn"}, "when": [{"days": []}]}, "/0/when/0/days"),
        (
            {"what": {"effect": "warn"}, "when": [{"calendar_mode": "except"}]},
            "/0/when/0/calendar_mode",
        ),
        (
            {
                "what": {"effect": "warn"},
                "when": [{"from_on": "2026-02-01", "until_on": "2026-02-01"}],
            },
            "/0/when/0/until_on",
        ),
        ({"what": {"effect": "warn"}, "who": {"euro_in": ["5", "five"]}}, "/0/who/euro_in/1"),
        ({"what": {"effect": "warn"}, "unless": [{"permits": ["x"]}]}, "/0/unless/0"),
        ({"what": {"effect": "warn"}, "unless": [{"until_on": "2027-01-01"}]}, "/0/unless/0"),
        (
            {"what": {"effect": "warn"}, "unless": {"permit": ["x"], "from_on": "0001-01-01"}},
            "/0/unless/from_on",
        ),
        (
            {
                "what": {"effect": "warn"},
                "unless": [
                    {"permit": ["x"]},
                    {"permit": ["y"], "from_on": "2027-01-02", "until_on": "2027-01-01"},
                ],
            },
            "/0/unless/1/until_on",
        ),
    ],
)
def test_what_means_nothing_is_refused_where_it_stands(row, pointer):
    assert [where for where, _ in faults(row)] == [pointer]


def nested(depth):
    who = {"category": ["N1"]}
    for _ in range(depth):
        who = {"not": {"any": [who]}} if depth % 2 else {"not": who}
    return who


def test_predicates_nest_only_as_deep_as_every_reader_can_follow():
    rule = {"what": {"effect": "prohibit"}}
    assert not faults(rule | {"who": nested(language.MOST_NESTED)})
    for deep in (nested(language.MOST_NESTED + 1), nested(400)):
        ((where, detail),) = faults(rule, rule | {"unless": {"who": deep}})
        assert where.startswith("/1/unless/who/not/")
        assert detail == "Predicates nest at most 32 deep."


@pytest.mark.parametrize(
    ("who", "pointer"),
    [
        ({"euro_below": "9"}, "/class/euro_below"),
        ({"category": ["N9"]}, "/class/category/0"),
        ({"weigth": 3}, "/class"),
        ([], "/class"),
    ],
)
def test_a_predicate_by_itself_is_read_as_in_a_row(who, pointer):
    assert [fault.pointer for fault in language.read_who(who, "/class")] == [pointer]
    assert not language.read_who({"euro_below": "VI"}, "/class")


def test_a_row_survives_the_way_through_json():
    row = {
        "id": "heavy",
        "what": {"effect": "prohibit"},
        "who": {"not": {"fuel_only": ["electric"]}, "registered_before": "2020-01-01"},
        "when": [{"from": "22:00", "to": "06:00", "days": ["fri"]}],
        "unless": {"permit": ["night"]},
        "priority": 2,
    }
    dated = {"permit": ["resident"], "until_on": "2027-12-31", "legal_reference": "§ 4"}
    listed = row | {"who": {"euro_in": ["5", "V"]}, "unless": [{"permit": ["night"]}, dated]}
    good, bad = language.read([row, listed])
    assert not bad
    assert msgspec.json.decode(msgspec.json.encode(good)) == [row, listed]


def test_the_schema_in_the_documentation_is_the_one_that_is_checked():
    documented = json.loads((DOCS / "rule-language.schema.json").read_text())
    assert documented == json.loads(json.dumps(language.schema()))


def test_an_amount_that_is_no_price_is_refused_where_it_stands_and_read_where_it_ruled():
    """The most is 1,000,000,000 of the smallest unit: one more is too much."""

    def row(amount):
        charge = {"effect": "charge", "currency": "EUR", "amount": amount, "cap_per_day": amount}
        a_pass = {"kind": "day", "per_year": 1, "amount": amount, "currency": "EUR"}
        return {"what": charge, "unless": {"day_pass": [a_pass]}}

    assert faults(row(1_000_000_000)) == []
    said = "More than 1,000,000,000 of the smallest unit is no price."
    assert faults(row(1_000_000_001)) == [
        ("/0/what/amount", said),
        ("/0/what/cap_per_day", said),
        ("/0/unless/day_pass/0/amount", said),
    ]
    (read,) = language.accepted([row(10**12)])
    assert read.what.amount == 10**12
