"""OTM 5: entities are put, become events and routes, and are given back as they were put."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from carriers.models import (
    Facility,
    LoggedEvent,
    LoggedPosition,
    Original,
    Quarantined,
    RoutePlan,
    Vehicle,
)
from kernel.identifiers import ref_id
from tests import factories, fleet
from tests.factories import TUESDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("domain_clock")]

VAN = "aaaaaaaa-0000-4000-8000-000000000001"
TRIP = "bbbbbbbb-0000-4000-8000-000000000001"
STOP = "cccccccc-0000-4000-8000-000000000001"
UNLOAD = "dddddddd-0000-4000-8000-000000000001"
DEPOT = "eeeeeeee-0000-4000-8000-000000000001"
EVENT = "ffffffff-0000-4000-8000-000000000001"


def at(minutes):
    return (TUESDAY + timedelta(minutes=minutes)).isoformat()


def reference(kind, identifier):
    return {"associationType": "reference", "entityType": kind, "uuid": identifier}


def inline(entity):
    return {"associationType": "inline", "entity": entity}


@pytest.fixture
def put(api):
    """Return `put(kind, entity)`: PUT as the carrier and return the answer."""
    client = api()

    def send(kind, entity, **kwargs):
        sender = kwargs.pop("client", client)
        path = f"/otm/v5/{kind}{kwargs.pop('query', '')}"
        return sender.put(path, json.dumps(entity), content_type="application/json")

    return send


@pytest.fixture
def van(carrier):
    return fleet.vehicle(carrier, VAN[-12:], body="van")


def moved(van, **changes):
    return {
        "id": EVENT,
        "eventType": "locationUpdateEvent",
        "lifecycle": "actual",
        "creationDate": at(0),
        "vehicle": reference("vehicle", str(van.id)),
        "geoReference": {
            "type": "latLonPointGeoReference",
            "lat": 60.17,
            "lon": 24.94,
            "speed": {"value": 36, "unit": "km/h"},
            "heading": {"value": 360, "unit": "degrees"},
        },
    } | changes


def place(name="Shop", **members):
    geo = {"type": "latLonPointGeoReference", "lat": 60.17, "lon": 24.94}
    return inline({"name": name, "geoReference": geo} | members)


def stop(lifecycle="planned", **members):
    return {
        "id": STOP,
        "actionType": "stop",
        "lifecycle": lifecycle,
        "sequenceNr": 1,
        "location": place(),
    } | members


def trip(van, *actions, **members):
    return {
        "id": TRIP,
        "entityType": "trip",
        "status": "inTransit",
        "vehicle": reference("vehicle", str(van.id)),
        "actions": [inline(action) for action in actions],
    } | members


def planned(van, **members):
    return trip(van, stop(startTime=at(30), endTime=at(40)), **members)


def types():
    return list(
        LoggedEvent.objects.order_by("occurred_at", "event_type").values_list(
            "event_type", flat=True
        )
    )


def test_a_vehicle_is_registered_with_what_otm_can_say(put, api, carrier):
    sent = {
        "id": VAN,
        "entityType": "vehicle",
        "vehicleType": "van",
        "fuel": "electricity",
        "emissionStandard": "euro6",
        "licensePlate": "AB-12-CD",
        "length": {"value": 590, "unit": "cm"},
        "loadCapacities": [{"value": 1.2, "unit": "t"}, {"value": 10, "unit": "m3"}],
        "emptyWeight": {"value": 2100, "unit": "kg"},
    }
    answer = put("vehicles", sent)
    assert (answer.status_code, answer.json()) == (200, sent)
    row = Vehicle.objects.get()
    assert (row.id, row.plate, row.body) == (ref_id(carrier.id, "vehicle", VAN), "AB12CD", "van")
    assert (row.fuels, row.euro_class, float(row.length_m)) == (["electric"], "6", 5.9)
    assert (row.capacity_kg, row.category, row.gross_weight_kg) == (1200, "", None)
    assert api().get(f"/otm/v5/vehicles/{VAN}").json() == sent


@pytest.mark.parametrize(
    ("kind", "expected"), [("truck", "VI"), ("van", "6"), ("cargo bike", ""), ("", "")]
)
def test_euro6_means_another_class_for_a_truck_than_for_a_van(put, kind, expected):
    sent = {"id": VAN, "vehicleType": kind, "emissionStandard": "euro6", "fuel": "Diesel"}
    assert put("vehicles", sent).status_code == 200
    row = Vehicle.objects.get()
    assert (row.euro_class, row.fuels) == (expected, ["diesel"])


def test_a_length_in_an_unknown_unit_is_refused_where_it_stands(put):
    sent = {"id": VAN, "length": {"value": 6, "unit": "yards"}}
    answer = put("vehicles", sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "dialect.unit_unknown")
    assert answer.json()["errors"][0]["pointer"] == "/length/unit"
    assert not Vehicle.objects.exists()


def test_a_warehouse_becomes_a_facility_and_a_customer_does_not(put, api):
    geo = {"type": "latLonPointGeoReference", "lat": 60.17, "lon": 24.94}
    depot = {"id": DEPOT, "entityType": "location", "type": "warehouse", "name": "Hub",
             "gln": "0614141073467", "geoReference": geo}  # fmt: skip
    shop = depot | {"id": STOP, "type": "customer", "gln": "0614141123452"}
    assert put("locations", depot).status_code == put("locations", shop).status_code == 200
    row = Facility.objects.get()
    assert (row.ref, row.kind, row.gln) == (DEPOT, "station", "0614141073467")
    assert api().get(f"/otm/v5/locations/{STOP}").json() == shop


def test_a_location_update_becomes_a_position(put, api, van):
    sent = moved(van)
    answer = put("events", sent)
    assert (answer.status_code, answer.json()) == (200, sent)
    row = LoggedPosition.objects.get()
    assert (row.lat, row.lng, row.speed_mps, row.heading_deg) == (60.17, 24.94, 10.0, 0.0)
    assert (row.occurred_at, row.subject_id) == (TUESDAY, van.id)
    assert api().get(f"/otm/v5/events/{EVENT}").json() == sent
    assert Original.objects.get().event_ids == [row.event_id]


@pytest.mark.parametrize(
    ("kind", "members", "expected"),
    [
        ("startMovingEvent", {}, None),
        ("stopMovingEvent", {}, None),
        ("startEngineEvent", {}, "telemetry.engine_on"),
        ("stopEngineEvent", {}, "telemetry.engine_off"),
        ("startWaitingEvent", {}, "telemetry.idle"),
        ("fuelConsumedEvent", {"amount": {"value": 3, "unit": "l"}}, "telemetry.energy"),
        ("fuelConsumedEvent", {"amount": {"value": 9, "unit": "kWh"}}, "telemetry.energy"),
    ],
)
def test_an_event_of_a_vehicle_becomes_its_event(put, van, kind, members, expected):
    assert put("events", moved(van, eventType=kind, **members)).status_code == 200
    if expected is None:
        assert LoggedPosition.objects.get().lat == 60.17
        return
    row = LoggedEvent.objects.get()
    assert row.event_type == expected
    energy = {"l": {"litres": 3.0}, "kWh": {"kwh": 9.0}}
    if members:
        assert row.payload["energy"] == energy[members["amount"]["unit"]]


@pytest.mark.parametrize(
    "kind",
    ["emissionEvent", "associationCreatedEvent", "associationRemovedEvent", "sensorUpdateEvent"],
)
def test_an_event_that_we_have_no_word_for_is_kept_and_said_so(put, api, van, kind):
    sent = moved(van, eventType=kind)
    for _ in range(2):  # again: no effect
        answer = put("events", sent)
        assert (answer.status_code, answer.json()) == (200, sent)
        assert json.loads(answer["CityHub-Notes"]) == [
            {
                "code": "dialect.not_mapped",
                "pointer": "/eventType",
                "detail": f"{kind} with what it says has no event.",
            }
        ]
    assert "CityHub-Notes" not in put("events", moved(van, id=VAN))
    assert not LoggedEvent.objects.exists()
    original = Original.objects.get(native_id__startswith=EVENT)
    assert [note["code"] for note in original.notes] == ["dialect.not_mapped"]
    conflict = put("events", sent | {"name": "other"})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "event.conflict")
    assert Original.objects.filter(native_id__startswith=EVENT).count() == 2


def test_the_same_event_in_another_lifecycle_is_another_event(put, van):
    assert put("events", moved(van)).status_code == 200
    assert put("events", moved(van)).status_code == 200
    assert put("events", moved(van, lifecycle="realized")).status_code == 200
    assert LoggedPosition.objects.count() == 2
    assert put("events", moved(van, lifecycle="planned")).status_code == 200  # kept
    assert LoggedPosition.objects.count() == 2


def test_the_same_event_with_other_content_is_a_conflict(put, van):
    put("events", moved(van))
    answer = put("events", moved(van, creationDate=at(1)))
    assert (answer.status_code, answer.json()["code"]) == (409, "event.conflict")
    assert answer.json()["errors"][0]["pointer"] == "/id"
    assert LoggedPosition.objects.get().occurred_at == TUESDAY


def test_the_version_that_stands_is_given_back_and_not_what_was_in_conflict_with_it(put, api, van):
    first = moved(van)
    other = moved(van, geoReference=first["geoReference"] | {"lon": 24.95})
    answers = [put("events", sent).status_code for sent in (first, other, first, other)]
    assert answers == [200, 409, 200, 409]
    path = f"/otm/v5/events/{EVENT}"
    assert api().get(path).json()["geoReference"]["lon"] == 24.94
    assert Original.objects.count() == 2
    assert put("events", other | {"lifecycle": "realized"}).status_code == 200
    assert api().get(path).json()["lifecycle"] == "realized"


def test_what_waited_in_quarantine_and_was_taken_stands(put, api, van):
    unknown = moved(van, vehicle=reference("vehicle", VAN))
    other = unknown | {"creationDate": at(1)}
    assert [put("events", sent).status_code for sent in (unknown, other)] == [202, 202]
    put("vehicles", {"id": VAN, "vehicleType": "van"})
    assert [put("events", sent).status_code for sent in (unknown, other)] == [200, 409]
    assert api().get(f"/otm/v5/events/{EVENT}").json()["creationDate"] == at(0)


def test_an_action_in_conflict_is_not_given_back(put, api, van, domain_clock):
    domain_clock(TUESDAY + timedelta(hours=1))
    put("trips", planned(van))
    first = done("succeeded", stop=reference("stop", STOP), endTime=at(35))
    assert put("actions", first).status_code == 200
    assert put("actions", first | {"endTime": at(36)}).status_code == 409
    assert api().get(f"/otm/v5/actions/{UNLOAD}").json()["endTime"] == at(35)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"creationDate": None}, "event.invalid", "/creationDate"),
        ({"creationDate": "2026-05-12T07:00:00"}, "event.invalid", "/creationDate"),
        ({"eventType": "teleportEvent"}, "event.invalid", "/eventType"),
        ({"lifecycle": "dreamt"}, "event.invalid", "/lifecycle"),
        ({"geoReference": {"type": "latLonPointGeoReference", "lat": 99, "lon": 1}},
         "event.invalid", "/geoReference/lat"),
        ({"geoReference": {"type": "latLonPointGeoReference", "lat": 9, "lon": 1,
                           "speed": {"value": 3, "unit": "parsec"}}},
         "dialect.unit_unknown", "/geoReference/speed/unit"),
        ({"geoReference": {"type": "latLonPointGeoReference", "lat": 9, "lon": 1,
                           "speed": {"value": -3, "unit": "km/h"}}},
         "event.invalid", "/geoReference"),
        ({"vehicle": {"associationType": "attributeRestriction"}},
         "dialect.unnamed", "/vehicle"),
        ({"creationDate": "2026-04-01T07:00:00Z"}, "event.too_late", "/creationDate"),
    ],
)  # fmt: skip
def test_a_fault_is_named_where_it_stands_and_nothing_is_kept(put, van, changes, code, pointer):
    answer = put("events", moved(van, **changes))
    assert answer.status_code == 422, answer.content
    (error,) = answer.json()["errors"]
    assert (error["code"], error.get("pointer")) == (code, pointer)
    assert not Original.objects.exists()
    assert not LoggedPosition.objects.exists()


def test_an_event_without_a_time_is_refused(put, van):
    sent = moved(van)
    del sent["creationDate"]
    answer = put("events", sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "dialect.untimed")


def test_an_event_of_an_unknown_vehicle_waits_in_quarantine(put, carrier):
    sent = moved(fleet.vehicle(carrier, "other")) | {"vehicle": reference("vehicle", VAN)}
    answer = put("events", sent)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["status"], told["code"], told["pointer"]) == (
        "quarantined",
        "event.vehicle_unknown",
        "/vehicle",
    )
    assert Quarantined.objects.count() == 1
    put("vehicles", {"id": VAN, "vehicleType": "van"})
    assert put("events", sent).status_code == 200
    assert LoggedPosition.objects.count() == 1
    assert Quarantined.objects.get().resolved_at == TUESDAY


def test_a_planned_trip_publishes_its_route_once(put, van, api):
    sent = planned(van)
    assert put("trips", sent).json() == sent
    assert put("trips", sent | {"name": "renamed"}).status_code == 200
    route = RoutePlan.objects.get()
    assert (route.trip_id, route.vehicle_id, route.revision) == (uuid.UUID(TRIP), van.id, 1)
    assert route.service_on.isoformat() == "2026-05-12"
    (planned_stop,) = route.stops.all()
    assert (planned_stop.stop_id, planned_stop.name) == (uuid.UUID(STOP), "Shop")
    assert (planned_stop.planned_arrival_at, planned_stop.service_s) == (
        TUESDAY + timedelta(minutes=30),
        600,
    )
    put("trips", trip(van, stop(startTime=at(45), endTime=at(50))))
    assert RoutePlan.objects.get(is_current=True).revision == 2
    assert api().get(f"/otm/v5/trips/{TRIP}").json()["actions"][0]["entity"]["startTime"] == at(45)


def test_the_day_of_service_is_that_of_the_city(put, van):
    # 22:30 UTC is half past one the next morning in Helsinki.
    late = datetime(2026, 5, 12, 22, 30, tzinfo=UTC).isoformat()
    put("trips", trip(van, stop(startTime=late)))
    assert RoutePlan.objects.get().service_on.isoformat() == "2026-05-13"


def test_a_station_is_where_the_route_begins_and_no_stop_of_it(put, van):
    depot = {"id": DEPOT, "actionType": "stop", "lifecycle": "planned", "sequenceNr": 0,
             "location": place("Hub", type="warehouse"),
             "startTime": at(0), "endTime": at(10)}  # fmt: skip
    put("trips", trip(van, stop(startTime=at(30)), depot))
    route = RoutePlan.objects.get()
    assert [one.name for one in route.stops.all()] == ["Shop"]
    assert route.start_at == TUESDAY + timedelta(minutes=10)
    assert (route.start_location.x, route.start_location.y) == (24.94, 60.17)


def test_a_trip_of_an_unknown_vehicle_is_refused(put, van, other_carrier):
    theirs = fleet.vehicle(other_carrier, "red-1")
    answer = put("trips", planned(theirs))
    assert (answer.status_code, answer.json()["code"]) == (404, "carriers.vehicle_not_found")
    assert not RoutePlan.objects.exists()


def done(status=None, reason=None, **members):
    result = {"status": status, "reason": reason} if status else None
    made = {
        "id": UNLOAD,
        "actionType": "unload",
        "lifecycle": "realized",
        "startTime": at(32),
        "endTime": at(36),
        "consignment": inline(
            {"id": STOP, "goods": [inline({"type": "items", "barCode": "(00)106141412345678908"})]}
        ),
    }
    if result:
        made["result"] = {name: value for name, value in result.items() if value}
    return made | members


def visit(lifecycle="realized", *inner, **members):
    times = {"startTime": at(31), "endTime": at(39)}
    return stop(lifecycle, actions=[inline(one) for one in inner]) | times | members


def test_a_realized_stop_becomes_arrival_delivery_and_departure(put, van, domain_clock):
    domain_clock(TUESDAY + timedelta(hours=1))
    put("trips", planned(van))
    sent = trip(van, stop(startTime=at(30), endTime=at(40)), visit("realized", done("succeeded")))
    assert put("trips", sent).status_code == 200
    assert types() == ["stop.arrived", "delivery.succeeded", "stop.departed"]
    row = LoggedEvent.objects.get(event_type="delivery.succeeded")
    assert (row.stop_id, row.trip_id, row.vehicle_id) == (
        uuid.UUID(STOP),
        uuid.UUID(TRIP),
        van.id,
    )
    assert row.occurred_at == TUESDAY + timedelta(minutes=36)
    assert row.payload["units"] == [{"id": "106141412345678908", "scheme": "sscc"}]
    assert RoutePlan.objects.count() == 1
    again = put("trips", sent | {"name": "again"})
    assert (again.status_code, LoggedEvent.objects.count()) == (200, 3)


OUTCOMES = [
    ("failed", "receiverAbsent", "delivery.failed", "failed", "recipient_absent"),
    ("failed", "rejectedByReceiver", "delivery.failed", "failed", "recipient_refused"),
    ("failed", "invalidAddress", "delivery.failed", "failed", "wrong_address"),
    ("failed", "inaccessibleAddress", "delivery.failed", "failed", "no_access"),
    ("failed", "damage", "delivery.failed", "failed", "damaged"),
    ("failed", "invalidShippingLabel", "delivery.failed", "failed", "label_unreadable"),
    ("failed", "deliveredToWrongReceiver", "delivery.failed", "failed", "wrong_recipient"),
    ("failed", "deliveredElsewhere", "delivery.failed", "failed", "delivered_elsewhere"),
    ("failed", "other", "delivery.failed", "failed", "other"),
    ("failed", None, "delivery.failed", "failed", "other"),
    ("partiallySucceeded", "incomplete", "delivery.partial", "partial", "incomplete"),
]


@pytest.mark.parametrize(("status", "reason", "event_type", "outcome", "ours"), OUTCOMES)
@pytest.mark.parametrize("action", ["unload", "handOver"])
def test_a_result_becomes_an_outcome_with_its_reason(
    put, van, domain_clock, status, reason, event_type, outcome, ours, action
):
    domain_clock(TUESDAY + timedelta(hours=1))
    inner = done(status, reason, actionType=action)
    put("trips", trip(van, stop(startTime=at(30)), visit("realized", inner)))
    row = LoggedEvent.objects.get(event_type=event_type)
    assert row.payload["outcome"] == {"status": outcome, "reason": ours}


def test_what_is_still_going_on_is_told_when_it_is_over(put, van, domain_clock):
    domain_clock(TUESDAY + timedelta(hours=1))
    going = visit("actual", done(lifecycle="actual"))
    del going["endTime"]
    put("trips", trip(van, stop(startTime=at(30)), going))
    assert types() == ["stop.arrived"]
    put(
        "trips",
        trip(van, stop(startTime=at(30)), visit("actual", done("succeeded", lifecycle="actual"))),
    )
    assert types() == ["stop.arrived", "delivery.succeeded", "stop.departed"]


def test_a_stop_that_was_cancelled_was_skipped(put, van, domain_clock):
    domain_clock(TUESDAY + timedelta(hours=1))
    put("trips", trip(van, stop(startTime=at(30)), visit(result={"status": "cancelled"})))
    assert types() == ["stop.skipped"]


def test_a_projected_stop_tells_when_it_will_be_reached(put, van):
    put("trips", planned(van))
    ahead = stop("projected", startTime=at(33), lastModified=at(-1))
    put("trips", trip(van, stop(startTime=at(30), endTime=at(40)), ahead))
    row = LoggedEvent.objects.get()
    assert (row.event_type, row.classifier) == ("stop.eta_updated", "projected")
    assert row.payload["eta"] == "2026-05-12T07:33:00Z"
    assert row.occurred_at == TUESDAY - timedelta(minutes=1)
    timeless = put("trips", trip(van, stop("projected", startTime=at(33))))
    assert (timeless.status_code, timeless.json()["code"]) == (422, "dialect.untimed")
    assert timeless.json()["errors"][0]["pointer"] == "/actions/0/entity/lastModified"


def loading(status=None, reason=None, lifecycle="realized"):
    return done(
        status, reason, actionType="load", lifecycle=lifecycle, startTime=at(-20), endTime=at(-12)
    )


def at_depot(*inner, **members):
    return {
        "id": DEPOT,
        "actionType": "stop",
        "lifecycle": "realized",
        "startTime": at(-30),
        "endTime": at(-10),
        "location": place("Hub", type="warehouse", gln="0614141073467"),
        "actions": [inline(one) for one in inner],
    } | members


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("succeeded", None, "station.load_verified"),
        ("partiallySucceeded", "incomplete", "station.load_mismatch"),
        ("failed", "invalidShippingLabel", "station.load_mismatch"),
    ],
)
def test_at_a_station_the_vehicle_comes_in_loads_and_leaves(
    put, van, carrier, status, reason, expected
):
    hub = fleet.facility(carrier, "hub", kind="station", gln="0614141073467")
    put("trips", trip(van, at_depot(loading(status, reason))))
    assert types() == ["station.gate_in", "station.load_started", expected, "station.gate_out"]
    row = LoggedEvent.objects.get(event_type=expected)
    assert row.payload["place"]["gln"] == "0614141073467"
    assert row.facility_id == hub.id


def test_a_load_without_a_result_is_begun_and_not_verified(put, van):
    put("trips", trip(van, at_depot(loading())))
    assert types() == ["station.gate_in", "station.load_started", "station.gate_out"]


def test_at_a_locker_parcels_are_deposited_and_collected(put, van, carrier, domain_clock):
    domain_clock(TUESDAY + timedelta(hours=1))
    locker = fleet.facility(carrier, "box-1", kind="locker", gln="0614141073467")
    box = place("Box", gln="0614141073467")
    to = {"roles": ["consignee"]}
    first = done("succeeded", actionType="handOver", location=box)
    second = done("succeeded", actionType="handOver", location=box, to=to, id=EVENT, endTime=at(50))
    put("trips", planned(van))
    for action in (first, second):
        answer = put("actions", action | {"trip": reference("trip", TRIP)})
        assert answer.status_code == 200, answer.content
    assert types() == ["ooh.deposited", "ooh.collected"]
    assert set(LoggedEvent.objects.values_list("subject_id", flat=True)) == {locker.id}


def test_an_action_by_itself_names_its_stop(put, van, domain_clock):
    domain_clock(TUESDAY + timedelta(hours=1))
    put("trips", planned(van))
    answer = put("actions", done("succeeded", stop=reference("stop", STOP)))
    assert answer.status_code == 200, answer.content
    row = LoggedEvent.objects.get()
    assert (row.event_type, row.stop_id, row.vehicle_id) == (
        "delivery.succeeded",
        uuid.UUID(STOP),
        van.id,
    )
    lost = put("actions", done("succeeded", id=EVENT))
    assert (lost.status_code, lost.json()["code"]) == (422, "dialect.unnamed")


@pytest.mark.parametrize(
    ("names", "code", "pointer"),
    [
        ({"trip": reference("trip", TRIP), "stop": reference("stop", STOP)},
         "dialect.trip_unknown", "/trip"),
        ({"stop": reference("stop", STOP)}, "event.stop_unknown", "/stop"),
    ],
)  # fmt: skip
def test_an_action_of_what_is_not_known_here_says_which(put, van, names, code, pointer):
    answer = put("actions", done("succeeded", startTime=at(-9), endTime=at(-5), **names))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["code"], error["pointer"]) == (code, pointer)
    assert (TRIP if code == "dialect.trip_unknown" else STOP) in error["detail"]


def test_an_event_of_a_trip_that_is_not_known_here_says_which(put, van):
    sent = moved(van, trip=reference("trip", TRIP))
    del sent["vehicle"]
    answer = put("events", sent)
    (error,) = answer.json()["errors"]
    assert (error["code"], error["pointer"]) == ("dialect.trip_unknown", "/trip")


def test_a_wrong_word_is_answered_with_the_allowed_ones(put, van):
    (error,) = put("events", moved(van, lifecycle="dreamt")).json()["errors"]
    assert error["detail"] == (
        "Invalid enum value 'dreamt'; allowed: actual, planned, projected, realized, requested."
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [("inTransit", "trip.started"), ("completed", "trip.ended"), ("cancelled", "trip.cancelled"),
     ("confirmed", None)],
)  # fmt: skip
def test_the_update_of_a_trips_status_begins_and_ends_it(put, van, status, expected):
    entity = {"id": TRIP, "entityType": "trip", "status": status,
              "vehicle": reference("vehicle", str(van.id))}  # fmt: skip
    sent = {"id": EVENT, "eventType": "updateEvent", "creationDate": at(0), "entity": entity}
    assert put("events", sent).status_code == 200
    assert types() == ([expected] if expected else [])
    if expected:
        assert LoggedEvent.objects.get().trip_id == uuid.UUID(TRIP)


def test_an_update_of_a_stop_tells_the_same_as_the_trip_with_it(put, van, domain_clock):
    domain_clock(TUESDAY + timedelta(hours=1))
    put("trips", planned(van))
    told = {"entityType": "stop", "id": STOP, "lifecycle": "realized", "location": place(),
            "startTime": at(31), "endTime": at(39)}  # fmt: skip
    sent = {"id": EVENT, "eventType": "updateEvent", "creationDate": at(39), "entity": told}
    assert put("events", sent).status_code == 200
    assert types() == ["stop.arrived", "stop.departed"]
    put("trips", trip(van, stop(startTime=at(30), endTime=at(40)), visit()))
    assert types() == ["stop.arrived", "stop.departed"]


def test_a_deleted_event_is_voided_and_gone_and_deleting_again_has_no_effect(put, api, van):
    put("events", moved(van))
    put("events", moved(van, lifecycle="realized"))
    client, path = api(), f"/otm/v5/events/{EVENT}"
    assert client.delete(path).status_code == 204
    voids = LoggedEvent.objects.filter(event_type="event.voided")
    assert set(voids.values_list("voids_event_id", flat=True)) == set(
        LoggedPosition.objects.values_list("event_id", flat=True)
    )
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 204
    assert voids.count() == 2
    unknown = client.delete(f"/otm/v5/events/{VAN}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "dialect.message_not_found")


@pytest.mark.parametrize("changes", [{}, {"creationDate": at(1)}, {"lifecycle": "realized"}])
def test_a_deleted_event_stays_withdrawn_whatever_is_put_under_its_id(put, api, van, changes):
    put("events", moved(van))
    assert api().delete(f"/otm/v5/events/{EVENT}").status_code == 204
    answer = put("events", moved(van, **changes))
    assert (answer.status_code, answer.json()["code"]) == (409, "dialect.withdrawn")
    assert answer.json()["errors"][0]["pointer"] == "/id"
    assert LoggedPosition.objects.count() == 1
    listed = api().post("/otm/v5/events", [moved(van), moved(van, id=VAN)], format="json")
    assert [one["status"] for one in listed.json()["results"]] == ["refused", "accepted"]


def test_many_entities_come_by_post_and_each_has_its_answer(api, van):
    good, bad = moved(van), moved(van, id=VAN, eventType="noEvent")
    answer = api().post("/otm/v5/events", [good, bad, good], format="json")
    assert answer.status_code == 200
    told = answer.json()
    assert [one["status"] for one in told["results"]] == ["accepted", "refused", "duplicate"]
    assert (told["received"], told["accepted"], told["refused"], told["duplicate"]) == (3, 1, 1, 1)
    assert told["results"][1]["pointer"] == "/eventType"


def test_an_agent_speaks_for_its_principal_by_mandate_only(put, api, van, carrier, tpl):
    agent, query = api(organisation=tpl), f"?carrier_id=ref:{carrier.code}"
    answer = put("events", moved(van), client=agent, query=query)
    assert (answer.status_code, answer.json()["code"]) == (404, "carriers.organisation_not_found")
    factories.mandate(carrier, tpl, "events:write")
    assert put("events", moved(van), client=agent, query=query).status_code == 200
    assert LoggedPosition.objects.get().sender_id == carrier.id
    assert Original.objects.get().organisation_id == carrier.id


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_400(api, body):
    answer = api().put("/otm/v5/events", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "request.not_json")
