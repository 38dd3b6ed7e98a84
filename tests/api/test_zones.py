import pytest
from rest_framework.test import APIClient

from kernel.refusals import Refusal
from tests import factories, zone_factories

pytestmark = pytest.mark.django_db

SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
    ],
}
ZONE = {
    "code": "kamppi",
    "name": "Kamppi",
    "kind": "weight",
    "geometry": SQUARE,
    "grace_s": 30,
    "legal_from": "2026-05-01T00:00:00+03:00",
}
VERSION = {
    "rows": [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 7500}}],
    "legal_from": "2026-05-12T12:00:00+03:00",
    "vacate_by_s": 900,
}


@pytest.fixture
def city(api, hel, hel_city, domain_clock):
    """The city's machine client; this city wants no second person to review."""
    hel.settings = {"zones": {"review": False}}
    hel.save()
    return api(organisation=hel_city)


@pytest.fixture
def zone(city):
    answer = city.post("/api/v1/zones", ZONE, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def regulation(city, zone):
    sent = {"zone_id": zone["id"], "code": "heavy", "title": "No heavy vehicles"}
    answer = city.post("/api/v1/regulations", sent, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def written(city, regulation, **changes):
    path = f"/api/v1/regulations/{regulation['id']}/versions"
    return city.post(path, VERSION | changes, format="json")


def published(city, regulation, **changes):
    return zone_factories.published_by_api(city, written(city, regulation, **changes).json()["id"])


def test_everybody_reads_the_zones_as_geojson(client, zone):
    answer = client.get("/api/v1/zones")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/geo+json")
    features = answer.json()["features"]
    assert [feature["properties"]["code"] for feature in features] == ["kamppi"]
    assert features[0]["geometry"]["type"] == "MultiPolygon"
    assert features[0]["properties"]["grace_s"] == 30
    assert features[0]["properties"]["legal_from"] == "2026-04-30T21:00:00Z"


@pytest.mark.parametrize("media", ["application/geo+json", "application/json"])
def test_zones_come_under_the_media_type_that_is_asked_for(client, zone, media):
    answer = client.get("/api/v1/zones", headers={"Accept": media})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(media)


def test_zones_that_are_known_are_not_sent_again_until_they_change(client, city, zone, regulation):
    first = client.get("/api/v1/zones")
    again = client.get("/api/v1/zones", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again["ETag"] == first["ETag"]
    assert published(city, regulation, legal_from="2026-05-01T00:00:00+03:00").status_code == 200
    changed = client.get("/api/v1/zones", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    rules = changed.json()["features"][0]["properties"]["regulations"]
    assert [rule["sentences"] for rule in rules] == [["No access: vehicles over 7.5 t."]]


def test_zones_of_another_instant_and_another_knowledge_can_be_asked_for(client, zone):
    def codes(**query):
        return [
            f["properties"]["code"] for f in client.get("/api/v1/zones", query).json()["features"]
        ]

    assert codes(at="2026-04-30T23:59:59+03:00") == []
    assert codes(at="2026-05-01T00:00:00+03:00") == ["kamppi"]
    assert codes(known_at="2026-05-12T09:59:59+03:00") == []
    assert codes(known_at="2026-05-12T10:00:00+03:00") == ["kamppi"]


def test_a_time_without_an_offset_is_refused(client, zone):
    answer = client.get("/api/v1/zones", {"at": "2026-05-12T10:00:00"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "at"


def test_a_draft_is_the_citys_alone_until_it_is_published(client, city, regulation):
    version = written(city, regulation)
    assert version.status_code == 201
    assert version.json()["state"] == "draft"

    def versions(who):
        items = who.get("/api/v1/regulations").json()["items"]
        return [one["state"] for one in items[0]["versions"]]

    assert versions(client) == []
    assert versions(city) == ["draft"]
    answer = zone_factories.published_by_api(city, version.json()["id"])
    assert answer.status_code == 200
    assert answer.json()["recorded_from"] == "2026-05-12T07:00:00Z"
    assert versions(client) == ["published"]


def test_publishing_twice_is_refused(city, regulation):
    version = published(city, regulation).json()
    answer = zone_factories.published_by_api(city, version["id"])
    assert answer.status_code == 409
    assert answer.json()["code"] == "zones.not_a_draft"


def test_an_annulled_version_stays_readable_with_the_end_of_its_record(client, city, regulation):
    version = published(city, regulation).json()
    path = f"/api/v1/regulations/versions/{version['id']}/annul"
    answer = city.post(path, {"reason": "Court of appeal"}, format="json")
    assert answer.status_code == 200
    read = client.get("/api/v1/regulations").json()["items"][0]["versions"][0]
    assert (read["state"], read["recorded_until"]) == ("annulled", "2026-05-12T07:00:00Z")


def test_all_bad_rows_are_named_at_once(city, regulation):
    rows = [{"what": {"effect": "forbid"}}, {"what": {"effect": "warn"}, "who": {"wheels": 4}}]
    answer = written(city, regulation, rows=rows)
    assert answer.status_code == 422
    assert [(e["code"], e["pointer"]) for e in answer.json()["errors"]] == [
        ("zones.rule_invalid", "/rows/0/what/effect"),
        ("zones.rule_invalid", "/rows/1/who"),
    ]


WORLD = [[-170, -80], [170, -80], [170, 80], [-170, 80], [-170, -80]]


@pytest.mark.parametrize(
    ("ring", "swapped"),
    [
        ([[lat, lng] for lng, lat in SQUARE["coordinates"][0]], True),
        ([[lng + 3, lat] for lng, lat in SQUARE["coordinates"][0]], False),
        (WORLD, False),
    ],
)
def test_ground_that_cannot_be_of_this_city_is_refused_with_the_reason(city, zone, ring, swapped):
    """Neither a new zone nor a new ground; Helsinki measures in a strip from 24.5° to 25.5°."""
    ground = {"geometry": {"type": "Polygon", "coordinates": [ring]}}
    drawn = city.post("/api/v1/zones", ZONE | ground | {"code": "other"}, format="json")
    sent = ground | {"legal_from": ZONE["legal_from"]}
    redrawn = city.post(f"/api/v1/zones/{zone['id']}/grounds", sent, format="json")
    for answer in (drawn, redrawn):
        told = answer.json()
        assert (answer.status_code, told["code"]) == (422, "zones.geometry_elsewhere")
        (error,) = told["errors"]
        assert error["pointer"] == "/geometry"
        assert ("seem to be swapped" in error["detail"]) == swapped


def test_a_broken_geometry_is_refused_with_the_reason(city):
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    answer = city.post("/api/v1/zones", ZONE | {"geometry": bow}, format="json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/geometry"
    assert "Self-intersection" in answer.json()["detail"]


def test_a_code_is_taken_once_per_city(city, zone):
    answer = city.post("/api/v1/zones", ZONE, format="json")
    assert answer.status_code == 409
    assert answer.json()["code"] == "zones.code_taken"


def test_a_carrier_cannot_write_rules_nor_get_the_scope(api, carrier, client, zone):
    assert client.post("/api/v1/zones", ZONE, "application/json").status_code == 401
    assert api().post("/api/v1/zones", ZONE, format="json").status_code == 403
    with pytest.raises(Refusal, match="Only the city has this scope"):
        api({"rules:write"}, carrier)


def test_a_carrier_reads_its_own_permits_and_nobody_elses(api, carrier, other_carrier, city, zone):
    for organisation, plate in ((carrier, "ABC-123"), (other_carrier, "XYZ-987")):
        sent = {
            "kind": "delivery",
            "plate": plate,
            "zone_ids": [zone["id"]],
            "organisation_id": str(organisation.id),
            "starts_at": "2026-05-01T00:00:00+03:00",
        }
        assert city.post("/api/v1/permits", sent, format="json").status_code == 201
    mine = api(organisation=carrier).get("/api/v1/permits").json()["items"]
    assert [permit["plate"] for permit in mine] == ["ABC123"]
    assert len(city.get("/api/v1/permits").json()["items"]) == 2
    revoked = city.post(f"/api/v1/permits/{mine[0]['id']}/revoke")
    assert revoked.json()["revoked_at"] == "2026-05-12T07:00:00Z"


def test_a_permit_for_a_class_that_cannot_be_read_is_refused_and_harms_no_decision(city, zone):
    """It is in the book that every decision of the city reads."""
    deep = {"category": ["N1"]}
    for _ in range(400):
        deep = {"not": deep}
    for who, pointer in (
        ({"euro_below": "9"}, "/vehicle_class/euro_below"),
        (deep, "/vehicle_class" + "/not" * 33),
    ):
        sent = {"kind": "k", "vehicle_class": who, "starts_at": "2026-05-01T00:00:00+03:00"}
        answer = city.post("/api/v1/permits", sent, format="json")
        assert (answer.status_code, answer.json()["code"]) == (422, "zones.rule_invalid")
        assert answer.json()["errors"][0]["pointer"] == pointer
    asked = {"facts": {"category": "N1"}, "zone_id": zone["id"]}
    assert city.post("/api/v1/decisions", asked, format="json").status_code == 200


def test_altitudes_of_a_ground_are_left_out(city):
    flat = ZONE["geometry"]["coordinates"]
    high = [[[lng, lat, 12.5] for lng, lat in ring] for ring in flat]
    sent = ZONE | {"geometry": {"type": "Polygon", "coordinates": high}}
    answer = city.post("/api/v1/zones", sent, format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["geometry"]["coordinates"] == [flat]


def test_two_cities_keep_their_zones_apart(client, hd, zone, settings):
    settings.ALLOWED_HOSTS = ["heidelberg.test"]
    answer = client.get("/api/v1/zones", headers={"Host": "heidelberg.test"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["features"] == []


def test_the_same_request_with_an_idempotency_key_draws_one_zone(city):
    answers = [
        city.post("/api/v1/zones", ZONE, format="json", headers={"Idempotency-Key": "draw-1"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


# Review, suspension


def signed_in(organisation, role="city_official"):
    """Return a person of an organisation at the API, in a session."""
    person = factories.person(organisation, role)
    client = APIClient(raise_request_exception=False)
    client.force_login(person)
    return client


def test_a_draft_is_published_after_a_second_person_reviewed_it(hel_city, regulation, hel):
    hel.settings = {}
    hel.save()
    writer, reader = signed_in(hel_city), signed_in(hel_city)
    draft = written(writer, regulation).json()
    path = f"/api/v1/regulations/versions/{draft['id']}"
    early = zone_factories.published_by_api(writer, draft["id"])
    assert (early.status_code, early.json()["code"]) == (409, "zones.review_needed")
    own = writer.post(f"{path}/review")
    assert (own.status_code, own.json()["code"]) == (409, "zones.own_draft")
    assert reader.post(f"{path}/review").json()["state"] == "reviewed"
    assert zone_factories.published_by_api(writer, draft["id"]).json()["state"] == "published"


def test_a_version_is_suspended_and_resumed_and_everybody_can_read_when(client, city, regulation):
    version = published(city, regulation).json()
    path = f"/api/v1/regulations/versions/{version['id']}"
    sent = {"reason": "A march", "since": "2026-05-12T13:00:00+03:00"}
    assert city.post(f"{path}/suspend", sent, format="json").json()["state"] == "suspended"
    answer = city.post(f"{path}/resume", {"since": "2026-05-12T15:00:00+03:00"}, format="json")
    assert answer.json()["state"] == "published"
    stood = client.get(path).json()["suspensions"]
    assert [(s["legal_from"], s["legal_until"]) for s in stood] == [
        ("2026-05-12T10:00:00Z", None),
        ("2026-05-12T10:00:00Z", "2026-05-12T12:00:00Z"),
    ]


def test_a_draft_is_shown_to_the_city_alone_and_rewritten_by_it(client, city, regulation):
    draft = written(city, regulation).json()
    path = f"/api/v1/regulations/versions/{draft['id']}"
    assert client.get(path).status_code == 404
    rows = [{"what": {"effect": "warn"}}]
    answer = city.put(path, VERSION | {"rows": rows}, format="json")
    assert (answer.status_code, answer.json()["rows"]) == (200, rows)
    bad = city.put(path, VERSION | {"rows": [{"what": {"effect": "x"}}]}, format="json")
    assert bad.json()["errors"][0]["pointer"] == "/rows/0/what/effect"


# Analysis


def test_a_draft_that_contradicts_a_rule_in_force_is_named_and_neither_reviewed_nor_published(
    hel_city, city, regulation, zone
):
    assert published(city, regulation).status_code == 200  # no access over 7.5 t
    sent = {"zone_id": zone["id"], "code": "electric", "title": "Electric vehicles may"}
    second = city.post("/api/v1/regulations", sent, format="json").json()
    rows = [{"what": {"effect": "allow"}, "who": {"fuel_only": ["electric"]}}]
    draft = written(city, second, rows=rows).json()
    path = f"/api/v1/regulations/versions/{draft['id']}"
    found = city.get(f"{path}/analysis").json()
    (clash,) = found["clashes"]
    assert (clash["admits"]["code"], clash["forbids"]["code"]) == ("electric", "heavy")
    assert clash["blocking"] is True
    assert clash["witness"]["facts"]["fuels"] == ["electric"]
    assert clash["witness"]["facts"]["gross_weight_kg"] > 7500
    reviewed = signed_in(hel_city).post(f"{path}/review")
    for answer in (reviewed, zone_factories.published_by_api(city, draft["id"])):
        assert (answer.status_code, answer.json()["code"]) == (409, "zones.contradiction")
        assert answer.json()["errors"][0]["pointer"] == "/rows/0"
        assert clash["witness"]["text"] in answer.json()["detail"]
    rows[0]["priority"] = 1
    assert city.put(path, VERSION | {"rows": rows}, format="json").status_code == 200
    assert city.get(f"{path}/analysis").json()["clashes"] == []
    assert zone_factories.published_by_api(city, draft["id"]).status_code == 200


def test_an_analysis_says_who_is_better_off_than_by_the_rules_in_force(city, regulation):
    assert published(city, regulation).status_code == 200
    rows = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 12000}}]
    draft = written(city, regulation, rows=rows, legal_from="2026-06-01T00:00:00+03:00").json()
    found = city.get(f"/api/v1/regulations/versions/{draft['id']}/analysis").json()
    assert found["worse"] == []
    better = {shift["witness"]["facts"]["category"] for shift in found["better"]}
    assert "N2" in better  # over 7.5 t, up to 12 t
    assert "N3" not in better  # always over 12 t
    assert all(s["witness"]["at"] >= "2026-06-01T00:00:00+03:00" for s in found["better"])
    assert all(s["witness"]["permits"] == [] for s in found["better"])


def test_the_analysis_of_a_draft_is_the_citys_alone(api, client, city, regulation, carrier):
    draft = written(city, regulation).json()
    path = f"/api/v1/regulations/versions/{draft['id']}/analysis"
    assert client.get(path).status_code == 401
    assert api(organisation=carrier).get(path).status_code == 403
