"""The canonical event: what is taken, what is refused, and how every fault is named."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import decoding
from carriers.messages import CarrierEvent
from kernel.refusals import Refusal

PUBLISHED = Path("shared") / "standards" / "carrier_event.schema.json"
BESIDE = [folder / PUBLISHED for folder in Path(__file__).resolve().parents]
SCHEMA = next((path for path in BESIDE if path.exists()), BESIDE[0])

VEHICLE = "0b0e7c9a-1111-4222-8333-444455556666"
ID = "5f0c7c4e-aaaa-4bbb-8ccc-ddddeeeeffff"
EVENT = {
    "event_id": ID,
    "event_type": "telemetry.position",
    "classifier": "actual",
    "carrier_id": "ref:blue-vans",
    "occurred_at": "2026-05-12T09:00:00+03:00",
    "vehicle": {"vehicle_id": "ref:van-7"},
    "place": {"lat": 60.17, "lng": 24.94, "speed_mps": 8.5},
}


def faults(event):
    """Return (code, pointer) of every reason against one event; empty when it is taken."""
    (item,) = decoding.items(json.dumps([event]).encode())
    return [] if isinstance(item, CarrierEvent) else [(r.code, r.pointer) for r in item]


def changed(**members):
    event = copy.deepcopy(EVENT)
    for name, value in members.items():
        if value is None:
            event.pop(name)
        else:
            event[name] = value
    return event


def test_each_line_is_one_item_whatever_stands_beside_it():
    text = json.dumps(EVENT)
    halves = text.replace(', "event_type"', '\n"event_type"')
    assert halves.count("\n") == 1
    for lines in ([f"{text},{text}", text], [text, halves], [f"{text} {text}", halves]):
        found = decoding.items("\n".join(lines).encode(), lines=True)
        assert len(found) == "\n".join(lines).count("\n") + 1
        taken = [isinstance(item, CarrierEvent) for item in found]
        assert taken == [line == text for line in "\n".join(lines).split("\n")]


STOP = {"trip_id": "ref:t1", "stop_id": "ref:s1"}


@pytest.mark.parametrize(
    "event",
    [
        EVENT,
        changed(occurred_at="2026-05-12T06:00:00Z"),
        changed(occurred_at="2026-05-12t06:00:00.123456789z"),
        changed(stop_seq=3.0),
        changed(schema_version="1.0", ext={"anything": [1, None]}),
        changed(event_type="trip.planned", classifier="planned", place=None),
        changed(event_type="stop.arrived", **STOP),
        changed(event_type="custody.handed_over", vehicle=None, place=None),
        changed(event_type="curb.checked_in", place={"curb_zone_id": "x"}),
        changed(
            event_type="event.voided",
            vehicle=None,
            place=None,
            voids={"event_id": VEHICLE, "reason": "did_not_occur"},
        ),
        changed(event_type="station.load_verified", place={}, units_expected=4, units_counted=4),
        changed(
            event_type="ooh.deposited",
            vehicle=None,
            place={"ooh_point_id": "box 12"},
            units=[{"id": "1", "scheme": "sscc"}],
        ),
    ],
)
def test_a_valid_event_is_taken(event):
    assert faults(event) == []


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (changed(place={"lat": 91, "lng": 24}), ID),
        (changed(event_id=ID.upper(), colour="blue"), ID),
        (changed(event_type="event.voided"), ID),
        (changed(place=None), ID),
        (changed(event_id="17"), None),
        (changed(event_id=17), None),
        (changed(event_id=None), None),
    ],
)
def test_a_bad_item_is_known_by_its_event_id_when_it_says_one(event, expected):
    (item,) = decoding.items(json.dumps([event]).encode())
    assert item.event_id == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (changed(event_id=None), ("event.missing_member", "/event_id")),
        (changed(event_id="17"), ("event.invalid", "/event_id")),
        (changed(event_id=VEHICLE.replace("-", "")), ("event.invalid", "/event_id")),
        (changed(event_type="telemetry.flown"), ("event.invalid", "/event_type")),
        (changed(classifier="projected"), ("event.classifier", "/classifier")),
        (changed(carrier_id="blue-vans"), ("event.invalid", "/carrier_id")),
        (changed(carrier_id="ref:"), ("event.invalid", "/carrier_id")),
        (changed(occurred_at="2026-05-12T09:00:00"), ("event.invalid", "/occurred_at")),
        (changed(occurred_at="2026-05-12 09:00:00Z"), ("event.invalid", "/occurred_at")),
        (changed(occurred_at="2026-05-12T09:00:00+0300"), ("event.invalid", "/occurred_at")),
        (changed(occurred_at=1778565600), ("event.invalid", "/occurred_at")),
        (changed(colour="blue"), ("event.unknown_member", "/colour")),
        (
            changed(place={"lat": 60, "lng": 24, "alt": 3}),
            ("event.unknown_member", "/place/alt"),
        ),
        (changed(place={"lat": 91, "lng": 24}), ("event.invalid", "/place/lat")),
        (
            changed(place={"lat": 1, "lng": 2, "heading_deg": 360}),
            ("event.invalid", "/place/heading_deg"),
        ),
        (changed(place={"lat": 60}), ("event.missing_member", "/place/lng")),
        (changed(place=None), ("event.missing_member", "/place")),
        (changed(vehicle=None), ("event.missing_member", "/vehicle")),
        (changed(vehicle={}), ("event.missing_member", "/vehicle/vehicle_id")),
        (changed(vehicle={"vehicle_id": "van-7"}), ("event.invalid", "/vehicle/vehicle_id")),
        (changed(stop_seq=-1), ("event.invalid", "/stop_seq")),
        (changed(stop_seq=True), ("event.invalid", "/stop_seq")),
        (changed(units=[{"id": "1", "scheme": "dhl"}]), ("event.invalid", "/units/0/scheme")),
        (changed(clock={"seq": 2**63}), ("event.out_of_range", "/clock/seq")),
        (changed(ext={"note": "a\x00b"}), ("event.null_character", "/ext/note")),
        (changed(event_type="curb.blocked", place={}), ("event.missing_member", "/place/lat")),
        (
            changed(event_type="pickup.failed", outcome={"status": "failed"}, **STOP),
            ("event.missing_member", "/outcome/reason"),
        ),
        (
            changed(event_type="station.load_verified", place={}, units_expected=4),
            ("event.missing_member", "/units"),
        ),
        (
            changed(event_type="ooh.ready", units=[], place={"station_id": "x"}),
            ("event.missing_member", "/place/ooh_point_id"),
        ),
        (changed(event_type="event.voided"), ("event.missing_member", "/voids")),
        (
            changed(
                event_id=VEHICLE,
                event_type="event.voided",
                voids={"event_id": VEHICLE.upper(), "reason": "did_not_occur"},
            ),
            ("event.invalid", "/voids/event_id"),
        ),
        ([1], ("event.malformed", "")),
        ("text", ("event.malformed", "")),
    ],
)
def test_a_faulty_event_is_refused_with_code_and_pointer(event, expected):
    assert expected in faults(event)


def test_all_faults_of_an_event_are_named_at_once():
    event = changed(event_id="x", colour="blue", place={"lat": 91, "lng": 24}, classifier="maybe")
    pointers = {pointer for _, pointer in faults(event)}
    assert {"/colour", "/place/lat", "/classifier"} <= pointers


def test_one_bad_item_never_sinks_its_batch():
    items = decoding.items(json.dumps([EVENT, {"event_id": 3}, EVENT]).encode())
    assert [isinstance(item, CarrierEvent) for item in items] == [True, False, True]


@pytest.mark.parametrize(
    "body", [json.dumps(EVENT), json.dumps([EVENT]), json.dumps({"events": [EVENT]})]
)
def test_one_event_a_list_and_an_envelope_are_the_same(body):
    (item,) = decoding.items(body.encode())
    assert isinstance(item, CarrierEvent)


def test_lines_of_json_are_taken_and_a_broken_line_is_one_bad_item():
    body = json.dumps(EVENT) + "\n\n{broken\n" + json.dumps(EVENT) + "\n"
    items = decoding.items(body.encode(), lines=True)
    assert [isinstance(item, CarrierEvent) for item in items] == [True, False, True]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[1,", b"[{}", b'{"a":1', b"\xff", b"[NaN]"])
def test_a_body_that_is_no_json_is_told_apart_from_a_bad_batch(body):
    with pytest.raises((ValueError, RecursionError)):  # msgspec.DecodeError is a ValueError
        decoding.items(body)


@pytest.mark.parametrize("body", [b"5", b'"x"', b"null", b'{"events": 5}'])
def test_json_that_is_no_batch_is_refused_as_a_whole(body):
    with pytest.raises(Refusal) as refused:
        decoding.items(body)
    assert refused.value.code == "events.not_a_batch"


def test_more_than_ten_thousand_items_are_refused():
    with pytest.raises(Refusal) as refused:
        decoding.items(b"[" + b",".join([b"1"] * 10_001) + b"]")
    assert refused.value.status == 413


# --- the law: our verdict is the schema's ---

ids = st.one_of(
    st.uuids().map(str),
    st.uuids().map(lambda value: str(value).upper()),
    st.sampled_from(["ref:a", "ref:" + "x" * 64, "ref:" + "x" * 65, "ref:", "a", "", "ref:ä b"]),
)
instants = st.one_of(
    st.sampled_from(
        [
            "2026-05-12T09:00:00+03:00",
            "2026-05-12T09:00:00Z",
            "2026-05-12T09:00:00.5-11:30",
            "2026-02-30T09:00:00Z",
            "2026-05-12T09:00:60Z",
            "2026-05-12T24:00:00Z",
            "2026-05-12T09:00Z",
            "2026-05-12",
            "2026-05-12 09:00:00Z",
            "2026-05-12T09:00:00+0300",
            "0000-05-12T09:00:00Z",
            "",
        ]
    ),
    st.integers(),
)
numbers = st.one_of(
    st.integers(-400, 400), st.floats(-400, 400), st.sampled_from([3.0, True, None, "3", 360])
)
texts = st.sampled_from(["", "x", "x" * 16, "x" * 17, "1234567890123", "12", None, 7])
junk = st.sampled_from([None, 5, "x", [], {}, True])


@pytest.fixture(scope="module")
def schema():
    return json.loads(SCHEMA.read_text())


def member(schema, name):
    """Return a strategy for one member of the event: sometimes right, sometimes not."""
    special = {
        "event_id": ids,
        "carrier_id": ids,
        "trip_id": ids,
        "stop_id": ids,
        "facility_id": ids,
        "occurred_at": instants,
        "eta": instants,
    }
    return special[name] if name in special else value_of(schema["properties"][name])


def value_of(rule):
    if "enum" in rule:
        return st.sampled_from([*rule["enum"], "other thing"])
    if "const" in rule:
        return st.sampled_from([rule["const"], "2.0"])
    if "$ref" in rule:
        return ids
    if rule.get("format") == "date-time":
        return instants
    if rule.get("format") == "uuid":
        return ids
    if rule["type"] in {"number", "integer"}:
        return numbers
    if rule["type"] == "string":
        return texts
    if rule["type"] == "boolean":
        return st.sampled_from([True, False, 0, "true"])
    if rule["type"] == "array":
        return st.one_of(st.lists(value_of(rule["items"]), max_size=3), junk)
    members = rule.get("properties", {})
    required = {name: value_of(members[name]) for name in rule.get("required", ())}
    optional = {name: value_of(inner) for name, inner in members.items() if name not in required}
    whole = st.fixed_dictionaries(required, optional=optional)
    return whole if members else st.one_of(st.just({"a": 1}), junk)


@pytest.mark.law
@pytest.mark.skipif(not SCHEMA.exists(), reason="the published schema is not beside the project")
def test_our_verdict_on_an_event_is_the_verdict_of_the_published_schema(schema):
    from jsonschema import Draft202012Validator, FormatChecker

    assert "date-time" in FormatChecker.checkers  # else the oracle takes any text for an instant
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    seen = {True: 0, False: 0}
    right = {
        "event_id": st.uuids().map(str),
        "event_type": st.sampled_from(schema["properties"]["event_type"]["enum"]),
        "classifier": st.sampled_from(["actual", "actual", "planned", "projected"]),
        "carrier_id": st.just("ref:a"),
        "occurred_at": st.just("2026-05-12T09:00:00Z"),
        "vehicle": st.just({"vehicle_id": "ref:v"}),
        "place": st.just({"lat": 60.1, "lng": 24.9, "ooh_point_id": "b", "curb_zone_id": "c"}),
        "trip_id": st.just("ref:t"),
        "stop_id": st.just("ref:s"),
        "units": st.just([{"id": "1", "scheme": "sscc"}]),
        "outcome": st.just({"status": "failed", "reason": "other"}),
        "voids": st.just({"event_id": VEHICLE, "reason": "did_not_occur"}),
    }
    names = sorted(schema["properties"])

    @settings(max_examples=600, deadline=None, derandomize=True)
    @given(st.data())
    def check(data):
        event = data.draw(st.fixed_dictionaries(right))
        for name in data.draw(st.lists(st.sampled_from(sorted(right)), max_size=2)):
            event.pop(name, None)
        for name in data.draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
            event[name] = data.draw(member(schema, name))
        if data.draw(st.integers(0, 19)) == 0:
            event["unheard_of"] = 1
        verdict = validator.is_valid(event)
        seen[verdict] += 1
        found = [fault for fault in faults(event) if fault[0] != "event.out_of_range"]
        assert (not found) == verdict, (found, [e.message for e in validator.iter_errors(event)])

    check()
    assert min(seen.values()) > 50, seen
