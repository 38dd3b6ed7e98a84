"""Bookings and curb zones over HTTP."""

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curbs.selectors import snapshots
from foundation import clock
from tests import curb_factories as make
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tuesday(db):
    """Domain time stands at ten in the morning of TUESDAY; no snapshot of another test is kept."""
    from zones.selectors import books

    snapshots.forget()
    books.forget()
    clock.start_demo(TUESDAY)


@pytest.fixture
def curb(hel):
    return make.zone(make.line(hel))


@pytest.fixture
def client(carrier):
    return factories.api_client(carrier)


def wish(curb, vehicle, after_min=60, minutes=30, **changes):
    start = TUESDAY + timedelta(minutes=after_min)
    return {
        "curb_zone_id": str(curb.id),
        "vehicle_id": str(vehicle.id),
        "from": start.isoformat(),
        "until": (start + timedelta(minutes=minutes)).isoformat(),
        **changes,
    }


def book(client, curb, vehicle, key=None, **changes):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post("/api/v1/bookings", wish(curb, vehicle, **changes), format="json", **headers)


def test_a_hold_is_answered_with_201_and_where_it_is(client, carrier, curb):
    answer = book(client, curb, make.van(carrier))
    assert answer.status_code == 201
    made = answer.json()
    assert made["state"] == "held"
    assert made["metres"] == {"start": 0.0, "end": 8.0}
    assert made["price"] == {"amount": 100, "currency": "EUR"}
    assert answer["Location"] == f"/api/v1/bookings/{made['id']}"
    assert client.get(answer["Location"]).json() == made


def test_a_vehicle_may_be_named_by_the_carriers_own_id(client, carrier, curb):
    from kernel.identifiers import ref_id

    make.van(carrier, id=ref_id(carrier.id, "vehicle", "V-7"), ref="V-7")
    start = TUESDAY + timedelta(minutes=60)
    answer = client.post(
        "/api/v1/bookings",
        {
            "curb_zone_id": str(curb.id),
            "vehicle_id": "ref:V-7",
            "from": start.isoformat(),
            "until": (start + timedelta(minutes=15)).isoformat(),
            "confirm": True,
        },
        format="json",
    )
    assert (answer.status_code, answer.json()["state"]) == (201, "confirmed")


def test_the_same_key_books_once_and_repeats_the_answer(client, carrier, curb):
    van = make.van(carrier)
    first = book(client, curb, van, key="order-1")
    again = book(client, curb, van, key="order-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert len(client.get("/api/v1/bookings").json()["items"]) == 1


def test_a_refusal_is_a_problem_with_all_reasons_and_alternatives(client, carrier, curb):
    for _ in range(3):
        book(client, curb, make.van(carrier))
    answer = book(client, curb, make.van(carrier))
    assert answer.status_code == 409
    assert answer["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["code"] == "curb.metres_taken"
    assert problem["errors"][0]["alternatives"]["times"]


def test_a_refusal_under_a_key_is_repeated_too(client, carrier, curb):
    long = make.van(carrier, length_m="29.00")
    first = book(client, curb, long, key="long")
    again = book(client, curb, long, key="long")
    assert (first.status_code, again.status_code) == (409, 409)
    assert again.json()["code"] == "curb.length_does_not_fit"


def test_a_booking_goes_through_its_life(client, carrier, curb):
    made = book(client, curb, make.van(carrier)).json()
    url = f"/api/v1/bookings/{made['id']}"
    assert client.post(f"{url}/confirm").json()["state"] == "confirmed"
    clock.step_to(TUESDAY + timedelta(minutes=58))
    assert client.post(f"{url}/check-in").json()["state"] == "checked_in"
    longer = {"until": (TUESDAY + timedelta(minutes=105)).isoformat()}
    assert client.post(f"{url}/extend", longer, format="json").json()["price"]["amount"] == 150
    clock.step_to(TUESDAY + timedelta(minutes=80))
    assert client.post(f"{url}/check-out").json()["state"] == "completed"
    answer = client.post(f"{url}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "curb.wrong_state")
    assert answer.json()["errors"][0]["state"] == "completed"


def test_another_organisations_booking_is_not_there(client, carrier, other_carrier, curb):
    made = book(client, curb, make.van(carrier)).json()
    stranger = factories.api_client(other_carrier)
    url = f"/api/v1/bookings/{made['id']}"
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}/cancel").status_code == 404
    assert stranger.get("/api/v1/bookings").json()["items"] == []


def test_a_revoked_mandate_answers_404_on_the_next_call(carrier, other_carrier, curb):
    mandate = factories.mandate(carrier, other_carrier, "curbs:book", "curbs:read")
    agent = factories.api_client(other_carrier)
    made = book(agent, curb, make.van(carrier)).json()
    assert agent.get(f"/api/v1/bookings/{made['id']}").status_code == 200
    mandate.revoked_at = TUESDAY
    mandate.save()
    assert agent.get(f"/api/v1/bookings/{made['id']}").status_code == 404
    assert book(agent, curb, make.van(carrier)).status_code == 404


def test_the_city_reads_all_bookings_but_books_none(client, carrier, hel_city, curb):
    van = make.van(carrier)
    book(client, curb, van)
    city = factories.api_client(hel_city)
    assert len(city.get("/api/v1/bookings").json()["items"]) == 1
    assert book(city, curb, van).status_code == 403


def test_bookings_are_found_by_state_vehicle_curb_and_reference(client, carrier, hel, curb):
    van, other = make.van(carrier), make.zone(make.line(hel))
    mine = book(client, curb, van, confirm=True).json()
    book(client, other, make.van(carrier))
    for query in (
        {"state": "confirmed"},
        {"vehicle": str(van.id)},
        {"curb_zone": str(curb.id)},
        {"reference": mine["reference"].lower().replace("-", " ")},
    ):
        found = client.get("/api/v1/bookings", query).json()["items"]
        assert [one["id"] for one in found] == [mine["id"]], query
    answer = client.get("/api/v1/bookings", {"state": "lost"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "state")


def test_bad_requests_name_the_field(client, carrier, curb):
    van = make.van(carrier)
    answer = book(client, curb, van, minutes=-5)
    assert (answer.status_code, answer.json()["code"]) == (422, "curb.period_invalid")
    answer = client.post(
        "/api/v1/bookings", wish(curb, van) | {"vehicle_id": "van seven"}, format="json"
    )
    assert answer.json()["errors"][0]["pointer"] == "/vehicle_id"
    unknown = wish(curb, van) | {"curb_zone_id": str(uuid4())}
    answer = client.post("/api/v1/bookings", unknown, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "curb.zone_not_found")


def test_a_hold_costs_few_queries(client, carrier, curb, django_assert_max_num_queries):
    van = make.van(carrier)
    book(client, curb, make.van(carrier))
    with django_assert_max_num_queries(24):
        assert book(client, curb, van).status_code == 201


def test_slots_show_what_is_free_and_how_many_vans_fit(client, carrier, curb):
    book(client, curb, make.van(carrier), confirm=True)
    start = quote(TUESDAY.isoformat())
    end = quote((TUESDAY + timedelta(hours=2)).isoformat())
    url = f"/api/v1/curb-zones/{curb.id}/slots?from={start}&until={end}&length_m=6.5"
    items = client.get(url).json()["items"]
    assert [(i["free_m"], i["fits"]) for i in items] == [(30.0, 3), (22.0, 2), (30.0, 3)]
    assert items[1]["from"] == (TUESDAY + timedelta(minutes=60)).isoformat()


def test_slots_are_public_and_cost_two_queries_of_the_curb(client, curb):
    public = factories.APIClient()
    url = f"/api/v1/curb-zones/{curb.id}/slots"
    public.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert public.get(url).status_code == 200
    assert len([q for q in queries if "curbs_" in q["sql"]]) == 2  # edition, bookings
    assert len(queries) <= 5


def test_curb_zones_are_geojson_with_policy_and_tag(curb):
    public = factories.APIClient()
    answer = public.get("/api/v1/curb-zones")
    assert answer["Content-Type"].startswith("application/geo+json")
    (feature,) = answer.json()["features"]
    assert feature["properties"]["length_m"] == 30.0
    assert feature["properties"]["policy"]["slot_price"] == {"amount": 50, "currency": "EUR"}
    assert feature["geometry"]["coordinates"][0][0] == 24.94
    for accept in ("application/geo+json", "application/json", "*/*"):
        assert public.get("/api/v1/curb-zones", HTTP_ACCEPT=accept).status_code == 200
    same = public.get("/api/v1/curb-zones", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (same.status_code, same.content) == (304, b"")


def test_curb_zones_of_another_city_are_not_shown(curb, hd, settings):
    settings.ALLOWED_HOSTS = ["heidelberg.test"]
    public = factories.APIClient()
    answer = public.get("/api/v1/curb-zones", HTTP_HOST="heidelberg.test")
    assert answer.json()["features"] == []


@pytest.mark.parametrize(
    ("language", "title", "details"),
    [
        (
            "en",
            "The period is too far ahead",
            ["Bookings open 14 days ahead.", "No access: vehicles over 3.5 t."],
        ),
        (
            "de",
            "Der Zeitraum liegt zu weit in der Zukunft",
            ["Buchungen sind 14 Tage im Voraus möglich.", "Keine Zufahrt: Fahrzeuge über 3,5 t."],
        ),
        (
            "fr",
            "La période est trop lointaine",
            [
                "Les réservations ouvrent 14 jours à l’avance.",
                "Accès interdit\xa0: véhicules de plus de 3,5 t.",
            ],
        ),
    ],
)
def test_a_refusal_and_the_rules_it_quotes_speak_the_language_of_the_request(
    client, carrier, hel, language, title, details
):
    rows = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 3500}}]
    curb = make.zone(make.line(hel), rows=rows)
    lorry = make.van(carrier, gross_weight_kg=3501)
    sent = wish(curb, lorry, after_min=15 * 24 * 60)
    answer = client.post(
        "/api/v1/bookings", sent, format="json", headers={"Accept-Language": language}
    )
    told = answer.json()
    assert (answer.status_code, told["code"], told["title"]) == (409, "curb.too_far_ahead", title)
    assert [error["detail"] for error in told["errors"]] == details
    assert told["detail"] == details[0]


def test_a_policy_at_the_curb_speaks_three_languages_in_decisions(client, hel):
    rows = [{"what": {"effect": "require_booking"}, "when": [{"from": "07:00", "to": "19:00"}]}]
    curb = make.zone(make.line(hel), rows=rows)
    asked = {"facts": {"category": "N1"}, "curb_zone_id": str(curb.id)}
    (reason,) = client.post("/api/v1/decisions", asked, format="json").json()["reasons"]
    assert reason["sentences"] == {
        "en": "Only with a booking: all vehicles, 07:00–19:00.",
        "de": "Nur mit Buchung: alle Fahrzeuge, 07:00–19:00.",
        "fr": "Seulement sur réservation\xa0: tous les véhicules, 07:00–19:00.",
    }
