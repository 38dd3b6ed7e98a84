"""Input at the ends of what can be written: it is refused, and harms nobody else."""

import json

import pytest

from accounts.models import Mandate
from tests import curb_factories, factories, zone_factories
from tests.api import tenants
from zones.models import Permit, Regulation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("domain_clock")]
DEEP = '{"a":' * 5000 + "1" + "}" * 5000


@pytest.mark.parametrize("body", [DEEP, "[" * 100_000 + "]" * 100_000, f'{{"stickers":{DEEP}}}'])
def test_json_that_is_nested_too_deeply_is_400(api, body):
    answer = api().post("/api/v1/vehicles", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "request.not_json")


@pytest.mark.parametrize(
    "starts_at",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "\\u0030001-01-01T00:00:00+14:00"],
)
def test_a_mandate_of_the_year_one_does_not_shut_out_its_agent(api, other_carrier, starts_at):
    """PostgreSQL stores the year 1 BC, but Python cannot read it again."""
    body = f'{{"agent_id":"{other_carrier.id}","scopes":["curbs:book"],"starts_at":"{starts_at}"}}'
    answer = api().post("/api/v1/mandates", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert answer.json()["errors"][0]["pointer"] == "/starts_at"
    assert not Mandate.objects.exists()
    assert factories.api_client(other_carrier).get("/api/v1/me").status_code == 200


def test_a_year_in_a_text_is_a_text(api):
    answer = api().post("/api/v1/vehicles", {"ref": "0001-01", "plate": "A1"}, format="json")
    assert answer.status_code == 201


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_rule_of_a_day_that_cannot_be_reckoned_is_refused(hel, hel_city, day):
    """Published, it would have made every decision in its zone fail."""
    city = tenants.everything(hel_city)
    zone = tenants.post(
        city,
        "/api/v1/zones",
        {
            "code": "z",
            "name": "Z",
            "kind": "weight",
            "geometry": tenants.SQUARE,
            "legal_from": "2026-05-01T00:00:00+03:00",
        },
    )
    rule = tenants.post(
        city, "/api/v1/regulations", {"zone_id": zone["id"], "code": "r", "title": "R"}
    )
    rows = [
        {"what": {"effect": "prohibit"}, "warning_until": day},
        {"what": {"effect": "prohibit"}, "when": [{"until_on": day}]},
    ]
    answer = city.post(
        f"/api/v1/regulations/{rule['id']}/versions",
        {"rows": rows, "legal_from": "2026-05-01T00:00:00+03:00"},
        format="json",
    )
    assert answer.status_code == 422
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/rows/0/warning_until", "/rows/1/when/0/until_on"]


def test_a_length_that_no_vehicle_has_is_refused(client, hel):
    curb = curb_factories.zone(curb_factories.line(hel))
    answer = client.get(f"/api/v1/curb-zones/{curb.id}/slots", {"length_m": "1e300"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "length_m")


def test_a_token_is_not_given_to_a_name_with_the_character_u_0000(client, hel):
    client.raise_request_exception = False
    sent = {"grant_type": "client_credentials", "client_id": "\x00", "client_secret": "x"}
    assert client.post("/oauth/token", sent).status_code == 400
    assert client.post("/oauth/revoke", {"token": "x", "client_id": "\x00"}).status_code == 400


PAGES = [
    ("/findings/", {"on": "9999-12-31"}),
    ("/findings/", {"on": "0001-01-01"}),
    ("/findings/", {"state": "\x00"}),
    ("/reports/compliance/", {"to": "9999-12-31"}),
    ("/reports/compliance/", {"from": "0001-01-01"}),
    ("/reports/congestion/", {"on": "9999-12-31"}),
]


@pytest.mark.parametrize(("path", "query"), PAGES)
def test_a_page_asked_for_an_odd_day_is_no_error_of_ours(client, hel_city, path, query):
    client.raise_request_exception = False
    client.force_login(factories.person(hel_city, "city_official"))
    assert client.get(path, query).status_code in (200, 400)


@pytest.mark.parametrize("start", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"])
def test_a_slot_at_an_odd_time_is_asked_for_again(client, hel, carrier, start):
    curb, van = curb_factories.zone(curb_factories.line(hel)), curb_factories.van(carrier)
    client.force_login(factories.person(carrier))
    answer = client.post(f"/bookings/new/{curb.id}/", {"start": start, "vehicle": str(van.id)})
    assert answer.status_code == 422


@pytest.mark.parametrize("wanted", ["1", "no id", "9" * 4000])
def test_a_membership_that_is_no_id_is_asked_for_again(client, carrier, wanted):
    client.force_login(factories.person(carrier))
    assert client.post("/membership/", {"membership": wanted}).status_code == 422


NEST = '{"not":'
OFFICE = {"_save": "1", "starts_at_0": "2026-05-01", "starts_at_1": "00:00", "kind": "k"}


@pytest.mark.parametrize(
    "who",
    [
        "[" * 20_000,
        NEST * 400 + "{}" + "}" * 400,
        '{"gross_weight_over_kg":' + "9" * 6000 + "}",
        '{"operator":["\\ud800"]}',
        '{"operator":["\\u0000"]}',
        '{"length_over_m":NaN}',
        "1",
    ],
)
def test_json_that_cannot_be_kept_is_asked_for_again_in_the_back_office(client, hel_city, who):
    client.force_login(factories.person(hel_city, "city_official"))
    answer = client.post("/admin/zones/permit/add/", OFFICE | {"vehicle_class": who})
    assert answer.status_code == 200
    assert "vehicle_class" in answer.context["adminform"].form.errors
    assert not Permit.objects.exists()


def test_an_escaped_backslash_is_no_character_u_0000(client, hel_city):
    client.force_login(factories.person(hel_city, "city_official"))
    sent = OFFICE | {"vehicle_class": '{"operator":["\\\\u0000"]}'}
    assert client.post("/admin/zones/permit/add/", sent).status_code == 302
    assert Permit.objects.get().vehicle_class == {"operator": ["\\u0000"]}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_an_odd_year_is_asked_for_again_in_the_back_office(client, hel_city, day):
    """A permit for a class that cannot be read again would have made every decision fail."""
    client.force_login(factories.person(hel_city, "city_official"))
    sent = OFFICE | {"vehicle_class": "{}", "starts_at_0": day}
    answer = client.post("/admin/zones/permit/add/", sent)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {
        "starts_at": ["A year from 1900 to 8999 is needed."]
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rows": "1"}, "rows"),
        ({"rows": '"prohibit"'}, "rows"),
        ({"rows": json.dumps([{"what": {"effect": "prohibit"}}] * 501)}, "rows"),
        ({"rows": '[{"what":{"effect":"prohibit"},"id":"\\u0000"}]'}, "rows"),
        ({"vacate_by_s": "9" * 20}, "vacate_by_s"),
        ({"legal_from_0": "0001-01-01"}, "legal_from"),
    ],
)
def test_a_draft_that_cannot_be_kept_is_asked_for_again_in_the_back_office(
    client, hel, hel_city, changes, field
):
    rule = {"what": {"effect": "prohibit"}}
    zone_factories.zone(hel, rows=[rule], west=24.94, south=60.16, side=0.01)
    regulation = Regulation.objects.get()
    client.force_login(factories.person(hel_city, "city_official"))
    sent = {
        "regulation": str(regulation.id),
        "rows": '[{"what":{"effect":"prohibit"}}]',
        "legal_from_0": "2026-06-01",
        "legal_from_1": "00:00",
        "vacate_by_s": "0",
    }
    answer = client.post("/admin/zones/regulationversion/add/", sent | changes)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
