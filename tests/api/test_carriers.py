"""Vehicles, facilities and routes through the API."""

import pytest

pytestmark = pytest.mark.django_db

VAN = {
    "ref": "van-7",
    "plate": "abc-123",
    "category": "N1",
    "body": "van",
    "fuels": ["diesel"],
    "euro_class": "6d-TEMP",
    "gross_weight_kg": 3500,
    "length_m": 5.93,
    "first_registration_on": "2021-03-01",
    "stickers": {"de": "4"},
}
HERE = {"lng": 24.94, "lat": 60.17}


def test_a_vehicle_is_registered_once_per_ref_and_updated_after(api, carrier):
    client = api()
    first = client.post("/api/v1/vehicles", VAN, format="json")
    assert first.status_code == 201, first.json()
    assert first.json()["plate"] == "ABC123"
    again = client.post("/api/v1/vehicles", VAN | {"euro_class": "6"}, format="json")
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["euro_class"] == "6"


def test_the_id_of_a_vehicle_is_the_one_that_events_mean_by_its_ref(api, carrier):
    from kernel.identifiers import ref_id

    made = api().post("/api/v1/vehicles", VAN, format="json").json()
    assert made["id"] == str(ref_id(carrier.id, "vehicle", "van-7"))


def test_a_vehicle_is_corrected_and_null_makes_a_fact_unknown(api):
    client = api()
    made = client.post("/api/v1/vehicles", VAN, format="json").json()
    answer = client.patch(
        f"/api/v1/vehicles/{made['id']}", {"euro_class": None, "capacity_kg": 900}, format="json"
    )
    assert answer.status_code == 200, answer.json()
    assert answer.json()["euro_class"] is None
    assert answer.json()["capacity_kg"] == 900
    assert answer.json()["plate"] == "ABC123"


def test_every_fault_of_a_vehicle_is_named_with_its_pointer(api):
    answer = api().post(
        "/api/v1/vehicles", {"category": "N9", "length_m": -1, "colour": "red"}, format="json"
    )
    assert answer.status_code == 422
    assert {"/category", "/length_m"} <= {e.get("pointer") for e in answer.json()["errors"]}


def test_words_that_no_rule_knows_are_refused_for_a_vehicle_with_those_it_knows(api, carrier):
    client = api()
    wrong = {"fuels": ["Diesel"], "euro_class": "banana"}
    answer = client.post("/api/v1/vehicles", VAN | wrong, format="json")
    told = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
    assert answer.status_code == 422
    assert told.keys() == {"/fuels/0", "/euro_class"}
    assert "allowed: biodiesel, cng, diesel, electric," in told["/fuels/0"]
    assert "such as 5, 6d-TEMP, VI or EEV" in told["/euro_class"]
    assert client.get("/api/v1/vehicles").json()["items"] == []
    made = client.post("/api/v1/vehicles", VAN | {"euro_class": "Euro 6d"}, format="json").json()
    assert made["euro_class"] == "Euro 6d"
    path = f"/api/v1/vehicles/{made['id']}"
    assert client.patch(path, {"fuels": ["DIESEL"]}, format="json").status_code == 422


def test_another_organisations_vehicle_is_not_there(api, other_carrier):
    made = api(organisation=other_carrier).post("/api/v1/vehicles", VAN, format="json").json()
    client = api()
    assert client.get(f"/api/v1/vehicles/{made['id']}").status_code == 404
    assert client.patch(f"/api/v1/vehicles/{made['id']}", {}, format="json").status_code == 404
    assert client.get("/api/v1/vehicles").json()["items"] == []


def test_an_agent_registers_for_its_principal_under_a_mandate_only(api, carrier, tpl):
    from accounts.scopes import VEHICLES_WRITE
    from foundation.models import AuditEntry
    from tests import factories

    wish = VAN | {"organisation_id": str(carrier.id)}
    assert api(organisation=tpl).post("/api/v1/vehicles", wish, format="json").status_code == 404
    factories.mandate(carrier, tpl, VEHICLES_WRITE)
    answer = api(organisation=tpl).post("/api/v1/vehicles", wish, format="json")
    assert answer.status_code == 201
    assert answer.json()["organisation_id"] == str(carrier.id)
    assert AuditEntry.objects.filter(on_behalf_of=carrier.id).exists()


def test_a_facility_is_registered_and_updated_by_ref(api):
    client = api()
    wish = {"ref": "d1", "kind": "depot", "name": "North", "location": HERE}
    first = client.post("/api/v1/facilities", wish, format="json")
    assert first.status_code == 201, first.json()
    again = client.post("/api/v1/facilities", wish | {"name": "South"}, format="json")
    assert again.status_code == 200
    assert [item["name"] for item in client.get("/api/v1/facilities").json()["items"]] == ["South"]


ROUTE = {
    "trip_id": "ref:t1",
    "vehicle_id": "ref:van-7",
    "service_on": "2026-05-12",
    "stops": [
        {"stop_id": "ref:s1", "location": HERE, "name": "Baker", "demand_kg": 20},
        {"stop_id": "ref:s2", "location": HERE, "window_end_at": "2026-05-12T11:00:00+03:00"},
    ],
}


def test_a_route_sent_again_is_a_new_revision_and_the_old_one_stays_readable(api):
    client = api()
    client.post("/api/v1/vehicles", VAN, format="json")
    first = client.post("/api/v1/routes", ROUTE, format="json")
    assert first.status_code == 201, first.json()
    shorter = ROUTE | {"stops": ROUTE["stops"][:1]}
    second = client.post("/api/v1/routes", shorter, format="json").json()
    assert (first.json()["revision"], second["revision"]) == (1, 2)
    assert first.json()["stops"][0]["stop_id"] == second["stops"][0]["stop_id"]
    old = client.get(f"/api/v1/routes/{first.json()['id']}").json()
    assert (old["is_current"], len(old["stops"])) == (False, 2)
    assert [r["revision"] for r in client.get("/api/v1/routes").json()["items"]] == [2]


def test_a_route_that_names_a_stop_twice_or_a_strange_vehicle_is_refused(api):
    client = api()
    answer = client.post("/api/v1/routes", ROUTE, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "carriers.vehicle_not_found")
    client.post("/api/v1/vehicles", VAN, format="json")
    twice = ROUTE | {"stops": [ROUTE["stops"][0]] * 2}
    answer = client.post("/api/v1/routes", twice, format="json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/stops/1/stop_id"


def test_a_plan_replaces_a_route_by_a_revision_of_its_own(api, actor, carrier):
    from carriers.models import RoutePlan
    from carriers.services import routes
    from tests import factories

    client = api()
    client.post("/api/v1/vehicles", VAN, format="json")
    sent = client.post("/api/v1/routes", ROUTE, format="json").json()
    route = RoutePlan.objects.get(id=sent["id"])
    turned = list(reversed(route.stops.order_by("seq")))
    plan = routes.replace_from_plan(
        route=route, vehicle_id=route.vehicle_id, stops=turned, now=factories.TUESDAY
    )
    assert (plan.revision, plan.source, plan.is_current) == (2, "plan", True)
    assert [s.stop_ref for s in plan.stops.order_by("seq")] == ["s2", "s1"]
    assert RoutePlan.objects.current().count() == 1
