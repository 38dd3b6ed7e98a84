"""Checks as the vehicle's organisation sees them, and the check of oneself before fines.

TUESDAY is 10:00 in Helsinki; the zone is closed to goods vehicles from 11:00 to 18:00.
"""

import html

import pytest
from django.urls import reverse

from accounts import resolving
from carriers.models import RoutePlan
from compliance.models import Finding
from compliance.services import checks
from curbs.evaluator import InZone
from foundation.models import AuditEntry
from tests import curb_factories, factories, fleet, zone_factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db
CLOSED = {
    "id": "no-goods",
    "who": {"category": ["N1", "N2", "N3"]},
    "when": [{"from": "11:00", "to": "18:00"}],
    "what": {"effect": "prohibit"},
    "sentence": "No goods vehicles from 11 to 18.",
}


@pytest.fixture(autouse=True)
def _clock(domain_clock):
    """Domain time stands on TUESDAY."""


@pytest.fixture
def zone(hel):
    return zone_factories.zone(hel, rows=[CLOSED], west=24.98, south=60.18, side=0.002)


@pytest.fixture
def van(carrier):
    return curb_factories.van(carrier, plate="ABC123")


@pytest.fixture
def officer(hel_city):
    return factories.person(hel_city, "enforcement_officer")


@pytest.fixture
def check(officer, van, zone):
    """A check of the van in the zone, by an officer of the city."""
    actor = resolving.actor_of_membership(officer.memberships.get(), TUESDAY)
    return checks.check(actor=actor, plate="ABC-123", place=InZone(zone.id), now=TUESDAY)


def page(client, name, *args, **query):
    answer = client.get(reverse(f"portal:{name}", args=args), query)
    return answer.status_code, answer.content.decode()


def test_a_carrier_sees_when_where_and_what_was_answered_but_not_by_whom(
    as_person, carrier, check, officer, zone
):
    planner = as_person(carrier)
    for name, about in (("checks", ()), ("check", (check.id,))):
        _status, text = page(planner, name, *about)
        for said in ("ABC123", zone.name, "Tue 12 May 10:00", "Helsinki"):
            assert said in text, (name, said)
        assert str(officer) not in text


def test_the_city_sees_who_checked(as_person, hel_city, check, officer):
    official = as_person(hel_city, "city_official")
    assert str(officer) in page(official, "checks")[1]
    assert str(officer) in page(official, "check", check.id)[1]


def test_another_carrier_sees_nothing_of_it(as_person, other_carrier, check):
    stranger = as_person(other_carrier)
    assert "ABC123" not in page(stranger, "checks")[1]
    assert page(stranger, "check", check.id)[0] == 404


def test_an_agent_sees_it_while_the_mandate_lasts_and_that_is_in_the_audit(
    as_person, carrier, tpl, check
):
    mandate = factories.mandate(carrier, tpl, "findings:read")
    agent = as_person(tpl, "tpl_planner")
    assert "ABC123" in page(agent, "checks")[1]
    assert AuditEntry.objects.filter(on_behalf_of=carrier.id).exists()
    mandate.revoked_at = TUESDAY
    mandate.save()
    assert page(agent, "check", check.id)[0] == 404


@pytest.mark.parametrize(
    ("query", "there"),
    [({"on": "2026-05-12"}, True), ({"on": "2026-05-11"}, False), ({"on": "soon"}, False),
     ({"vehicle": "x"}, False)],
)  # fmt: skip
def test_the_list_narrows(as_person, carrier, check, query, there):
    _status, text = page(as_person(carrier), "checks", **query)
    assert (reverse("portal:check", args=[check.id]) in text) == there


def asked(van, zone, **changes):
    facts = {"vehicle": str(van.id), "where": f"zone:{zone.id}", "on": "2026-05-12"}
    return facts | {"time": "10:50", "minutes": "30"} | changes


def test_a_stop_into_the_closed_hours_names_the_finding_and_what_would_help(
    as_person, carrier, van, zone
):
    status, text = page(as_person(carrier), "self-check", **asked(van, zone))
    assert status == 200
    for said in (
        "1 finding would be made",
        "No goods vehicles from 11 to 18.",
        "Tue 12 May 11:00–11:20",
        "20 min 00 s over the limit",
        "to come at Tue 12 May 18:00 or later",
        "a vehicle with another “EU category”: Cargo bicycle",
    ):
        assert said in text, said
    assert not Finding.objects.exists()


def test_what_would_be_found_is_said_in_the_readers_language(as_person, carrier, van, hel):
    plain = {key: value for key, value in CLOSED.items() if key != "sentence"}
    zone = zone_factories.zone(hel, rows=[plain], west=24.98, south=60.18, side=0.002)
    planner, path = as_person(carrier), reverse("portal:self-check")
    for language, sentence, when in (
        ("de", "Keine Zufahrt: Güterfahrzeuge (N1, N2, N3), 11:00–18:00.", "Di 12. Mai 11:00"),
        (
            "fr",
            "Accès interdit\xa0: véhicules de marchandises (N1, N2, N3), 11:00–18:00.",
            "mar 12 mai 11:00",
        ),
    ):
        answer = planner.get(path, asked(van, zone), headers={"accept-language": language})
        text = html.unescape(answer.content.decode())
        assert sentence in text
        assert when in text


def test_a_stop_before_the_closed_hours_finds_nothing(as_person, carrier, van, zone):
    _status, text = page(as_person(carrier), "self-check", **asked(van, zone, minutes="10"))
    assert "0 findings would be made" in text
    assert zone.name in text


@pytest.mark.parametrize(
    ("field", "value"),
    [("vehicle", "x"), ("where", "zone:x"), ("on", "x"), ("time", "25:00"), ("minutes", "0"),
     ("minutes", "1441")],
)  # fmt: skip
def test_what_cannot_be_checked_is_said_beside_its_field(
    as_person, carrier, van, zone, field, value
):
    status, text = page(as_person(carrier), "self-check", **asked(van, zone, **{field: value}))
    assert status == 422
    assert f'id="{field}-error"' in text


def test_the_planned_stops_of_a_route_are_checked(as_person, api, carrier, van, zone):
    here = {"lng": 24.981, "lat": 60.181}
    arrival = "2026-05-12T12:00:00+03:00"
    timed = {"stop_id": "ref:a", "location": here, "planned_arrival_at": arrival, "service_s": 60}
    route = {
        "trip_id": "ref:tour-7", "vehicle_id": str(van.id), "service_on": "2026-05-12",
        "stops": [timed, {"stop_id": "ref:b", "location": here}],
    }  # fmt: skip
    assert api().post("/api/v1/routes", route, format="json").status_code == 201
    planner, row = as_person(carrier), RoutePlan.objects.get()
    assert "tour-7" in page(planner, "self-check")[1]
    _status, text = page(planner, "self-check", route=str(row.id))
    assert "1 finding would be made" in text
    assert "1 stop has no planned arrival" in text


def test_nobody_checks_the_vehicles_of_another(as_person, other_carrier, hel_city, van, zone):
    status, text = page(as_person(other_carrier), "self-check", **asked(van, zone))
    assert status == 422
    assert "ABC123" not in text
    assert page(as_person(hel_city, "city_official"), "self-check")[0] == 403


def test_a_check_of_oneself_takes_a_bounded_number_of_queries(
    as_person, carrier, van, zone, hel, django_assert_max_num_queries
):
    for number in range(3):  # zones upon each other: three findings
        zone_factories.zone(hel, rows=[CLOSED], west=24.98, south=60.18, side=0.002 + number / 1e4)
    planner = as_person(carrier)
    fleet.vehicle(carrier, "van-2")
    page(planner, "self-check", **asked(van, zone))  # the book of rules is read once
    with django_assert_max_num_queries(40):
        _status, text = page(planner, "self-check", **asked(van, zone))
    assert "4 findings would be made" in text
