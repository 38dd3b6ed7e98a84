"""Positions by columns say what each says by itself."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from struct import pack
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers import decoding, plain, positions, rules
from carriers.messages import CarrierEvent

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
SENDER = UUID(int=7)
VAN = "0199c3a8-7f1d-7abc-8def-0123456789ac"


def event(**changes):
    return {
        "event_id": "0199C3A8-7F1D-7ABC-8DEF-0123456789AB",
        "event_type": "telemetry.position",
        "classifier": "actual",
        "carrier_id": "ref:c",
        "occurred_at": "2026-05-12T11:59:30+03:00",
        "vehicle": {"vehicle_id": "ref:van-1"},
        "place": {"lat": 60.17, "lng": 24.94},
    } | changes


def decoded(*sent):
    """Return events as items of a batch that is large enough for columns."""
    return decoding.items(json.dumps([*sent, *[event()] * plain.FEW]).encode())


def alone(index, sent):
    """Return what becomes of an event that is decoded and prepared by itself."""
    item = msgspec.json.decode(json.dumps(sent), type=CarrierEvent)
    made = rules.prepare(index, item, rules.Names(SENDER), rules.Ages(NOW))
    if isinstance(made, rules.Statement):
        rules.seal([made])
    return made


def by_columns(items):
    """Return what becomes of the plain positions among items, by their places."""
    names, ages = rules.Names(SENDER), rules.Ages(NOW)
    made, left = positions.columns(items.positions, names, ages)
    found = {}
    for run in made:
        assert {one.text for one in run.vehicles} == {one.text for one in run.named}
        for row, index in enumerate(run.indexes):
            statement = run.statement(row)
            assert run.lateness == statement.lateness
            assert run.key(row) == statement.key
            assert run.ids[row] == statement.event.event_id
            assert run.vehicles[row] == statement.vehicle
            found[index] = statement
    return found, left


moments = st.builds(
    lambda ago, offset, precision: (
        (NOW - timedelta(microseconds=ago))
        .astimezone(timezone(timedelta(minutes=offset)))
        .isoformat(timespec=precision)
    ),
    st.one_of(
        st.integers(-(10**9), 10**13 // 7),
        st.sampled_from([300, 86_400, 14 * 86_400, -300]).flatmap(
            lambda bound: st.integers(bound * 10**6 - 2, bound * 10**6 + 2)
        ),
    ),
    st.sampled_from([0, 120, 180, -210, 345]),
    st.sampled_from(["auto", "microseconds", "milliseconds", "seconds"]),
)
places = st.fixed_dictionaries(
    {"lat": st.floats(-90, 90), "lng": st.floats(-180, 180)},
    optional={
        "accuracy_m": st.floats(0, 1e6),
        "speed_mps": st.integers(0, 60),
        "heading_deg": st.floats(0, 360, exclude_max=True),
    },
)
clocks = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["gnss", "device", "backend", "manual"]),
        "session_id": st.text(
            st.characters(exclude_categories=["Cs"], min_codepoint=1), max_size=9
        ),
        "device_id": st.sampled_from(["d-1", "d-2"]),
        "captured_offline": st.booleans(),
        "seq": st.one_of(st.integers(0, 99), st.just(2**63 - 1)),
        "skew_ms": st.sampled_from([0, 29_999, 30_000, 30_001, -30_001, 10**11, -(10**11)]),
    },
)
besides = st.fixed_dictionaries(
    {},
    optional={
        "schema_version": st.just("1.0"),
        "clock": clocks,
        "trip_id": st.sampled_from(["ref:t-1", "ref:t-2", VAN, VAN.upper()]),
    },
)
sent_positions = st.builds(
    lambda number, upper, at, van, place, more: event(
        event_id=str(UUID(int=number)).upper() if upper else str(UUID(int=number)),
        occurred_at=at,
        vehicle={"vehicle_id": van},
        place=place,
        **more,
    ),
    st.integers(0, 2**128 - 1),
    st.booleans(),
    moments,
    st.sampled_from(["ref:van-1", "ref:van-2", VAN, VAN.upper()]),
    places,
    st.one_of(st.just({}), besides),
)


@pytest.mark.law
@given(st.lists(sent_positions, max_size=5), st.booleans())
def test_columns_say_what_each_position_says_by_itself(batch, of_one_layout):
    batch = [*batch, *(event() for _ in range(plain.FEW))]
    if of_one_layout:
        for one in batch:
            one["occurred_at"] = batch[0]["occurred_at"]
    items = decoding.items(json.dumps(batch).encode())
    assert len(items.positions) == len(items) == len(batch)
    found, left = by_columns(items)
    assert sorted([*found, *left]) == list(range(len(batch)))
    for index, sent in enumerate(batch):
        expected = alone(index, sent)
        if index in found:
            assert found[index] == expected
        else:  # to be looked at by itself: too old, or ahead of the time
            ahead = NOW + timedelta(minutes=5)
            assert isinstance(expected, list) or expected.effective_at > ahead
            assert items[index].occurred_at == datetime.fromisoformat(sent["occurred_at"])


@pytest.mark.parametrize(
    ("ago", "lateness"),
    [
        (timedelta(minutes=-5), "on_time"),
        (timedelta(minutes=5), "on_time"),
        (timedelta(minutes=5, microseconds=1), "late"),
        (timedelta(hours=24), "late"),
        (timedelta(hours=24, microseconds=1), "backfill"),
        (timedelta(days=14), "backfill"),
    ],
)
def test_each_class_of_lateness_ends_where_the_digest_says(ago, lateness):
    items = decoded(event(occurred_at=(NOW - ago).isoformat()))
    made, left = positions.columns(items.positions, rules.Names(SENDER), rules.Ages(NOW))
    assert ([run.lateness for run in made if 0 in run.indexes], left) == ([lateness], [])


@pytest.mark.parametrize("ago", [timedelta(minutes=-5), timedelta(days=14)])
def test_what_is_ahead_or_too_old_is_left(ago):
    beyond = -timedelta(microseconds=1) if ago < timedelta() else timedelta(microseconds=1)
    items = decoded(event(occurred_at=(NOW - ago - beyond).isoformat()))
    _, left = positions.columns(items.positions, rules.Names(SENDER), rules.Ages(NOW))
    assert left == [0]


def test_the_content_of_a_position_is_hashed_as_a_record_of_numbers():
    place = {"lat": 60.17, "lng": 24.94, "accuracy_m": 8, "heading_deg": 1}
    sent = event(vehicle={"vehicle_id": VAN}, place=place)
    ((run,), _) = positions.columns(decoded(sent).positions, rules.Names(SENDER), rules.Ages(NOW))
    # 9628 days from 2000-01-01 to 2026-05-12, and 08:59:30 UTC.
    micros = (9628 * 86_400 + 8 * 3600 + 59 * 60 + 30) * 1_000_000
    nothing = float("nan")
    record = pack(">16sq5d", UUID(VAN).bytes, micros, 24.94, 60.17, 8.0, nothing, 1.0)
    assert run.content_hash(0) == sha256(record).digest() == alone(0, sent).content_hash


def test_what_a_position_says_besides_follows_its_record():
    clock = {"seq": 7, "source": "device", "skew_ms": 40_000, "session_id": "s"}
    sent = event(vehicle={"vehicle_id": VAN}, trip_id=VAN.upper(), clock=clock)
    items = decoded(sent)
    made, _ = positions.columns(items.positions, rules.Names(SENDER), rules.Ages(NOW))
    (run,) = (run for run in made if 0 in run.indexes)
    micros = (9628 * 86_400 + 8 * 3600 + 59 * 60 + 30) * 1_000_000
    record = pack(">16sq2d", UUID(VAN).bytes, micros, 24.94, 60.17) + 3 * pack(">d", float("nan"))
    said = b'{"clock":{"source":"device","session_id":"s","seq":7,"skew_ms":40000},"trip_id":"%s"}'
    assert run.contents[0] == record + said % VAN.encode()
    assert run.content_hash(0) == alone(0, sent).content_hash
    assert run.effective[0] == run.instants[0] - 40_000_000


@pytest.mark.parametrize(
    "more",
    [
        {"stop_seq": 1},
        {"clock": {"sent_at": "2026-05-12T11:59:31+03:00"}},
        {"clock": {"captured_at": "2026-05-12T11:59:31+03:00"}},
        {"ext": {"a": 1}},
        {"vehicle": {"vehicle_id": "ref:van-1", "plate": "ABC1"}},
        {"place": {"lat": 60.17, "lng": 24.94, "unlocode": "FIHEL"}},
    ],
)
def test_what_has_more_than_has_a_column_is_not_plain(more):
    items = decoded(event(), event(**more))
    assert list(items.others) == [1]
    assert items[1] == msgspec.json.decode(json.dumps(event(**more)), type=CarrierEvent)


def test_few_positions_are_no_columns():
    few = decoding.items(json.dumps([event(), event(place={"lat": 60, "lng": 25})]).encode())
    assert (len(few.positions), len(few)) == (0, 2)


def test_every_member_beyond_those_of_a_plain_position_makes_it_another_thing():
    """No member of the schema is lost by a look that forgot it."""
    kept = {"event_id", "event_type", "classifier", "carrier_id", "occurred_at", "vehicle", "place"}
    kept |= {"schema_version", "clock", "trip_id"}
    groups = {
        "vehicle": {"vehicle_id"},
        "place": {"lat", "lng", "accuracy_m", "speed_mps", "heading_deg"},
        "": kept,
    }
    for group, members in groups.items():
        whole = decoded()[0]
        part = getattr(whole, group) if group else whole
        others = [f.name for f in msgspec.structs.fields(part) if f.name not in members]
        assert others
        for name in others:
            changed = decoded()[0]
            assert plain.is_plain(changed)
            setattr(getattr(changed, group) if group else changed, name, "said")
            assert not plain.is_plain(changed), (group, name)


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)  # fmt: skip
def test_an_instant_that_utc_has_no_name_for_is_kept_as_it_was_said(at):
    items = decoded(event(occurred_at=at))
    assert len(items.positions) == 0
    assert items[0].occurred_at.isoformat() == at


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"event_id": "0199c3a8-7f1d-7abc-8def-0123456789a"}, "/event_id"),
        ({"event_id": "0199c3a87f1d-7abc-8def-0123456789abc-"}, "/event_id"),
        ({"carrier_id": "c"}, "/carrier_id"),
        ({"vehicle": {"vehicle_id": "van-1"}}, "/vehicle/vehicle_id"),
        ({"occurred_at": "2026-05-12 11:59:30+03:00"}, "/occurred_at"),
        ({"occurred_at": "2026-05-12T11:59:30+0300"}, "/occurred_at"),
        ({"occurred_at": "2026-02-30T11:59:30+03:00"}, "/occurred_at"),
        ({"occurred_at": "2026-05-12T24:59:30+03:00"}, "/occurred_at"),
        ({"occurred_at": "2026-05-12T11:59:30"}, "/occurred_at"),
        ({"place": {"lat": 90.1, "lng": 24.94}}, "/place/lat"),
        ({"place": {"lat": 60.17}}, "/place/lng"),
    ],
)
def test_one_bad_position_among_good_ones_is_named_and_the_others_stand(bad, pointer):
    items = decoded(event(), event(**bad))
    assert {reason.pointer for reason in items[1]} == {pointer}
    assert list(items.others) == [1]
