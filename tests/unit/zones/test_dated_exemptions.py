"""Exemptions from a day on and until a day, Euro classes by name: one step around every bound."""

from datetime import timedelta

import pytest

from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from tests.unit.zones.rulebook import HELSINKI, LONG_AGO, local, regulation
from zones import language, rules, sentences
from zones.rules import HeldPermit

ROW = {
    "what": {"effect": "prohibit"},
    "unless": [
        {"permit": ["resident"], "until_on": "2027-12-31", "legal_reference": "§ 4"},
        {"who": {"fuel_only": ["electric"]}, "from_on": "2027-06-01"},
        {"permit": ["doctor"]},
    ],
}
VAN, ELECTRIC = (VehicleFacts(fuels=frozenset({fuel})) for fuel in ("diesel", "electric"))
SECOND = timedelta(seconds=1)


def verdict(facts=VAN, *, at, permits=()):
    held = [HeldPermit(kind, Period(LONG_AGO)) for kind in permits]
    return rules.decide(
        regulations=[regulation(ROW)], facts=facts, at=local(at), tz=HELSINKI, permits=held
    )


@pytest.mark.parametrize(
    ("at", "facts", "permit", "access"),
    [
        ("2027-12-30T23:59:59", VAN, "resident", "allowed"),
        ("2027-12-31T00:00", VAN, "resident", "prohibited"),
        ("2027-05-31T23:59:59", ELECTRIC, "", "prohibited"),
        ("2027-06-01T00:00", ELECTRIC, "", "allowed"),
        ("2027-12-31T00:00", VAN, "doctor", "allowed"),
        ("2027-01-01T00:00", VAN, "", "prohibited"),
    ],
)
def test_an_exemption_holds_from_its_day_on_until_the_day_before_its_end(at, facts, permit, access):
    assert verdict(facts, at=at, permits=[permit]).access == access


def test_the_remedy_that_is_named_is_one_of_the_day():
    (before,) = verdict(at="2027-12-30T12:00").reasons
    (after,) = verdict(at="2027-12-31T12:00").reasons
    assert before.remedies == ("permit:doctor", "permit:resident")
    assert after.remedies == ("permit:doctor",)


def test_the_fact_of_an_exemption_is_asked_for_while_it_holds():
    unknown = VehicleFacts()
    assert verdict(unknown, at="2027-05-31T12:00").access == "prohibited"
    assert verdict(unknown, at="2027-06-01T12:00").missing_facts == ("fuels",)


def test_a_horizon_has_an_edge_where_an_exemption_begins():
    start, midnight = local("2027-05-31T12:00"), local("2027-06-01T00:00")
    pieces = rules.intervals(
        regulations=[regulation(ROW)],
        facts=ELECTRIC,
        period=Period(start, midnight + SECOND),
        tz=HELSINKI,
    )
    assert [(piece.start, said.access) for piece, said in pieces] == [
        (start, "prohibited"),
        (midnight, "allowed"),
    ]


def test_a_sentence_dates_what_is_dated_in_three_languages():
    (row,), _ = language.read([ROW])
    assert [sentences.parts(row, one).unless for one in ("en", "de", "fr")] == [
        "holders of “resident” before 31 December 2027, and vehicles running only on electricity"
        " from 1 June 2027, and holders of “doctor”",
        "Inhaber von „resident“ vor dem 31. Dezember 2027 sowie Fahrzeuge nur mit Strom als"
        " Antrieb ab dem 1. Juni 2027 sowie Inhaber von „doctor“",
        "titulaires de «\xa0resident\xa0» avant le 31 décembre 2027 ainsi que véhicules roulant"
        " uniquement à l’électricité à partir du 1er juin 2027 ainsi que titulaires de"
        " «\xa0doctor\xa0»",
    ]


@pytest.mark.law
@pytest.mark.parametrize(
    ("classes", "euro", "holds"),
    [
        (["5"], "4", False),
        (["5"], "5", True),
        (["5"], "5b", True),
        (["5"], "6", False),
        (["5"], "V", False),
        (["V"], "V", True),
        (["V"], "EEV", False),
        (["V"], "5", False),
        (["EEV"], "EEV", True),
        (["VI"], "EEV", False),
        (["6d"], "6d-TEMP", False),
        (["6d"], "6d", True),
        (["6d"], "6e", False),
        (["6"], "6d", True),
        (["4", "VI"], "VI-E", True),
        (["4", "VI"], "5a", False),
    ],
)
def test_a_class_is_named_with_all_its_stages_or_by_one_of_them(classes, euro, holds):
    rule = regulation({"what": {"effect": "prohibit"}, "who": {"euro_in": classes}})
    facts = VehicleFacts(fuels=frozenset({"diesel"}), euro_class=euro)
    got = rules.decide(regulations=[rule], facts=facts, at=local("2026-03-10T12:00"), tz=HELSINKI)
    assert got.access == ("prohibited" if holds else "unregulated")


def test_what_has_no_exhaust_is_of_no_class_and_an_unknown_class_is_asked_for():
    rule = regulation({"what": {"effect": "prohibit"}, "who": {"euro_in": ["6", "VI"]}})
    noon = local("2026-03-10T12:00")
    assert rules.decide(regulations=[rule], facts=ELECTRIC, at=noon, tz=HELSINKI).admissible
    got = rules.decide(regulations=[rule], facts=VAN, at=noon, tz=HELSINKI)
    assert got.missing_facts == ("euro_class",)
