"""A carrier sees what became of what it sent."""

import json
from datetime import timedelta

import pytest

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tuesday(domain_clock):
    """Domain time is TUESDAY."""


@pytest.fixture
def van(carrier):
    from tests import fleet

    return fleet.vehicle(carrier, "van-7")


@pytest.fixture
def client(api):
    return api()


def send(client, *items):
    answer = client.post("/api/v1/events", json.dumps(items), content_type="application/json")
    return [one["status"] for one in answer.json()["results"]]


def fate(client, event):
    answer = client.get(f"/api/v1/events/{event['event_id']}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def void(van, event):
    from tests import fleet

    voids = {"event_id": event["event_id"], "reason": "did_not_occur"}
    return fleet.event(van, "event.voided", TUESDAY, voids=voids)


def test_an_event_says_when_it_counts_how_late_it_was_and_who_voided_it(client, van):
    from tests import fleet

    skewed = {"source": "device", "skew_ms": 120_000}
    event = fleet.position(van, fleet.minutes(-8), accuracy_m=4) | {"clock": skewed}
    assert send(client, event) == ["accepted"]
    found = fate(client, event)
    assert found["status"] == "accepted"
    shown = found["event"]
    assert shown["effective_at"] == fleet.minutes(-10).isoformat().replace("+00:00", "Z")
    assert (shown["lateness"], shown["event_type"]) == ("late", "telemetry.position")
    assert shown["place"]["accuracy_m"] == 4
    assert shown["payload"] == {"clock": skewed}
    cancel = void(van, event)
    send(client, cancel)
    found = fate(client, event)
    assert (found["status"], found["event"]["voided_by"]) == ("voided", [cancel["event_id"]])
    assert fate(client, cancel)["event"]["voids_event_id"] == event["event_id"]


def test_what_was_not_taken_says_where_it_is(client, van):
    from tests import fleet

    ahead = fleet.position(van, fleet.minutes(6))
    assert send(client, ahead) == ["quarantined"]
    found = fate(client, ahead)
    assert (found["status"], found["event"]) == ("quarantined", None)
    assert [one["code"] for one in found["kept"]] == ["event.clock_ahead"]
    kept_id = found["kept"][0]["id"]
    client.post(f"/api/v1/events/quarantine/{kept_id}/dismiss", {"reason": "a test"}, format="json")
    assert fate(client, ahead)["status"] == "dismissed"

    waiting = void(van, fleet.position(van, TUESDAY))
    send(client, waiting)
    assert fate(client, waiting)["status"] == "waiting"

    event = fleet.position(van, TUESDAY)
    send(client, event, event | {"occurred_at": fleet.minutes(-1).isoformat()})
    found = fate(client, event)
    assert (found["status"], [one["code"] for one in found["kept"]]) == (
        "accepted",
        ["event.conflict"],
    )


def test_an_event_that_is_somebody_elses_or_was_never_sent_is_not_there(
    client, api, van, other_carrier, hel_city, hd
):
    from accounts.services import setup
    from tests import fleet

    event = fleet.position(van, TUESDAY)
    assert client.get(f"/api/v1/events/{event['event_id']}").json()["code"] == "event.not_found"
    send(client, event)
    path = f"/api/v1/events/{event['event_id']}"
    assert api(organisation=hel_city).get(path).status_code == 200
    for stranger in (other_carrier, setup.city_organisation(hd)):
        answer = api(["events:write"], organisation=stranger).get(path)
        assert answer.status_code == 404


def read(client, **params):
    """Return the events of all pages."""
    url, found = "/api/v1/events", []
    while url:
        answer = client.get(url, params)
        assert answer.status_code == 200, answer.content
        found += answer.json()["items"]
        url, params = answer.json()["next"], {}
    return found


def test_a_vehicles_events_come_page_by_page_in_the_order_in_which_they_happened(
    client, api, van, carrier, other_carrier
):
    from tests import fleet

    other = fleet.vehicle(carrier, "van-8")
    events = [fleet.position(van, fleet.minutes(-n)) for n in range(7)]
    events += [fleet.event(van, "telemetry.engine_on", fleet.minutes(-n - 0.5)) for n in range(5)]
    same_time = [fleet.position(van, fleet.minutes(-3)) for _ in range(3)]
    send(client, *reversed(events), *same_time, fleet.position(other, TUESDAY))
    until = fleet.minutes(1).isoformat()
    found = read(client, vehicle_id=van.id, until=until, limit=2)
    assert len(found) == 15
    times = [one["effective_at"] for one in found]
    assert times == sorted(times)
    assert {one["event_id"] for one in found} == {
        event["event_id"] for event in (*events, *same_time)
    }
    engine = read(client, vehicle_id=van.id, until=until, event_type="telemetry.engine_on")
    assert len(engine) == 5
    positions = read(
        client,
        vehicle_id=van.id,
        until=fleet.minutes(-2).isoformat(),
        event_type="telemetry.position",
        **{"from": fleet.minutes(-4).isoformat()},
    )
    assert len(positions) == 2 + 3
    assert read(api(organisation=other_carrier), vehicle_id=van.id, until=until) == []


def test_a_list_names_its_subject_and_a_bounded_period(client, van):
    def code(**params):
        return client.get("/api/v1/events", params).json().get("code")

    assert code() == "events.subject_missing"
    far = (TUESDAY - timedelta(days=31, seconds=1)).isoformat()
    assert code(vehicle_id=van.id, **{"from": far}) == "events.period"
    assert code(vehicle_id=van.id, **{"from": TUESDAY.isoformat()}) == "events.period"
    assert code(vehicle_id="van-7") == "request.invalid"
    assert code(vehicle_id=van.id, cursor="x") == "request.cursor_invalid"


def test_a_mandate_for_some_vehicles_reads_those_and_is_noted(client, api, van, carrier, tpl):
    from accounts.scopes import EVENTS_WRITE
    from foundation.models import AuditEntry
    from tests import factories, fleet

    other = fleet.vehicle(carrier, "van-8")
    mine, theirs = fleet.position(van, TUESDAY), fleet.position(other, TUESDAY)
    send(client, mine, theirs)
    factories.mandate(carrier, tpl, EVENTS_WRITE, vehicle_ids=[van.id])
    agent = api(organisation=tpl)
    assert fate(agent, mine)["status"] == "accepted"
    assert agent.get(f"/api/v1/events/{theirs['event_id']}").status_code == 404
    entry = AuditEntry.objects.get(action="mandate.read")
    assert (entry.on_behalf_of, entry.outcome["count"]) == (carrier.id, 1)
    until = fleet.minutes(1).isoformat()
    assert read(agent, vehicle_id=other.id, until=until) == []
    assert len(read(agent, vehicle_id=van.id, until=until)) == 1
