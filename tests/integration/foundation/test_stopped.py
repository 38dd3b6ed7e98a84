"""What a consumer cannot take stops its subject, and nobody else."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from foundation import outbox, stopped
from foundation.models import AuditEntry, Checkpoint, StoppedSubject
from kernel.clock import wall
from kernel.identifiers import shard_of, uuid7
from kernel.refusals import Refusal
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db(transaction=True)

CITY, PERSON = UUID(int=1), UUID(int=3)


@dataclass(frozen=True)
class Official:
    """Somebody of the city."""

    city_id: UUID = CITY
    organisation_id: UUID = CITY
    client_id: UUID | None = None
    user_id: UUID = PERSON

    def as_json(self):
        return {"organisation": "city"}


class Reader:
    """Writes an audit row per message; cannot take the messages in `poison`."""

    stream = "outbox"
    topics: frozenset[str] = frozenset()

    def __init__(self, name="reader"):
        self.name = name
        self.poison = set()
        self.batches = []

    def consume(self, rows, *, as_of):
        self.batches.append(len(rows))
        for row in rows:
            AuditEntry.objects.create(
                city_id=row.city_id, at=as_of, action=self.name, subject=str(row.id)
            )
            if row.id in self.poison:
                raise ValueError(f"plate ABC-123 of {row.key}")

    def seen(self):
        entries = AuditEntry.objects.filter(action=self.name).order_by("id")
        return [UUID(entry.subject) for entry in entries]


def tell(key):
    return outbox.add(city_id=CITY, topic="thing.changed", key=key, payload={}, at=TUESDAY).id


def keys(count, shard=0):
    found = []
    while len(found) < count:
        key = uuid7()
        if shard_of(key) == shard:
            found.append(key)
    return found


@pytest.fixture
def reader(consumers_of_test):
    reader = Reader()
    consumers_of_test.register(reader)
    return reader


@pytest.fixture
def run(consumers_of_test):
    def once(limit=2000):
        return consumers_of_test.run_once(as_of=TUESDAY, limit=limit)

    return once


def later():
    """Let the pause of every stopped subject be over."""
    StoppedSubject.objects.update(retry_at=wall() - timedelta(seconds=1))


def test_a_poisoned_message_stops_its_subject_and_everybody_else_in_the_shard_goes_on(reader, run):
    sick, sound = keys(2)
    told = [tell(key) for key in (sick, sound, sick, sound, sick, sound)]
    reader.poison = {told[2]}
    assert run() == 6
    assert sorted(reader.seen()) == sorted([told[0], told[1], told[3], told[5]])
    row = StoppedSubject.objects.get()
    assert (row.subject_id, row.row_id, row.event_id, row.event_type) == (
        sick, told[2], told[2], "thing.changed",
    )  # fmt: skip
    assert (row.after_id, row.failures, row.city_id) == (told[0], 1, CITY)
    place = Checkpoint.objects.get(consumer="reader", shard=0)
    assert (place.row_id, place.failures) == (told[5], 0)
    after = [tell(sick), tell(sound)]
    run()
    assert reader.seen()[-1] == after[1]
    assert StoppedSubject.objects.get().failures == 1


def test_the_figures_count_what_stands_still(reader, run):
    from foundation import metrics

    reader.poison = {tell(key) for key in keys(3)}
    run()
    text = metrics.exposition().decode()
    assert 'hub_consumer_stopped_subjects{consumer="reader"} 3.0' in text


def test_the_error_says_kind_and_place_and_nothing_that_was_sent(reader, run):
    reader.poison = {tell(keys(1)[0])}
    run()
    error = StoppedSubject.objects.get().error
    assert error.startswith("ValueError (tests/integration/foundation/test_stopped.py:")
    assert "ABC" not in error


def test_other_consumers_of_the_stream_do_not_notice(reader, run, consumers_of_test):
    other = Reader("other")
    consumers_of_test.register(other)
    told = [tell(key) for key in keys(2)]
    reader.poison = {told[0]}
    run()
    assert other.seen() == told


def test_a_stopped_subject_is_tried_again_after_pauses_that_grow_to_an_hour(reader, run):
    reader.poison = {tell(keys(1)[0])}
    run()
    pauses = []
    for _ in range(9):
        row = StoppedSubject.objects.get()
        pauses.append((row.retry_at - row.failed_at).total_seconds())
        calls = len(reader.batches)
        run()
        assert len(reader.batches) == calls  # not before its time
        later()
        run()
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_mended_it_reads_on_in_order_what_it_missed_and_then_with_the_others(reader, run):
    sick, sound = keys(2)
    told = [tell(key) for key in (sick, sick, sound, sick)]
    reader.poison = {told[0]}
    run()
    told.append(tell(sick))
    run()
    reader.poison = set()
    later()
    run(limit=2)  # three rows wait: two steps
    later()
    run(limit=2)
    told.append(tell(sick))
    run()
    own = [one for one in reader.seen() if one != told[2]]
    assert own == [told[0], told[1], told[3], told[4], told[5]]
    assert not StoppedSubject.objects.exists()


def test_a_subject_that_comes_on_to_another_poisoned_message_stops_there(reader, run):
    (sick,) = keys(1)
    told = [tell(sick) for _ in range(6)]
    reader.poison = {told[0], told[4]}
    run()
    reader.poison = {told[4]}
    later()
    run()
    row = StoppedSubject.objects.get()
    assert (row.row_id, row.after_id, row.failures) == (told[4], told[3], 1)
    assert reader.seen() == told[:4]


def test_a_consumer_that_can_take_nothing_at_all_keeps_its_place(reader, run):
    """Ten vehicles in a row that fail are the program's fault, not theirs."""
    reader.poison = {tell(key) for key in keys(12)}
    assert run() == 0
    assert not StoppedSubject.objects.exists()
    assert Checkpoint.objects.get(consumer="reader", shard=0).failures == 1


def test_an_official_has_it_tried_again_at_once(reader, run):
    (sick,) = keys(1)
    reader.poison = {tell(sick)}
    run()
    reader.poison = set()
    row = StoppedSubject.objects.get()
    stopped.retry(actor=Official(), stopped_id=row.id, now=TUESDAY)
    run()
    assert not StoppedSubject.objects.exists()
    entry = AuditEntry.objects.get(action="consumers.retried")
    assert (entry.subject, entry.user_id) == (str(sick), PERSON)


def test_an_official_skips_a_message_and_the_rest_follows(reader, run):
    (sick,) = keys(1)
    told = [tell(sick) for _ in range(3)]
    reader.poison = {told[1]}
    run()
    row = StoppedSubject.objects.get()
    stopped.skip(actor=Official(), stopped_id=row.id, now=TUESDAY)
    run()
    assert reader.seen() == [told[0], told[2]]
    assert not StoppedSubject.objects.exists()
    entry = AuditEntry.objects.get(action="consumers.skipped")
    assert entry.inputs["event_id"] == str(told[1])
    assert entry.outcome == {"dropped": [str(told[1])]}


def test_another_citys_official_can_neither_retry_nor_skip(reader, run):
    reader.poison = {tell(keys(1)[0])}
    run()
    row = StoppedSubject.objects.get()
    for verb in (stopped.retry, stopped.skip):
        with pytest.raises(Refusal) as refused:
            verb(actor=Official(city_id=UUID(int=9)), stopped_id=row.id, now=TUESDAY)
        assert refused.value.code == "consumers.not_stopped"


def test_messages_that_a_stopped_subject_has_not_read_are_not_forgotten(reader, run):
    sick, sound = keys(2)
    reader.poison = {tell(sick)}
    tell(sound)
    run()
    month = TUESDAY + outbox.KEPT + timedelta(seconds=1)
    assert outbox.forget_old(month) == 1
    reader.poison = set()
    later()
    run()
    assert outbox.forget_old(month) == 1
