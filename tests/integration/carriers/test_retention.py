"""What is due leaves the log: no row too early, and nobody who reads or writes feels it."""

import json
import threading
import time
from datetime import timedelta

import pytest

from tests.factories import TUESDAY
from tests.integration.carriers.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


@pytest.fixture
def take(van, sender):
    """Return `take(age, kind)`: take an event so long before TUESDAY, at once; return its id."""
    from carriers.services import intake
    from tests import fleet

    def send(age, kind="telemetry.position", **members):
        at = TUESDAY - age
        event = fleet.position(van, at) | {"event_type": kind} | members
        answer = intake.take(actor=sender, body=json.dumps([event]).encode(), now=at)
        assert answer.accepted == 1, answer
        return event["event_id"]

    return send


@pytest.fixture
def all_read(monkeypatch):
    """Nobody reads the log, so that everything has been read."""
    from carriers.services import retention

    monkeypatch.setattr(retention.consumers, "registered", list)


@pytest.fixture(autouse=True)
def _tidy(transactional_db):
    """Leave no old partitions to other tests."""
    from carriers.services import partitions

    yield
    for name in names():
        query(f"DROP TABLE {name}")
    partitions.forget()


def query(sql, *values):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else None


def names():
    """Return the tables that are or were partitions of the log."""
    found = query(
        "SELECT relname FROM pg_class"
        " WHERE relname ~ '^carriers_(position|event)_[0-9]+$' AND relkind = 'r'"
    )
    return {name for (name,) in found}


def retire(as_of=TUESDAY):
    from carriers.services import retention

    steps = 0
    while done := retention.retire(as_of):
        steps += done
    return steps


def stored():
    from carriers.models import LoggedEvent, LoggedPosition

    rows = (LoggedPosition, LoggedEvent)
    return {str(one) for model in rows for one in model.objects.values_list("event_id", flat=True)}


def known():
    from carriers.models import EventIdentity

    return {str(one) for one in EventIdentity.objects.values_list("event_id", flat=True)}


def test_positions_go_after_thirty_days_and_other_events_after_four_hundred(take, all_read):
    # TUESDAY is 12 May, 07:00: the day of 11 April ended 30 days and 7 hours before it, and the
    # month of March 2025 ended 407 days before it.
    gone = [take(31 * DAY), take(408 * DAY, "telemetry.engine_on")]
    left = [take(30 * DAY), take(31 * DAY, "telemetry.engine_on"), take(DAY)]
    left.append(take(406 * DAY, "telemetry.engine_on"))
    assert retire() > 0
    assert stored() == set(left)
    assert known() == set(left)
    assert set(gone).isdisjoint(known())
    assert {"carriers_position_20260411", "carriers_event_202503"}.isdisjoint(names())
    assert {"carriers_position_20260412", "carriers_event_202504"} <= names()
    assert retire() == 0


def test_the_days_are_settings(take, all_read, settings):
    settings.HUB_POSITION_DAYS = 60
    kept = take(31 * DAY)
    retire()
    assert stored() == {kept}
    settings.HUB_POSITION_DAYS = 20
    retire()
    assert stored() == set()


def test_what_a_consumer_has_not_read_stays_however_old_it_is(take, van):
    from foundation import consumers
    from tracking.models import VehicleState

    old = take(31 * DAY)
    retire()
    assert stored() == {old}
    while consumers.run_once(as_of=TUESDAY, strict=True):
        pass
    assert VehicleState.objects.filter(vehicle_id=van.id).exists()
    retire()
    assert stored() == set()


def test_a_reader_of_other_events_alone_keeps_those_and_no_positions(take, monkeypatch):
    from types import SimpleNamespace

    from carriers.services import retention
    from foundation.models import Checkpoint
    from kernel.identifiers import SHARDS

    reader = SimpleNamespace(name="a reader", stream="statements")
    monkeypatch.setattr(retention.consumers, "registered", lambda: [reader])
    take(31 * DAY)
    event = take(408 * DAY, "telemetry.engine_on")
    retire()
    assert stored() == {event}
    ((xid, row_id),) = query("SELECT xid::text::bigint, id FROM carriers_event")
    for shard in range(SHARDS):
        Checkpoint.objects.create(consumer=reader.name, shard=shard, xid=xid, row_id=row_id)
    retire()
    assert stored() == set()


def test_what_a_stopped_vehicle_waits_for_stays_until_it_goes_on(take, van, monkeypatch):
    from types import SimpleNamespace

    from carriers.services import retention
    from foundation.models import Checkpoint, StoppedSubject
    from kernel.clock import wall
    from kernel.identifiers import SHARDS, shard_of, uuid7

    reader = SimpleNamespace(name="a reader", stream="events")
    monkeypatch.setattr(retention.consumers, "registered", lambda: [reader])
    waiting = take(31 * DAY)
    ((xid, row_id),) = query("SELECT xid::text::bigint, id FROM carriers_position")
    for shard in range(SHARDS):
        Checkpoint.objects.create(consumer=reader.name, shard=shard, xid=xid, row_id=row_id)
    stopped = StoppedSubject.objects.create(
        consumer=reader.name,
        shard=shard_of(van.id),
        city_id=van.city_id,
        subject_id=van.id,
        xid=xid - 1,
        after_id=uuid7(),
        row_id=row_id,
        event_id=waiting,
        event_type="telemetry.position",
        event_at=TUESDAY - 31 * DAY,
        error="for the test",
        first_failed_at=wall(),
        failed_at=wall(),
        retry_at=wall(),
    )
    retire()
    assert stored() == {waiting}
    stopped.delete()
    retire()
    assert stored() == set()


def test_identities_go_block_by_block_and_a_crash_in_between_loses_no_place(
    van, sender, all_read, monkeypatch
):
    from carriers.models import RetiredPartition
    from carriers.services import intake, retention
    from tests import fleet

    at = TUESDAY - 31 * DAY
    events = [fleet.position(van, at - timedelta(seconds=n)) for n in range(400)]
    intake.take(actor=sender, body=json.dumps(events).encode(), now=at)
    monkeypatch.setattr(retention, "BLOCKS", 1)
    monkeypatch.setattr(retention, "STEPS_A_TICK", 2)
    retention.retire(TUESDAY)
    retired = RetiredPartition.objects.get()
    assert (retired.name, retired.dropped_at) == ("carriers_position_20260411", None)
    assert retired.block > 0
    assert 0 < len(known()) < 400
    assert stored() == set()
    retire()
    retired.refresh_from_db()
    assert retired.dropped_at == TUESDAY
    assert known() == set()


def test_a_table_that_was_detached_before_a_crash_is_found_and_cleared(take, all_read):
    take(31 * DAY)
    query("ALTER TABLE carriers_position DETACH PARTITION carriers_position_20260411")
    retire()
    assert "carriers_position_20260411" not in names()
    assert known() == set()


def test_a_long_reader_is_waited_for_and_stops_nobody(take, van, sender, all_read, monkeypatch):
    from django.db import connection, transaction

    from carriers.models import LoggedPosition
    from carriers.selectors.log import events_since
    from carriers.services import intake, retention
    from tests import fleet

    take(31 * DAY)
    monkeypatch.setattr(retention, "PATIENCE", "300ms")
    reading, done = threading.Event(), threading.Event()

    def read_long():
        try:
            with transaction.atomic():
                list(LoggedPosition.objects.all())
                reading.set()
                done.wait(30)
        finally:
            connection.close()

    reader = threading.Thread(target=read_long)
    reader.start()
    assert reading.wait(10)
    began = time.monotonic()
    try:
        assert retention.retire(TUESDAY) == 0
        event = fleet.position(van, TUESDAY)
        took = intake.take(actor=sender, body=json.dumps([event]).encode(), now=TUESDAY)
        assert took.accepted == 1
        assert len(events_since({van.id: TUESDAY - DAY})) == 1
        assert time.monotonic() - began < 5
    finally:
        done.set()
        reader.join()
    retire()
    assert stored() == {event["event_id"]}


def test_readers_and_writers_go_on_while_partitions_come_and_go(van, sender, take, all_read):
    from carriers.selectors.log import EventStream, events_since
    from carriers.services import intake, partitions
    from foundation.streams import BEGINNING
    from tests import fleet

    for days in range(31, 37):
        take(days * DAY)
    finished = threading.Event()
    slowest = [0.0] * 4

    def timed(number, work):
        while not finished.is_set():
            began = time.monotonic()
            work()
            slowest[number] = max(slowest[number], time.monotonic() - began)

    def write():
        event = fleet.position(van, TUESDAY)
        answer = intake.take(actor=sender, body=json.dumps([event]).encode(), now=TUESDAY)
        assert answer.accepted == 1

    def drop():
        try:
            for days in range(8):
                partitions.forget()
                partitions.make_ahead(TUESDAY + days * DAY)
                retire(TUESDAY + days * DAY)
        finally:
            finished.set()

    works = [
        lambda: timed(0, write),
        lambda: timed(1, lambda: EventStream().read(after={3: BEGINNING}, limit=500)),
        lambda: timed(2, lambda: events_since({van.id: None})),
        drop,
    ]
    at_once(4, lambda number: works[number]())
    assert min(slowest[:3]) > 0
    assert max(slowest) < 2.5, slowest
    # A week later, 19 April is the oldest day that has not ended thirty days before.
    days = {name for name in names() if name.startswith("carriers_position_")}
    assert min(days) >= "carriers_position_20260419"


def test_two_processes_that_make_and_drop_at_once_agree(take, all_read):
    from carriers.services import partitions, retention

    for days in range(31, 41):
        take(days * DAY)

    def work(number):
        for days in range(5):
            partitions.forget()
            partitions.make_ahead(TUESDAY + (number + days) * DAY)
            retention.retire(TUESDAY)

    at_once(4, work)
    retire()
    assert stored() == set()
    assert known() == set()
    ahead = TUESDAY + 7 * DAY
    assert f"carriers_position_{ahead:%Y%m%d}" in names()


def test_a_clock_that_jumps_weeks_leaves_nothing_behind(van, sender, take, all_read):
    from carriers.services import intake, partitions
    from tests import fleet

    take(DAY)
    later = TUESDAY + 45 * DAY
    event = fleet.position(van, later)
    partitions.make_ahead(later)
    retire(later)
    assert stored() == set()
    assert intake.take(actor=sender, body=json.dumps([event]).encode(), now=later).accepted == 1
    assert stored() == {event["event_id"]} == known()


def test_an_event_whose_identity_went_is_never_taken_again(van, sender, take, all_read, hel_city):
    """Not even under the widest window that an official can open."""
    from carriers.services import intake, windows
    from tests import factories, fleet

    event = fleet.position(van, TUESDAY - 31 * DAY)
    body = json.dumps([event]).encode()
    assert intake.take(actor=sender, body=body, now=TUESDAY - 31 * DAY).accepted == 1
    retire()
    windows.open_window(
        actor=factories.actor_of(hel_city),
        organisation_id=van.organisation_id,
        events_from=TUESDAY - 29 * DAY,
        events_until=TUESDAY,
        open_until=TUESDAY + DAY,
        reason="Their gateway was down",
        now=TUESDAY,
    )
    answer = intake.take(actor=sender, body=body, now=TUESDAY)
    assert [result.code for result in answer.results] == ["event.too_late"]


def test_settled_and_stale_things_go_and_what_waits_stays(van, sender, take, carrier):
    from carriers.models import EventIdentity, Quarantined
    from carriers.services import retention
    from tests import fleet

    def kept(age, **changes):
        return Quarantined.objects.create(
            city_id=carrier.city_id,
            organisation=carrier,
            event_id=fleet.position(van, TUESDAY)["event_id"],
            content_hash=bytes(32),
            event_type="telemetry.position",
            code="event.vehicle_unknown",
            payload={},
            received_at=TUESDAY - age,
            **changes,
        ).pk

    waiting = kept(399 * DAY)
    fresh = kept(40 * DAY, resolved_at=TUESDAY - 29 * DAY, resolution="accepted")
    kept(401 * DAY)
    kept(40 * DAY, resolved_at=TUESDAY - 31 * DAY, resolution="dismissed")
    void = {
        "voids": {"event_id": fleet.position(van, TUESDAY)["event_id"], "reason": "did_not_occur"}
    }
    take(401 * DAY, "event.voided", **void)  # it waits for a target that never came
    assert EventIdentity.objects.count() == 2
    assert retention.forget_settled(TUESDAY) == 4
    assert set(Quarantined.objects.values_list("pk", flat=True)) == {waiting, fresh}
    assert EventIdentity.objects.count() == 0


class Explaining:
    """A cursor that says how a query would be answered, and answers nothing."""

    plans: list = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def execute(self, sql, params, **_options):
        ((plan,),) = query(f"EXPLAIN (FORMAT JSON) {sql}", *params)
        self.plans.append(plan[0]["Plan"])

    def fetchall(self):
        return []


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def scans(plan):
    """Return (table, kind of scan) of a plan."""
    return {(n["Relation Name"], n["Node Type"]) for n in nodes(plan) if "Relation Name" in n}


@pytest.fixture
def filled(van, take):
    """Six days of the log with some thousand rows each, and `explain(work)`."""
    for days in range(6):
        take(days * DAY)
    query(
        "INSERT INTO carriers_position (id, xid, shard, city_id, subject_id, sender_id, event_id,"
        " occurred_at, effective_at, received_at, lateness, lng, lat)"
        " SELECT gen_random_uuid(), pg_current_xact_id(), n % 16, city_id, gen_random_uuid(),"
        " sender_id, gen_random_uuid(), at, at, at, 'on_time', 24.94, 60.17"
        " FROM (SELECT *, received_at - make_interval(secs => n) AS at"
        "  FROM carriers_position CROSS JOIN generate_series(1, 3000) n) many"
    )
    query("ANALYZE carriers_position")


def test_reads_of_the_log_use_its_indexes_and_open_no_partition_that_cannot_hold_an_answer(
    filled, van, monkeypatch
):
    from carriers.selectors import log
    from foundation.streams import Cursor
    from kernel.identifiers import uuid7

    monkeypatch.setattr(log.bulk, "binary_cursor", Explaining)
    Explaining.plans.clear()
    log.EventStream().read(after={3: Cursor(1, uuid7())}, limit=500)
    log.events_since({van.id: TUESDAY - DAY})
    stream, rewind = Explaining.plans
    for plan in (stream, rewind):
        positions = {kind for table, kind in scans(plan) if table.startswith("carriers_position_")}
        assert positions
        assert "Seq Scan" not in positions
    opened = {table for table, _ in scans(rewind) if table.startswith("carriers_position_")}
    assert opened >= {"carriers_position_20260511", "carriers_position_20260512"}
    assert min(opened) == "carriers_position_20260511"


def test_raw_points_have_no_spatial_index(filled):
    found = query(
        "SELECT DISTINCT am.amname FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
        " JOIN pg_am am ON am.oid = c.relam"
        " WHERE indrelid::regclass::text ~ '^carriers_(position|event)'"
    )
    assert found == [("btree",)]
