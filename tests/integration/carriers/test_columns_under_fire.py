"""Positions by columns where others write the same, the database gives up, and clients resend."""

import asyncio
import gzip
import json
import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from carriers import plain
from carriers.api import lane
from carriers.models import BackfillWindow, EventIdentity, LoggedEvent, LoggedPosition, Quarantined
from carriers.services import intake, log, partitions, replaying
from foundation.models import AuditEntry
from kernel.refusals import Refusal
from tests import factories, fleet, meanwhile
from tests.factories import TUESDAY
from tests.integration.carriers.poisoning import poison
from tests.integration.carriers.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MICRO = timedelta(microseconds=1)


def many(van, count=plain.FEW, **members):
    return [fleet.position(van, TUESDAY - timedelta(seconds=n), **members) for n in range(count)]


def take(actor, items, now=TUESDAY):
    return intake.take(actor=actor, body=json.dumps(items).encode(), now=now)


def statuses(result):
    return [one.status for one in result.results]


def told(result):
    """Return what a result says of each item."""
    return [(one.index, one.event_id, one.status, one.code) for one in result.results]


def alone(actor, items):
    """Return what is said of items that are sent one after the other."""
    found = [told(take(actor, [item]))[0][1:] for item in items]
    return [(index, *one) for index, one in enumerate(found)]


def rows():
    """Return what lies in the log and the quarantine, but for our own ids and transactions."""
    found = []
    tables = ("carriers_position", "carriers_event", "carriers_identity", "carriers_quarantined")
    for table in tables:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT to_jsonb(one) - 'id' - 'xid' FROM {table} one")
            found.append([json.loads(text) for text in sorted(row[0] for row in cursor.fetchall())])
    return found


def forget():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM carriers_position; DELETE FROM carriers_event")
        cursor.execute("DELETE FROM carriers_identity; DELETE FROM carriers_quarantined")


def logged():
    """Return the ids in the log, each as often as it is there."""
    return sorted(str(one) for one in LoggedPosition.objects.values_list("event_id", flat=True))


def ids(items):
    return sorted(item["event_id"] for item in items)


@contextmanager
def ill(does, when, table="carriers_position", at_commit=False):
    """Have the database fail with `does` where the number of a row written, from 1 on and also
    counted when rolled back, is one of `when`; as soon as it is written or only at the commit."""
    trigger = f"TRIGGER ill BEFORE INSERT ON {table}"
    if at_commit:
        trigger = f"CONSTRAINT TRIGGER ill AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE SEQUENCE ill_rows; CREATE FUNCTION ill() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF nextval('ill_rows') IN ({', '.join(map(str, when))}) THEN {does}; END IF;"
            f" RETURN NEW; END $$; CREATE {trigger} FOR EACH ROW EXECUTE FUNCTION ill()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER ill ON {table}; DROP FUNCTION ill()")
            cursor.execute("DROP SEQUENCE ill_rows")


def error(state):
    return f"RAISE EXCEPTION 'ill' USING ERRCODE = '{state}'"


def post(token, items):
    """Return a post as it waits at the desk of the fast lane."""
    future = asyncio.new_event_loop().create_future()
    content, now = json.dumps(items).encode(), time.perf_counter()
    return lane.Post(token.encode(), "application/json", "", content, now, future)


def answered(token, items):
    """Return the statuses that the fast lane answers to a post; its code where it refuses all."""
    (answer,) = lane.answers([post(token, items)])
    if isinstance(answer, Refusal):
        assert answer.reasons[0].facts["retry_after_s"] > 0
        return answer.status
    return [one["status"] for one in json.loads(answer)["results"]]


# Writers at once


def test_writers_that_say_different_things_of_the_same_ids_leave_one_content_of_each(
    van, sender, columns
):
    events = many(van, 120)
    said = [[one | {"place": one["place"] | {"speed_mps": n}} for one in events] for n in (0, 1)]

    def work(number):
        mine = list(said[number % 2])
        if number < 4:
            random.Random(number).shuffle(mine)
        else:
            mine.sort(key=lambda one: one["event_id"], reverse=number == 4)
        size, count = (120, 120) if number < 5 else (1, 40)  # the last sends one by one
        found = []
        for start in range(0, count, size):
            now = TUESDAY + timedelta(days=number % 3)
            result = take(sender, mine[start : start + size], now)
            found += [(one.event_id, number % 2, one.status) for one in result.results]
        return found

    answers = [one for found in at_once(6, work) for one in found]
    assert len(columns) == 5 * 120
    first = {event_id: n for event_id, n, status in answers if status == "accepted"}
    assert sum(status == "accepted" for *_, status in answers) == len(first) == 120
    for event_id, number, status in answers:
        same = first[event_id] == number
        assert status in ({"accepted", "duplicate"} if same else {"conflict"})
    there = LoggedPosition.objects.values_list("event_id", "speed_mps")
    assert sorted((str(one), speed) for one, speed in there) == sorted(first.items())
    kept = {
        (str(row.event_id), row.payload["place"]["speed_mps"]) for row in Quarantined.objects.all()
    }
    assert kept == {(event_id, n) for event_id, n, status in answers if status == "conflict"}


def test_posts_of_many_and_of_one_through_the_lane_at_once_are_logged_once(
    van, carrier, domain_clock
):
    token = factories.token(carrier)
    events = many(van, 90)

    def work(number):
        mine = random.Random(number).sample(events, 60)
        posts = [post(token, mine[:30]), *(post(token, one) for one in mine[30:40])]
        posts.append(post(token, mine[40:]))
        found = [json.loads(answer)["results"] for answer in lane.answers(posts)]
        return [(one["event_id"], one["status"]) for results in found for one in results]

    answers = [one for found in at_once(5, work) for one in found]
    accepted = sorted(event_id for event_id, status in answers if status == "accepted")
    assert accepted == logged() == sorted({event_id for event_id, _ in answers})
    assert {status for _, status in answers} == {"accepted", "duplicate"}


@pytest.mark.parametrize("commits", [True, False])
def test_a_real_deadlock_is_lost_by_the_columns_and_written_again(van, sender, commits, columns):
    """The other has the last id, waits for the first, and may have both in the end."""
    batch = sorted(many(van, 40), key=lambda one: one["event_id"])
    other = [one | {"trip_id": "ref:t"} for one in (batch[-1], batch[0])]
    pids = []

    def by_columns():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
            return take(sender, batch)
        finally:
            connection.close()

    take(sender, many(van, 1))  # partitions are there
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '1min'")
            assert statuses(take(sender, other[:1])) == ["accepted"]
            later = pool.submit(by_columns)
            while not (pids and meanwhile.waits_for_a_lock(pids[0])):
                assert not later.done()
            assert statuses(take(sender, other[1:])) == ["accepted"]
            assert not later.done()
            transaction.set_rollback(not commits)
        found = statuses(later.result(timeout=30))
    ends = ["conflict" if commits else "accepted"]
    assert found == ends + ["accepted"] * 38 + ends
    assert len(set(logged())) == len(logged()) == EventIdentity.objects.count() == 41
    assert Quarantined.objects.count() == 2 * commits
    assert len(columns) == 40


def test_who_waits_too_long_for_anothers_id_is_told_to_come_again(
    van, sender, carrier, domain_clock, monkeypatch
):
    monkeypatch.setattr(log, "PATIENCE", "300ms")
    token = factories.token(carrier)
    batch = many(van, 20)
    take(sender, many(van, 1))
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        take(sender, batch[7:8])

        def waits():
            try:
                return answered(token, batch)
            finally:
                connection.close()

        assert pool.submit(waits).result(timeout=30) == 503
        transaction.set_rollback(True)
    assert LoggedPosition.objects.count() == 1
    assert answered(token, batch) == ["accepted"] * 20


@pytest.mark.parametrize("doubtful", [True, False])
def test_a_write_that_waits_elsewhere_is_given_up_as_well(
    van, sender, carrier, domain_clock, monkeypatch, doubtful
):
    """A batch that is doubtful altogether never comes to the log, and partitions are made before
    it: a writer of the lane that waits there holds up all that waits for one."""
    monkeypatch.setattr(log, "PATIENCE", "300ms")
    token = factories.token(carrier)
    take(sender, many(van, 1))
    batch = many(van, 20)
    if doubtful:
        batch = [one | {"vehicle": {"vehicle_id": "ref:van-9"}} for one in batch]

    def waits():
        try:
            return answered(token, batch)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic(), connection.cursor() as cursor:
        if doubtful:
            take(sender, batch[7:8])
        else:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [partitions._LOCK])
            partitions.forget()
        later = pool.submit(waits)
        with suppress(TimeoutError):
            later.result(timeout=3)
        in_time = later.done()
        transaction.set_rollback(True)
    assert in_time
    assert later.result() == 503


@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("is_void_first", [True, False])
def test_a_void_and_its_target_by_columns_that_wait_for_each_other_are_logged_once(
    van, sender, is_void_first, commits
):
    batch = many(van, 20)
    voids = {"event_id": batch[9]["event_id"], "reason": "did_not_occur"}
    void = fleet.event(van, "event.voided", TUESDAY, voids=voids)
    first, second = ([void], batch) if is_void_first else (batch, [void])
    take(sender, many(van, 1))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert set(statuses(take(sender, first))) == {"accepted"}
            later = meanwhile.beside(pool, lambda: statuses(take(sender, second)))
            transaction.set_rollback(not commits)
        assert set(later.result(timeout=30)) == {"accepted"}
    again = "duplicate" if commits else "accepted"
    assert set(statuses(take(sender, first))) == {again}
    assert set(statuses(take(sender, [*first, *second]))) == {"duplicate"}
    assert len(logged()) == 21
    row = LoggedEvent.objects.get()
    assert (row.subject_id, str(row.voids_event_id)) == (van.id, batch[9]["event_id"])


# Failures in the middle


def mixed(van, carrier):
    """Return a batch with all that may become of a position; some of it was told before."""
    fleet.vehicle(carrier, "van-8")
    before = many(van, 3)
    changed = before[2] | {"occurred_at": (TUESDAY - timedelta(hours=1)).isoformat()}
    batch = [
        *many(van, 12),
        *before[:2],
        changed,
        fleet.position(van, TUESDAY) | {"vehicle": {"vehicle_id": "ref:van-8"}, "trip_id": "ref:t"},
        fleet.position(van, TUESDAY) | {"vehicle": {"vehicle_id": "ref:van-9"}},
        fleet.position(van, TUESDAY + timedelta(hours=1)),
        fleet.position(van, TUESDAY - timedelta(days=2)),
        fleet.position(van, TUESDAY - timedelta(days=20)),
        fleet.position(van, TUESDAY) | {"carrier_id": "ref:nobody"},
        fleet.position(van, TUESDAY, lat=91),
    ]
    voids = {"event_id": batch[4]["event_id"], "reason": "incorrect_data"}
    before.append(fleet.event(van, "event.voided", TUESDAY, voids=voids))  # it waits for its target
    expected = ["accepted"] * 12 + ["duplicate"] * 2 + ["conflict", "accepted"]
    expected += ["quarantined"] * 2 + ["accepted"] + ["refused"] * 3
    return before, batch, expected


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize(
    "illness",
    [
        {"does": error("40P01"), "when": (5, 8, 20)},
        {"does": error("40001"), "when": (5, 8, 20)},
        {"does": error("23514"), "when": (5, 8, 20)},
        {"does": error("40P01"), "when": (1, 3), "table": "carriers_quarantined"},
        {"does": error("40001"), "when": (2, 6), "table": "carriers_identity", "at_commit": True},
    ],
)
def test_a_write_that_is_tried_again_answers_and_leaves_what_an_undisturbed_one_does(
    van, sender, carrier, illness, repeated
):
    before, batch, expected = mixed(van, carrier)
    if repeated:  # an id twice in a batch takes what goes by columns back to one by one
        batch.append(batch[5])
        batch.append(batch[6] | {"trip_id": "ref:t"})
        expected += ["duplicate", "conflict"]
    take(sender, before)
    undisturbed = take(sender, batch)
    assert statuses(undisturbed) == expected
    there = rows()
    assert [row["subject_id"] for row in there[1]] == [str(van.id)]
    forget()
    take(sender, before)
    with ill(**illness):
        assert told(take(sender, batch)) == told(undisturbed)
    assert rows() == there


def test_a_partition_that_went_away_is_made_anew_in_the_middle_of_a_write(van, sender, carrier):
    before, batch, expected = mixed(van, carrier)
    take(sender, before)
    (part, _) = partitions.of(TUESDAY)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {part.name}")
    assert statuses(take(sender, batch)) == expected
    accepted = [one for one, status in zip(batch, expected, strict=True) if status == "accepted"]
    assert logged() == ids(accepted)


def test_what_could_not_be_written_in_all_tries_is_not_there_and_may_come_again(
    van, carrier, domain_clock
):
    token = factories.token(carrier)
    batch = many(van, 20)
    with ill(error("40P01"), when=range(1, 100)):
        assert answered(token, batch) == 503
    assert rows()[:3] == [[], [], []]
    assert answered(token, batch) == ["accepted"] * 20


def test_one_position_that_the_database_cannot_store_sinks_no_batch_of_columns(
    van, sender, columns
):
    batch = many(van, 20)
    batch[7]["place"]["lat"] = 60.5
    with poison(60.5):
        found = take(sender, batch).results
    assert (found[7].status, found[7].code) == ("refused", "event.unstorable")
    assert [one.status for one in found].count("accepted") == 19
    assert len(columns) == 20


def test_a_vehicle_of_a_transaction_that_came_to_nothing_is_not_remembered(van, sender, carrier):
    with transaction.atomic():
        other = fleet.vehicle(carrier, "van-8")
        batch = many(other)
        assert statuses(take(sender, batch)) == ["accepted"] * len(batch)
        transaction.set_rollback(True)
    assert statuses(take(sender, batch)) == ["quarantined"] * len(batch)
    assert logged() == []
    fleet.vehicle(carrier, "van-8")
    assert statuses(take(sender, batch)) == ["accepted"] * len(batch)
    assert logged() == ids(batch)


def test_a_vehicle_that_another_has_not_committed_is_unknown_until_it_is(van, sender, carrier):
    with ThreadPoolExecutor(1) as pool:

        def elsewhere(items):
            try:
                return statuses(take(sender, items))
            finally:
                connection.close()

        take(sender, many(van, 1))
        with transaction.atomic():
            other = fleet.vehicle(carrier, "van-8")
            batch = [*many(van), *many(other)]
            found = pool.submit(elsewhere, batch).result(timeout=30)
            assert found == ["accepted"] * plain.FEW + ["quarantined"] * plain.FEW
        found = pool.submit(elsewhere, batch).result(timeout=30)
        assert found == ["duplicate"] * plain.FEW + ["accepted"] * plain.FEW


def test_writers_at_once_in_a_database_that_fails_now_and_then_tell_the_truth(
    van, sender, carrier, domain_clock
):
    token = factories.token(carrier)
    events = many(van, 150)
    said = [[one | {"place": one["place"] | {"speed_mps": n}} for one in events] for n in (0, 1)]

    def work(number):
        dice, found = random.Random(number), []
        for _ in range(12):
            mine = [said[dice.random() < 0.3][n] for n in dice.sample(range(150), 40)]
            for size in (40, 17, 1):
                part = mine[:size]
                for _ in range(20):
                    answer = answered(token, part)
                    if answer != 503:
                        break
                found += [
                    (one["event_id"], one["place"]["speed_mps"], status)
                    for one, status in zip(part, answer, strict=True)
                ]
        return found

    take(sender, many(van, 1))
    with ill(error("40001"), when=range(11, 4000, 43)):
        answers = [one for found in at_once(4, work) for one in found]
    there = LoggedPosition.objects.exclude(speed_mps=None).values_list("event_id", "speed_mps")
    first = {(str(event_id), speed) for event_id, speed in there}
    accepted = sorted((event_id, n) for event_id, n, status in answers if status == "accepted")
    assert len(there) == len({event_id for event_id, _ in first})
    assert accepted == sorted(first)
    for event_id, number, status in answers:
        same = (event_id, number) in first
        assert status in ({"accepted", "duplicate"} if same else {"conflict"})


# Clients that did not hear


def resent(van, batch, cuts):
    """Return the batch in other parts, each with something new between."""
    parts, start = [], 0
    for end in (*cuts, len(batch)):
        part = list(batch[start:end])
        random.Random(end).shuffle(part)
        new = many(van, 3)
        parts.append(([new[0], *part, *new[1:]], [True, *[False] * len(part), True, True]))
        start = end
    return parts


def test_a_batch_whose_answer_was_lost_is_known_however_it_comes_again(
    van, carrier, domain_clock, monkeypatch
):
    token = factories.token(carrier)
    batch = many(van, 60)
    commit = connection._commit

    def unheard():
        commit()
        raise OperationalError("the connection was lost")

    answered(token, many(van, 1))
    monkeypatch.setattr(connection, "_commit", unheard)
    assert answered(token, batch) == 503
    monkeypatch.undo()
    assert LoggedPosition.objects.count() == 61
    for part, is_new in resent(van, batch, (3, 20, 41)):
        expected = ["accepted" if new else "duplicate" for new in is_new]
        assert answered(token, part) == expected
    assert len(set(logged())) == len(logged()) == 61 + 4 * 3


def test_a_batch_whose_writer_was_killed_is_not_there_however_it_comes_again(
    van, carrier, domain_clock
):
    token = factories.token(carrier)
    batch = many(van, 60)
    with ill("PERFORM pg_terminate_backend(pg_backend_pid())", when=(31,)):
        assert answered(token, batch) == 503
        assert logged() == []
        for part, _ in resent(van, batch, (3, 20, 41)):
            assert answered(token, part) == ["accepted"] * len(part)
    assert answered(token, batch) == ["duplicate"] * 60
    assert len(set(logged())) == len(logged()) == 60 + 4 * 3


def test_what_was_replayed_is_known_when_it_comes_again_by_columns(van, sender, carrier, columns):
    batch = [one | {"vehicle": {"vehicle_id": "ref:van-9"}} for one in many(van, 20)]
    batch[3]["place"]["lng"] = -0.0
    batch[4]["place"]["accuracy_m"] = 1e-320
    batch[5] |= {"trip_id": "ref:t", "clock": {"source": "device", "skew_ms": 40_000, "seq": 7}}
    assert statuses(take(sender, batch)) == ["quarantined"] * 20
    fleet.vehicle(carrier, "van-9")
    kept = list(Quarantined.objects.select_related("organisation__city").order_by("event_id"))
    replaying.take(kept[:10], now=TUESDAY, note=lambda results: None)
    done = {str(row.event_id) for row in kept[:10]}
    again = take(sender, batch).results
    assert {one.event_id for one in again if one.status == "duplicate"} == done
    assert {one.event_id for one in again if one.status == "accepted"} == {*ids(batch)} - done
    assert len(columns) == 40
    assert logged() == ids(batch)
    assert set(Quarantined.objects.values_list("resolution", flat=True)) == {"accepted"}


def test_a_second_write_in_a_transaction_that_is_tried_again_keeps_the_first(van, sender):
    first, second = many(van), many(van)
    take(sender, many(van, 1))
    with ill(error("40P01"), when=(20, 40)), transaction.atomic():
        assert statuses(take(sender, first)) == ["accepted"] * plain.FEW
        assert statuses(take(sender, [*second, first[0]])) == ["accepted"] * plain.FEW + [
            "duplicate"
        ]
    assert len(logged()) == 1 + 2 * plain.FEW
    assert {*ids(first), *ids(second)} < set(logged())


# How it is said


def spelled(van, **raw):
    """Return a position as text, with members said as they are given."""
    members = {name: json.dumps(value) for name, value in fleet.position(van, TUESDAY).items()}
    more = raw.pop("more", "")
    members["occurred_at"] = '"2026-05-12T06:59:30Z"'
    return joined(members | raw)[:-1] + more + "}"


def place(**raw):
    return joined({"lat": 60, "lng": 25} | raw)


def joined(members):
    return "{" + ", ".join(f'"{name}": {raw}' for name, raw in members.items()) + "}"


READABLE = [
    {"place": place(lat="-0.0", lng="-0")},
    {"place": place(lat="1e-320", lng="5e-324", speed_mps="-1e-400")},
    {"place": place(lat="60.0000000000000000001", accuracy_m="123456789012345678901234567890")},
    {"place": place(heading_deg="359.99999999999997", accuracy_m="1.7976931348623157e308")},
    {"place": "{}", "more": ', "place": ' + place(lat=1)},
    {"more": f', "event_id": "{uuid.UUID(int=7)}"'},
    {"more": ', "occurred_at": "2026-05-12T06:58:30Z"'},
    {"more": ', "clock": {}'},
    {"more": ', "clock": {"seq": 1, "seq": 2, "session_id": "\\n\\u2028\\ud83d\\ude00"}'},
    {"vehicle": '{"vehicle_id": "ref:van\\/8"}'},
    {"event_id": f'"{uuid.UUID(int=0xABCDEF)}"'.upper()},
]
UNLIKE = [
    {"occurred_at": '"2026-05-12T20:59:30+14:00"'},
    {"occurred_at": '"2026-05-12t06:59:30z"'},
    {"occurred_at": '"2026-05-12T06:59:30.123456789Z"'},
    {"occurred_at": '"2026-05-12T06:59:30.9999995-00:00"'},
    {"occurred_at": '"2026-05-12T07:05:00.0000005Z"'},
    {"more": ', "clock": {"sent_at": "2026-05-12T06:59:31Z"}'},
]
BAD = [
    {"place": place(lat="1e400")},
    {"place": place(lat="null")},
    {"place": place(heading_deg="359.99999999999999999")},
    {"place": place(x=1)},
    {"more": ', "clock": null'},
    {"more": ', "x": null'},
    {"more": ', "clock": {"seq": 3.0}'},
    {"more": ', "clock": {"seq": 9223372036854775808}'},
    {"more": ', "clock": {"session_id": "\\u0000"}'},
    {"occurred_at": '"2026-05-12T06:59:60Z"'},
    {"occurred_at": '"2026-05-12 06:59:30Z"'},
    {"occurred_at": '"bad"', "more": ', "occurred_at": "2026-05-12T06:58:30Z"'},
    {"event_id": '" 199c3a8-7f1d-7abc-8def-0123456789ab"'},
    {"vehicle": '{"vehicle_id": "ref:"}'},
]


@pytest.mark.parametrize("odd", [READABLE, [*READABLE, *UNLIKE], [*READABLE, *UNLIKE, *BAD]])
def test_however_a_batch_is_spelled_it_says_what_its_events_say_one_by_one(
    van, carrier, domain_clock, columns, odd
):
    client = factories.api_client(carrier)
    fleet.vehicle(carrier, "van/8")
    texts = [spelled(van, **raw).encode() for raw in odd] + [
        spelled(van).encode() for _ in range(plain.FEW)
    ]

    def send(body, media="application/json", **headers):
        answer = client.post("/api/v1/events", body, content_type=media, headers=headers)
        assert answer.status_code == 200, answer.content
        return [{**one, "index": 0} for one in answer.json()["results"]]

    expected = [send(text)[0] for text in texts]
    there = rows()
    assert columns == []
    assert {one["status"] for one in expected} <= {"accepted", "quarantined", "refused"}
    lines = b"\r\n \t\r\n".join(texts)
    for body, media, headers in (
        (b"\xef\xbb\xbf\r\n[" + b" ,\n".join(texts) + b"]\n", "application/json", {}),
        (b'{"events": [' + b",".join(texts) + b"]}", "application/json; charset=utf-8", {}),
        (b"\xef\xbb\xbf" + lines, "application/x-ndjson", {}),
        (
            gzip.compress(b"\n\n" + lines + b"\r\n"),
            "application/jsonl",
            {"content-encoding": "gzip"},
        ),
    ):
        forget()
        assert send(body, media, **headers) == expected
        assert rows() == there
        assert columns
        columns.clear()


# What is old, whose it is, and how many


def test_a_backfill_window_lets_the_same_in_by_columns_as_one_by_one(van, sender, carrier, columns):
    start, end = TUESDAY - timedelta(days=20), TUESDAY - timedelta(days=16)
    BackfillWindow.objects.create(
        city=carrier.city,
        organisation=carrier,
        events_from=start,
        events_until=end,
        open_from=TUESDAY - timedelta(hours=1),
        open_until=TUESDAY + timedelta(hours=1),
        reason="A device was away.",
        opened_at=TUESDAY - timedelta(hours=1),
    )
    since = TUESDAY - timedelta(days=14)
    day = TUESDAY - timedelta(hours=24)
    expected = {
        start - MICRO: None, start: "backfill", end - MICRO: "backfill", end: None,
        since - MICRO: None, since: "backfill", day - MICRO: "backfill", day: "late",
        TUESDAY - timedelta(minutes=5, microseconds=1): "late",
        TUESDAY - timedelta(minutes=5): "on_time",
    }  # fmt: skip
    batch = [
        fleet.position(van, TUESDAY) | {"occurred_at": at.isoformat(timespec="microseconds")}
        for at in expected
    ]
    skewed = {"clock": {"source": "device", "skew_ms": 6 * 86_400_000}}
    batch += [one | {"event_id": str(uuid.uuid4())} | skewed for one in batch]
    found = told(take(sender, batch + many(van)))[: len(batch)]
    assert len(columns) > plain.FEW
    rest = [None if late is None else "accepted" for late in expected.values()]
    assert [None if status == "refused" else status for *_, status, _ in found[:10]] == rest
    lateness = dict(LoggedPosition.objects.values_list("effective_at", "lateness"))
    assert {at: lateness.get(at) for at in expected} == expected
    assert {code for *_, code in found} == {"", "event.too_late"}
    there = [[row for row in kind if row["event_id"] in ids(batch)] for kind in rows()]
    forget()
    assert alone(sender, batch) == found
    assert rows() == there


@pytest.mark.parametrize("disturbed", [False, True])
def test_own_positions_and_those_of_a_mandate_for_some_vehicles_in_one_batch(
    van, carrier, tpl, other_carrier, disturbed, columns
):
    second, own = fleet.vehicle(carrier, "van-8"), fleet.vehicle(tpl, "van-7")
    theirs = fleet.vehicle(other_carrier, "van-7")
    factories.mandate(carrier, tpl, "events:write", vehicle_ids=[van.id])
    agent = factories.actor_of(tpl)
    batch = [one for four in zip(*(many(v, 20) for v in (own, van, second, theirs)), strict=True)
             for one in four]  # fmt: skip
    batch[4]["event_id"] = batch[1]["event_id"]  # the same id of two senders is two events
    batch[6]["vehicle"] = {"vehicle_id": "ref:van-7"}  # covered, by the carrier's own name
    expected = ["accepted", "accepted", "refused", "refused"] * 20
    expected[6] = "accepted"
    if disturbed:
        with ill(error("40P01"), when=(25,)):
            found = take(agent, batch)
    else:
        found = take(agent, batch)
    assert statuses(found) == expected
    assert len(columns) == 20
    senders = list(LoggedPosition.objects.values_list("sender_id", "subject_id"))
    assert senders.count((tpl.id, own.id)) == 20
    assert senders.count((carrier.id, van.id)) == len(senders) - 20 == 21
    (entry,) = AuditEntry.objects.filter(action="events.sent_by_mandate")
    assert (entry.inputs["items"], entry.on_behalf_of) == (21, carrier.id)
    there = rows()
    forget()
    assert alone(agent, batch) == told(found)
    assert rows() == there


@pytest.mark.parametrize("count", [15, 16])
@pytest.mark.parametrize("place", [0, -1])
def test_a_bad_one_at_either_end_sinks_neither_few_nor_many(van, sender, columns, count, place):
    for bad in ({"place": {"lat": 60}}, {"event_id": "x"}, {"occurred_at": "2026-05-12T06:59:60Z"}):
        batch = many(van, count + 1)
        batch[place] |= bad
        expected = ["accepted"] * (count + 1)
        expected[place] = "refused"
        assert statuses(take(sender, batch)) == expected
    assert len(columns) == (3 * count if count == plain.FEW else 0)


def test_the_largest_batch_is_taken_and_one_more_is_refused_as_a_whole(van, sender, columns):
    whole = many(van, 10_000)
    more = [*whole, fleet.position(van, TUESDAY)]
    with pytest.raises(Refusal) as refused:
        take(sender, more)
    assert str(refused.value.code) == "events.too_many"
    assert not EventIdentity.objects.exists()
    assert take(sender, whole).accepted == 10_000
    assert take(sender, whole[::-1]).duplicate == 10_000
    assert LoggedPosition.objects.count() == EventIdentity.objects.count() == 10_000
    assert len(columns) == 20_000


def test_one_id_ten_thousand_times_is_one_event(van, sender):
    one = fleet.position(van, TUESDAY)
    batch = [dict(one) for _ in range(9_999)]
    batch[5_000] |= {"event_id": one["event_id"].upper()}
    batch[7_000] |= {"trip_id": "ref:t"}
    batch.append(fleet.position(van, TUESDAY))
    result = take(sender, batch)
    assert (result.accepted, result.duplicate, result.conflict) == (2, 9_997, 1)
    assert [statuses(result)[n] for n in (0, 5_000, 7_000, 9_999)] == [
        "accepted", "duplicate", "conflict", "accepted",
    ]  # fmt: skip
    assert LoggedPosition.objects.count() == 2
    assert Quarantined.objects.count() == 1
