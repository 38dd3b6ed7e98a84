"""Messages of other dialects and the database: a batch survives anything, and so does the truth."""

import json
import random
import threading
import uuid
from datetime import timedelta

import pytest

from accounts.scopes import EVENTS_WRITE
from carriers.models import (
    Facility,
    LoggedEvent,
    LoggedPosition,
    Original,
    Quarantined,
    RoutePlan,
    Vehicle,
)
from carriers.services import dialects, originals
from carriers.services.dialects import Message
from kernel.refusals import Refusal
from tests import factories, fleet, mutations
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sender(carrier):
    return factories.actor_of(carrier)


@pytest.fixture
def van(carrier):
    return fleet.vehicle(carrier, "van-7")


def take(actor, dialect, messages, now=TUESDAY, **how):
    sender = None if dialect == "mds" else actor.organisation
    sent = [Message(kind, json.dumps(one).encode()) for kind, one in messages]
    return dialects.take(actor=actor, dialect=dialect, messages=sent, now=now, sender=sender, **how)


def telemetry(van, number, **changes):
    return {
        "device_id": str(van.id),
        "provider_id": str(van.organisation_id),
        "telemetry_id": str(uuid.UUID(int=number + 1)),
        "timestamp": 1778569200000,
        "trip_ids": None,
        "journey_id": None,
        "location": {"lat": 60.17, "lng": 24.94},
    } | changes


@pytest.mark.parametrize("dialect", ["mds", "otm", "epcis"])
@pytest.mark.parametrize("seed", range(3))
def test_a_batch_of_broken_messages_is_answered_one_by_one_and_sinks_no_good_one(
    sender, carrier, dialect, seed
):
    rng = random.Random(seed)
    seeds = [(kind, message) for name, kind, message in mutations.SEEDS if name == dialect]
    text = json.dumps(seeds).replace(mutations.VAN, str(carrier.id))  # a provider that we know
    seeds = json.loads(text)
    messages = []
    for _ in range(100):
        kind, message = rng.choice(seeds)
        messages.append((kind, mutations.mutated(message, rng)))
    report = take(sender, dialect, messages)
    assert [one.index for one in report.results] == list(range(100))
    assert sum(report.counts.values()) == report.received == 100
    for one in report.results:
        assert one.status in ("accepted", "duplicate") or (one.code and one.detail)
    again = take(sender, dialect, messages)
    before = LoggedEvent.objects.count() + LoggedPosition.objects.count()
    take(sender, dialect, messages)
    assert LoggedEvent.objects.count() + LoggedPosition.objects.count() == before
    # What was taken is a duplicate now; what was not fares as before.
    for first, second in zip(report.results, again.results, strict=True):
        expected = "duplicate" if first.status == "accepted" else first.status
        if second.kind not in ("vehicles", "locations", "trips", "actions"):
            assert second.status == expected, (first, second)


def test_the_original_and_its_events_commit_together(sender, van, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(originals, "keep", broken)
    with pytest.raises(RuntimeError, match="disk"):
        take(sender, "mds", [("telemetry", telemetry(van, 1))])
    assert not LoggedPosition.objects.exists()
    monkeypatch.undo()
    assert take(sender, "mds", [("telemetry", telemetry(van, 1))]).accepted == 1


def test_batches_that_overlap_race_and_every_message_is_taken_once(sender, van):
    from django.db import connection

    messages = [("telemetry", telemetry(van, number)) for number in range(120)]
    start, answers = threading.Barrier(4), []

    def work(number):
        mine = messages[number * 20 : number * 20 + 60]
        random.Random(number).shuffle(mine)
        start.wait()
        try:
            answers.append(take(sender, "mds", mine))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.accepted for one in answers) == 120
    assert sum(one.duplicate for one in answers) == 120
    assert LoggedPosition.objects.count() == Original.objects.count() == 120


def test_too_many_messages_are_refused_as_a_whole(sender):
    sent = [Message("events", b"{}")] * 10_001
    with pytest.raises(Refusal) as refused:
        dialects.take(actor=sender, dialect="mds", messages=sent, now=TUESDAY)
    assert refused.value.code == "events.too_many"


def test_an_agent_for_some_vehicles_sends_for_those_only(sender, van, carrier, tpl):
    other = fleet.vehicle(carrier, "van-8")
    factories.mandate(carrier, tpl, EVENTS_WRITE, vehicle_ids=[van.id])
    agent = factories.actor_of(tpl)
    mute = {"event_id": str(uuid.UUID(int=9)), "vehicle_state": "non_operational",
            "event_types": ["maintenance"]}  # fmt: skip
    about_van, about_other = (telemetry(one, 0) | mute | {"trip_ids": []} for one in (van, other))
    report = take(
        agent,
        "mds",
        [
            ("telemetry", telemetry(van, 1)),
            ("telemetry", telemetry(other, 2)),
            ("events", about_van),
            ("events", about_other | {"event_id": str(uuid.UUID(int=10))}),
        ],
    )
    assert [(one.status, one.code) for one in report.results] == [
        ("accepted", ""),
        ("refused", "carrier.not_yours"),
        ("accepted", ""),
        ("refused", "carrier.not_yours"),
    ]
    assert Original.objects.count() == 2


def test_what_happened_long_ago_is_forgotten_and_entities_stay(sender, van):
    device = {"vehicle_id": "A-1", "vehicle_type": "truck", "propulsion_types": ["electric"]}
    mute = {"event_id": str(uuid.UUID(int=9)), "vehicle_state": "non_operational",
            "event_types": ["maintenance"]}  # fmt: skip
    take(
        sender,
        "mds",
        [
            ("vehicles", telemetry(van, 0) | device),
            ("telemetry", telemetry(van, 1)),
            ("events", telemetry(van, 2) | mute | {"trip_ids": []}),
        ],
    )
    assert originals.forget_old(TUESDAY + timedelta(days=30)) == 0
    assert originals.forget_old(TUESDAY + timedelta(days=31)) == 1
    assert set(Original.objects.values_list("kind", flat=True)) == {"vehicles", "events"}
    assert originals.forget_old(TUESDAY + timedelta(days=401)) == 1
    assert set(Original.objects.values_list("kind", flat=True)) == {"vehicles"}


def test_a_key_of_gs1_is_checked_normalised_and_once_in_an_organisation(
    api, carrier, other_carrier
):
    client = api()
    told = client.post(
        "/api/v1/vehicles", {"grai": "urn:epc:id:grai:0614141.12345.400"}, format="json"
    )
    assert (told.status_code, told.json()["grai"]) == (201, "00614141123452400")
    again = client.post("/api/v1/vehicles", {"grai": "00614141123452400"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "carriers.identifier_taken")
    assert again.json()["errors"][0]["pointer"] == "/grai"
    wrong = client.post("/api/v1/vehicles", {"grai": "00614141123451400"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "dialect.identifier_invalid")
    assert "would be 2" in wrong.json()["detail"]
    assert Vehicle.objects.count() == 1
    theirs = api(organisation=other_carrier).post(
        "/api/v1/vehicles", {"grai": "00614141123452400"}, format="json"
    )
    assert theirs.status_code == 201
    path = f"/api/v1/vehicles/{told.json()['id']}"
    assert client.patch(path, {"grai": None}, format="json").json()["grai"] is None
    hub = {"kind": "station", "name": "Hub", "location": {"lng": 24.94, "lat": 60.17}}
    made = client.post("/api/v1/facilities", hub | {"gln": "0614141073467"}, format="json")
    assert (made.status_code, made.json()["gln"]) == (201, "0614141073467")
    again = client.post("/api/v1/facilities", hub | {"gln": "0614141073467"}, format="json")
    assert (again.status_code, Facility.objects.count()) == (409, 1)


def test_looking_up_asks_once_per_kind_however_many_messages(sender, van):
    few = [("telemetry", telemetry(van, number)) for number in range(2)]
    many = [("telemetry", telemetry(van, 100 + number)) for number in range(200)]
    take(sender, "mds", few)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as first:
        take(sender, "mds", [("telemetry", telemetry(van, 50 + number)) for number in range(2)])
    with CaptureQueriesContext(connection) as second:
        take(sender, "mds", many)
    assert len(second) == len(first)


def test_a_route_that_a_plan_changed_is_not_put_back_by_an_unchanged_trip(sender, van):
    geo = {"type": "latLonPointGeoReference", "lat": 60.17, "lon": 24.94}
    stop = {"id": str(uuid.UUID(int=5)), "actionType": "stop", "lifecycle": "planned",
            "startTime": TUESDAY.isoformat(),
            "location": {"associationType": "inline", "entity": {"geoReference": geo}}}  # fmt: skip
    by_van = {"associationType": "reference", "entityType": "vehicle", "uuid": str(van.id)}
    trip = {"id": str(uuid.UUID(int=6)), "entityType": "trip", "vehicle": by_van,
            "actions": [{"associationType": "inline", "entity": stop}]}  # fmt: skip
    take(sender, "otm", [("trips", trip)])
    from carriers.services import routes

    sent = RoutePlan.objects.get()
    routes.replace_from_plan(
        route=sent, vehicle_id=van.id, stops=list(sent.stops.all()), now=TUESDAY
    )
    take(sender, "otm", [("trips", trip | {"name": "the same plan"})])
    assert RoutePlan.objects.get(is_current=True).source == "plan"


def test_a_quarantined_message_is_one_doubt_however_often_it_is_sent(sender, van):
    unknown = telemetry(van, 1, device_id=str(uuid.UUID(int=99)))
    for _ in range(3):
        assert take(sender, "mds", [("telemetry", unknown)]).quarantined == 1
    assert Quarantined.objects.count() == Original.objects.count() == 1
