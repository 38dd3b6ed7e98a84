"""The straight path of plain positions makes the statement that the long way makes."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from carriers import decoding, rules

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
SENDER = UUID(int=7)


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


def prepared(sent):
    """Return what becomes of an event, as plain data."""
    (item,) = decoding.items(json.dumps([sent]).encode())
    made = rules.prepare(0, item, rules.Names(SENDER), rules.Ages(NOW))
    if isinstance(made, list):
        return made
    rules.seal([made])
    return msgspec.structs.asdict(made) | {"is_plain": None}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"occurred_at": "2026-05-12T08:59:30Z"},
        {"occurred_at": (NOW - timedelta(minutes=5)).isoformat()},
        {"occurred_at": (NOW - timedelta(minutes=5, microseconds=1)).isoformat()},
        {"occurred_at": (NOW - timedelta(hours=24, microseconds=1)).isoformat()},
        {"occurred_at": (NOW - timedelta(days=14)).isoformat()},
        {"occurred_at": (NOW - timedelta(days=14, microseconds=1)).isoformat()},
        {"vehicle": {"vehicle_id": "0199C3A8-7F1D-7ABC-8DEF-0123456789AC"}},
        {"place": {"lat": 60.17, "lng": 24.94, "accuracy_m": 8, "speed_mps": 0, "heading_deg": 1}},
    ],
)
def test_the_straight_path_and_the_long_way_agree(changes, monkeypatch):
    straight = prepared(event(**changes))
    monkeypatch.setattr(rules, "is_plain", lambda event: False)
    assert prepared(event(**changes)) == straight


def test_what_has_more_than_place_time_and_vehicle_is_not_plain():
    (plain,) = decoding.items(json.dumps([event()]).encode())
    assert rules.is_plain(plain)
    for more in (
        {"trip_id": "ref:t"},
        {"stop_seq": 1},
        {"clock": {"session_id": "s"}},
        {"ext": {"a": 1}},
        {"vehicle": {"vehicle_id": "ref:van-1", "plate": "ABC1"}},
        {"place": {"lat": 60.17, "lng": 24.94, "unlocode": "FIHEL"}},
    ):
        (item,) = decoding.items(json.dumps([event(**more)]).encode())
        assert not rules.is_plain(item), more
