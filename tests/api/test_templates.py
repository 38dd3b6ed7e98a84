"""Templates: listed for everybody, loaded into a zone as drafts by the city."""

import pytest

from tests import factories, zone_factories
from zones.models import Calendar, RegulationVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(api, hel_city, domain_clock):
    return api(organisation=hel_city)


@pytest.fixture
def zone(hel):
    return zone_factories.zone(hel, rows=[], west=24.93, south=60.165, side=0.02)


def load(client, zone, template, **more):
    path = f"/api/v1/zones/{zone.id}/templates"
    return client.post(path, {"template": template, **more}, format="json")


def test_every_template_says_what_it_knows_and_since_when(hel):
    items = factories.APIClient().get("/api/v1/rule-templates").json()["items"]
    by_code = {one["code"]: one for one in items}
    assert {"UK-LONDON-ULEZ", "FR-PARIS-ZFE", "PLAIN-OFF-PEAK"} <= by_code.keys()
    london = by_code["UK-LONDON-LEZ"]
    assert london["facts_on"] >= "2026-11-01"
    assert "busnetz.de" in london["sources"]
    assert "below Euro IV" in london["regulations"][0]["sentences"][0]
    assert by_code["US-SANTA-MONICA-ZEDZ"]["bay"] is not None


def test_a_scheme_becomes_drafts_with_its_calendar(city, zone):
    answer = load(city, zone, "ES-BARCELONA-ZBE")
    assert answer.status_code == 201, answer.content
    (draft,) = answer.json()["items"]
    assert draft["state"] == "draft"
    assert draft["legal_from"] == "2021-03-31T22:00:00Z"
    assert len(draft["rows"]) == 4
    assert Calendar.objects.filter(code="episode").exists()


def test_a_plain_one_counts_its_phases_from_the_first_day(city, zone):
    (draft,) = load(city, zone, "PLAIN-LOW-EMISSION", starts_on="2026-08-31").json()["items"]
    first, second = draft["rows"]
    assert "legal_reference" not in first  # which order it rests on, only an official can say
    assert draft["legal_from"] == "2026-08-30T21:00:00Z"  # midnight in Helsinki
    assert first["warning_until"] == "2026-11-30"
    assert second["when"] == [{"from_on": "2027-08-31"}]
    assert second["warning_until"] == "2027-11-30"


def test_a_template_that_differs_by_city_needs_its_first_day(city, zone):
    refused = load(city, zone, "NL-ZE-GENERIC")
    assert (refused.status_code, refused.json()["code"]) == (422, "zones.scheme_undated")
    assert refused.json()["errors"][0]["pointer"] == "/starts_on"
    assert load(city, zone, "NL-ZE-GENERIC", starts_on="2027-01-01").status_code == 201


def test_the_rule_of_loading_bays_is_a_template_of_its_own_with_an_end(city, zone):
    late = load(city, zone, "US-SANTA-MONICA-ZEDZ/bay", starts_on="2026-08-31")
    assert (late.status_code, late.json()["code"]) == (422, "zones.period_empty")
    assert late.json()["errors"][0]["pointer"] == "/starts_on"
    (draft,) = load(city, zone, "US-SANTA-MONICA-ZEDZ/bay").json()["items"]
    assert draft["legal_from"] == "2021-02-01T08:00:00Z"
    assert draft["legal_until"] == "2023-01-01T08:00:00Z"
    assert load(city, zone, "UK-LONDON-LEZ/bay").json()["code"] == "zones.scheme_not_found"


def test_an_unknown_template_and_a_second_load_are_refused_and_leave_nothing(city, zone):
    for name in ("ATLANTIS", "PLAIN-OFF-PEAK(2026-99-99)"):
        assert load(city, zone, name).json()["code"] == "zones.scheme_not_found"
    assert load(city, zone, "PLAIN-OFF-PEAK").status_code == 201
    again = load(city, zone, "PLAIN-OFF-PEAK")
    assert (again.status_code, again.json()["code"]) == (409, "zones.code_taken")
    drafts = RegulationVersion.objects.filter(regulation__zone_id=zone.id, state="draft")
    assert drafts.count() == 1


def test_only_the_city_loads(carrier, zone):
    assert load(factories.api_client(carrier), zone, "PLAIN-OFF-PEAK").status_code == 403
