"""POST /api/v1/decisions: one answer over zones and curbs, with every reason."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from curbs.selectors import snapshots
from foundation import clock
from foundation.models import AuditEntry
from tests import curb_factories as make
from tests import factories
from tests.factories import TUESDAY
from zones.models import Permit
from zones.selectors import books

pytestmark = pytest.mark.django_db
URL = "/api/v1/decisions"
OLD_DIESEL = {"category": "N1", "fuels": ["diesel"], "euro_class": "4", "length_m": 6.5}
CLEAN = {"category": "N1", "fuels": ["electric"], "length_m": 6.5}
INSIDE = {"lng": 24.945, "lat": 60.1690}
NO_OLD_DIESEL = [
    {
        "id": "old-diesel",
        "who": {"category": ["N1", "N2"], "fuel": ["diesel"], "euro_below": "6"},
        "when": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "07:00", "to": "19:00"}],
        "what": {"effect": "prohibit"},
        "unless": {"permit": ["resident-trade"]},
        "sentence": "No old diesels on working days from 7 to 19.",
    }
]


@pytest.fixture(autouse=True)
def _tuesday(db):
    snapshots.forget()
    books.forget()
    clock.start_demo(TUESDAY)


@pytest.fixture
def zone(hel):
    """A zone over the Esplanadi in which old diesels may not drive on working days."""
    from tests import zone_factories

    return zone_factories.zone(hel, rows=NO_OLD_DIESEL, west=24.93, south=60.165, side=0.02)


@pytest.fixture
def client(carrier):
    return factories.api_client(carrier)


def ask(client, **question):
    return client.post(URL, question, format="json")


def test_a_question_about_facts_is_public_and_answered_with_rule_version_and_sentence(zone):
    answer = ask(factories.APIClient(), facts=OLD_DIESEL, place=INSIDE)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["access"], found["admissible"]) == ("prohibited", False)
    (reason,) = found["reasons"]
    assert reason["sentence"] == "No old diesels on working days from 7 to 19."
    assert reason["remedies"] == ["permit:resident-trade"]
    assert set(reason["rule"]) == {"regulation_id", "version_id", "row", "code"}
    assert found["next_change_at"] == "2026-05-12T16:00:00+00:00"  # 19:00 in Helsinki


def test_what_is_missing_is_named_and_not_admissible(zone):
    facts = {"category": "N1", "fuels": ["diesel"]}
    found = ask(factories.APIClient(), facts=facts, place=INSIDE).json()
    assert found["access"] == "undetermined"
    assert found["missing_facts"] == ["euro_class"]


def test_outside_of_every_zone_nothing_is_regulated(zone):
    found = ask(factories.APIClient(), facts=OLD_DIESEL, place={"lng": 25.2, "lat": 60.3}).json()
    assert (found["access"], found["admissible"], found["reasons"]) == ("unregulated", True, [])


def test_a_period_is_answered_in_intervals(zone):
    period = {
        "from": TUESDAY.isoformat(),
        "until": (TUESDAY + timedelta(hours=24)).isoformat(),
    }
    found = ask(factories.APIClient(), facts=OLD_DIESEL, zone_id=str(zone.id), period=period).json()
    assert [(i["from"], i["access"]) for i in found["intervals"]] == [
        ("2026-05-12T07:00:00+00:00", "prohibited"),
        ("2026-05-12T16:00:00+00:00", "unregulated"),
        ("2026-05-13T04:00:00+00:00", "prohibited"),
    ]


def test_a_path_through_a_zone_without_a_vertex_in_it_is_prohibited(zone):
    path = [
        {"at": TUESDAY.isoformat(), "lng": 24.92, "lat": 60.17},
        {"at": (TUESDAY + timedelta(minutes=10)).isoformat(), "lng": 24.96, "lat": 60.17},
    ]
    found = ask(factories.APIClient(), facts=OLD_DIESEL, path=path).json()
    assert found["access"] == "prohibited"
    (crossing,) = found["crossings"]
    assert crossing["zone_id"] == str(zone.id)
    # A quarter of the way lies before the zone, half of it inside.
    entered = datetime.fromisoformat(crossing["from"])
    assert abs(entered - TUESDAY - timedelta(minutes=2.5)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("lngs", [(24.92, 24.96), (24.94, 24.941), (24.94, 24.94)])
def test_a_path_through_a_zone_within_one_instant_is_prohibited(zone, lngs):
    path = [{"at": TUESDAY.isoformat(), "lng": lng, "lat": 60.17} for lng in lngs]
    found = ask(factories.APIClient(), facts=OLD_DIESEL, path=path).json()
    assert (found["access"], found["admissible"]) == ("prohibited", False)
    assert [crossing["zone_id"] for crossing in found["crossings"]] == [str(zone.id)]


def test_a_curb_zone_needs_the_booking_and_the_access_zone_speaks_too(client, carrier, hel, zone):
    curb = make.zone(make.line(hel))
    found = ask(client, facts=OLD_DIESEL, curb_zone_id=str(curb.id)).json()
    assert found["access"] == "prohibited"
    assert [r["sentence"] for r in found["reasons"]] == [
        "Only with a booking.",
        "No old diesels on working days from 7 to 19.",
    ]
    assert found["curb"]["slot_price"] == {"amount": 50, "currency": "EUR"}


def test_a_vehicles_own_booking_meets_the_need_for_one(client, carrier, hel):
    curb, van = make.zone(make.line(hel)), make.van(carrier)
    question = {
        "vehicle_id": str(van.id),
        "curb_zone_id": str(curb.id),
        "at": (TUESDAY + timedelta(minutes=70)).isoformat(),
    }
    assert ask(client, **question).json()["admissible"] is False
    from curbs.services import bookings

    bookings.hold(
        actor=factories.actor_of(carrier),
        request=make.asked(curb, van, confirm=True),
        now=TUESDAY,
    )
    found = ask(client, **question).json()
    assert found["admissible"] is True
    assert found["obligations"][0]["met"] is True
    assert found["next_change_at"] == (TUESDAY + timedelta(minutes=90)).isoformat()


def test_a_stop_beside_a_curb_asks_the_curb_and_driving_past_does_not(hel):
    make.zone(make.line(hel, coordinates=[(24.94, 60.16), (24.94108, 60.16)]))
    beside = {"lng": 24.9401, "lat": 60.16005}  # about 5.6 m off the line
    public = factories.APIClient()
    stopping = ask(public, facts=CLEAN, place=beside, activity="loading").json()
    assert [r["effect"] for r in stopping["reasons"]] == ["require_booking"]
    assert ask(public, facts=CLEAN, place=beside).json()["access"] == "unregulated"


def test_a_vehicle_or_a_plate_needs_a_client(carrier, zone):
    public = factories.APIClient()
    for question in ({"vehicle_id": str(uuid4())}, {"facts": CLEAN, "plate": "ABC123"}):
        answer = ask(public, place=INSIDE, **question)
        assert (answer.status_code, answer.json()["code"]) == (403, "decisions.not_public")


def test_another_organisations_vehicle_is_not_there(carrier, other_carrier, zone):
    stranger = factories.api_client(other_carrier)
    answer = ask(stranger, vehicle_id=str(make.van(carrier).id), place=INSIDE)
    assert answer.status_code == 404


def test_asking_about_a_principals_vehicle_is_a_use_of_the_mandate(carrier, other_carrier, zone):
    factories.mandate(carrier, other_carrier, "decisions:read")
    agent = factories.api_client(other_carrier)
    van = make.van(carrier)
    assert ask(agent, vehicle_id=str(van.id), place=INSIDE).status_code == 200
    entry = AuditEntry.objects.get(action="mandate.read")
    assert (entry.organisation_id, entry.on_behalf_of) == (other_carrier.id, carrier.id)


def test_a_question_is_told_all_that_is_wrong_with_it(hel):
    answer = ask(
        factories.APIClient(),
        place=INSIDE,
        zone_id=str(uuid4()),
        at=TUESDAY.isoformat(),
        period={"from": TUESDAY.isoformat(), "until": TUESDAY.isoformat()},
    )
    assert answer.status_code == 422
    assert [e["code"] for e in answer.json()["errors"]] == [
        "decisions.vehicle_missing",
        "decisions.place_missing",
        "decisions.time_ambiguous",
        "curb.period_invalid",
    ]


def test_a_batch_answers_each_question_and_one_bad_vehicle_sinks_no_other(client, carrier, zone):
    questions = [
        {"facts": OLD_DIESEL, "place": INSIDE},
        {"vehicle_id": str(uuid4()), "place": INSIDE},
        {"facts": CLEAN, "place": INSIDE},
    ]
    answer = client.post(URL, {"questions": questions}, format="json")
    found = answer.json()["decisions"]
    assert [d.get("access") for d in found] == ["prohibited", None, "unregulated"]
    assert found[1]["errors"][0]["code"] == "carriers.vehicle_not_found"


@pytest.mark.parametrize(
    ("wrong", "pointer", "allowed"),
    [
        ({"fuels": ["petrol", "Diesel"]}, "/facts/fuels/1", "cng, diesel, electric"),
        ({"fuels": ["coal"]}, "/facts/fuels/0", "cng, diesel, electric"),
        ({"category": "N9"}, "/facts/category", "N1, N2, N3"),
        ({"euro_class": "banana"}, "/facts/euro_class", "such as 5, 6d-TEMP, VI or EEV"),
    ],
)
def test_a_fact_that_means_nothing_is_refused_with_the_words_that_are_allowed(
    zone, wrong, pointer, allowed
):
    answer = ask(factories.APIClient(), facts=OLD_DIESEL | wrong, place=INSIDE)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "request.invalid")
    assert error["pointer"] == pointer
    assert allowed in error["detail"]


def test_a_question_that_is_not_sound_sinks_no_other_of_its_batch(zone):
    questions = [
        {"facts": OLD_DIESEL | {"fuels": ["gasoil"]}, "place": INSIDE},
        {"facts": OLD_DIESEL, "place": INSIDE},
        {"facts": CLEAN},
        {"facts": CLEAN, "place": {"lng": 60.169, "lat": 24.945}},
        {"facts": CLEAN, "place": INSIDE},
    ]
    found = ask(factories.APIClient(), questions=questions).json()["decisions"]
    assert [one.get("access") for one in found] == [None, "prohibited", None, None, "unregulated"]
    errors = [found[n]["errors"][0] for n in (0, 2, 3)]
    assert [(one["code"], one["pointer"]) for one in errors] == [
        ("request.invalid", "/facts/fuels/0"),
        ("decisions.place_missing", ""),
        ("decisions.place_elsewhere", "/place"),
    ]
    answer = ask(factories.APIClient(), questions=questions[:1])
    assert answer.json()["decisions"] == [found[0]]


@pytest.mark.parametrize(
    ("stored", "missing"),
    [({"fuels": ["Diesel"]}, "fuels"), ({"euro_class": "banana"}, "euro_class")],
)
def test_a_stored_fact_that_means_nothing_makes_no_vehicle_free(
    zone, carrier, client, stored, missing
):
    van = make.van(carrier, **({"fuels": ["diesel"], "euro_class": "4"} | stored))
    found = ask(client, vehicle_id=str(van.id), place=INSIDE).json()
    assert (found["access"], found["admissible"]) == ("undetermined", False)
    assert missing in found["missing_facts"]


def test_a_place_that_cannot_be_of_the_city_is_refused_and_swapped_axes_are_named(hel, zone):
    """Helsinki's system (EPSG:3879) is for 24.5 to 25.5 degrees east; the margin is a degree."""
    public, swapped = factories.APIClient(), {"lng": INSIDE["lat"], "lat": INSIDE["lng"]}
    answer = ask(public, facts=CLEAN, place=swapped)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "decisions.place_elsewhere")
    assert error["pointer"] == "/place"
    assert error["detail"].startswith("Longitude and latitude seem to be swapped")
    far = ask(public, facts=CLEAN, place={"lng": 8.69, "lat": 49.41}).json()["errors"][0]
    assert far["detail"] == "It lies outside of the region of this city."
    beside = ask(public, facts=CLEAN, place={"lng": 23.6, "lat": 60.2})
    assert beside.json()["access"] == "unregulated"


def test_a_path_is_refused_only_where_it_cannot_reach_the_city(hel, zone):
    def along(*ends):
        path = [{"at": TUESDAY.isoformat(), "lng": lng, "lat": lat} for lng, lat in ends]
        return ask(factories.APIClient(), facts=OLD_DIESEL, path=path)

    turned = along((60.169, 24.92), (60.169, 24.97))
    (error,) = turned.json()["errors"]
    assert (error["code"], error["pointer"]) == ("decisions.place_elsewhere", "/path")
    assert "swapped" in error["detail"]
    from_turku = along((22.27, 60.45), (24.945, 60.169))
    assert from_turku.status_code == 200
    assert len(from_turku.json()["crossings"]) == 1


def test_a_thousand_questions_cost_one_query_of_rules(zone, client):
    body = {"questions": [{"facts": OLD_DIESEL, "place": INSIDE}] * 1000}
    client.post(URL, body, format="json")
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(URL, body, format="json")
    assert len(answer.json()["decisions"]) == 1000
    assert len([q for q in queries if "zones_" in q["sql"] or "curbs_" in q["sql"]]) == 1
    assert len(of_the_answer(queries)) == 2  # and one for the token


def of_the_answer(queries):
    """Return the queries without that of a demo's clock, which is a row."""
    return [query["sql"] for query in queries if "domainclock" not in query["sql"]]


def test_a_question_about_a_vehicle_costs_two_queries_and_more_where_it_holds_something(
    zone, carrier, client
):
    van = make.van(carrier, plate="ABC1")

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert ask(client, vehicle_id=str(van.id), place=INSIDE).status_code == 200
        return len(of_the_answer(seen))

    queries()
    assert queries() == 2  # the token; the vehicle with the counters of the rules
    Permit.objects.create(
        city=zone.city,
        kind="resident-trade",
        plate="ABC1",
        starts_at=TUESDAY,
        issued_at=TUESDAY,
    )
    assert queries() == 3


def test_without_a_client_at_most_fifty_questions_are_answered(hel, zone, api):
    asked = [{"facts": CLEAN, "place": INSIDE}] * 51
    answer = APIClient().post(URL, {"questions": asked}, format="json")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (403, "decisions.not_public")
    assert error["pointer"] == "/questions"
    assert APIClient().post(URL, {"questions": asked[1:]}, format="json").status_code == 200


def test_a_path_has_its_own_times_and_takes_no_other(hel, zone):
    path = [{"at": TUESDAY.isoformat(), **INSIDE}] * 2
    asked = {"facts": CLEAN, "path": path, "at": TUESDAY.isoformat()}
    answer = APIClient().post(URL, asked, format="json")
    (error,) = answer.json()["errors"]
    assert (error["code"], error["pointer"]) == ("decisions.time_ambiguous", "/at")


def test_more_than_a_thousand_questions_are_refused(hel):
    body = {"questions": [{"facts": CLEAN, "place": INSIDE}] * 1001}
    assert factories.APIClient().post(URL, body, format="json").status_code == 422


def test_rules_are_asked_as_they_were_known(zone):
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    public = factories.APIClient()
    assert (
        ask(public, facts=OLD_DIESEL, place=INSIDE, known_at=long_ago).json()["access"]
        == "unregulated"
    )


def test_a_reason_speaks_english_german_and_french(hel):
    from tests import zone_factories

    rows = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 3500}}]
    zone_factories.zone(hel, rows=rows, west=24.93, south=60.165, side=0.02)
    found = ask(factories.APIClient(), facts={"gross_weight_kg": 3501}, place=INSIDE).json()
    assert found["reasons"][0]["sentences"] == {
        "en": "No access: vehicles over 3.5 t.",
        "de": "Keine Zufahrt: Fahrzeuge über 3,5 t.",
        "fr": "Accès interdit\xa0: véhicules de plus de 3,5 t.",
    }


def test_what_would_help_is_named_for_one_question_and_for_many_on_request(zone):
    public = factories.APIClient()
    helpful = ask(public, facts=OLD_DIESEL, place=INSIDE).json()["remedies"]
    assert [{"kind": "permit", "permit": "resident-trade"}] in helpful
    assert [{"kind": "time", "at": "2026-05-12T16:00:00+00:00"}] in helpful
    assert [{"kind": "vehicle", "fact": "fuels", "value": ["electric"]}] in helpful
    assert [{"kind": "vehicle", "fact": "euro_class", "value": "6"}] in helpful
    assert ask(public, facts=CLEAN, place=INSIDE).json()["remedies"] == []
    question = {"facts": OLD_DIESEL, "place": INSIDE}
    both = ask(public, questions=[question, question | {"remedies": True}]).json()["decisions"]
    assert "remedies" not in both[0]
    assert both[1]["remedies"] == helpful


def test_a_path_costs_a_ticket_for_each_local_day_that_it_touches_the_zone(hel):
    from tests import zone_factories

    what = {"effect": "charge", "amount": 750, "currency": "EUR", "per": "day"}
    zone_factories.zone(hel, rows=[{"what": what}], west=24.93, south=60.165, side=0.02)
    west, east = {"lng": 24.92, "lat": 60.17}, {"lng": 24.96, "lat": 60.17}
    path = [
        {"at": "2026-05-12T20:00:00Z", **west},
        {"at": "2026-05-12T20:20:00Z", **east},
        {"at": "2026-05-12T20:50:00Z", **west},  # 23:50 in Helsinki: the same day again
        {"at": "2026-05-12T21:30:00Z", **east},  # and the next one
    ]
    found = ask(factories.APIClient(), facts=CLEAN, path=path[:3]).json()
    assert found["charges"] == [{"amount": 750, "currency": "EUR"}]
    found = ask(factories.APIClient(), facts=CLEAN, path=path).json()
    assert found["charges"] == [{"amount": 1500, "currency": "EUR"}]
