"""The runner of consumers: nothing is skipped, nothing is read twice, nobody blocks others."""

import random
import threading
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from foundation import outbox, ticks
from foundation.models import AuditEntry, Checkpoint, OutboxMessage, StoppedSubject
from kernel.identifiers import SHARDS, shard_of, uuid7
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db(transaction=True)

CITY = UUID(int=1)


class Recorder:
    """Writes an audit row per message it reads, so that what it derived is in the database."""

    stream = "outbox"

    def __init__(self, name="recorder", topics=frozenset(), failing_key=None):
        self.name = name
        self.topics = topics
        self.failing_key = failing_key

    def consume(self, rows, *, as_of):
        for row in rows:
            AuditEntry.objects.create(
                city_id=row.city_id, at=as_of, action=self.name, subject=str(row.key)
            )
            if row.key == self.failing_key:
                raise ValueError("this message is poison")

    def seen(self):
        entries = AuditEntry.objects.filter(action=self.name).order_by("id")
        return [UUID(entry.subject) for entry in entries]


def tell(key, topic="thing.changed"):
    return outbox.add(city_id=CITY, topic=topic, key=key, payload={}, at=TUESDAY)


def key_of_shard(shard):
    while True:
        key = uuid7()
        if shard_of(key) == shard:
            return key


def test_messages_of_a_key_arrive_once_and_in_the_order_of_writing(consumers_of_test):
    recorder = Recorder()
    consumers_of_test.register(recorder)
    key = uuid7()
    written = [tell(key).id for _ in range(3)]
    assert consumers_of_test.run_once(as_of=TUESDAY) == 3
    assert consumers_of_test.run_once(as_of=TUESDAY) == 0
    assert recorder.seen() == [key, key, key]
    assert [row.id for row in OutboxMessage.objects.order_by("xid", "id")] == written


def test_a_transaction_that_commits_late_is_never_skipped(consumers_of_test, second_connection):
    recorder = Recorder()
    consumers_of_test.register(recorder)
    late, early = key_of_shard(3), key_of_shard(3)

    # The other transaction gets its number first, and is still open when ours has committed.
    second_connection.execute(
        "INSERT INTO foundation_outboxmessage (id, city_id, topic, shard, key, payload, at)"
        " VALUES (%s, %s, 'thing.changed', 3, %s, '{}', %s)",
        [uuid7(), CITY, late, TUESDAY],
    )
    tell(early)
    assert consumers_of_test.run_once(as_of=TUESDAY) == 0
    assert consumers_of_test.backlog() == 1

    second_connection.commit()
    assert consumers_of_test.run_once(as_of=TUESDAY) == 2
    assert recorder.seen() == [late, early]


class Unlucky(Recorder):
    """Cannot reach something that it needs, in every shard where there is a certain key."""

    def consume(self, rows, *, as_of):
        if self.failing_key in [row.key for row in rows]:
            raise ConnectionError("nobody answers")
        super().consume(rows, as_of=as_of)


def test_what_fails_in_passing_keeps_the_place_in_its_shard_and_blocks_no_other(consumers_of_test):
    here, there = key_of_shard(0), key_of_shard(1)
    failing = Unlucky("failing", failing_key=here)
    other = Recorder("other")
    consumers_of_test.register(failing)
    consumers_of_test.register(other)
    tell(here)
    tell(there)

    consumers_of_test.run_once(as_of=TUESDAY)
    assert failing.seen() == [there]
    assert sorted(other.seen()) == sorted([here, there])
    place = Checkpoint.objects.get(consumer="failing", shard=0)
    assert (place.failures, place.xid) == (1, 0)
    assert "nobody answers" in place.error
    assert not StoppedSubject.objects.exists()

    failing.failing_key = None
    consumers_of_test.run_once(as_of=TUESDAY)
    assert sorted(failing.seen()) == sorted([here, there])
    assert Checkpoint.objects.get(consumer="failing", shard=0).failures == 0


class Batches(Recorder):
    """Notes the shards of each batch as well."""

    def __init__(self):
        super().__init__()
        self.shards = []

    def consume(self, rows, *, as_of):
        self.shards.append([row.shard for row in rows])
        super().consume(rows, as_of=as_of)


def test_shards_with_few_rows_are_read_together_in_the_order_of_commit(consumers_of_test):
    reader = Batches()
    consumers_of_test.register(reader)
    keys = [key_of_shard(shard) for shard in (0, 1, 2)]
    told = [tell(key).id for key in (keys[1], keys[0], keys[2], keys[1])]
    assert consumers_of_test.run_once(as_of=TUESDAY, limit=3) == 4
    # Shards 0 and 1 have three rows together; with shard 2 there would be four.
    assert reader.shards == [[1, 0, 1], [2]]
    places = Checkpoint.objects.filter(consumer="recorder", shard__lt=4).order_by("shard")
    assert [place.row_id for place in places] == [told[1], told[3], told[2], UUID(int=0)]
    tell(keys[0])
    assert consumers_of_test.run_once(as_of=TUESDAY, limit=3) == 1
    assert reader.shards[2:] == [[0]]


def test_a_consumer_that_keeps_failing_is_left_alone_for_a_while(consumers_of_test):
    here = uuid7()
    consumers_of_test.register(Unlucky("failing", failing_key=here))
    tell(here)
    for _ in range(5):
        consumers_of_test.run_once(as_of=TUESDAY)
    assert Checkpoint.objects.get(consumer="failing", shard=shard_of(here)).failures == 2


def test_a_strict_run_raises_what_a_consumer_raises(consumers_of_test):
    poison = uuid7()
    consumers_of_test.register(Recorder(failing_key=poison))
    tell(poison)
    with pytest.raises(ValueError, match="poison"):
        consumers_of_test.run_once(as_of=TUESDAY, strict=True)


def test_a_consumer_reads_its_topics_only_and_still_moves_on(consumers_of_test):
    wanted, other = uuid7(), uuid7()
    recorder = Recorder(topics=frozenset({"thing.changed"}))
    consumers_of_test.register(recorder)
    tell(wanted)
    tell(other, topic="other.changed")
    assert consumers_of_test.backlog() == 2
    consumers_of_test.run_once(as_of=TUESDAY)
    assert recorder.seen() == [wanted]
    assert consumers_of_test.backlog() == 0


def test_two_workers_share_the_shards_and_repeat_nothing(consumers_of_test):
    recorder = Recorder()
    consumers_of_test.register(recorder)
    keys = [key_of_shard(number % SHARDS) for number in range(200)]
    with transaction.atomic():
        for key in keys:
            tell(key)

    def work():
        try:
            while consumers_of_test.run_once(as_of=TUESDAY, limit=3):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while consumers_of_test.run_once(as_of=TUESDAY):
        pass
    assert sorted(recorder.seen()) == sorted(keys)


def test_while_another_tick_runs_shards_are_shared_and_jobs_left_alone(
    consumers_of_test, second_connection, monkeypatch
):
    recorder, done = Recorder(), []
    consumers_of_test.register(recorder)
    monkeypatch.setattr(ticks, "_jobs", {})
    ticks.register("job", lambda as_of: done.append(as_of) or 1)
    tell(uuid7())
    second_connection.execute("SELECT pg_advisory_lock(%s)", [ticks.LOCK])
    second_connection.commit()
    assert ticks.tick(TUESDAY) == 1
    assert (len(recorder.seen()), done) == (1, [])
    second_connection.execute("SELECT pg_advisory_unlock(%s)", [ticks.LOCK])
    second_connection.commit()
    assert ticks.tick(TUESDAY) == 1
    assert done == [TUESDAY]


def test_domain_time_never_goes_back_for_a_shard(consumers_of_test):
    class Clocked(Recorder):
        def consume(self, rows, *, as_of):
            instants.append(as_of)

    instants, key = [], uuid7()
    consumers_of_test.register(Clocked())
    for as_of in (TUESDAY + timedelta(seconds=1), TUESDAY):
        tell(key)
        consumers_of_test.run_once(as_of=as_of)
    assert instants == [TUESDAY + timedelta(seconds=1)] * 2


def test_a_job_that_raises_does_not_stop_the_others(monkeypatch):
    done = []

    def broken(as_of):
        raise ValueError("broken")

    monkeypatch.setattr(ticks, "_jobs", {})
    ticks.register("broken", broken)
    ticks.register("sound", lambda as_of: done.append(as_of) or 1)
    assert ticks.tick(TUESDAY) == 1
    assert done == [TUESDAY]
    with pytest.raises(ValueError, match="broken"):
        ticks.tick(TUESDAY, strict=True)


def test_old_messages_go_when_every_consumer_has_read_them(consumers_of_test):
    consumers_of_test.register(Recorder("first"))
    key = uuid7()
    tell(key)
    consumers_of_test.run_once(as_of=TUESDAY)
    consumers_of_test.register(Recorder("second"))
    month = TUESDAY + outbox.KEPT
    assert outbox.forget_old(month + timedelta(seconds=1)) == 0
    consumers_of_test.run_once(as_of=TUESDAY)
    assert outbox.forget_old(month) == 0
    assert outbox.forget_old(month + timedelta(seconds=1)) == 1


@pytest.mark.law
def test_under_racing_writers_and_workers_each_message_is_read_exactly_once(
    consumers_of_test,
):
    """Transactions of random length and order of commit, three writers, two workers."""
    recorder = Recorder()
    consumers_of_test.register(recorder)
    written, done = [], threading.Event()

    def write(seed):
        chance = random.Random(seed)
        try:
            for _ in range(25):
                keys = [uuid7() for _ in range(chance.randint(1, 4))]
                with transaction.atomic():
                    for key in keys:
                        tell(key)
                        time.sleep(chance.random() * 0.01)
                    if chance.random() < 0.2:  # some change their mind
                        transaction.set_rollback(True)
                        keys = []
                written.extend(keys)
        finally:
            connection.close()

    def work():
        try:
            while not done.is_set():
                consumers_of_test.run_once(as_of=TUESDAY, limit=5)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=[seed]) for seed in range(3)]
    workers = [threading.Thread(target=work) for _ in range(2)]
    for thread in (*writers, *workers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in workers:
        thread.join()
    while consumers_of_test.run_once(as_of=TUESDAY):
        pass
    assert sorted(recorder.seen()) == sorted(written)
    assert consumers_of_test.backlog() == 0
