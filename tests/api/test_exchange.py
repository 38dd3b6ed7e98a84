"""Rules in and out over the API: files become drafts, what rules is there for everybody."""

import json
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.services import setup
from tests import factories, standards, zone_factories
from zones.models import AccessZone, RegulationVersion

pytestmark = pytest.mark.django_db

RING = [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
ZFE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "id": "hki-zfe",
                "date_debut": "2026-01-01",
                "vul_critair": "V4",
                "vul_horaires": "Mo-Fr 08:00-20:00; PH off",
            },
            "geometry": {"type": "Polygon", "coordinates": [RING]},
        }
    ],
}
IMPORTS = "/api/v1/rules/imports"
EXPORTS = [
    "/api/v1/rules/exports/geojson",
    "/api/v1/rules/exports/zfe",
    "/api/v1/rules/exports/datex2",
    "/mds/policy/v2/policies",
    "/mds/geography/v2/geographies",
]
FEEDS = ["/api/v1/rules", *EXPORTS]


@pytest.fixture
def city(api, hel, hel_city, domain_clock):
    """The city's machine client; this city wants no second person to review."""
    hel.settings = {"zones": {"review": False}}
    hel.save()
    return api(organisation=hel_city)


def take(client, content=ZFE, standard="zfe", **options):
    sent = content if isinstance(content, bytes) else json.dumps(content).encode()
    media = options.pop("media", "application/geo+json")
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return client.generic("POST", f"{IMPORTS}?standard={standard}&{query}", sent, media)


def publish(client, report):
    for item in report["items"]:
        for regulation in item["regulations"]:
            for version in regulation["versions"]:
                answer = zone_factories.published_by_api(client, version["id"])
                assert answer.status_code == 200, answer.content


@pytest.fixture
def ruling(city):
    """A zone that was imported and published."""
    publish(city, take(city).json())
    return city


def test_a_file_becomes_drafts_with_a_report(city):
    answer = take(city)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["zones"], told["regulations"], told["refused"]) == (1, 1, 0)
    (item,) = told["items"]
    assert (item["outcome"], item["code"]) == ("taken", "hki-zfe")
    assert [note["code"] for note in item["taken"]] == ["class_read"]
    assert RegulationVersion.objects.get().state == "draft"


def test_a_form_with_the_file_is_taken_too(city):
    file = SimpleUploadedFile("zfe.geojson", json.dumps(ZFE).encode())
    answer = city.post(f"{IMPORTS}?standard=zfe", {"file": file}, format="multipart")
    assert answer.status_code == 200, answer.content
    assert answer.json()["items"][0]["file"] == "zfe.geojson"


def test_a_dry_run_writes_nothing(city):
    assert take(city, dry_run="true").json()["zones"] == 1
    assert not AccessZone.objects.exists()


def test_the_same_request_twice_has_one_effect(city):
    for _ in range(2):
        answer = city.generic(
            "POST",
            f"{IMPORTS}?standard=zfe",
            json.dumps(ZFE).encode(),
            "application/json",
            HTTP_IDEMPOTENCY_KEY="once",
        )
        assert answer.json()["zones"] == 1
    assert AccessZone.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "options", "status", "code"),
    [
        (b"{", {}, 422, "zones.file_unreadable"),
        (b"", {}, 422, "zones.file_unreadable"),
        (ZFE, {"standard": "datex2"}, 422, "zones.file_unreadable"),
        (b"<!DOCTYPE a><a/>", {"standard": "datex2"}, 422, "zones.file_unreadable"),
        (b"rubbish", {"standard": "osm"}, 422, "zones.file_unreadable"),
        (ZFE, {"standard": "shapefile"}, 422, "request.invalid"),
        (ZFE, {"standard": ""}, 422, "request.invalid"),
        (ZFE, {"dry_run": "perhaps"}, 422, "request.invalid"),
        (ZFE, {"media": "text/plain"}, 415, "request.media_type"),
        (b"x", {"media": "multipart/form-data; boundary=b"}, 422, "request.invalid"),
        (b"x", {"media": "multipart/form-data"}, 400, "request.bad"),
    ],
)
def test_a_bad_request_is_a_problem_with_a_code(city, content, options, status, code):
    answer = take(city, content, **options)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code


def test_a_report_is_told_in_the_language_of_the_reader(city):
    content = {"type": "FeatureCollection", "features": [{}, *ZFE["features"]]}
    made = take(city, content)
    german = city.get(made["Location"], headers={"accept-language": "de"}).json()
    assert [note["detail"] for note in german["notes"]] == [
        "Ein Objekt hat Eigenschaften und eine Geometrie."
    ]
    ((item,),) = [german["items"]]
    assert [note["detail"] for note in item["taken"]] == ["Verboten: 4, 5, none."]
    assert item["regulations"][0]["versions"][0]["sentences"] == [
        "Keine Zufahrt: Transporter bis 3,5 t (N1), mit Crit’Air-Plakette 4 oder 5 oder ohne,"
        " Mo–Fr 08:00–20:00 außer an Feiertagen."
    ]
    assert set(item["taken"][0]) == {"code", "detail", "at"}


def test_who_chose_another_format_is_told_which_it_looks_like(city):
    answer = take(city, ZFE, standard="dtro")
    assert answer.json()["code"] == "zones.file_unreadable"
    assert answer.json()["detail"] == "This looks like GeoJSON; choose that format (zfe)."


def test_a_bad_item_is_in_the_report_with_its_pointer(city):
    content = {"type": "FeatureCollection", "features": [{}, *ZFE["features"]]}
    told = take(city, content).json()
    assert (told["zones"], told["refused"]) == (1, 1)
    assert [(note["code"], note["at"]) for note in told["notes"]] == [
        ("feature_malformed", "/features/0")
    ]


def test_a_file_that_is_too_large_is_refused(city, monkeypatch):
    monkeypatch.setattr("zones.api.exchange.IMPORT_LIMIT", 100)
    assert take(city).status_code == 413
    file = SimpleUploadedFile("zfe.geojson", json.dumps(ZFE).encode())
    answer = city.post(f"{IMPORTS}?standard=zfe", {"file": file}, format="multipart")
    assert answer.status_code == 413


def test_only_the_city_takes_files(api, client, domain_clock):
    assert take(api()).status_code == 403
    assert take(client).status_code == 401
    assert not AccessZone.objects.exists()


def test_a_file_changes_nothing_in_another_city(city, hd, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    publish(city, take(city).json())
    for path in FEEDS:
        answer = client.get(path, headers={"Host": "heidelberg.test"})
        assert answer.status_code == 200, path
        assert b"hki" not in answer.content
        assert str(AccessZone.objects.get().id).encode() not in answer.content


@pytest.mark.parametrize("path", FEEDS)
def test_drafts_are_in_no_feed(city, client, path):
    take(city)
    answer = client.get(path)
    assert answer.status_code == 200
    assert b"critair" not in answer.content.lower()


@pytest.mark.parametrize("path", FEEDS)
def test_who_has_a_feed_is_not_sent_it_again_until_it_changes(ruling, client, path):
    first = client.get(path)
    assert first.status_code == 200
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    version = RegulationVersion.objects.get()
    ruling.post(
        f"/api/v1/regulations/versions/{version.id}/annul", {"reason": "a test"}, format="json"
    )
    changed = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_the_bulk_feed_holds_every_version_and_a_delta_what_changed(ruling, client, domain_clock):
    before = client.get("/api/v1/rules").json()
    (zone,) = before["zones"]
    (version,) = zone["regulations"][0]["versions"]
    assert version["state"] == "published"
    assert version["rows"][0]["who"]["stickers"] == {"critair": ["4", "5", "none"]}
    assert len(zone["grounds"]) == 1
    later = domain_clock(an_hour_after(before["as_of"]))
    nothing = client.get("/api/v1/rules", {"since": later.isoformat()}).json()
    assert nothing["zones"] == []
    take(ruling, with_level("V3"))
    draft = RegulationVersion.objects.get(state="draft")
    zone_factories.published_by_api(ruling, draft.id)
    (changed,) = client.get("/api/v1/rules", {"since": later.isoformat()}).json()["zones"]
    states = [one["state"] for one in changed["regulations"][0]["versions"]]
    assert states == ["superseded", "published"]


def with_level(level):
    feature = ZFE["features"][0]
    facts = feature["properties"] | {"vul_critair": level}
    return {"type": "FeatureCollection", "features": [feature | {"properties": facts}]}


def an_hour_after(text):
    return datetime.fromisoformat(text) + timedelta(hours=1)


def test_the_exported_schema_is_that_which_was_imported(ruling, client):
    (feature,) = client.get("/api/v1/rules/exports/zfe").json()["features"]
    assert feature["properties"] == ZFE["features"][0]["properties"]
    assert feature["geometry"]["coordinates"] == [[RING]]


def test_datex_is_xml_and_a_problem_stays_json(ruling, client):
    answer = client.get("/api/v1/rules/exports/datex2", headers={"Accept": "application/xml"})
    assert answer["Content-Type"].startswith("application/xml")
    assert ET.fromstring(answer.content).tag.endswith("messageContainer")
    wrong = client.get("/api/v1/rules/exports/datex2", {"at": "now"})
    assert (wrong.status_code, wrong["Content-Type"]) == (422, "application/problem+json")


def test_what_an_export_cannot_say_is_named(ruling, client):
    told = client.get("/api/v1/rules/exports/unsaid", {"standard": "datex2"}).json()
    assert told == {
        "standard": "datex2",
        "unsaid": [
            {
                "zone_id": str(AccessZone.objects.get().id),
                "zone": "hki-zfe",
                "regulation": "hki-zfe",
                "row": "vul",
                "what": "sticker critair",
            }
        ],
    }
    answer = client.get("/api/v1/rules/exports/unsaid", {"standard": "geojson"})
    assert answer.json()["unsaid"] == []


def test_exports_are_taken_again_without_loss(ruling):
    """Both cities then say the same, to the last digit of the ground."""
    twin = factories.helsinki(code="twin", host="twin.test")
    other = factories.api_client(setup.city_organisation(twin))
    content = ruling.get("/api/v1/rules/exports/geojson").content
    told = take(other, content).json()
    assert (told["zones"], told["regulations"], told["not_understood"]) == (1, 1, 0)
    ours, theirs = RegulationVersion.objects.order_by("created_at", "id")
    assert (theirs.rows, theirs.legal_from) == (ours.rows, ours.legal_from)
    assert theirs.regulation.zone.geometries.get().geometry == (
        ours.regulation.zone.geometries.get().geometry
    )


@standards.needed
def test_mds_documents_are_valid_by_the_published_schema(ruling, client):
    policies = client.get("/mds/policy/v2/policies").json()["policies"]
    geographies = client.get("/mds/geography/v2/geographies").json()["geographies"]
    assert len(policies) == len(geographies) == 1
    assert not list(standards.mds("policy").iter_errors(policies[0]))
    assert not list(standards.mds("geography").iter_errors(geographies[0]))
    assert policies[0]["rules"][0]["geographies"] == [geographies[0]["geography_id"]]
    one = client.get(f"/mds/policy/v2/policies/{policies[0]['policy_id']}").json()
    assert one["policies"] == policies


def milliseconds(text):
    return str(int(datetime.fromisoformat(text).timestamp() * 1000))


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2025-06-01T00:00:00+02:00", "2026-01-01T00:00:00+02:00", 0),  # in force from 1 January
        ("2025-06-01T00:00:00+02:00", "2026-01-01T00:00:01+02:00", 1),
        ("2030-01-01T00:00:00+02:00", None, 1),
    ],
)
def test_mds_policies_are_chosen_by_the_range_in_which_they_rule(ruling, client, start, end, count):
    query = {"start_date": milliseconds(start)} | ({"end_date": milliseconds(end)} if end else {})
    answer = client.get("/mds/policy/v2/policies", query)
    assert len(answer.json()["policies"]) == count


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"start_date": "2026-01-01"}, "start_date"),
        ({"end_date": "9" * 15}, "end_date"),
        ({"start_date": "1778569200000", "end_date": "1778569200000"}, "end_date"),
    ],
)
def test_a_range_of_mds_that_is_none_is_refused_by_name(ruling, client, query, parameter):
    answer = client.get("/mds/policy/v2/policies", query)
    assert answer.status_code == 422
    assert parameter in answer.content.decode()
