"""EPCIS 2.0 capture: documents in, a job that says what became of each event."""

import json
from datetime import timedelta

import pytest

from carriers.models import CaptureJob, LoggedEvent, LoggedPosition, Original, Quarantined
from kernel.identifiers import derived
from tests import factories, fleet, standards
from tests.factories import TUESDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("domain_clock")]

CAPTURE = "/epcis/v2/capture"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
GRAI = "00614141123452400"  # urn:epc:id:grai:0614141.12345.400
VAN = "https://id.gs1.org/8003/00614141123452400"
HUB = "urn:epc:id:sgln:0614141.07346.0"  # GLN 0614141073467
DOCK = "https://id.gs1.org/414/0614141073467/254/D4"
PARCEL = "https://id.gs1.org/00/106141412345678908"
SSCC = {"id": "106141412345678908", "scheme": "sscc"}


def seen(step, *epcs, seconds=0, read_point=HUB, **members):
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventID": f"urn:uuid:0b0e7c9a-1111-4222-8333-{seconds:012d}",
        "bizStep": step,
        "epcList": list(epcs) or [VAN],
        "eventTime": (TUESDAY + timedelta(seconds=seconds)).isoformat(),
        "eventTimeZoneOffset": "+00:00",
        "readPoint": {"id": read_point},
    } | members


def packed(step, action, *children, parent=VAN, seconds=0, read_point=HUB, **members):
    event = seen(step, seconds=seconds, read_point=read_point, **members)
    del event["epcList"]
    whole = event | {"type": "AggregationEvent", "action": action, "parentID": parent}
    return whole | {"childEPCs": list(children) or [PARCEL]} | members


def document(*events, **members):
    return {
        "@context": [CONTEXT, {"cityhub": "https://cityhub.example/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": TUESDAY.isoformat(),
        "epcisBody": {"eventList": list(events)},
    } | members


@pytest.fixture
def van(carrier):
    return fleet.vehicle(carrier, "van-7", grai=GRAI)


@pytest.fixture
def hub(carrier):
    return fleet.facility(carrier, "hub", kind="station", gln="0614141073467")


@pytest.fixture
def capture(api):
    """Return `capture(*events)`: capture a document and return its job."""
    client = api()

    def post(*events, body=None, **kwargs):
        sender = kwargs.pop("client", client)
        sent = document(*events) if body is None else body
        query = kwargs.pop("query", "")
        answer = sender.post(
            f"{CAPTURE}{query}", json.dumps(sent), content_type="application/ld+json", **kwargs
        )
        assert answer.status_code == 202, answer.content
        return sender.get(answer["Location"]).json()

    return post


def types():
    rows = LoggedEvent.objects.order_by("occurred_at", "event_type")
    return list(rows.values_list("event_type", flat=True))


def test_a_capture_is_answered_with_a_job_that_can_be_read(api, van, hub):
    client = api()
    answer = client.post(CAPTURE, document(seen("arriving")), format="json")
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer["GS1-EPCIS-Version"] == "2.0.0"
    assert answer["GS1-Capture-Error-Behaviour"] == "proceed"
    job = client.get(answer["Location"]).json()
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    assert job["counts"]["accepted"] == 1
    assert [one["captureID"] for one in client.get(CAPTURE).json()["items"]] == [job["captureID"]]


STATION = [
    (seen("arriving"), "station.gate_in"),
    (seen("arriving", read_point=DOCK), "station.dock_arrival"),
    (seen("staging_outbound"), "station.load_started"),
    (packed("loading", "ADD"), "station.load_verified"),
    (
        seen("inspecting", VAN, PARCEL, persistentDisposition={"set": ["completeness_verified"]}),
        "station.load_verified",
    ),
    (
        seen("inspecting", VAN, PARCEL, disposition="mismatch_quantity"),
        "station.load_mismatch",
    ),
    (packed("loading", "ADD", disposition="mismatch_instance"), "station.load_mismatch"),
    (packed("unloading", "DELETE"), "station.unload_verified"),
    (seen("departing", read_point=DOCK), "station.dock_departure"),
    (seen("departing", disposition="in_transit"), "station.gate_out"),
    (seen("receiving", VAN, PARCEL, disposition="returned"), "return.received"),
]


@pytest.mark.parametrize(("event", "expected"), STATION)
def test_a_step_at_a_station_becomes_its_event(capture, van, hub, event, expected):
    job = capture(event)
    assert job["success"], job
    row = LoggedEvent.objects.get()
    assert (row.event_type, row.vehicle_id, row.facility_id) == (expected, van.id, hub.id)
    assert row.payload["place"]["gln"] == "0614141073467"
    units = [SSCC] if PARCEL in json.dumps(event) else None
    assert row.payload.get("units") == units


def test_the_id_of_an_event_is_derived_from_its_event_id(capture, van, hub, carrier):
    sent = seen("arriving")
    capture(sent)
    assert LoggedEvent.objects.get().event_id == derived(carrier.id, "epcis", sent["eventID"])


LOCKER = [
    (packed("storing", "ADD", parent=DOCK), "ooh.deposited"),
    (packed("storing", "DELETE", parent=DOCK), "ooh.collected"),
    (seen("holding", PARCEL, read_point=DOCK), "ooh.expired"),
    (seen("accepting", PARCEL, read_point=DOCK), "custody.handed_over"),
]


@pytest.mark.parametrize(("event", "expected"), LOCKER)
def test_a_step_at_a_locker_becomes_an_event_of_the_locker(capture, tpl, event, expected):
    locker = fleet.facility(tpl, "box", kind="locker", gln="0614141073467")
    assert capture(event)["success"]
    row = LoggedEvent.objects.get()
    assert (row.event_type, row.subject_id) == (expected, locker.id)
    assert row.payload["units"] == [SSCC]
    if expected.startswith("ooh."):
        assert row.payload["place"]["compartment"] == "D4"


@pytest.fixture
def route(van, carrier):
    """A route with one stop; returns the bizTransactionList that names trip and stop."""
    import msgspec

    from carriers.api.shapes import RouteIn
    from carriers.services import routes

    wish = {
        "trip_id": "ref:trip-1",
        "vehicle_id": str(van.id),
        "service_on": "2026-05-12",
        "stops": [{"stop_id": "ref:stop-1", "location": {"lng": 24.94, "lat": 60.17}}],
    }
    actor = factories.actor_of(carrier)
    plan = routes.publish(actor=actor, route=msgspec.convert(wish, RouteIn), now=TUESDAY)
    stop = plan.stops.get()
    return [
        {"type": "https://cityhub.example/epcis/BTT-trip",
         "bizTransaction": f"urn:uuid:{plan.trip_id}"},
        {"type": "https://cityhub.example/epcis/BTT-stop",
         "bizTransaction": f"urn:uuid:{stop.stop_id}"},
    ]  # fmt: skip


ATTEMPTED = "https://cityhub.example/epcis/BizStep-delivery_attempted"
SHOP = "geo:60.17,24.94;u=5"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda at: seen("arriving", **at), "stop.arrived"),
        (lambda at: packed("unloading", "DELETE", **at), "delivery.succeeded"),
        (lambda at: packed("loading", "ADD", **at), "pickup.succeeded"),
        (lambda at: seen("accepting", PARCEL, **at), "custody.handed_over"),
        (lambda at: seen(ATTEMPTED, PARCEL, **at), "delivery.attempted"),
        (lambda at: seen(ATTEMPTED, PARCEL, **at, **{"cityhub:reason": "recipient_absent"}),
         "delivery.failed"),
        (lambda at: seen("departing", **at), "stop.departed"),
    ],
)  # fmt: skip
def test_a_step_at_a_named_stop_becomes_an_event_of_the_stop(capture, van, route, make, expected):
    event = make({"read_point": SHOP, "bizTransactionList": route})
    assert capture(event)["success"]
    row = LoggedEvent.objects.get()
    assert (row.event_type, row.vehicle_id) == (expected, van.id)
    assert (row.lat, row.lng, row.accuracy_m) == (60.17, 24.94, 5.0)
    if expected != "custody.handed_over":
        assert f"urn:uuid:{row.stop_id}" == route[1]["bizTransaction"]
    if expected == "delivery.failed":
        assert row.payload["outcome"] == {"status": "failed", "reason": "recipient_absent"}


def test_a_sensor_at_a_geographic_point_tells_a_position(capture, van):
    reports = [
        {"type": "Speed", "value": 36, "uom": "KMH"},
        {"type": "Angle", "value": 90, "uom": "DD"},
        {"type": "Temperature", "value": 4, "uom": "CEL"},
    ]
    sensed = seen(
        "sensor_reporting", read_point=SHOP, sensorElementList=[{"sensorReport": reports}]
    )
    assert capture(sensed)["success"]
    row = LoggedPosition.objects.get()
    assert (row.lat, row.lng, row.speed_mps, row.heading_deg) == (60.17, 24.94, 10.0, 90.0)


TRANSFORMED = {
    "type": "TransformationEvent",
    "eventTime": TUESDAY.isoformat(),
    "eventTimeZoneOffset": "+00:00",
    "inputEPCList": ["urn:epc:id:sgtin:4012345.011111.987"],
    "outputEPCList": ["urn:epc:id:sgtin:4012345.077889.25"],
}


@pytest.mark.parametrize(
    "event",
    [
        TRANSFORMED,
        seen("packing"),
        seen("https://example.org/own-step"),
        seen("arriving", read_point="urn:epc:id:sgln:4012345.00001.0"),  # nobody's GLN
        seen("arriving", PARCEL),  # which vehicle?
        seen("collecting"),  # for disposal or recycling, not from a locker
        packed("assembling", "ADD") | {"type": "AssociationEvent"},
    ],
)
def test_what_has_no_event_is_kept_and_said_so_and_never_guessed(capture, van, hub, event):
    job = capture(event)
    assert (job["success"], job["counts"]["accepted"]) == (True, 1)
    (note,) = job["errors"]
    assert (note["status"], note["code"]) == ("kept", "dialect.not_mapped")
    assert note["pointer"].startswith("/epcisBody/eventList/0")
    assert not LoggedEvent.objects.exists()
    assert json.loads(Original.objects.get().content) == event
    assert capture(event)["counts"]["duplicate"] == 1


def test_an_event_declared_an_error_is_voided_also_before_it_came(capture, van, hub, carrier):
    wrong, right = seen("arriving", seconds=1), seen("arriving", seconds=2)
    declared = wrong | {
        "errorDeclaration": {
            "declarationTime": (TUESDAY + timedelta(minutes=1)).isoformat(),
            "reason": "did_not_occur",
            "correctiveEventIDs": [right["eventID"]],
        }
    }
    assert capture(declared)["success"]
    assert not LoggedEvent.objects.exists()  # it waits for its target
    assert capture(wrong, right)["success"]
    void = LoggedEvent.objects.get(event_type="event.voided")
    first, second = (derived(carrier.id, "epcis", one["eventID"]) for one in (wrong, right))
    assert void.voids_event_id == first
    assert void.payload["voids"] == {
        "event_id": str(first),
        "reason": "did_not_occur",
        "replaced_by": [str(second)],
    }
    assert capture(declared)["counts"]["duplicate"] == 1


def test_an_event_without_an_id_has_one_from_its_content(capture, van, hub):
    event = seen("arriving")
    del event["eventID"]
    turned = dict(reversed(event.items())) | {"recordTime": TUESDAY.isoformat()}
    assert capture(event)["counts"]["accepted"] == 1
    assert capture(turned)["counts"]["duplicate"] == 1
    assert capture(event | {"disposition": "in_transit"})["counts"]["accepted"] == 1
    assert LoggedEvent.objects.count() == 2
    declared = event | {"errorDeclaration": {"declarationTime": TUESDAY.isoformat()}}
    assert capture(declared)["success"]
    assert LoggedEvent.objects.get(event_type="event.voided").voids_event_id is not None


FAULTS = [
    (seen("delivering"), "event.invalid", "/bizStep"),
    (seen("arriving", disposition="lost"), "event.invalid", "/disposition"),
    (seen("arriving", eventTime="2026-05-12T07:00:00"), "event.invalid", "/eventTime"),
    (seen("arriving", eventTime="2026-05-12 07:00:00Z"), "event.invalid", "/eventTime"),
    (seen("arriving", eventTimeZoneOffset="2"), "event.invalid", "/eventTimeZoneOffset"),
    (seen("arriving", action="MAYBE"), "event.invalid", "/action"),
    (seen("arriving", plain=1), "event.unknown_member", "/plain"),
    (seen("arriving", epcList=["no uri"]), "event.invalid", "/epcList/0"),
    (seen("arriving", type="OtherEvent"), "event.invalid", "/type"),
    (packed("loading", "ADD", childEPCs=[]), "event.missing_member", "/childEPCs"),
    (seen("arriving", "https://id.gs1.org/8003/00614141123451400"),
     "dialect.identifier_invalid", "/epcList/0"),
    (seen("arriving", read_point="https://id.gs1.org/414/0614141073460"),
     "dialect.identifier_invalid", "/readPoint/id"),
    (packed("loading", "ADD", "https://id.gs1.org/00/106141412345678907"),
     "dialect.identifier_invalid", "/childEPCs/0"),
    (seen("sensor_reporting", read_point="geo:97.1,24.9"), "event.invalid", "/readPoint/id"),
    (seen("arriving", eventID="urn:x:" + "y" * 500), "event.invalid", "/eventID"),
    (seen("arriving", eventTime="2026-04-01T07:00:00Z"), "event.too_late", "/eventTime"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "code", "pointer"), FAULTS)
def test_a_fault_is_named_where_it_stands_and_sinks_nobody(capture, van, hub, event, code, pointer):
    job = capture(event, seen("departing", seconds=9))
    assert (job["success"], job["counts"]["accepted"], job["counts"]["refused"]) == (False, 1, 1)
    (error,) = job["errors"]
    assert (error["code"], error["pointer"]) == (code, f"/epcisBody/eventList/0{pointer}")
    assert (error["status"], error["index"]) == ("refused", 0)
    assert types() == ["station.gate_out"]
    assert Original.objects.count() == 1


def test_an_event_time_takes_any_offset_and_means_its_instant(capture, van, hub):
    event = seen(
        "arriving", eventTime="2026-05-12T10:00:00.000+03:00", eventTimeZoneOffset="+03:00"
    )
    assert capture(event)["success"]
    assert LoggedEvent.objects.get().occurred_at == TUESDAY


def test_rolled_back_means_that_nothing_of_the_document_was_taken(capture, van, hub):
    good, bad = seen("arriving"), seen("delivering", seconds=1)
    job = capture(good, bad, headers={"GS1-Capture-Error-Behaviour": "rollback"})
    assert (job["success"], job["captureErrorBehaviour"]) == (False, "rollback")
    assert (job["counts"]["accepted"], job["counts"]["refused"]) == (0, 2)
    assert [one["code"] for one in job["errors"]] == ["event.invalid", "epcis.rolled_back"]
    assert [(one["index"], one["status"]) for one in job["errors"]] == [
        (1, "refused"),
        (0, "refused"),
    ]
    assert job["errors"][1]["eventID"] == good["eventID"]
    assert not LoggedEvent.objects.exists()
    assert not Original.objects.exists()
    assert capture(good, headers={"GS1-Capture-Error-Behaviour": "rollback"})["success"]


def test_another_behaviour_is_refused(api):
    answer = api().post(
        CAPTURE, document(), format="json", headers={"GS1-Capture-Error-Behaviour": "maybe"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


def test_an_unknown_vehicle_waits_in_quarantine(capture, hub, carrier):
    job = capture(seen("arriving"))
    (error,) = job["errors"]
    assert (error["status"], error["code"]) == ("quarantined", "event.vehicle_unknown")
    assert error["pointer"] == "/epcisBody/eventList/0/epcList"
    assert Quarantined.objects.count() == 1
    fleet.vehicle(carrier, "van-7", grai=GRAI)
    assert capture(seen("arriving"))["success"]
    assert types() == ["station.gate_in"]


@pytest.mark.parametrize("resent", [False, True])
@pytest.mark.parametrize("step", ["arriving", "sensor_reporting"])
def test_what_waits_for_an_asset_is_replayed_when_a_vehicle_has_its_key(
    api, capture, hub, carrier, resent, step
):
    events = [seen(step), seen(step, seconds=60)]
    if step == "sensor_reporting":
        for event in events:
            event["readPoint"] = {"id": "geo:60.17,24.94"}
    assert capture(*events)["counts"]["quarantined"] == 2
    van = fleet.vehicle(carrier, "van-7", grai=GRAI)
    if resent:
        assert capture(events[0])["counts"]["accepted"] == 1
    replayed = []
    for row in Quarantined.objects.order_by("received_at", "id"):
        answer = api().post(f"/api/v1/events/quarantine/{row.id}/replay")
        assert answer.status_code == 200, answer.content
        replayed.append(answer.json()["status"])
    assert sorted(replayed) == (["accepted", "duplicate"] if resent else ["accepted"] * 2)
    logged = [*LoggedEvent.objects.all(), *LoggedPosition.objects.all()]
    assert [row.subject_id for row in logged] == [van.id] * 2
    assert not Quarantined.objects.open().exists()
    assert capture(*events)["counts"]["duplicate"] == 2


def test_the_grai_of_anothers_vehicle_says_nothing(capture, hub, other_carrier):
    fleet.vehicle(other_carrier, "theirs", grai=GRAI)
    assert capture(seen("arriving"))["counts"]["quarantined"] == 1
    assert not LoggedEvent.objects.exists()


def test_a_gln_that_two_others_claim_is_nobodys(capture, van, tpl, other_carrier):
    for claimant in (tpl, other_carrier):
        fleet.facility(claimant, "hub", kind="station", gln="0614141073467")
    assert capture(seen("arriving"))["errors"][0]["status"] == "kept"


def test_an_agent_captures_for_its_principal_by_mandate_only(api, capture, van, hub, carrier, tpl):
    agent, query = api(organisation=tpl), f"?carrier_id={carrier.id}"
    answer = agent.post(f"{CAPTURE}{query}", document(seen("arriving")), format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "carriers.organisation_not_found")
    factories.mandate(carrier, tpl, "events:write")
    job = capture(seen("arriving"), client=agent, query=query)
    assert job["success"]
    assert LoggedEvent.objects.get().sender_id == carrier.id


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "request.not_json"),
        ("3", 422, "dialect.not_a_document"),
        ('{"type": "EPCISDocument"}', 422, "event.missing_member"),
        ('{"a": 1}', 422, "event.missing_member"),
        (json.dumps(seen("arriving")), 422, "event.missing_member"),  # alone, without @context
    ],
)
def test_a_body_that_is_no_document_is_a_problem(api, body, status, code):
    answer = api().post(CAPTURE, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not CaptureJob.objects.exists()


def test_a_list_and_one_event_with_its_context_are_taken_like_a_document(capture, van, hub):
    assert capture(body=[seen("arriving")])["success"]
    assert capture(body=seen("departing", seconds=1) | {"@context": CONTEXT})["success"]
    assert types() == ["station.gate_in", "station.gate_out"]


@standards.needed
@pytest.mark.parametrize("path", standards.epcis_samples(), ids=lambda path: path.stem)
def test_a_published_sample_is_taken_or_refused_as_the_schema_says(api, path):
    sample = json.loads(path.read_text())
    valid = standards.epcis().is_valid(sample)
    client = api()
    answer = client.post(CAPTURE, path.read_text(), content_type="application/ld+json")
    taken = answer.status_code == 202 and client.get(answer["Location"]).json()["success"]
    assert taken is valid
    body = sample["epcisBody"]
    events = body.get("eventList") or body["queryResults"]["resultsBody"]["eventList"]
    kept = {json.dumps(row.message, sort_keys=True) for row in Original.objects.all()}
    assert kept == {json.dumps(event, sort_keys=True) for event in events}


@standards.needed
def test_what_these_tests_send_is_valid_by_the_schema():
    for event, _ in STATION + LOCKER:
        assert standards.epcis().is_valid(document(event)), event


@standards.needed
@pytest.mark.parametrize(("event", "code", "pointer"), FAULTS)
def test_what_the_schema_refuses_we_refuse(event, code, pointer):
    """The rest of our faults are of GS1's keys, our limits, the log's reach and the globe."""
    ours_alone = {"dialect.identifier_invalid", "event.too_late"}
    if code in ours_alone or pointer in ("/eventID",) or "geo:" in json.dumps(event):
        assert standards.epcis().is_valid(document(event))
    else:
        assert not standards.epcis().is_valid(document(event))
