"""Rebuilds: the same rows again, as far as the log reaches; and new ground for old drives."""

from datetime import UTC, datetime, time, timedelta

import days
import pytest
from django.db import connection

from carriers.models import RetiredPartition
from carriers.services import partitions
from foundation import consumers, rebuilding
from foundation.models import OutboxMessage, Rebuild
from tests import curb_factories, factories, fleet
from tests.factories import TUESDAY
from tracking.models import FoldState, Snapshot, VehicleState, ZoneVisit
from tracking.services import keeping
from tracking.services.projection import Projection

pytestmark = pytest.mark.django_db

STOPS = ["s1"]
EVENING = TUESDAY + timedelta(hours=4)


@pytest.fixture
def fleet_of_three(hel, hel_city, carrier, sender, tracking):
    """Three vans that drove through a zone to a curb."""
    days.zone(hel_city, days.box(0, -100, 200, 200))
    days.curb(hel, 90, 55)
    vans = [fleet.vehicle(carrier, f"van-{number}") for number in range(3)]
    for number, van in enumerate(vans):
        days.route(van, sender, STOPS)
        days.send(sender, days.day(van, number, STOPS), EVENING)
    tracking()
    return vans


def rebuild_all(**more):
    rows = list(rebuilding.run(rebuilding.begin(Projection.name, **more), as_of=EVENING))
    return rows[-1]


def spoil():
    """Change what was derived, as a fault in the program would have."""
    ZoneVisit.objects.update(metres=1)
    VehicleState.objects.update(status="unknown")


def test_a_rebuild_of_all_mends_what_was_derived_and_tells_nothing(fleet_of_three):
    expected, told = days.dump(), OutboxMessage.objects.count()
    spoil()
    ZoneVisit.objects.first().delete()
    done = rebuild_all()
    assert days.dump() == expected
    assert (done.done, done.frozen, done.failed) == (3, 0, 0)
    assert OutboxMessage.objects.count() == told


def test_a_rebuild_that_was_killed_goes_on_where_it_was(fleet_of_three, monkeypatch):
    monkeypatch.setattr(rebuilding, "CHUNK", 1)
    expected = days.dump()
    spoil()
    first = rebuilding.begin(Projection.name)
    for row in rebuilding.run(first, as_of=EVENING):
        if row.done == 1:
            break
    again = rebuilding.begin(Projection.name)
    assert (again.pk, again.done) == (first.pk, 1)
    (*_, last) = rebuilding.run(again, as_of=EVENING)
    assert last.done == 3
    assert days.dump() == expected
    assert rebuilding.begin(Projection.name).pk != first.pk


def test_a_rebuild_folds_no_farther_than_its_shard_was_read(fleet_of_three, sender, tracking):
    """Else the worker would fold the rest twice."""
    van = fleet_of_three[0]
    head = FoldState.objects.get(subject_id=van.id).head_at
    days.send(sender, [days.position(van, 12_000, 50, 50, 8.0)], EVENING)
    rebuild_all()
    assert FoldState.objects.get(subject_id=van.id).head_at == head
    tracking()
    assert FoldState.objects.get(subject_id=van.id).head_at == TUESDAY + timedelta(seconds=12_000)


def test_a_vehicle_that_cannot_be_folded_is_left_as_it_was_and_counted(fleet_of_three, monkeypatch):
    from tracking.rules import fold as folding

    sick = fleet_of_three[1]
    fold = folding.fold

    def sometimes(state, events, geography, *, vehicle_id, **facts):
        if vehicle_id == sick.id:
            raise ValueError("cannot be folded")
        return fold(state, events, geography, vehicle_id=vehicle_id, **facts)

    expected = days.dump()
    monkeypatch.setattr(folding, "fold", sometimes)
    done = rebuild_all()
    assert (done.done, done.failed) == (2, 1)
    assert days.dump() == expected


# The horizon of retained positions


def at(day, seconds):
    return TUESDAY + timedelta(days=day, seconds=seconds)


def drive(van, day, hour, seconds, x0):
    """Return fixes every 5 s along y = 50 at 10 m/s from x0."""
    offset = day * 86_400 + hour * 3_600
    return [days.position(van, offset + t, x0 + 10 * t, 50, 10.0) for t in range(0, seconds, 5)]


@pytest.fixture
def two_weeks(hel_city, van, sender, tracking):
    """A van that is inside a zone over midnight of the 20th day, and the partitions before gone.

    TUESDAY is 05:00 UTC; positions are received as they happen.
    """
    days.zone(hel_city, days.box(0, -100, 5_000, 200))
    for day in (0, 10, 19):
        days.send(sender, drive(van, day, 0, 60, -100), at(day, 60))
        days.send(sender, drive(van, day, 2, 60, 5_100), at(day, 7_300))
        tracking(as_of=at(day, 7_300))
    days.send(sender, drive(van, 20, 18, 60, -100), at(20, 18 * 3_600 + 60))  # enters, 23:00
    standing = [
        days.position(van, 20 * 86_400 + 18 * 3_600 + 60 * n, 500, 50, 0.0) for n in range(2, 120)
    ]
    for event in standing:
        days.send(sender, [event], days.datetime.fromisoformat(event["occurred_at"]))
    days.send(sender, drive(van, 21, 0, 60, 5_100), at(21, 60))  # and has left
    tracking(as_of=at(21, 60))


def drop_before(day):
    """Drop the partitions of positions before a day, as retention does."""
    end = datetime.combine((TUESDAY + timedelta(days=day)).date(), time(), UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = 'carriers_position'::regclass AND right(relname, 8) < %s",
            [f"{end:%Y%m%d}"],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")
    RetiredPartition.objects.create(
        name="carriers_position_before", log="carriers_position", ends_at=end, retired_at=end
    )
    partitions.forget()


def test_rows_beyond_the_horizon_are_frozen_and_what_began_before_it_survives(two_weeks, van):
    expected = days.dump()
    assert ZoneVisit.objects.count() >= 4
    drop_before(21)
    done = rebuild_all()
    assert (done.done, done.frozen, done.failed) == (1, 0, 0)
    found = days.dump()
    for name, rows in expected.items():
        assert found[name] == rows, name


def test_a_rebuild_mends_what_came_after_the_horizon_only(two_weeks, van):
    drop_before(21)
    last = ZoneVisit.objects.order_by("entered_at").last()
    right = last.metres
    assert last.entered_at < at(20, 19 * 3600) < last.left_at
    ZoneVisit.objects.update(metres=1)
    rebuild_all()
    metres = list(ZoneVisit.objects.order_by("entered_at").values_list("metres", flat=True))
    assert metres == [1] * (len(metres) - 1) + [right]


def test_a_vehicle_that_was_silent_since_the_horizon_is_frozen_as_a_whole(two_weeks, van):
    expected = days.dump()
    partitions.ensure(at(40, 0))
    drop_before(40)
    done = rebuild_all()
    assert (done.done, done.frozen) == (0, 1)
    assert days.dump() == expected


def test_beyond_the_backfill_one_snapshot_a_day_is_kept_as_far_as_positions_are(van):
    for day in range(30):
        partitions.ensure(at(day, 0))
    drop_before(10)
    hours = [at(day, hour * 3_600) for day in range(30) for hour in (0, 2, 4)]
    Snapshot.objects.bulk_create(
        [Snapshot(subject_id=van.id, at=hour, state=b"") for hour in hours]
    )
    keeping.forget_snapshots(at(30, 0))
    kept = list(Snapshot.objects.order_by("at").values_list("at", flat=True))
    daily = [at(day, 0) for day in range(10, 15)]  # positions are kept from the 10th day on
    newest = [at(14, 4 * 3_600)]  # the last one before the 15 days of late events
    assert kept == daily + newest + [hour for hour in hours if hour >= at(15, 0)]


# Ground that was published afterwards


@pytest.fixture
def machinery(drain):
    """Return `machinery()`: workers and the refold, until nothing is left."""
    from tracking.consumers import GroundChanges

    def run():
        chosen = [Projection(), GroundChanges()]
        done = 0
        while handled := drain(as_of=EVENING, consumers=chosen) + rebuilding.go_on(
            Projection.name, as_of=EVENING
        ):
            done += handled
        return done

    return run


def publish(hel_city, geometry, legal_from=curb_factories.LONG_AGO, code="centre"):
    """Publish a zone today; recorded since it is in force, as an import may, at the latest now."""
    from zones.services import grounds

    return grounds.create(
        actor=factories.actor_of(hel_city),
        code=code,
        name=code.title(),
        kind="low_emission",
        geometry=geometry,
        legal_from=legal_from,
        recorded_from=min(legal_from, EVENING),
        now=EVENING,
    )


def test_ground_published_afterwards_gives_the_visits_it_would_have_given_before(
    hel_city, carrier, sender, machinery
):
    near, far = fleet.vehicle(carrier, "van-1"), fleet.vehicle(carrier, "van-2")
    days.send(sender, drive(near, 0, 0, 60, -100), EVENING)
    days.send(sender, [days.position(far, t, 9_000, 50, 10.0) for t in (0, 5)], EVENING)
    machinery()
    zone = publish(hel_city, days.box(0, -100, 200, 200))
    machinery()
    (visit,) = ZoneVisit.objects.all()
    assert (visit.zone_id, visit.vehicle_id) == (zone.id, near.id)
    assert abs((visit.entered_at - TUESDAY).total_seconds() - 10) < 0.1
    told = OutboxMessage.objects.get(topic="visit.changed")
    assert (told.key, told.payload["change"]) == (near.id, "appeared")
    done = Rebuild.objects.get()
    assert done.finished_at is not None
    assert done.done == 1  # the van that drove 9 km away was not touched


def test_a_vehicle_that_crossed_new_ground_between_two_fixes_is_found(
    hel_city, carrier, sender, machinery
):
    van = fleet.vehicle(carrier, "van-1")
    path = [days.position(van, t, 40 * t - 600, 50, 40.0) for t in (0, 5, 10, 20, 25, 30)]
    days.send(sender, path, EVENING)  # at x = -200 after 10 s, at 200 after 20 s
    machinery()
    publish(hel_city, days.box(-40, -100, 40, 200))
    machinery()
    assert Rebuild.objects.get().done == 1  # what came of it is the fold's business


def test_a_curb_published_afterwards_gives_the_stays_it_would_have_given_before(
    hel, van, sender, machinery
):
    from curbs.models import CurbSession

    standing = [days.position(van, 60 * n, 100, 50, 0.0) for n in range(6)]
    days.send(sender, standing, EVENING)
    machinery()
    assert not CurbSession.objects.exists()
    curb = days.curb(hel, 90, 55)
    machinery()
    (stay,) = CurbSession.objects.all()
    assert stay.curb_zone_id == curb.id
    assert OutboxMessage.objects.filter(topic="stay.changed").count() == 1


def test_ground_for_a_time_to_come_folds_nobody_anew(hel_city, van, sender, machinery):
    days.send(sender, drive(van, 0, 0, 60, -100), EVENING)
    machinery()
    publish(hel_city, days.box(0, -100, 200, 200), legal_from=EVENING + timedelta(hours=1))
    machinery()
    assert not Rebuild.objects.exists()


def test_the_consumer_and_the_projection_are_registered():
    assert "tracking.ground" in {one.name for one in consumers.registered()}
    assert rebuilding.names() == ["tracking.facilities", "tracking.vehicles"]


def test_states_of_an_earlier_version_begin_anew_and_come_to_the_same(fleet_of_three):
    from importlib import import_module

    from django.apps import apps

    expected = days.dump()
    FoldState.objects.update(state=b"\x8a\xa4head")
    import_module("tracking.migrations.0004_states_as_arrays").restart(apps, None)
    assert not Snapshot.objects.exists()
    (asked,) = Rebuild.objects.filter(finished_at=None)
    assert asked.consumer == Projection.name
    while rebuilding.go_on(Projection.name, EVENING):
        pass
    assert days.dump() == expected
