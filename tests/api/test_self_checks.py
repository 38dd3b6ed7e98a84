"""The self-check: what would be found, by the judge that finds.

A zone of 555 m by 1,113 m is closed to lorries over 7.5 t, with a grace of 30 s; the path runs
through it from west to east, evenly, without a vertex inside.
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from compliance.models import Finding
from foundation.models import AuditEntry
from tests import curb_factories, factories, fleet
from tests.factories import TUESDAY
from tests.integration.compliance.test_from_events import BAN, SQUARE
from zones.services import grounds, regulations

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def zone(domain_clock, hel_city):
    official, since = factories.actor_of(hel_city), TUESDAY - DAY
    made = grounds.create(
        actor=official, code="z", name="Z", kind="weight", geometry=SQUARE, grace_s=30,
        legal_from=since, now=since,
    )  # fmt: skip
    rule = regulations.create(
        actor=official, zone_id=made.id, code="heavy", title="Heavy", now=since
    )
    draft = regulations.add_version(
        actor=official, regulation_id=rule.id, rows=[BAN], legal_from=since, now=since
    )
    regulations.publish(actor=official, version_id=draft.id, now=since)
    return made


@pytest.fixture
def lorry(carrier):
    return fleet.vehicle(carrier, "lorry-1", gross_weight_kg=12_000)


def across(seconds):
    """Return a path that takes so long for 0.02 degrees, of which 0.01, the half, is inside."""
    return [
        {"at": "2026-05-13T10:00:00+03:00", "lng": 24.935, "lat": 60.165},
        {
            "at": (TUESDAY + DAY + timedelta(seconds=seconds)).isoformat(),
            "lng": 24.955,
            "lat": 60.165,
        },
    ]


def check(client, **body):
    return client.post("/api/v1/self-checks", body, format="json")


def test_a_path_that_stays_longer_than_the_grace_would_be_found(api, lorry, zone):
    read = check(api(), vehicle_id="ref:lorry-1", path=across(400)).json()
    (act,), (would,) = read["acts"], read["findings"]
    # In after a quarter of 400 s, out after three quarters.
    assert (act["zone_id"], act["from"], act["until"]) == (
        str(zone.id),
        "2026-05-13T10:01:40+03:00",
        "2026-05-13T10:05:00+03:00",
    )
    assert (would["kind"], would["seconds_over"], would["grace_s"]) == ("prohibited", 200, 30)
    assert would["sentence"] == "No access: vehicles over 7.5 t."
    assert not Finding.objects.exists()


@pytest.mark.parametrize(("seconds", "count"), [(60, 0), (62, 1)])
def test_the_grace_counts_as_it_does_for_findings(api, lorry, seconds, count):
    """Half of the time is inside: 30 s are within the grace of 30 s, 31 s are not."""
    read = check(api(), vehicle_id="ref:lorry-1", path=across(seconds)).json()
    assert len(read["findings"]) == count
    assert len(read["acts"]) == 1


def test_a_van_may_drive_there(api, carrier):
    fleet.vehicle(carrier, "van-1", gross_weight_kg=3500)
    read = check(api(), vehicle_id="ref:van-1", path=across(400)).json()
    assert read["findings"] == []


def test_a_stop_is_judged_by_the_zone_and_by_the_curb(api, lorry, hel, zone):
    bay = curb_factories.zone(
        curb_factories.line(hel), rows=[{"what": {"effect": "require_booking"}}]
    )
    times = {"from": "2026-05-13T10:00:00+03:00", "until": "2026-05-13T10:10:00+03:00"}
    stops = [{"curb_zone_id": str(bay.id), **times}, {"lng": 24.945, "lat": 60.165, **times}]
    read = check(api(), vehicle_id="ref:lorry-1", stops=stops).json()
    places = {
        (would["zone_id"], would["curb_zone_id"], would["kind"]) for would in read["findings"]
    }
    assert (None, str(bay.id), "booking") in places
    assert (str(zone.id), None, "prohibited") in places


def test_the_planned_stops_of_a_route_are_checked(api, lorry, zone):
    client = api()
    here = {"lng": 24.945, "lat": 60.165}
    route = {
        "trip_id": "ref:trip-1",
        "vehicle_id": "ref:lorry-1",
        "service_on": "2026-05-13",
        "stops": [
            {
                "stop_id": "ref:planned",
                "location": here,
                "planned_arrival_at": "2026-05-13T10:00:00+03:00",
                "service_s": 300,
            },
            {"stop_id": "ref:untimed", "location": here},
        ],
    }
    made = client.post("/api/v1/routes", route, format="json").json()
    read = check(client, route_id=made["id"]).json()
    (would,) = read["findings"]
    assert (would["from_at"], would["seconds_over"]) == ("2026-05-13T07:00:00Z", 300)
    assert read["not_checked"] == [made["stops"][1]["stop_id"]]
    assert read["vehicle_id"] == str(lorry.id)


def test_what_the_check_says_is_what_is_found(api, lorry, drain, domain_clock):
    """The same drive as in `test_from_events`, asked before and judged after."""
    from tests.integration.compliance.test_from_events import drive

    client = api()
    told = drive(lorry, TUESDAY)
    path = [
        {
            "at": event["occurred_at"],
            "lng": event["place"]["lng"],
            "lat": event["place"]["lat"],
        }
        for event in told
    ]
    (would,) = check(client, vehicle_id="ref:lorry-1", path=path).json()["findings"]
    domain_clock(TUESDAY + timedelta(minutes=5))
    client.post("/api/v1/events", told, format="json")
    drain()
    found = Finding.objects.get()
    assert would["version_id"] == str(found.version_id)
    assert (would["kind"], would["rule_row"]) == (found.kind, found.rule_row)
    assert would["seconds_over"] == pytest.approx(found.seconds_over, abs=2)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"vehicle_id": None}, "self_check.empty", "/vehicle_id"),
        ({"path": []}, "self_check.empty", ""),
        ({"vehicle_id": "lorry"}, "curb.vehicle_id_invalid", "/vehicle_id"),
        ({"vehicle_id": "ref:ghost"}, "carriers.vehicle_not_found", None),
        ({"path": across(400)[::-1]}, "self_check.not_in_order", "/path/1/at"),
        ({"path": across(32 * 86_400)}, "self_check.too_long", ""),
        ({"route_id": str(uuid4())}, "self_check.ambiguous", "/route_id"),
        ({"path": [{"at": "2026-05-13T10:00:00", "lng": 1, "lat": 2}]}, None, "/path/0/at"),
        ({"stops": [{}]}, None, None),
    ],
)
def test_bad_input_is_refused_with_its_place(api, lorry, changes, code, pointer):
    body = {"vehicle_id": "ref:lorry-1", "path": across(400)} | changes
    answer = check(api(), **{name: value for name, value in body.items() if value is not None})
    assert answer.status_code in (404, 422), answer.content
    first = answer.json()["errors"][0]
    assert code in (None, first["code"])
    assert pointer in (None, first.get("pointer", ""))


def test_stops_that_are_no_stops_are_refused_all_at_once(api, lorry):
    times = {"from": "2026-05-13T10:00:00+03:00", "until": "2026-05-13T10:00:00+03:00"}
    later = times | {"until": "2026-05-13T10:10:00+03:00"}
    stops = [{"lng": 24.9, "lat": 60.1, **times}, later, {"curb_zone_id": str(uuid4()), **later}]
    answer = check(api(), vehicle_id="ref:lorry-1", stops=stops)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/stops/0/until", "/stops/1"]
    answer = check(api(), vehicle_id="ref:lorry-1", stops=stops[2:])
    assert answer.json()["errors"][0]["pointer"] == "/stops/0/curb_zone_id"


def test_another_carriers_vehicle_and_route_can_neither_be_checked_nor_guessed(
    api, lorry, other_carrier
):
    stranger = api(organisation=other_carrier)
    theirs = check(stranger, vehicle_id=str(lorry.id), path=across(400))
    nobodys = check(stranger, vehicle_id=str(uuid4()), path=across(400))
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.json()["detail"] == nobodys.json()["detail"]


def test_an_agent_checks_by_mandate_and_leaves_a_trace(api, lorry, carrier, tpl):
    factories.mandate(carrier, tpl, "decisions:read")
    read = check(api(organisation=tpl), vehicle_id=str(lorry.id), path=across(400))
    assert len(read.json()["findings"]) == 1
    assert AuditEntry.objects.filter(on_behalf_of=carrier.id, organisation_id=tpl.id).exists()
