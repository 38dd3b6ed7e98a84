"""A row of the rule language as a form and back: nothing is lost, faults find their field."""

import json
from pathlib import Path

import pytest

from portal.rulebook import differing, rows

SCHEMES = Path(__file__).resolve().parents[3] / "zones" / "schemes"


def rows_of_templates():
    """Return the rows of all templates."""
    read = [json.loads(path.read_text()) for path in sorted(SCHEMES.glob("*.json"))]
    orders = [order for scheme in read for order in (*scheme["regulations"], scheme.get("bay"))]
    return [row for order in orders if order for row in order["rows"]]


@pytest.mark.parametrize("row", rows_of_templates(), ids=lambda row: row.get("id", "row"))
def test_every_row_of_a_template_comes_back_from_its_form(row):
    assert rows.joined(rows.split(row)) == row


ODD = [
    {},
    {"what": {}},
    {"who": {"category": []}, "when": [], "unless": {"permit": []}},
    {"when": [{}], "what": {"effect": "allow"}},
    {"when": [{"from": "07:00"}, {"to": "06:00"}]},
    {"unless": {"permit": ["a,b"]}, "who": {"category": ["N1", 3]}},
    {"what": {"amount": 5, "effect": " prohibit"}, "priority": True},
    {"who": {"euro_below": {"light": "5"}}, "priority": -3, "warning_until": ""},
    {"when": [{"days": ["fri", "mon"], "holidays": "at times", "calendar_mode": "never"}]},
    {"when": [{"days": ["mon", "mon"], "from_on": "20270101", "until_on": "0001-01-01"}]},
    {"when": [{"days": ["Monday"], "from_on": "soon", "until_on": 3, "calendar": ["snow"]}]},
    {"when": [{"days": [], "holidays": "any", "calendar_mode": "only"}]},
    {"when": [{"from_on": "2027-01-01"}, {"calendar": "snow", "holidays": "only"}]},
    {"legal_reference": "§ 1\n§ 2", "what": {"permit": "a\tb"}, "unless": {"permit": ["a\nb"]}},
]


@pytest.mark.parametrize("row", ODD, ids=str)
def test_a_row_that_no_form_expects_comes_back_too(row):
    assert rows.joined(rows.split(row)) == row


def test_a_permit_typed_beside_a_list_of_exemptions_is_one_more_of_them():
    dated = {"permit": ["resident"], "until_on": "2027-12-31"}
    given = rows.split({"what": {"effect": "prohibit"}, "unless": [dated]})
    assert (given["exempt"], json.loads(given["rest"])) == ("", {"unless": [dated]})
    typed = rows.joined(given | {"exempt": "doctor"})
    assert typed["unless"] == [dated, {"permit": ["doctor"]}]


FIELDS = [
    ({"days": "mon, sun"}, {"when": [{"days": ["mon", "sun"]}]}),
    ({"first_day": "2027-01-01"}, {"when": [{"from_on": "2027-01-01"}]}),
    ({"last_day": "2027-12-31"}, {"when": [{"until_on": "2028-01-01"}]}),
    ({"holidays": "only"}, {"when": [{"holidays": "only"}]}),
    ({"holidays": "except"}, {"when": [{"holidays": "except"}]}),
    ({"holidays": "any"}, {"when": [{"holidays": "any"}]}),
    ({"calendar": "snow"}, {"when": [{"calendar": "snow"}]}),
    (
        {"calendar": "snow", "calendar_mode": "except"},
        {"when": [{"calendar": "snow", "calendar_mode": "except"}]},
    ),
    ({"warning_until": "2027-01-31"}, {"warning_until": "2027-01-31"}),
    ({"reference": "§ 2 (1)"}, {"legal_reference": "§ 2 (1)"}),
    ({"permit": "resident"}, {"what": {"permit": "resident"}}),
]


@pytest.mark.parametrize(("given", "row"), FIELDS, ids=str)
def test_a_field_makes_the_row_that_it_says_and_shows_it_again(given, row):
    assert rows.joined(given) == row
    assert {name: text for name, text in rows.split(row).items() if text} == given


@pytest.mark.parametrize("typed", ["9999-12-31", "2027-02-30", "next year"])
def test_a_last_day_that_has_no_day_after_it_is_left_to_the_language(typed):
    assert rows.joined({"last_day": typed}) == {"when": [{"until_on": typed}]}


def test_what_most_rows_say_is_in_fields_and_the_rest_in_json():
    given = rows.split(
        {
            "what": {"effect": "charge", "amount": 1250, "currency": "EUR", "per": "day"},
            "who": {"category": ["N1", "N2"], "gross_weight_over_kg": 3500},
            "when": [
                {"days": ["mon", "fri"], "from": "07:00", "holidays": "except", "on": ["12-24"]}
            ],
        }
    )
    assert {name: text for name, text in given.items() if text and name != "rest"} == {
        "effect": "charge",
        "amount": "12.50",
        "currency": "EUR",
        "category": "N1, N2",
        "weight_over": "3500",
        "days": "mon, fri",
        "from": "07:00",
        "holidays": "except",
    }
    assert json.loads(given["rest"]) == {"what": {"per": "day"}, "when": [{"on": ["12-24"]}]}


def test_a_field_counts_before_the_json_and_an_unreadable_value_is_left_to_the_language():
    given = {"effect": "warn", "amount": "a lot", "rest": '{"what": {"effect": "allow"}}'}
    assert rows.joined(given) == {"what": {"effect": "warn", "amount": "a lot"}}
    assert rows.joined({"amount": "0.005"}) == {"what": {"amount": "0.005"}}


@pytest.mark.parametrize("text", ["[]", "3", "{", '"row"', "[" * 100_000])
def test_json_that_is_no_object_is_refused(text):
    with pytest.raises(rows.Unreadable):
        rows.joined({"rest": text})


@pytest.mark.parametrize(
    ("pointer", "given", "field"),
    [
        ("/who/category/1", {"category": "N1, X"}, "category"),
        ("/who/category/1", {"rest": '{"who": {"category": ["N1", "X"]}}'}, "rest"),
        ("/when/0/from", {"from": "25:00"}, "from"),
        ("/when/1/from", {"from": "07:00"}, "rest"),
        ("/when/0/days/0", {"days": "someday"}, "days"),
        ("/when/0/until_on", {"last_day": "2027-02-30"}, "last_day"),
        ("/when/0/until_on", {"rest": '{"when": [{"until_on": "x"}]}'}, "rest"),
        ("/what/effect", {"effect": "stop"}, "effect"),
        ("", {}, "effect"),
        ("", {"effect": "warn", "rest": '{"x": 1}'}, "rest"),
    ],
)
def test_a_fault_finds_the_field_that_says_it(pointer, given, field):
    assert rows.field_of(pointer, given) == field


def test_versions_differ_row_by_row():
    before = [{"id": "a", "priority": 1}, {"id": "b"}, {"priority": 3}]
    after = [{"id": "b"}, {"id": "a", "priority": 2}, {"priority": 3}, {"id": "c"}]
    assert [change.kind for change in differing.rows(before, after)] == [
        "same", "changed", "same", "added",
    ]  # fmt: skip
    assert [change.kind for change in differing.rows(after, before)][-1] == "removed"
