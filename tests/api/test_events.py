"""The door for events: an answer per item, and nothing acknowledged that is not in the log."""

import gzip
import json
import uuid
from datetime import timedelta

import pytest

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def van(carrier):
    from tests import fleet

    return fleet.vehicle(carrier, "van-7")


@pytest.fixture(autouse=True)
def _tuesday(domain_clock):
    """Domain time is TUESDAY."""


@pytest.fixture
def send(api):
    """Return `send(items)`: POST a batch as the carrier and return the answer's JSON."""
    client = api()

    def post(items, **kwargs):
        answer = kwargs.pop("client", client).post(
            "/api/v1/events", json.dumps(items), content_type="application/json", **kwargs
        )
        assert answer.status_code == 200, answer.content
        return answer.json()

    return post


def position(seconds=0, **members):
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "telemetry.position",
        "classifier": "actual",
        "carrier_id": "ref:blue-vans",
        "occurred_at": (TUESDAY + timedelta(seconds=seconds)).isoformat(),
        "vehicle": {"vehicle_id": "ref:van-7"},
        "place": {"lat": 60.17, "lng": 24.94},
    } | members


def void(target, **members):
    event = {
        "event_id": str(uuid.uuid4()),
        "event_type": "event.voided",
        "classifier": "actual",
        "carrier_id": "ref:blue-vans",
        "occurred_at": TUESDAY.isoformat(),
        "voids": {"event_id": target, "reason": "did_not_occur"},
    }
    return event | members


def statuses(answer):
    return [result["status"] for result in answer["results"]]


def stored():
    from carriers.models import LoggedEvent, LoggedPosition

    return LoggedPosition.objects.count() + LoggedEvent.objects.count()


def test_a_batch_with_faults_stores_the_good_items_and_names_the_bad_ones(send, van):
    bad = position(place={"lat": 99, "lng": 24})
    answer = send([position(), bad, "text", position()])
    assert statuses(answer) == ["accepted", "refused", "refused", "accepted"]
    assert answer["accepted"] == 2
    assert answer["refused"] == 2
    fault = answer["results"][1]
    assert (fault["index"], fault["event_id"]) == (1, bad["event_id"])
    assert answer["results"][2]["event_id"] is None
    assert (fault["code"], fault["pointer"]) == ("event.invalid", "/place/lat")
    assert stored() == 2


def test_the_same_event_again_is_a_duplicate_and_with_other_content_a_conflict(send, van):
    from carriers.models import LoggedPosition, Quarantined

    event = position()
    moved = event | {"occurred_at": (TUESDAY - timedelta(days=2)).isoformat()}
    answer = send([event, event, moved])
    assert statuses(answer) == ["accepted", "duplicate", "conflict"]
    assert statuses(send([event, moved])) == ["duplicate", "conflict"]
    assert LoggedPosition.objects.get().occurred_at == TUESDAY
    assert [row.code for row in Quarantined.objects.all()] == ["event.conflict"]


def test_equal_content_written_differently_is_a_duplicate(send, van):
    event = position(ext={"a": 1, "b": 2})
    other = event | {
        "event_id": event["event_id"].upper(),
        "occurred_at": "2026-05-12T10:00:00.000+03:00",
        "vehicle": {"vehicle_id": str(van.id).upper()},
        "carrier_id": str(van.organisation_id),
        "ext": {"b": 2, "a": 1},
    }
    assert statuses(send([event, other])) == ["accepted", "duplicate"]


def test_a_clock_far_ahead_and_unknown_things_are_quarantined_and_visible(send, van, api):
    items = [
        position(seconds=301),
        position(vehicle={"vehicle_id": "ref:nobody"}),
        position(event_type="stop.arrived", trip_id="ref:t", stop_id="ref:s"),
        position(event_type="station.gate_in", facility_id="ref:depot"),
        position(seconds=299),
    ]
    answer = send(items)
    assert statuses(answer) == ["quarantined"] * 4 + ["accepted"]
    assert [result.get("code") for result in answer["results"]][:4] == [
        "event.clock_ahead",
        "event.vehicle_unknown",
        "event.stop_unknown",
        "event.facility_unknown",
    ]
    shown = api().get("/api/v1/events/quarantine").json()["items"]
    assert len(shown) == 4
    assert stored() == 1


def test_what_was_quarantined_is_taken_when_sent_again_after_mending(send, carrier):
    from carriers.models import Quarantined
    from tests import fleet

    event = position()
    assert statuses(send([event])) == ["quarantined"]
    assert statuses(send([event])) == ["quarantined"]
    assert Quarantined.objects.count() == 1
    fleet.vehicle(carrier, "van-7")
    assert statuses(send([event])) == ["accepted"]
    assert Quarantined.objects.get().resolved_at == TUESDAY


def test_an_event_older_than_fourteen_days_is_refused(send, van):
    day = 86_400
    answer = send([position(-14 * day), position(-14 * day - 1)])
    assert statuses(answer) == ["accepted", "refused"]
    assert answer["results"][1]["code"] == "event.too_late"


def test_a_devices_skew_above_thirty_seconds_corrects_the_effective_time(send, van):
    from carriers.models import LoggedPosition

    skewed = {"source": "device", "skew_ms": 120_000}
    send(
        [
            position(seconds=120, clock=skewed),
            position(clock={"source": "device", "skew_ms": 30_000}),
            position(clock={"source": "gnss", "skew_ms": 120_000}),
        ]
    )
    assert set(LoggedPosition.objects.values_list("effective_at", flat=True)) == {TUESDAY}


def test_times_at_the_ends_of_the_calendar_are_judged_like_others(send, van):
    skewed = {"source": "device", "skew_ms": 10**11}
    answer = send(
        [
            position(occurred_at="0001-01-01T00:00:00+14:00", clock=skewed),
            position(
                occurred_at="9999-12-31T23:59:59-12:00", clock=skewed | {"skew_ms": -(10**11)}
            ),
            position(clock={"source": "gnss", "sent_at": "0001-01-01T00:00:00+14:00"}),
        ]
    )
    assert statuses(answer) == ["refused", "quarantined", "accepted"]


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [(0, "on_time"), (300, "on_time"), (301, "late"), (86_400, "late"), (86_401, "backfill")],
)
def test_lateness_is_noted_by_class(send, van, age_s, expected):
    from carriers.models import LoggedPosition

    send([position(-age_s)])
    assert LoggedPosition.objects.get().lateness == expected


def test_another_carriers_events_are_refused_and_a_mandate_allows_them(
    send, van, api, tpl, carrier, other_carrier
):
    from accounts.scopes import EVENTS_WRITE
    from foundation.models import AuditEntry
    from tests import factories

    stranger = api(organisation=other_carrier)
    answer = send([position(), position(carrier_id=str(carrier.id))], client=stranger)
    assert statuses(answer) == ["refused", "refused"]
    assert {result["code"] for result in answer["results"]} == {"carrier.not_yours"}
    mandate = factories.mandate(carrier, tpl, EVENTS_WRITE)
    agent = api(organisation=tpl)
    assert statuses(send([position(), position()], client=agent)) == ["accepted", "accepted"]
    entry = AuditEntry.objects.get(action="events.sent_by_mandate")
    assert (entry.on_behalf_of, entry.subject) == (carrier.id, str(mandate.id))
    mandate.revoked_at = TUESDAY
    mandate.save()
    assert statuses(send([position()], client=agent)) == ["refused"]


def test_a_mandate_for_some_vehicles_reaches_no_other(send, van, api, tpl, carrier):
    from accounts.scopes import EVENTS_WRITE
    from tests import factories, fleet

    fleet.vehicle(carrier, "van-8")
    factories.mandate(carrier, tpl, EVENTS_WRITE, vehicle_ids=[van.id])
    other = position(vehicle={"vehicle_id": "ref:van-8"})
    answer = send([position(), other], client=api(organisation=tpl))
    assert statuses(answer) == ["accepted", "refused"]


def test_another_carriers_vehicle_is_unknown(send, other_carrier, carrier):
    from tests import fleet

    theirs = fleet.vehicle(other_carrier, "van-9")
    answer = send([position(vehicle={"vehicle_id": str(theirs.id)})])
    assert answer["results"][0]["code"] == "event.vehicle_unknown"


def test_a_locker_event_belongs_to_the_facility(send, carrier):
    from carriers.models import LoggedEvent
    from tests import fleet

    locker = fleet.facility(carrier, "box-1", kind="locker")
    event = position(
        event_type="ooh.deposited",
        place={"ooh_point_id": "box-1"},
        units=[{"id": "1", "scheme": "carrier"}],
    )
    event.pop("vehicle")
    strange = event | {"event_id": str(uuid.uuid4()), "facility_id": "ref:box-2"}
    answer = send([event, strange])
    assert statuses(answer) == ["accepted", "refused"]
    assert answer["results"][1]["code"] == "event.facilities_disagree"
    assert LoggedEvent.objects.get().subject_id == locker.id


def test_a_void_takes_the_subject_of_its_target(send, van):
    from carriers.models import LoggedEvent

    event = position()
    send([event])
    assert statuses(send([void(event["event_id"])])) == ["accepted"]
    row = LoggedEvent.objects.get()
    assert (row.subject_id, row.voids_effective_at) == (van.id, TUESDAY)
    assert str(row.voids_event_id) == event["event_id"]


def test_a_void_before_its_target_is_held_and_logged_once_with_it(send, van):
    from carriers.models import LoggedEvent

    event = position()
    cancel = void(event["event_id"])
    assert statuses(send([cancel])) == ["accepted"]
    assert statuses(send([cancel])) == ["duplicate"]
    assert stored() == 0
    assert statuses(send([event])) == ["accepted"]
    row = LoggedEvent.objects.get()
    assert (row.subject_id, str(row.event_id)) == (van.id, cancel["event_id"])
    assert row.voids_effective_at == TUESDAY
    assert statuses(send([cancel, event])) == ["duplicate", "duplicate"]
    assert stored() == 2


def test_a_void_and_its_target_in_one_batch_are_both_logged(send, van):
    event, earlier = position(), position()
    send([earlier])
    batch = [void(event["event_id"]), event, void(earlier["event_id"]), earlier]
    assert statuses(send(batch)) == ["accepted", "accepted", "accepted", "duplicate"]
    assert stored() == 4


def test_a_void_of_a_void_that_waits_waits_with_it(send, van):
    from carriers.models import LoggedEvent

    event = position()
    first = void(event["event_id"])
    second = void(first["event_id"])
    assert statuses(send([second])) == ["accepted"]
    assert statuses(send([first])) == ["accepted"]
    assert stored() == 0
    send([event])
    assert {row.subject_id for row in LoggedEvent.objects.all()} == {van.id}
    assert stored() == 3


def test_the_log_keeps_every_member_of_a_position(send, van):
    from carriers.models import LoggedPosition

    send(
        [
            position(
                trip_id="ref:t",
                clock={"source": "gnss", "session_id": "a", "seq": 4},
                place={
                    "lat": 60.1,
                    "lng": 24.9,
                    "accuracy_m": 4,
                    "heading_deg": 9,
                    "gln": "1" * 13,
                },
                energy={"soc_pct": 40},
                ext={"x": [1]},
            )
        ]
    )
    row = LoggedPosition.objects.get()
    assert (row.lng, row.lat, row.accuracy_m, row.heading_deg) == (24.9, 60.1, 4, 9)
    assert (row.session_id, row.seq) == ("a", 4)
    assert row.payload == {
        "clock": {"source": "gnss"},
        "energy": {"soc_pct": 40},
        "ext": {"x": [1]},
        "place": {"gln": "1" * 13},
    }


def test_gzip_and_lines_are_taken(api, van):
    client = api()
    lines = "\n".join(json.dumps(position()) for _ in range(3)).encode()
    answer = client.post(
        "/api/v1/events",
        gzip.compress(lines),
        content_type="application/x-ndjson",
        HTTP_CONTENT_ENCODING="gzip",
    )
    assert answer.json()["accepted"] == 3


def test_gzip_of_several_members_is_taken_whole_and_nothing_may_follow_it(api, van):
    def post(packed):
        return api().post(
            "/api/v1/events",
            packed,
            content_type="application/x-ndjson",
            HTTP_CONTENT_ENCODING="gzip",
        )

    members = [gzip.compress(json.dumps(position()).encode() + b"\n") for _ in range(3)]
    assert post(b"".join(members)).json()["accepted"] == 3
    assert post(members[0] + b"and more").status_code == 400
    assert post(members[0][:-4]).status_code == 400


def test_json_is_utf_8_with_or_without_its_mark(api, van):
    def post(text, encoding):
        media = f"application/json; charset={encoding}"
        return api().post("/api/v1/events", text, content_type=media)

    assert post(json.dumps(position()).encode("utf-8-sig"), "UTF-8").json()["accepted"] == 1
    assert post(json.dumps(position()).encode("utf-16"), "utf-16").status_code == 415


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"nonsense", "application/json", 400),
        (b"[{]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "text/csv", 415),
        (b"7", "application/json", 422),
        (b"[" + b"1," * 10_000 + b"1]", "application/json", 413),
        (b" " * (33 * 1024 * 1024), "application/json", 413),
    ],
)
def test_a_body_that_is_no_batch_is_a_problem_of_the_whole(
    api, carrier, body, content_type, status
):
    answer = api().post("/api/v1/events", body, content_type=content_type)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_an_empty_batch_is_an_empty_answer(send, carrier):
    assert send([]) == {
        "received": 0,
        "accepted": 0,
        "duplicate": 0,
        "conflict": 0,
        "quarantined": 0,
        "refused": 0,
        "results": [],
    }


def test_without_the_scope_nothing_is_taken(api, van):
    client = api(["vehicles:read"])
    answer = client.post("/api/v1/events", "[]", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope.missing")


def test_the_other_citys_organisation_of_the_same_code_is_not_meant(api, van, hd):
    from tests import factories

    twin = factories.organisation(hd, "blue-vans")
    answer = api(organisation=twin).post(
        "/api/v1/events", json.dumps([position()]), content_type="application/json"
    )
    assert statuses(answer.json()) == ["quarantined"]
    assert stored() == 0
