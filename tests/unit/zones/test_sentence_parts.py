"""A rule row in words, apart: what, who, when, and who is exempt."""

from typing import get_args

from zones import language, sentences
from zones.phrases import VALUES

ROW = {
    "what": {"effect": "require_permit", "permit": "delivery"},
    "who": {"category": ["N1"]},
    "when": [{"days": ["sat"], "from": "22:00", "to": "06:00"}, {"on": ["12-24"]}],
    "unless": {"permit": ["night"], "who": {"fuel_only": ["electric"]}},
}


def parts(row, speaks="en"):
    (read,), faults = language.read([row])
    assert faults == []
    return sentences.parts(read, speaks)


def test_the_parts_of_a_row_are_those_of_its_sentence():
    assert parts(ROW) == (
        "Only with permit “delivery”",
        "category N1",
        "Sat 22:00–06:00 and 00:00–24:00 on 12-24",
        "holders of “night” and only on electric",
    )


def test_parts_are_said_in_the_language_that_is_asked_for():
    assert parts(ROW, "de").what == "Nur mit Genehmigung „delivery“"
    assert parts(ROW, "fr").who == "catégorie N1"


def test_a_row_that_always_means_everybody_has_no_time_and_no_exception():
    assert parts({"what": {"effect": "warn"}}) == ("Warning", "all vehicles", "", "")


def test_a_sentence_of_its_own_does_not_change_the_parts():
    assert parts(ROW | {"sentence": "Ask the guard."}) == parts(ROW)


def test_fuels_and_categories_are_said_in_words():
    row = {"who": {"category": ["van", "cargo_bicycle", "N1"], "fuel": ["diesel", "petrol"]}}
    row["what"] = {"effect": "prohibit"}
    assert parts(row).who == "category van or cargo bicycle or N1, fuel diesel or petrol"
    said = "Klasse Transporter oder Lastenrad oder N1, Antrieb Diesel oder Benzin"
    assert parts(row, "de").who == said
    said = "catégorie fourgon ou vélo-cargo ou N1, énergie gazole ou essence"
    assert parts(row, "fr").who == said


def test_every_fuel_has_a_word():
    fuels = set(get_args(language.Fuel))
    assert fuels <= set(VALUES["de"])
    assert fuels <= set(VALUES["fr"])
