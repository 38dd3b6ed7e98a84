"""The templates say what the facts about the schemes say."""

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from tests.standards import ROOT, needed
from tests.unit.zones import vectors
from zones import cases, language, schemes

ALL = list(schemes.schemes().values())
OF_CITIES = [scheme for scheme in ALL if not scheme.is_plain]
PLAIN = [scheme for scheme in ALL if scheme.is_plain]
UNSAID = {"exempt", "undetermined"}  # what is given as a reason where a row does not hold


def code(scheme):
    return scheme.code


def orders(scheme):
    return [*scheme.regulations, *([scheme.bay] if scheme.bay else [])]


def as_if_in_force():
    return vectors.under({one.code: vectors.as_if_in_force(one) for one in ALL})


def missed(vector_list):
    outcomes = cases.evaluate(vector_list, vectors.holidays_of)
    assert len(outcomes) == len(vector_list)
    return [(vector_list[o.index], o.fault) for o in outcomes if not o.matched]


@pytest.mark.law
def test_every_vector_of_a_real_scheme_is_decided_as_the_facts_say():
    assert len(vectors.real()) > 1000
    assert missed(vectors.real()) == []


@pytest.mark.law
def test_every_vector_of_a_pattern_is_decided_as_the_pattern_says():
    with as_if_in_force():
        assert missed(vectors.patterns()) == []


@needed
def test_the_published_vectors_are_decided_as_they_expect():
    given = json.loads((ROOT / "access_rules" / "lez_cases.json").read_text())
    assert len(given) == 32
    assert missed(given) == []


@pytest.mark.law
def test_every_row_of_every_scheme_speaks_in_one_vector_and_is_silent_in_another():
    asked, spoke, silent = set(), set(), set()
    outcomes = cases.evaluate(vectors.real(), vectors.holidays_of)
    with as_if_in_force():
        outcomes += cases.evaluate(vectors.patterns(), vectors.holidays_of)
        for outcome in outcomes:
            scheme, given, _ = schemes.find(outcome.zone)
            rows = {
                (scheme.code, order.code, index)
                for order in given
                for index in range(len(order.rows))
            }
            here = {
                (scheme.code, reason.rule.code, reason.rule.row)
                for reason in outcome.verdict.reasons
                if reason.effect not in UNSAID
            }
            asked |= rows
            spoke |= here
            silent |= rows - here
    every = {
        (scheme.code, order.code, index)
        for scheme in ALL
        for order in orders(scheme)
        for index in range(len(order.rows))
    }
    assert asked == every
    assert every - spoke == set()
    assert every - silent == set()


@pytest.mark.parametrize(("zone", "at", "vehicle", "fact"), vectors.GAPS)
def test_a_fact_that_is_missing_and_matters_is_asked_for_and_matches_no_expectation(
    zone, at, vehicle, fact
):
    for expect in ("allow", "deny", "warn"):
        case = {"zone": zone, "at": at, "vehicle": vehicle, "expect": expect}
        (outcome,) = cases.evaluate([case], vectors.holidays_of)
        assert outcome.got == "undetermined"
        assert not outcome.matched
        assert fact in outcome.verdict.missing_facts


@pytest.mark.parametrize(
    ("zone", "vehicle"),
    [
        ("UK-LONDON-ULEZ", {"cat": "M1", "fuel": "diesel"}),
        ("UK-LONDON-LEZ", {"cat": "N1", "fuel": "diesel", "euro": "2"}),
        ("US-NYC-CRZ", {"cat": "truck"}),
    ],
)
def test_a_charge_that_is_not_known_matches_no_expectation(zone, vehicle):
    case = {"zone": zone, "at": "2026-03-03T12:00:00+00:00", "vehicle": vehicle, "expect": "allow"}
    (outcome,) = cases.evaluate([case], vectors.holidays_of)
    assert not outcome.matched


@pytest.mark.parametrize("scheme", ALL, ids=code)
def test_every_row_is_in_the_language_and_names_where_it_is_from(scheme):
    for order in orders(scheme):
        first = date(2026, 8, 31) if scheme.is_plain else None
        (dated,) = schemes.regulations([order], ZoneInfo("UTC"), first)
        _, faults = language.read(dated.rows)
        assert faults == []
        for row in order.rows:
            assert row["legal_reference"].strip()


@pytest.mark.parametrize("scheme", OF_CITIES, ids=code)
def test_a_scheme_of_a_city_says_of_when_and_where_its_facts_are(scheme):
    assert date(2026, 1, 1) <= scheme.facts_on <= date(2026, 12, 31)
    assert all(scheme.sources)
    assert len(scheme.sources) >= 1
    assert ZoneInfo(scheme.time_zone).key == scheme.time_zone
    assert len(scheme.currency) == 3
    assert vectors.holidays_of(scheme.holidays.country, scheme.holidays.subdivision)
    for order in orders(scheme):
        assert order.legal_from.tzinfo is not None


@pytest.mark.parametrize("scheme", PLAIN, ids=code)
def test_a_plain_pattern_begins_on_the_day_on_which_it_is_loaded(scheme):
    tz = ZoneInfo("Europe/Helsinki")
    with pytest.raises(ValueError, match="has to be named"):
        schemes.regulations(scheme.regulations, tz)
    for dated in schemes.regulations(scheme.regulations, tz, date(2026, 3, 29)):
        assert dated.legal.start.isoformat() == "2026-03-28T22:00:00+00:00"
        assert dated.legal.end is None


def test_months_count_from_the_first_day_and_end_with_a_shorter_month():
    phases = schemes.schemes()["PLAIN-LOW-EMISSION"].regulations
    (dated,) = schemes.regulations(phases, ZoneInfo("Europe/Helsinki"), date(2026, 11, 30))
    first, second = dated.rows
    assert first["warning_until"] == "2027-02-28"
    assert second["when"] == [{"from_on": "2027-11-30"}]
    assert second["warning_until"] == "2028-02-29"
