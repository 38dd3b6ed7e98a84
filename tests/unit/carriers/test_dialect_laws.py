"""Laws of the translations: nothing breaks them, and the same message means the same for ever."""

import json
import random
import uuid

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carriers import decoding
from carriers.adapters import files
from carriers.adapters.epcis import translate as epcis
from carriers.adapters.mds import translate as mds
from carriers.adapters.otm import translate as otm
from carriers.adapters.translated import Asked, FacilityOf, Known, StopOf
from carriers.messages import CarrierEvent
from kernel.refusals import Refusal
from tests import mutations

pytestmark = pytest.mark.law

DIALECTS = {"mds": mds, "otm": otm, "epcis": epcis}
SENDER = uuid.UUID(int=7)


def known_of(asked, rng):
    """Return that some of what was asked is known, and some is not."""
    ours = mutations.VAN
    kind = rng.choice(["station", "locker"])
    return Known(
        vehicles={name: ours for name in sorted(asked.vehicles) if rng.random() < 0.7},
        facilities={
            name: FacilityOf(ours, kind) for name in sorted(asked.facilities) if rng.random() < 0.7
        },
        trips={name: ours for name in sorted(asked.trips) if rng.random() < 0.7},
        stops={name: StopOf(ours, ours) for name in sorted(asked.stops) if rng.random() < 0.7},
    )


def translated(dialect, kind, raw, seed):
    """Return a message translated, or the reasons against it."""
    module = DIALECTS[dialect]
    message = module.read(kind, raw)
    if isinstance(message, list):
        return message
    asked = Asked()
    module.asks(message, asked)
    known = known_of(asked, random.Random(seed))
    return module.translate(kind, message, SENDER, known, raw)


@pytest.mark.law
@settings(max_examples=200)
@given(st.integers(0, 2**32))
@example(19371)  # a unit by a URI of no scheme of ours
def test_a_broken_message_is_refused_with_reasons_or_means_something_and_never_breaks_us(seed):
    rng = random.Random(seed)
    dialect, kind, message = rng.choice(mutations.SEEDS)
    raw = json.dumps(mutations.mutated(message, rng)).encode()
    made = translated(dialect, kind, raw, seed)
    if isinstance(made, list):
        assert made
        assert all(reason.detail for reason in made)
        assert all(reason.pointer == "" or reason.pointer[0] == "/" for reason in made)
        return
    events = [one.event for one in made.made]
    again = translated(dialect, kind, raw, seed)
    assert msgspec.json.encode([one.event for one in again.made]) == msgspec.json.encode(events)
    assert again.native_id == made.native_id
    if made.reasons:
        return
    # Each event is either one that we would take, or its faults have a place in the message.
    assert made.made or made.notes or made.is_state
    for one, item in zip(made.made, decoding.items(msgspec.json.encode(events)), strict=True):
        if not isinstance(item, CarrierEvent):
            assert all(one.pointer(reason.pointer)[:1] in ("", "/") for reason in item)


@pytest.mark.law
@given(st.integers(0, 2**32))
def test_the_order_of_members_does_not_change_the_events(seed):
    rng = random.Random(seed)
    dialect, kind, message = rng.choice(mutations.SEEDS)
    names = list(message)
    rng.shuffle(names)
    turned = {name: message[name] for name in names}
    first, second = (
        translated(dialect, kind, json.dumps(one).encode(), seed) for one in (message, turned)
    )
    assert first.native_id == second.native_id
    encode = msgspec.json.encode
    assert [encode(one.event) for one in first.made] == [encode(one.event) for one in second.made]


@pytest.mark.law
@given(st.integers(0, 2**32))
def test_no_two_events_of_a_message_share_an_id(seed):
    dialect, kind, message = random.Random(seed).choice(mutations.SEEDS)
    made = translated(dialect, kind, json.dumps(message).encode(), seed)
    ids = [one.event.event_id for one in made.made]
    assert len(set(ids)) == len(ids)


def test_the_seeds_make_events():
    """Else the laws above would say nothing."""
    types = set()
    for dialect, kind, message in mutations.SEEDS:
        for seed in range(8):
            made = translated(dialect, kind, json.dumps(message).encode(), seed)
            types |= {one.event.event_type for one in getattr(made, "made", [])}
    assert types >= {
        "trip.started", "trip.ended", "telemetry.position", "stop.arrived", "telemetry.comms_lost",
        "station.gate_in", "delivery.failed", "telemetry.engine_on",
        "telemetry.energy", "station.load_verified",
        "event.voided",
    }  # fmt: skip


@given(
    st.binary(max_size=200), st.sampled_from(files.FORMATS), st.sampled_from(["a.json", "b.ndjson"])
)
@example(b"[" * 5_000, "epcis", "a.json")
@example(b"\x1f\x8b\x08", "mds", "a.json")
@example(b"[1, null, [], {}]", "otm", "a.json")
@example(b'{"type": "EPCISDocument", "epcisBody": 1}', "epcis", "a.ndjson")
def test_any_bytes_are_a_file_of_messages_or_refused(content, form, name):
    try:
        found = files.pieces(name, content, form)
    except Refusal:
        return
    assert all(isinstance(piece.raw, bytes) for piece in found)
    if form == "cityhub":
        assert len(files.canonical(found)) == len(found)
