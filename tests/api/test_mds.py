"""MDS 2.0 Agency: a provider pushes its fleet, its trips, telemetry and events."""

import json
import uuid
from datetime import timedelta

import pytest

from carriers.models import LoggedEvent, LoggedPosition, Original, Quarantined, Vehicle
from kernel.identifiers import ref_id
from tests import factories, fleet
from tests.factories import TUESDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("domain_clock")]

AGENCY = "/mds/agency/v2"
DEVICE = "11111111-2222-4333-8444-555555555555"
TRIP = "22222222-2222-4333-8444-555555555555"
MDS = "application/vnd.mds+json;version=2.0"


def millis(seconds=0):
    """1778569200000 is 2026-05-12 07:00 UTC."""
    return 1778569200000 + round(seconds * 1000)


@pytest.fixture
def provider(carrier):
    return str(carrier.id)


@pytest.fixture
def send(api):
    """Return `send(path, items)`: POST to the Agency and return the answer."""
    client = api()

    def post(path, items, method="post", **kwargs):
        sender = kwargs.pop("client", client)
        return getattr(sender, method)(
            f"{AGENCY}/{path}", json.dumps(items), content_type="application/json", **kwargs
        )

    return post


def vehicle(provider, **changes):
    return {
        "device_id": DEVICE,
        "provider_id": provider,
        "vehicle_id": "abc-123",
        "vehicle_type": "truck",
        "propulsion_types": ["electric"],
        "vehicle_attributes": {"length": 6, "width": 2, "height": 3},
    } | changes


def telemetry(provider, seconds=0, **changes):
    return {
        "device_id": DEVICE,
        "provider_id": provider,
        "telemetry_id": str(uuid.uuid4()),
        "timestamp": millis(seconds),
        "trip_ids": [TRIP],
        "journey_id": TRIP,
        "location": {
            "lat": 60.17,
            "lng": 24.94,
            "speed": 8.5,
            "heading": 360,
            "horizontal_accuracy": 4,
            "altitude": 12,
        },
        "battery_percent": 71,
    } | changes


def event(provider, *words, seconds=0, **changes):
    return {
        "device_id": DEVICE,
        "provider_id": provider,
        "event_id": str(uuid.uuid4()),
        "vehicle_state": "on_trip",
        "event_types": list(words),
        "timestamp": millis(seconds),
        "location": {"lat": 60.17, "lng": 24.94},
        "trip_ids": [TRIP],
    } | changes


@pytest.fixture
def robot(send, provider):
    assert send("vehicles", [vehicle(provider)]).status_code == 201


def test_a_vehicle_is_registered_with_what_mds_can_say_and_nothing_else(send, provider, carrier):
    answer = send("vehicles", [vehicle(provider)])
    assert (answer.status_code, answer["Content-Type"]) == (201, MDS)
    assert answer.json() == {"success": 1, "total": 1, "failures": []}
    row = Vehicle.objects.get()
    assert (row.id, row.ref, row.plate) == (
        ref_id(carrier.id, "vehicle", DEVICE),
        DEVICE,
        "ABC123",
    )
    assert (row.body, row.fuels, float(row.length_m)) == ("truck", ["electric"], 6.0)
    assert (row.category, row.euro_class, row.gross_weight_kg) == ("", "", None)


def test_registering_again_is_idempotent_and_other_facts_need_put(send, provider, robot):
    assert send("vehicles", [vehicle(provider)]).status_code == 201
    answer = send("vehicles", [vehicle(provider, vehicle_id="NEW-1")])
    assert answer.status_code == 409
    (failure,) = answer.json()["failures"]
    assert failure["error"] == "already_registered"
    assert failure["item"]["vehicle_id"] == "NEW-1"
    answer = send("vehicles", [vehicle(provider, vehicle_id="NEW-1")], method="put")
    assert (answer.status_code, Vehicle.objects.get().plate) == (200, "NEW1")


def test_a_vehicle_that_is_not_registered_cannot_be_changed(send, provider):
    answer = send("vehicles", [vehicle(provider)], method="put")
    assert (answer.status_code, answer.json()["failures"][0]["error"]) == (404, "unregistered")
    assert not Vehicle.objects.exists()


def test_the_fleet_is_given_back_as_it_was_registered(send, api, provider, robot):
    send("vehicles", [vehicle(provider, vehicle_id="NEW-1")], method="put")
    listed = api().get(f"{AGENCY}/vehicles").json()
    assert listed["version"] == "2.0.0"
    assert listed["vehicles"] == [vehicle(provider, vehicle_id="NEW-1")]
    one = api().get(f"{AGENCY}/vehicles/{DEVICE}").json()
    assert one["vehicles"] == listed["vehicles"]
    send("vehicles", [vehicle(provider)], method="put")  # back to the first facts
    assert api().get(f"{AGENCY}/vehicles/{DEVICE}").json()["vehicles"] == [vehicle(provider)]


def test_telemetry_becomes_positions(send, provider, robot, carrier):
    sent = telemetry(provider)
    answer = send("telemetry", [sent])
    assert (answer.status_code, answer.json()["success"]) == (201, 1)
    row = LoggedPosition.objects.get()
    assert (row.event_id, row.occurred_at) == (uuid.UUID(sent["telemetry_id"]), TUESDAY)
    assert (row.lat, row.lng, row.speed_mps, row.accuracy_m) == (60.17, 24.94, 8.5, 4.0)
    assert row.heading_deg == 0.0  # 360 is north
    assert (row.trip_id, row.vehicle_id if hasattr(row, "vehicle_id") else row.subject_id) == (
        uuid.UUID(TRIP),
        ref_id(carrier.id, "vehicle", DEVICE),
    )
    assert row.payload == {"energy": {"soc_pct": 71.0}}


def test_what_a_receiver_does_not_know_it_writes_as_a_negative_number(send, provider, robot):
    place = {"lat": 60.17, "lng": 24.94, "speed": -1, "heading": -1, "horizontal_accuracy": -1}
    assert send("telemetry", [telemetry(provider, location=place)]).status_code == 201
    row = LoggedPosition.objects.get()
    assert (row.speed_mps, row.heading_deg, row.accuracy_m) == (None, None, None)


def test_the_original_is_kept_and_leads_from_the_event_back_to_what_was_sent(
    send, api, provider, robot
):
    sent = telemetry(provider, location={"lat": 60.17, "lng": 24.94, "satellites": 9})
    send("telemetry", [sent])
    found = api().get("/api/v1/events/originals", {"event_id": sent["telemetry_id"]}).json()
    (original,) = found["items"]
    assert original["content"] == sent
    assert (original["dialect"], original["kind"]) == ("mds", "telemetry")
    one = api().get(f"/api/v1/events/originals/{original['id']}").json()
    assert one == original


def test_the_same_messages_again_are_successes_without_effect(send, provider, robot):
    batch = [telemetry(provider), telemetry(provider, 5)]
    send("telemetry", batch)
    answer = send("telemetry", [*batch, batch[0]])
    assert (answer.status_code, answer.json()) == (
        201,
        {"success": 3, "total": 3, "failures": []},
    )
    assert (LoggedPosition.objects.count(), Original.objects.filter(kind="telemetry").count()) == (
        2,
        2,
    )


def test_the_same_id_with_other_content_is_a_failure_and_both_are_kept(send, provider, robot):
    sent = telemetry(provider)
    send("telemetry", [sent])
    answer = send("telemetry", [sent | {"timestamp": millis(1)}])
    (failure,) = answer.json()["failures"]
    assert (answer.status_code, failure["error"]) == (400, "bad_param")
    assert "other content" in failure["error_description"]
    assert LoggedPosition.objects.get().occurred_at == TUESDAY
    assert Original.objects.filter(kind="telemetry").count() == 2


def test_bad_items_are_named_with_their_faults_and_sink_nobody(send, provider, robot):
    good = telemetry(provider)
    missing = telemetry(provider)
    del missing["timestamp"]
    wrong = telemetry(provider, timestamp="2026-05-12T07:00:00Z", location={"lat": 91, "lng": 0})
    answer = send("telemetry", [missing, good, wrong, "text"])
    assert answer.status_code == 201
    told = answer.json()
    assert (told["success"], told["total"]) == (1, 4)
    assert [one["error"] for one in told["failures"]] == ["missing_param", "bad_param", "bad_param"]
    assert told["failures"][0]["item"] == missing
    assert told["failures"][1]["error_details"] == [
        "/timestamp: Times are integer milliseconds since 1970, from 1514764800000 on.",
        "/location/lat: Expected `float` <= 90.0.",
    ]
    assert told["failures"][2]["item"] == "text"
    assert LoggedPosition.objects.count() == 1


@pytest.mark.parametrize(
    "timestamp", [1514764799999, 1778569200000.5, True, 10**18, "1778569200000"]
)
def test_a_timestamp_is_whole_milliseconds_of_our_time(send, provider, robot, timestamp):
    answer = send("telemetry", [telemetry(provider, timestamp=timestamp)])
    assert (answer.status_code, answer.json()["failures"][0]["error"]) == (400, "bad_param")


def test_an_empty_list_of_trips_is_refused_and_says_how_no_trip_is_said(send, provider, robot):
    answer = send("telemetry", [telemetry(provider, trip_ids=[])])
    (failure,) = answer.json()["failures"]
    assert failure["error_details"] == [
        "/trip_ids: Expected `array` of length >= 1. Null is meant for no trip."
    ]
    assert send("telemetry", [telemetry(provider, trip_ids=None)]).json()["success"] == 1


def test_whole_milliseconds_may_be_written_as_a_decimal(send, provider, robot):
    body = json.dumps([telemetry(provider)]).replace("1778569200000", "1778569200000.0")
    answer = send("telemetry", json.loads(body))
    assert answer.status_code == 201


def test_a_device_that_nobody_registered_is_unregistered_and_its_event_waits(send, provider):
    answer = send("telemetry", [telemetry(provider)])
    assert answer.status_code == 404
    (failure,) = answer.json()["failures"]
    assert failure["error"] == "unregistered"
    assert failure["error_details"] == [f"/device_id: There is no vehicle ref:{DEVICE} of yours."]
    assert Quarantined.objects.get().code == "event.vehicle_unknown"
    assert Original.objects.count() == 1


def test_a_device_id_that_is_one_of_our_vehicles_means_that_vehicle(send, provider, carrier):
    van = fleet.vehicle(carrier, "van-7")
    answer = send("telemetry", [telemetry(provider, device_id=str(van.id))])
    assert (answer.status_code, LoggedPosition.objects.get().subject_id) == (201, van.id)


def test_a_device_id_that_is_anothers_vehicle_is_unknown(send, provider, other_carrier):
    van = fleet.vehicle(other_carrier, "van-7")
    answer = send("telemetry", [telemetry(provider, device_id=str(van.id))])
    assert answer.status_code == 404
    assert not LoggedPosition.objects.exists()


def test_nobody_speaks_for_another_provider_without_its_mandate(send, api, carrier, tpl):
    agent = api(organisation=tpl)
    items = [telemetry(str(carrier.id), device_id=str(fleet.vehicle(carrier, "van-7").id))]
    answer = send("telemetry", items, client=agent)
    (failure,) = answer.json()["failures"]
    assert (answer.status_code, failure["error_details"][0][:13]) == (400, "/provider_id:")
    factories.mandate(carrier, tpl, "events:write")
    assert send("telemetry", items, client=agent).status_code == 201
    assert LoggedPosition.objects.get().sender_id == carrier.id


WORDS = [
    (["trip_start"], "on_trip", ["trip.started"]),
    (["trip_pause"], "stopped", ["trip.paused"]),
    (["trip_resume"], "on_trip", ["trip.resumed"]),
    (["trip_end"], "available", ["trip.ended"]),
    (["trip_cancel"], "available", ["trip.cancelled"]),
    (["provider_cancellation"], "available", ["trip.cancelled"]),
    (["comms_lost"], "non_contactable", ["telemetry.comms_lost"]),
    (["comms_restored", "located"], "on_trip", ["telemetry.comms_restored"]),
    (["charging_start"], "non_operational", ["telemetry.charging_started"]),
    (["charging_end", "service_start"], "available", ["telemetry.charging_ended"]),
    (["trip_end", "charging_start"], "available", ["telemetry.charging_started", "trip.ended"]),
    (["maintenance"], "non_operational", []),
    (["recommission"], "non_operational", []),
    (["recommissioned"], "non_operational", []),
    (["system_start"], "available", []),
    (["changed_geographies"], "on_trip", []),
]


@pytest.mark.parametrize(("words", "state", "expected"), WORDS)
def test_a_word_becomes_its_event_or_is_kept(send, provider, robot, words, state, expected):
    answer = send("events", [event(provider, *words, vehicle_state=state)])
    assert (answer.status_code, answer.json()["success"]) == (201, 1)
    types = LoggedEvent.objects.values_list("event_type", flat=True)
    assert sorted(types) == expected
    original = Original.objects.get(kind="events")
    assert len(original.event_ids) == len(expected)
    assert len(original.notes) == len(words) - len(expected)


def test_the_first_event_of_a_message_has_the_id_that_the_provider_gave_it(send, provider, robot):
    sent = event(provider, "trip_end", "charging_start", vehicle_state="available")
    send("events", [sent])
    rows = dict(LoggedEvent.objects.values_list("event_type", "event_id"))
    assert rows["trip.ended"] == uuid.UUID(sent["event_id"])
    assert rows["telemetry.charging_started"] != rows["trip.ended"]


def route(carrier):
    van = fleet.vehicle(carrier, "van-7")
    actor = factories.actor_of(carrier)
    import msgspec

    from carriers.api.shapes import RouteIn
    from carriers.services import routes

    stop = str(uuid.uuid4())
    wish = {
        "trip_id": TRIP,
        "vehicle_id": str(van.id),
        "service_on": "2026-05-12",
        "stops": [{"stop_id": stop, "location": {"lng": 24.94, "lat": 60.17}}],
    }
    routes.publish(actor=actor, route=msgspec.convert(wish, RouteIn), now=TUESDAY)
    return van, stop


@pytest.mark.parametrize(
    ("word", "state", "expected"),
    [
        ("trip_pause", "stopped", "stop.arrived"),
        ("order_drop_off", "stopped", "delivery.succeeded"),
        ("order_pick_up", "stopped", "pickup.succeeded"),
        ("customer_cancellation", "available", "delivery.failed"),
        ("trip_resume", "on_trip", "stop.departed"),
    ],
)
def test_at_a_named_stop_the_word_speaks_of_the_stop(
    send, provider, carrier, word, state, expected
):
    van, stop = route(carrier)
    sent = event(provider, word, vehicle_state=state, device_id=str(van.id), stop_id=stop)
    assert send("events", [sent]).json()["success"] == 1
    row = LoggedEvent.objects.get()
    assert (row.event_type, row.stop_id, row.trip_id) == (
        expected,
        uuid.UUID(stop),
        uuid.UUID(TRIP),
    )
    if word == "customer_cancellation":
        assert row.payload["outcome"] == {"status": "failed", "reason": "recipient_refused"}


def test_an_event_without_coordinates_names_the_geographies_it_happened_in(send, provider, robot):
    zone = str(uuid.uuid4())
    sent = event(provider, "trip_enter_jurisdiction", event_geographies=[zone])
    del sent["location"]
    assert send("events", [sent]).json()["success"] == 1
    row = LoggedEvent.objects.get()
    assert (row.event_type, row.lat) == ("zone.entered", None)
    assert row.payload["place"] == {"geography_ids": [zone]}
    without = event(provider, "trip_start", event_geographies=[])
    del without["location"]
    assert send("events", [without]).json()["failures"][0]["error"] == "missing_param"


def test_a_trip_that_is_over_tells_its_beginning_and_its_end(send, provider, robot):
    trip = {
        "device_id": DEVICE,
        "provider_id": provider,
        "trip_id": TRIP,
        "trip_type": ["delivery"],
        "start_time": millis(-3600),
        "end_time": millis(-600),
        "start_location": {"lat": 60.17, "lng": 24.94},
        "end_location": {"lat": 60.18, "lng": 24.95},
        "duration": 3000,
        "distance": 4200,
    }
    assert send("trips", [trip, trip]).json()["success"] == 2
    rows = list(LoggedEvent.objects.order_by("occurred_at"))
    assert [(row.event_type, row.lat) for row in rows] == [
        ("trip.started", 60.17),
        ("trip.ended", 60.18),
    ]
    assert rows[1].occurred_at == TUESDAY - timedelta(minutes=10)
    backwards = trip | {"trip_id": str(uuid.uuid4()), "end_time": millis(-7200)}
    assert send("trips", [backwards]).json()["failures"][0]["error_details"] == [
        "/end_time: The trip ends before it starts."
    ]


def test_the_status_of_a_vehicle_is_its_last_event_and_telemetry(send, api, provider, robot):
    path = f"{AGENCY}/vehicles/status/{DEVICE}"
    assert api().get(path).status_code == 404
    fixes = [telemetry(provider, seconds) for seconds in (10, 60, 30)]
    send("telemetry", fixes)
    told = [event(provider, "trip_start", seconds=1), event(provider, "trip_pause", seconds=40)]
    send("events", told)
    (status,) = api().get(path).json()["vehicles_status"]
    assert status["device_id"] == DEVICE
    assert (status["last_event"], status["last_telemetry"]) == (told[1], fixes[1])


def test_the_status_shows_nothing_that_was_not_taken(send, api, provider, robot):
    """Ten minutes ahead waits in quarantine; the same id with other content is a conflict."""
    path = f"{AGENCY}/vehicles/status/{DEVICE}"
    begun, taken = event(provider, "trip_start", seconds=1), telemetry(provider, 10)
    ahead = telemetry(provider, 600)
    send("events", [begun])
    assert send("telemetry", [ahead]).json()["failures"][0]["error_description"].startswith("Kept")
    assert api().get(path).status_code == 404
    send("telemetry", [taken, taken | {"timestamp": millis(20)}])
    (status,) = api().get(path).json()["vehicles_status"]
    assert (status["last_event"], status["last_telemetry"]) == (begun, taken)
    mended = ahead | {"timestamp": millis(30)}
    assert send("telemetry", [mended]).json()["success"] == 1
    (status,) = api().get(path).json()["vehicles_status"]
    assert status["last_telemetry"] == mended
    reserved = event(provider, "reservation_start", seconds=50)  # kept: it makes no event
    send("events", [reserved])
    (status,) = api().get(path).json()["vehicles_status"]
    assert status["last_event"] == reserved


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MDS, 200),
        ("application/vnd.mds+json", 200),
        ("application/vnd.mds+json; version=2.0.1", 200),
        ("application/vnd.mds+json;version=1.2, application/vnd.mds+json;version=2.0", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("application/vnd.mds+json;version=1.2", 406),
        ("application/vnd.mds+json;version=3.0", 406),
    ],
)
def test_the_version_is_negotiated_by_the_accept_header(api, accept, status):
    answer = api().get(f"{AGENCY}/vehicles", headers={"Accept": accept})
    assert answer.status_code == status
    expected = "application/problem+json" if status == 406 else accept.split(",")[-1].strip()
    if accept == "*/*" or ("vnd.mds" in accept and status == 200):
        expected = MDS
    assert answer["Content-Type"] == expected


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{nonsense", 400, "request.not_json"),
        (b"[1,", 400, "request.not_json"),
        (b"\xff[]", 400, "request.not_json"),
        (b'{"a": 1}', 422, "dialect.not_a_document"),
        (b"[]", 422, "dialect.not_a_document"),
    ],
)
def test_a_body_that_is_no_list_is_a_problem(api, body, status, code):
    answer = api().post(f"{AGENCY}/events", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_scopes_are_those_of_our_own_api(api):
    reader = api(client_scopes=["vehicles:read"])
    for path in ("vehicles", "events", "telemetry", "trips"):
        answer = reader.post(f"{AGENCY}/{path}", "[]", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope.missing")


def test_an_agent_registers_vehicles_by_a_mandate_for_vehicles(send, api, provider, carrier, tpl):
    agent = api(organisation=tpl)
    mandate = factories.mandate(carrier, tpl, "vehicles:write")
    assert send("vehicles", [vehicle(provider)], client=agent).status_code == 201
    assert Vehicle.objects.get().organisation_id == carrier.id
    assert send("telemetry", [telemetry(provider)], client=agent).status_code == 400
    mandate.vehicle_ids = [uuid.uuid4()]
    mandate.save()
    answer = send("vehicles", [vehicle(provider)], client=agent, method="put")
    assert (answer.status_code, answer.json()["failures"][0]["error"]) == (400, "bad_param")
