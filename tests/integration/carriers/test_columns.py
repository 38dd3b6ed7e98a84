"""Positions go to the log by columns, and are there as if each had come by itself."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carriers import plain
from carriers.models import EventIdentity, LoggedEvent, LoggedPosition, Quarantined
from carriers.services import batches, intake
from tests import factories, fleet
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

MEMBERS = ("lat", "lng", "accuracy_m", "speed_mps", "heading_deg")


def take(actor, items):
    return intake.take(actor=actor, body=json.dumps(items).encode(), now=TUESDAY)


def statuses(result):
    return [item.status for item in result.results]


def many(van, count=plain.FEW):
    return [fleet.position(van, TUESDAY - timedelta(seconds=n)) for n in range(count)]


def log():
    """Return what the log holds, but for the rows' own ids and the numbers of transactions."""
    found = []
    for table in ("carriers_position", "carriers_event", "carriers_identity"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT to_jsonb(one) - 'id' - 'xid' FROM {table} one")
            found.append(sorted(row[0] for row in cursor.fetchall()))
    return found


def forget():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM carriers_position; DELETE FROM carriers_event")
        cursor.execute("DELETE FROM carriers_identity; DELETE FROM carriers_quarantined")


def test_a_batch_leaves_the_rows_that_its_items_leave_one_by_one(van, sender, carrier, columns):
    other = fleet.vehicle(carrier, "van-8")
    batch = many(van, 20)
    for number, name in enumerate(MEMBERS):
        batch[number]["place"] = {"lat": 60.1, "lng": 24.9} | {
            each: 7.5 for each in MEMBERS[2:] if each != name
        }
    batch[6]["event_id"] = batch[6]["event_id"].upper()
    batch[7]["occurred_at"] = "2026-05-12T10:00:00.123456+03:00"
    batch[8]["occurred_at"] = (TUESDAY - timedelta(hours=3)).isoformat()
    batch[9]["occurred_at"] = (TUESDAY - timedelta(days=3)).isoformat()
    batch[10] = fleet.position(other, TUESDAY, lng=-0.0, lat=0.0)
    batch[11]["carrier_id"] = f"ref:{carrier.code}"
    batch[12]["vehicle"]["vehicle_id"] = "ref:van-8"
    batch[13]["trip_id"] = "ref:t"
    clock = {"source": "device", "session_id": "s", "seq": 2**40, "skew_ms": 3_600_000}
    batch[15] |= {"schema_version": "1.0", "clock": clock}
    batch[16]["clock"] = {"source": "gnss", "device_id": "d", "captured_offline": True}
    batch[17] |= {"clock": {"session_id": "", "seq": 0}, "trip_id": "ref:t"}
    batch[18]["clock"] = {"sent_at": "2026-05-12T10:00:00+03:00"}
    batch[14] = fleet.event(van, "trip.started", TUESDAY, trip_id="ref:t")
    assert statuses(take(sender, batch)) == ["accepted"] * 20
    assert len(columns) == 18
    together = log()
    assert len(together[0]) == 19
    forget()
    assert [statuses(take(sender, [item])) for item in batch] == [["accepted"]] * 20
    assert len(columns) == 18
    assert log() == together
    again = take(sender, batch)
    assert statuses(again) == ["duplicate"] * 20
    assert [item.event_id for item in again.results] == [one["event_id"].lower() for one in batch]


def test_what_was_said_otherwise_before_is_a_conflict_and_kept(van, sender, columns):
    batch = many(van)
    take(sender, batch)
    batch[3]["place"]["lat"] = 60.18
    found = statuses(take(sender, batch))
    assert [found[3], *(found[:3] + found[4:])] == ["conflict"] + ["duplicate"] * (len(batch) - 1)
    row = Quarantined.objects.get()
    assert (str(row.event_id), row.payload["place"]["lat"]) == (batch[3]["event_id"], 60.18)
    assert len(columns) == 2 * len(batch)


@pytest.mark.parametrize("plain_first", [True, False])
def test_the_first_of_a_batch_has_its_id(van, sender, plain_first):
    batch = many(van)
    same = batch[4] | ({"trip_id": "ref:t"} if plain_first else {})
    other = batch[5] | {"trip_id": "ref:t"}
    batch += [batch[4], other]
    if not plain_first:
        batch = [other, same, *batch]
    result = take(sender, batch)
    expected = ["accepted"] * plain.FEW + ["duplicate", "conflict"]
    if not plain_first:
        expected = ["accepted"] * (plain.FEW + 2) + ["duplicate", "duplicate"]
        expected[2 + 4], expected[2 + 5] = "duplicate", "conflict"
    assert statuses(result) == expected
    assert LoggedPosition.objects.filter(trip_id=None).count() == plain.FEW - (not plain_first)


def test_a_position_and_its_void_in_one_batch(van, sender):
    batch = many(van)
    void = fleet.event(
        van,
        "event.voided",
        TUESDAY,
        voids={"event_id": batch[2]["event_id"], "reason": "did_not_occur"},
    )
    assert statuses(take(sender, [void, *batch])) == ["accepted"] * (len(batch) + 1)
    logged = LoggedEvent.objects.get()
    assert (logged.subject_id, str(logged.voids_event_id)) == (van.id, batch[2]["event_id"])


def test_a_void_that_came_before_is_released_by_its_target(van, sender, columns):
    batch = many(van)
    voids = {"event_id": batch[2]["event_id"], "reason": "did_not_occur"}
    take(sender, [fleet.event(van, "event.voided", TUESDAY, voids=voids)])
    assert not LoggedEvent.objects.exists()
    assert statuses(take(sender, batch)) == ["accepted"] * len(batch)
    assert LoggedEvent.objects.get().subject_id == van.id
    assert len(columns) == len(batch)


def test_positions_of_an_unknown_vehicle_wait_and_are_resolved_once_it_is_there(
    van, sender, carrier
):
    batch = many(van)
    for number in (1, 5):
        batch[number]["vehicle"]["vehicle_id"] = "ref:van-9"
    found = statuses(take(sender, batch))
    assert found == [
        "quarantined" if number in (1, 5) else "accepted" for number in range(len(batch))
    ]
    assert {row.reasons[0]["named"] for row in Quarantined.objects.all()} == {"ref:van-9"}
    fleet.vehicle(carrier, "van-9")
    assert sorted(statuses(take(sender, batch))) == ["accepted"] * 2 + ["duplicate"] * 14
    assert set(Quarantined.objects.values_list("resolution", flat=True)) == {"accepted"}


def test_positions_ahead_or_too_old_are_told_from_the_others(van, sender):
    batch = many(van)
    batch[0]["occurred_at"] = (TUESDAY + timedelta(minutes=6)).isoformat()
    batch[1]["occurred_at"] = (TUESDAY - timedelta(days=15)).isoformat()
    found = take(sender, batch).results
    assert [found[0].code, found[1].code] == ["event.clock_ahead", "event.too_late"]
    assert {one.status for one in found[2:]} == {"accepted"}


def test_ids_are_told_in_lower_case_also_of_what_is_taken_back_from_columns(van, sender):
    batch = [item | {"event_id": item["event_id"].upper()} for item in many(van, 20)]
    batch[0]["occurred_at"] = (TUESDAY + timedelta(minutes=6)).isoformat()
    batch[1]["vehicle"] = {"vehicle_id": "ref:van-9"}
    batch[2]["carrier_id"] = "ref:nobody"
    batch.append(batch[3])
    result = take(sender, batch)
    found = statuses(result)
    assert found == ["quarantined"] * 2 + ["refused"] + ["accepted"] * 17 + ["duplicate"]
    assert [one.event_id for one in result.results] == [one["event_id"].lower() for one in batch]


def test_two_batches_in_one_write_share_no_id(van, sender):
    first = many(van)
    second = [fleet.position(van, TUESDAY), *(dict(one) for one in first)]
    second[4] |= {"occurred_at": (TUESDAY - timedelta(hours=1)).isoformat()}
    waiting = [batches.Batch(sender, decoded(items), TUESDAY) for items in (first, second, second)]
    intake.read(waiting)
    intake.write(waiting, TUESDAY)
    expected = ["accepted"] + ["duplicate"] * len(first)
    expected[4] = "conflict"
    assert [statuses(one.result()) for one in waiting] == [
        ["accepted"] * len(first),
        expected,
        ["duplicate", *expected[1:]],
    ]
    assert LoggedPosition.objects.count() == EventIdentity.objects.count() == len(first) + 1


def decoded(items):
    from carriers import decoding

    return decoding.items(json.dumps(items).encode())


def test_the_same_id_of_two_senders_is_two_events(van, sender, carrier):
    rival = factories.organisation(carrier.city, "red-trucks")
    theirs = fleet.vehicle(rival, "van-1")
    own = many(van)
    other = [fleet.position(theirs, TUESDAY) | {"event_id": one["event_id"]} for one in own]
    waiting = [
        batches.Batch(sender, decoded(own), TUESDAY),
        batches.Batch(factories.actor_of(rival), decoded(other), TUESDAY),
    ]
    intake.read(waiting)
    intake.write(waiting, TUESDAY)
    assert [set(statuses(one.result())) for one in waiting] == [{"accepted"}, {"accepted"}]
    assert LoggedPosition.objects.filter(sender_id=rival.id, subject_id=theirs.id).count() == len(
        own
    )
    assert LoggedPosition.objects.filter(event_id=uuid.UUID(own[0]["event_id"])).count() == 2


def test_positions_of_another_organisation_are_refused(van, sender, carrier):
    rival = factories.organisation(carrier.city, "red-trucks")
    theirs = fleet.vehicle(rival, "van-1")
    batch = [*many(van), *many(theirs)]
    found = statuses(take(sender, batch))
    assert found == ["accepted"] * plain.FEW + ["refused"] * plain.FEW


def test_whom_a_batch_names_is_asked_once(van, sender):
    def queries(names):
        batch = [*many(van), *(fleet.position(van, TUESDAY) | {"carrier_id": n} for n in names)]
        with CaptureQueriesContext(connection) as asked:
            found = statuses(take(sender, batch))
        assert found == ["accepted"] * plain.FEW + ["refused"] * len(names)
        return len(asked)

    take(sender, many(van))  # partitions are looked for once
    assert queries([f"ref:{n}" for n in range(30)]) == queries(["ref:a"])
