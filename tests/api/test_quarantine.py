"""The quarantine: seen, mended, replayed or dismissed by the sender and by the city."""

import json
import uuid
from datetime import timedelta

import pytest

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

LIST = "/api/v1/events/quarantine"


@pytest.fixture(autouse=True)
def _tuesday(domain_clock):
    """Domain time is TUESDAY."""


def position(seconds=0, vehicle="van-7", **members):
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "telemetry.position",
        "classifier": "actual",
        "carrier_id": "ref:blue-vans",
        "occurred_at": (TUESDAY + timedelta(seconds=seconds)).isoformat(),
        "vehicle": {"vehicle_id": f"ref:{vehicle}"},
        "place": {"lat": 60.17, "lng": 24.94},
    } | members


@pytest.fixture
def send(api):
    """Return `send(items)`: POST a batch as the carrier and return the answer's JSON."""
    client = api()

    def post(*items):
        answer = client.post("/api/v1/events", json.dumps(items), content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return post


def kept(client, **query):
    answer = client.get(LIST, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def replay(client, item):
    return client.post(f"{LIST}/{item['id']}/replay")


def work(as_of=TUESDAY):
    from carriers.services import replays

    while replays.work(as_of):
        pass


def test_an_item_is_taken_once_its_vehicle_is_known(send, api, carrier):
    from carriers.models import LoggedPosition
    from tests import fleet

    event = position()
    send(event)
    client = api()
    (item,) = kept(client)
    early = replay(client, item).json()
    assert (early["status"], early["code"]) == ("quarantined", "event.vehicle_unknown")
    fleet.vehicle(carrier, "van-7")
    answer = replay(client, item)
    assert answer.json()["status"] == "accepted"
    assert answer.json()["item"]["state"] == "accepted"
    assert str(LoggedPosition.objects.get().event_id) == event["event_id"]
    assert kept(client) == []
    assert [one["id"] for one in kept(client, state="accepted")] == [item["id"]]
    again = replay(client, item)
    assert (again.status_code, again.json()["code"]) == (409, "quarantine.not_open")


def test_what_is_unknown_is_named_as_its_sender_called_it_also_after_a_replay(send, api, carrier):
    event = position(
        vehicle="GHOST-1", event_type="stop.arrived", trip_id="ref:t", stop_id="ref:S-9"
    )
    locker = position(facility_id="ref:BOX-1")
    theirs = position(vehicle="van-7") | {"vehicle": {"vehicle_id": str(uuid.UUID(int=7))}}
    answer = send(event, locker, theirs)
    assert [one["detail"] for one in answer["results"][0]["errors"]] == [
        "There is no vehicle ref:GHOST-1 of yours.",
        "There is no stop ref:S-9 in a route of yours.",
    ]
    client = api()
    (first,) = (one for one in kept(client) if one["event_id"] == event["event_id"])
    assert first["reasons"] == [
        {
            "code": "event.vehicle_unknown",
            "detail": "There is no vehicle ref:GHOST-1 of yours.",
            "pointer": "/vehicle/vehicle_id",
            "named": "ref:GHOST-1",
        },
        {
            "code": "event.stop_unknown",
            "detail": "There is no stop ref:S-9 in a route of yours.",
            "pointer": "/stop_id",
            "named": "ref:S-9",
        },
    ]
    again = replay(client, first).json()
    assert again["detail"] == "There is no vehicle ref:GHOST-1 of yours."
    assert again["item"]["reasons"] == first["reasons"]
    named = {one["event_id"]: [why["named"] for why in one["reasons"]] for one in kept(client)}
    assert named[locker["event_id"]] == ["ref:van-7", "ref:BOX-1"]
    assert named[theirs["event_id"]] == ["00000000-0000-0000-0000-000000000007"]


def test_mending_that_took_sixteen_days_makes_nothing_too_late(send, api, carrier, domain_clock):
    from carriers.models import LoggedPosition
    from tests import fleet

    send(position(seconds=-600))
    fleet.vehicle(carrier, "van-7")
    later = domain_clock(TUESDAY + timedelta(days=16))
    client = api()
    (item,) = kept(client)
    assert replay(client, item).json()["status"] == "accepted"
    row = LoggedPosition.objects.get()
    assert row.received_at == later  # the row lies in the partition of the day of the replay
    assert row.lateness == "late"  # ten minutes, as it came


def test_sending_it_again_while_it_waits_keeps_the_first_receipt(send, carrier, domain_clock):
    from carriers.models import Quarantined

    event = position()
    send(event)
    domain_clock(TUESDAY + timedelta(days=10))
    assert send(event)["quarantined"] == 1
    assert Quarantined.objects.get().received_at == TUESDAY


def test_what_can_be_folded_no_more_is_refused_and_stays_visible(send, api, carrier, domain_clock):
    from tests import fleet

    send(position())
    fleet.vehicle(carrier, "van-7")
    domain_clock(TUESDAY + timedelta(days=29, seconds=1))
    client = api()
    (item,) = kept(client)
    answer = replay(client, item).json()
    assert (answer["status"], answer["code"]) == ("refused", "event.beyond_retention")
    assert answer["item"]["state"] == "open"


def test_a_clock_ahead_is_believed_when_its_time_has_come(send, api, carrier, domain_clock):
    from carriers.models import LoggedPosition
    from tests import fleet

    fleet.vehicle(carrier, "van-7")
    send(position(seconds=3600))
    client = api()
    (item,) = kept(client)
    assert replay(client, item).json()["code"] == "event.clock_ahead"
    domain_clock(TUESDAY + timedelta(minutes=55))
    assert replay(client, item).json()["status"] == "accepted"
    assert LoggedPosition.objects.get().lateness == "on_time"


def test_who_transmitted_at_first_stands_in_the_log(send, api, carrier, hel_city):
    from carriers.models import LoggedPosition, Quarantined
    from tests import fleet

    send(position())
    fleet.vehicle(carrier, "van-7")
    official = api(organisation=hel_city)
    (item,) = kept(official)
    assert replay(official, item).json()["status"] == "accepted"
    assert LoggedPosition.objects.get().client_id == Quarantined.objects.get().client_id


def test_an_item_that_was_sent_right_meanwhile_is_a_duplicate_and_settled(send, api, carrier):
    from carriers.models import LoggedPosition, Quarantined
    from tests import fleet

    event = position(place={"lat": 60.17, "lng": -0.0}, ext={"scale": 1e22})
    send(event)
    fleet.vehicle(carrier, "van-7")
    client = api()
    (item,) = kept(client)
    assert replay(client, item).json()["status"] == "accepted"
    assert send(event)["duplicate"] == 1  # storage changed how its numbers are written
    Quarantined.objects.update(resolved_at=None, resolution="")
    assert replay(client, item).json()["status"] == "duplicate"
    assert Quarantined.objects.get().state == "accepted"
    assert LoggedPosition.objects.count() == 1


def test_what_conflicts_with_the_log_by_now_becomes_a_conflict(send, api, carrier):
    from tests import fleet

    event = position()
    send(event)
    fleet.vehicle(carrier, "van-7")
    assert send(event | {"place": {"lat": 61, "lng": 25}})["accepted"] == 1
    client = api()
    (item,) = kept(client)
    answer = replay(client, item).json()
    assert (answer["status"], answer["item"]["code"]) == ("conflict", "event.conflict")
    refused = replay(client, item)
    assert (refused.status_code, refused.json()["code"]) == (409, "quarantine.not_replayable")


def test_an_item_is_dismissed_with_a_reason_and_opens_when_it_is_sent_again(send, api, carrier):
    from foundation.models import AuditEntry

    event = position()
    send(event)
    client = api()
    (item,) = kept(client)
    dismiss = f"{LIST}/{item['id']}/dismiss"
    blank = client.post(dismiss, {"reason": " "}, format="json")
    assert (blank.status_code, blank.json()["errors"][0]["pointer"]) == (422, "/reason")
    answer = client.post(dismiss, {"reason": "a test vehicle"}, format="json").json()
    assert (answer["state"], answer["note"]) == ("dismissed", "a test vehicle")
    entry = AuditEntry.objects.get(action="quarantine.dismissed")
    assert (entry.subject, entry.inputs["reason"]) == (item["id"], "a test vehicle")
    second = client.post(dismiss, {"reason": "again"}, format="json")
    assert (second.status_code, second.json()["code"]) == (409, "quarantine.not_open")
    send(event)
    assert [one["note"] for one in kept(client)] == [""]


def test_the_list_is_narrowed_by_reason_type_vehicle_sender_and_time(
    send, api, carrier, hel_city, other_carrier, domain_clock
):
    from tests import fleet

    van = fleet.vehicle(carrier, "van-7")
    send(position(seconds=301), position(vehicle="nobody"))
    domain_clock(TUESDAY + timedelta(hours=1))
    send(position(event_type="stop.arrived", trip_id="ref:t", stop_id="ref:s"))
    official = api(organisation=hel_city)
    hour = (TUESDAY + timedelta(hours=1)).isoformat()

    def codes(**query):
        return [item["code"] for item in kept(official, **query)]

    assert len(codes()) == 3
    assert codes(code="event.stop_unknown") == ["event.stop_unknown"]
    assert codes(event_type="stop.arrived") == ["event.stop_unknown"]
    assert codes(vehicle_id=van.id) == ["event.clock_ahead", "event.stop_unknown"]
    assert codes(**{"from": hour}) == ["event.stop_unknown"]
    assert codes(until=hour) == ["event.clock_ahead", "event.vehicle_unknown"]
    assert codes(organisation_id=other_carrier.id) == []
    assert official.get(LIST, {"state": "lost"}).status_code == 422
    assert official.get(LIST, {"from": "yesterday"}).status_code == 422


def test_another_carrier_sees_and_touches_nothing_and_an_agent_what_its_mandate_covers(
    send, api, carrier, other_carrier, tpl
):
    from accounts.scopes import EVENTS_WRITE
    from foundation.models import AuditEntry
    from tests import factories, fleet

    send(position(), position(vehicle="van-8"))
    seven, eight = (fleet.vehicle(carrier, ref) for ref in ("van-7", "van-8"))
    first, second = sorted(kept(api()), key=lambda item: item["vehicle_id"] != str(seven.id))
    stranger = api(organisation=other_carrier)
    assert kept(stranger) == []
    assert replay(stranger, first).status_code == 404
    factories.mandate(carrier, tpl, EVENTS_WRITE, vehicle_ids=[seven.id])
    agent = api(organisation=tpl)
    assert [item["id"] for item in kept(agent)] == [first["id"]]
    assert replay(agent, second).json()["code"] == "quarantine.not_found"
    assert replay(agent, first).json()["status"] == "accepted"
    entry = AuditEntry.objects.get(action="quarantine.replayed")
    assert (entry.organisation_id, entry.on_behalf_of) == (tpl.id, carrier.id)
    assert eight.id is not None


def test_a_bulk_replay_gives_a_result_per_item_and_one_bad_item_sinks_no_other(
    send, api, carrier, monkeypatch
):
    from carriers.models import LoggedPosition, Quarantined
    from carriers.services import replays
    from tests import fleet

    monkeypatch.setattr(replays, "CHUNK", 4)
    send(*[position(seconds=-n) for n in range(7)], position(vehicle="nobody"))
    fleet.vehicle(carrier, "van-7")
    broken = Quarantined.objects.filter(code="event.vehicle_unknown").order_by("id")[2]
    broken.payload = broken.payload | {"place": {"lat": 600, "lng": 24.94}}
    broken.save()
    client = api()
    asked = client.post(f"{LIST}/replay", {"filter": {}}, format="json")
    assert asked.status_code == 202
    run = client.get(asked["Location"]).json()
    assert (run["state"], run["total"], run["done"]) == ("running", 8, 0)
    assert replays.work(TUESDAY) == 8
    run = client.get(asked["Location"]).json()
    assert (run["state"], run["done"]) == ("finished", 8)
    assert run["counts"] == {"accepted": 6, "quarantined": 1, "refused": 1}
    results = client.get(f"{asked['Location']}/items").json()["items"]
    assert len({result["id"] for result in results}) == 8
    refused = client.get(f"{asked['Location']}/items", {"status": "refused"}).json()["items"]
    assert [(one["id"], one["code"]) for one in refused] == [(str(broken.id), "event.invalid")]
    assert LoggedPosition.objects.count() == 6


def test_a_bulk_replay_by_ids_names_those_that_are_not_there_and_skips_conflicts(
    send, api, carrier
):
    from tests import fleet

    fleet.vehicle(carrier, "van-7")
    event = position()
    send(event, event | {"place": {"lat": 61, "lng": 25}}, position(seconds=301))
    client = api()
    ids = [item["id"] for item in kept(client)]
    nobody = str(uuid.uuid4())
    run = client.post(f"{LIST}/replay", {"ids": [*ids, nobody]}, format="json").json()
    assert (run["total"], run["not_found"]) == (2, [nobody])
    work(TUESDAY + timedelta(minutes=1))
    items = client.get(f"{LIST}/replays/{run['id']}/items").json()["items"]
    assert {(one["status"], one["code"]) for one in items} == {
        ("refused", "quarantine.not_replayable"),
        ("accepted", ""),
    }


def test_what_a_replay_before_took_is_a_duplicate_and_what_was_dismissed_is_dismissed(
    send, api, carrier
):
    from tests import fleet

    send(position(), position(seconds=-1), position(vehicle="nobody"))
    fleet.vehicle(carrier, "van-7")
    client = api()
    (nobody,) = (one for one in kept(client) if one["reasons"][0]["named"] == "ref:nobody")
    runs = [
        client.post(f"{LIST}/replay", {"filter": {}}, format="json").json()["id"] for _ in range(2)
    ]
    client.post(f"{LIST}/{nobody['id']}/dismiss", {"reason": "a test"}, format="json")
    work()
    counts = [client.get(f"{LIST}/replays/{run}").json()["counts"] for run in runs]
    assert counts == [{"accepted": 2, "dismissed": 1}, {"duplicate": 2, "dismissed": 1}]
    items = client.get(f"{LIST}/replays/{runs[1]}/items").json()["items"]
    assert sorted((one["status"], one["code"]) for one in items) == [
        ("dismissed", "quarantine.not_open"),
        ("duplicate", ""),
        ("duplicate", ""),
    ]


@pytest.mark.parametrize("body", [{}, {"ids": [], "filter": {}}])
def test_a_bulk_replay_says_which_items_it_means(api, carrier, body):
    answer = api().post(f"{LIST}/replay", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "quarantine.no_choice")


def test_a_replay_of_nothing_is_finished_at_once(api, carrier):
    answer = api().post(f"{LIST}/replay", {"filter": {"code": "event.conflict"}}, format="json")
    assert (answer.json()["state"], answer.json()["total"]) == ("finished", 0)


def test_a_bulk_replay_takes_ten_thousand_and_says_how_many_it_left(
    send, api, carrier, monkeypatch
):
    from carriers.services import replays

    monkeypatch.setattr(replays, "MOST", 2)
    send(*[position(vehicle=f"nobody-{n}") for n in range(5)])
    run = api().post(f"{LIST}/replay", {"filter": {}}, format="json").json()
    assert (run["total"], run["left_out"]) == (2, 3)


def test_a_mandate_that_ends_ends_a_bulk_replay_under_way(send, api, carrier, tpl):
    from accounts.scopes import EVENTS_WRITE
    from tests import factories, fleet

    send(position())
    fleet.vehicle(carrier, "van-7")
    mandate = factories.mandate(carrier, tpl, EVENTS_WRITE)
    agent = api(organisation=tpl)
    run = agent.post(f"{LIST}/replay", {"filter": {}}, format="json").json()
    assert run["total"] == 1
    mandate.revoked_at = TUESDAY
    mandate.save()
    work()
    (item,) = agent.get(f"{LIST}/replays/{run['id']}/items").json()["items"]
    assert (item["status"], item["code"]) == ("refused", "carrier.not_yours")
    assert [one["state"] for one in kept(api())] == ["open"]


def test_the_city_mends_all_senders_at_once_and_the_audit_says_so(
    send, api, carrier, other_carrier, hel_city
):
    from foundation.models import AuditEntry
    from tests import fleet

    send(position())
    theirs = position(carrier_id="ref:red-trucks")
    api(organisation=other_carrier).post(
        "/api/v1/events", json.dumps([theirs]), content_type="application/json"
    )
    for organisation in (carrier, other_carrier):
        fleet.vehicle(organisation, "van-7")
    official = api(organisation=hel_city)
    run = official.post(f"{LIST}/replay", {"filter": {}}, format="json").json()
    work()
    run = official.get(f"{LIST}/replays/{run['id']}").json()
    assert run["counts"] == {"accepted": 2}
    asked = AuditEntry.objects.get(action="quarantine.replay_asked")
    assert (asked.organisation_id, asked.outcome) == (hel_city.id, {"items": 2})
    assert AuditEntry.objects.get(action="quarantine.replay_finished").outcome == {"accepted": 2}
    assert api().get(f"{LIST}/replays/{run['id']}").status_code == 404


def test_the_city_sends_for_itself_only(api, carrier, hel_city):
    answer = api(organisation=hel_city).post(
        "/api/v1/events", json.dumps([position()]), content_type="application/json"
    )
    assert [one["code"] for one in answer.json()["results"]] == ["carrier.not_yours"]
