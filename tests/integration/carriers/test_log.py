"""The log under real threads: the database decides, once."""

import json
import random
import uuid
from collections import Counter
from datetime import timedelta

import pytest

from tests.factories import TUESDAY
from tests.integration.carriers.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def take(actor, items, now=TUESDAY):
    from carriers.services import intake

    return intake.take(actor=actor, body=json.dumps(items).encode(), now=now)


def test_one_id_with_two_times_in_two_concurrent_batches_is_stored_once(van, sender):
    from carriers.models import LoggedPosition
    from tests import fleet

    for _ in range(10):
        event = fleet.position(van, TUESDAY)
        other = event | {"occurred_at": (TUESDAY - timedelta(days=2)).isoformat()}
        results = at_once(2, lambda number, pair=(event, other): take(sender, [pair[number]]))
        assert sorted(result.results[0].status for result in results) == ["accepted", "conflict"]
        assert LoggedPosition.objects.filter(event_id=event["event_id"]).count() == 1


def test_one_id_received_on_two_days_lands_in_one_partition_only(van, sender):
    from carriers.models import LoggedPosition
    from tests import fleet

    event = fleet.position(van, TUESDAY)
    tomorrow = TUESDAY + timedelta(days=1)
    other = event | {"occurred_at": tomorrow.isoformat()}
    assert take(sender, [event]).accepted == 1
    assert take(sender, [other], now=tomorrow).conflict == 1
    assert LoggedPosition.objects.get().received_at == TUESDAY


def test_twenty_overlapping_batches_at_once_neither_deadlock_nor_double(van, sender):
    from carriers.models import LoggedPosition
    from tests import fleet

    events = [fleet.position(van, TUESDAY - timedelta(seconds=n)) for n in range(300)]

    def work(number):
        mine = random.Random(number).sample(events, 200)
        return Counter(result.status for result in take(sender, mine).results)

    counts = sum(at_once(20, work), Counter())
    stored = set(LoggedPosition.objects.values_list("event_id", flat=True))
    assert LoggedPosition.objects.count() == len(stored) == counts["accepted"]
    assert counts["accepted"] + counts["duplicate"] == 20 * 200


def test_voids_and_targets_in_concurrent_batches_are_all_logged_once(van, sender):
    from carriers.models import LoggedEvent, LoggedPosition
    from tests import fleet

    events = [fleet.position(van, TUESDAY - timedelta(seconds=n)) for n in range(40)]
    voids = [
        fleet.event(
            van,
            "event.voided",
            TUESDAY,
            voids={"event_id": event["event_id"], "reason": "incorrect_data"},
        )
        for event in events
    ]

    def work(number):
        mine = random.Random(number).sample(events + voids, 60)
        return Counter(result.status for result in take(sender, mine).results)

    at_once(10, work)
    take(sender, events + voids)
    assert LoggedPosition.objects.count() == 40
    assert LoggedEvent.objects.count() == 40
    assert set(LoggedEvent.objects.values_list("subject_id", flat=True)) == {van.id}
    assert not LoggedEvent.objects.filter(voids_effective_at=None).exists()


def test_an_event_received_before_the_void_that_was_written_first_is_found(van, sender):
    from carriers.selectors import events
    from tests import fleet

    event = fleet.position(van, TUESDAY)
    void = fleet.event(
        van,
        "event.voided",
        TUESDAY,
        voids={"event_id": event["event_id"], "reason": "incorrect_data"},
    )
    take(sender, [void], now=TUESDAY + timedelta(milliseconds=1))
    take(sender, [event], now=TUESDAY)
    fate = events.fate(sender, uuid.UUID(event["event_id"]))
    assert fate.row is not None
    assert fate.voided_by == [uuid.UUID(void["event_id"])]


def test_a_void_of_a_void_that_waits_is_logged_though_both_came_with_a_repetition(van, sender):
    """The second void waits on the first, which was there already and waits for its target."""
    from carriers.models import LoggedEvent
    from tests import fleet

    def void(target):
        voids = {"event_id": target["event_id"], "reason": "incorrect_data"}
        return fleet.event(van, "event.voided", TUESDAY, voids=voids)

    for at_once_with_target in (False, True):
        event = fleet.event(van, "telemetry.engine_on", TUESDAY)
        first = void(event)
        second = void(first)
        assert take(sender, [first]).accepted == 1
        told = [event, first, second] if at_once_with_target else [first, second]
        assert take(sender, told).duplicate == 1
        take(sender, [event, first, second])
        logged = {str(id_) for id_ in LoggedEvent.objects.values_list("event_id", flat=True)}
        assert {one["event_id"] for one in (event, first, second)} <= logged


def test_a_clock_that_jumps_finds_its_partitions(van, sender):
    from carriers.models import LoggedPosition
    from carriers.services import partitions
    from tests import fleet

    partitions.forget()
    far = TUESDAY + timedelta(days=400)
    assert take(sender, [fleet.position(van, far)], now=far).accepted == 1
    assert partitions.make_ahead(far) > 0
    assert partitions.make_ahead(far) == 0
    assert LoggedPosition.objects.count() == 1


def test_a_dropped_partition_is_made_anew(van, sender):
    from django.db import connection

    from tests import fleet

    assert take(sender, [fleet.position(van, TUESDAY)]).accepted == 1
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE carriers_position_20260512")
    assert take(sender, [fleet.position(van, TUESDAY)]).accepted == 1


def test_the_stream_reads_both_tables_in_the_order_of_commit(van, sender):
    from carriers.selectors.log import EventStream
    from foundation.streams import BEGINNING, Cursor
    from kernel.identifiers import shard_of
    from tests import fleet

    sent = []
    for number in range(6):
        batch = [
            fleet.event(van, "telemetry.engine_on", TUESDAY + timedelta(seconds=number)),
            fleet.position(van, TUESDAY + timedelta(seconds=number)),
        ]
        sent += [item["event_id"] for item in batch]
        take(sender, batch)
    stream, shard = EventStream(), shard_of(van.id)
    read, cursor = [], BEGINNING
    while rows := stream.read(after={shard: cursor}, limit=5):
        read += rows
        cursor = Cursor(rows[-1].xid, rows[-1].id)
    assert [str(row.event_id) for row in read] == sent
    assert {row.vehicle_id for row in read} == {van.id}
    assert stream.pending(after={shard: BEGINNING}) == {shard: 12}
    assert stream.pending(after={shard: cursor}) == {}


def test_live_events_come_in_the_order_of_meaning_without_the_voided(van, sender):
    from carriers.selectors.log import subject_events
    from tests import fleet

    later, earlier, gone = (fleet.position(van, fleet.minutes(m)) for m in (-1, -9, -5))
    void = fleet.event(
        van,
        "event.voided",
        TUESDAY,
        voids={"event_id": gone["event_id"], "reason": "did_not_occur"},
    )
    take(sender, [later, void, gone, earlier])
    rows = subject_events(city_id=van.city_id, subject_id=van.id, start=fleet.minutes(-60))
    assert [row.event_id for row in rows] == [
        uuid.UUID(earlier["event_id"]),
        uuid.UUID(later["event_id"]),
    ]
