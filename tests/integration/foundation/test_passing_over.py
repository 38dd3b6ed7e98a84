"""Readers of few topics: what they do not want they move past together, and skip nothing else."""

from uuid import UUID

import pytest
from django.db import transaction

from foundation import messages, outbox
from foundation.models import AuditEntry, Checkpoint
from foundation.streams import BEGINNING, Cursor
from kernel.identifiers import shard_of, uuid7
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db(transaction=True)

CITY = UUID(int=1)
WANTED, OTHER = "thing.changed", "other.changed"


class Reader:
    """Writes an audit row per message that it is given."""

    stream = "outbox"

    def __init__(self, name="reader", topics=(WANTED,)):
        self.name, self.topics = name, frozenset(topics)

    def consume(self, rows, *, as_of):
        for row in rows:
            AuditEntry.objects.create(
                city_id=row.city_id, at=as_of, action=self.name, subject=str(row.id)
            )

    def seen(self):
        entries = AuditEntry.objects.filter(action=self.name).order_by("id")
        return [UUID(entry.subject) for entry in entries]


def tell(topic, shard=0):
    key = next(key for key in iter(uuid7, None) if shard_of(key) == shard)
    return outbox.add(city_id=CITY, topic=topic, key=key, payload={"n": 1}, at=TUESDAY)


def place_of(name, shard=0):
    place = Checkpoint.objects.get(consumer=name, shard=shard)
    return Cursor(place.xid, place.row_id)


@pytest.fixture
def run(consumers_of_test):
    def once(limit=2000):
        return consumers_of_test.run_once(as_of=TUESDAY, limit=limit)

    return once


def test_a_pass_without_news_takes_three_queries_however_many_readers_there_are(
    consumers_of_test, run, django_assert_num_queries
):
    for number in range(7):
        consumers_of_test.register(Reader(f"reader-{number}"))
    tell(WANTED)
    tell(OTHER, shard=3)
    while run():
        pass
    with django_assert_num_queries(3):  # the places, what lies behind them, what stands still
        assert run() == 0


def test_readers_that_want_nothing_of_the_news_move_past_it_in_one_query(
    consumers_of_test, run, django_assert_num_queries
):
    for number in range(7):
        consumers_of_test.register(Reader(f"reader-{number}"))
    run()
    last = [tell(OTHER, shard) for shard in (3, 3, 5)][1]
    with django_assert_num_queries(4):
        assert run() == 7 * 3
    assert place_of("reader-6", shard=3) == Cursor(last.xid, last.id)
    assert consumers_of_test.backlog() == 0


def test_the_wanted_are_found_among_others_however_they_fall_into_batches(consumers_of_test, run):
    reader = Reader()
    consumers_of_test.register(reader)
    told = [tell(topic) for topic in (OTHER, OTHER, OTHER, WANTED, OTHER, WANTED, WANTED, OTHER)]
    passes = 0
    while run(limit=2):
        passes += 1
    assert reader.seen() == [told[3].id, told[5].id, told[6].id]
    assert passes == 4  # two and two, as they were told
    assert consumers_of_test.backlog() == 0


def test_nothing_is_passed_over_that_could_still_be_preceded(
    consumers_of_test, run, second_connection
):
    reader = Reader()
    consumers_of_test.register(reader)
    late = uuid7()
    second_connection.execute(
        "INSERT INTO foundation_outboxmessage (id, city_id, topic, shard, key, payload, at)"
        " VALUES (%s, %s, %s, 0, %s, '{}', %s)",
        [late, CITY, WANTED, uuid7(), TUESDAY],
    )
    tell(OTHER)
    assert run() == 0
    assert place_of("reader") == BEGINNING
    second_connection.commit()
    while run():
        pass
    assert reader.seen() == [late]


def test_a_shard_that_another_worker_has_is_left_to_it(consumers_of_test, run, second_connection):
    consumers_of_test.register(Reader())
    run()
    tell(OTHER, shard=0)
    tell(OTHER, shard=1)
    second_connection.execute(
        "SELECT 1 FROM foundation_checkpoint WHERE consumer = 'reader' AND shard = 0 FOR UPDATE"
    )
    assert run() == 1
    assert place_of("reader", shard=0) == BEGINNING
    second_connection.commit()
    assert run() == 1


def test_a_reader_that_has_come_on_meanwhile_is_not_moved(consumers_of_test, run):
    reader = Reader()
    consumers_of_test.register(reader)
    tell(OTHER)
    run()
    last = tell(OTHER)
    run()
    (ahead,) = messages.pass_over([(reader, {0: BEGINNING})], 1)
    assert (ahead.messages, ahead.wanted, ahead.passed) == (1, 0, False)
    assert place_of("reader") == Cursor(last.xid, last.id)


def test_a_reader_is_sent_what_it_wants_and_the_last_of_each_shard(transactional_db):
    with transaction.atomic():
        told = [tell(topic, shard) for shard in (0, 1) for topic in (OTHER, WANTED, OTHER, OTHER)]
    after = {0: BEGINNING, 1: BEGINNING}
    stream = messages.OutboxStream()
    rows = stream.read(after=after, limit=6, topics=frozenset({WANTED}))
    assert [row.id for row in rows] == [told[n].id for n in (1, 3, 5)]
    assert [row.id for row in stream.read(after=after, limit=6)] == [row.id for row in told[:6]]
