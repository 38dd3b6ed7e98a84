"""An event that cannot be folded stops its vehicle; skipped, it never was."""

import random
from datetime import timedelta
from uuid import UUID

import days
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation import consumers, stopped
from foundation.models import DroppedRow, StoppedSubject
from kernel.clock import wall
from tests import factories, fleet
from tests.factories import TUESDAY
from tracking.rules import fold as folding
from tracking.services import speeds
from tracking.services.projection import Projection

pytestmark = pytest.mark.django_db

STOPS = ["s1"]
EVENING = TUESDAY + timedelta(hours=4)


class Poison:
    """Makes the fold raise at certain events, and speeds at certain positions."""

    def __init__(self, monkeypatch):
        self.events = set()
        self.speeds = set()
        self.needs = {}  # an event that is poison unless this one came right before it
        step, counts = folding._step, speeds._counts

        def sick_step(state, told, *rest):
            before = self.needs.get(told.event_id)
            alone = before is not None and (state.position is None or state.position.at != before)
            if told.event_id in self.events or alone:
                raise ValueError("cannot be folded")
            return step(state, told, *rest)

        def sick_counts(row):
            if row.event_id in self.speeds:
                raise ValueError("cannot be counted")
            return counts(row)

        monkeypatch.setattr(folding, "_step", sick_step)
        monkeypatch.setattr(speeds, "_counts", sick_counts)

    def heal(self):
        self.events, self.speeds, self.needs = set(), set(), {}


@pytest.fixture
def poison(monkeypatch):
    return Poison(monkeypatch)


@pytest.fixture
def run(drain):
    """Return `run()`: the projection as a worker runs it, every pause being over."""
    projection = Projection()

    def until_nothing_is_left():
        StoppedSubject.objects.update(retry_at=wall() - timedelta(seconds=1))
        while consumers.run_once(as_of=EVENING, consumers=[projection]):
            pass

    return until_nothing_is_left


@pytest.fixture
def registered(monkeypatch):
    """The projection under its name, for whoever skips."""
    monkeypatch.setattr(consumers, "_consumers", {Projection.name: Projection()})


@pytest.fixture
def town(hel, hel_city, carrier, sender, registered):
    """Two vans with a day each, a zone, a curb, and a street that speeds count for (nobody drives
    it in a router: there is no network)."""
    from django.contrib.gis.geos import LineString

    from roads.models import Street

    days.zone(hel_city, days.box(0, -100, 200, 200))
    days.curb(hel, 90, 55)
    west, east = days.lnglat(-300, 50), days.lnglat(300, 50)
    Street.objects.create(
        city=hel, way_id=7, street_class="residential", drivable=True, length_m=600,
        geometry=LineString(west, east, srid=4326), drawn=LineString((0, 0), (1, 1), srid=3857),
    )  # fmt: skip
    vans = [fleet.vehicle(carrier, f"van-{number}") for number in (7, 8)]
    for van in vans:
        days.route(van, sender, STOPS)
    return vans


def official(hel_city):
    return factories.actor_of(hel_city)


def test_the_other_vehicles_of_the_shard_go_on_and_the_stopped_one_catches_up(
    town, sender, poison, run
):
    from tracking.models import FoldState

    first, second = (days.day(van, seed, STOPS) for van, seed in zip(town, (5, 6), strict=True))
    days.send(sender, first + second, EVENING)
    run()
    expected = days.dump()

    days.forget()
    poison.events = {UUID(first[30]["event_id"])}
    days.send(sender, first[:60] + second, EVENING)
    run()
    days.send(sender, first[60:], EVENING)
    run()
    row = StoppedSubject.objects.get()
    assert row.subject_id == town[0].id
    assert str(row.event_id) == first[30]["event_id"]
    assert "sick_step" in row.error
    assert str(FoldState.objects.get(subject_id=town[1].id).head_at)
    own = repr(str(town[1].id))
    for name, rows in expected.items():
        healthy = [one for one in rows if own in one]
        assert [one for one in days.dump()[name] if own in one] == healthy, name

    poison.heal()
    run()
    assert not StoppedSubject.objects.exists()
    assert days.dump() == expected


def test_the_event_at_fault_is_named_also_when_a_void_brings_it_out(
    town, hel_city, sender, poison, run
):
    van = town[0]
    path = [days.position(van, t, -100 + 10 * t, 50, 10.0) for t in range(0, 45, 5)]
    poison.needs = {UUID(path[4]["event_id"]): TUESDAY + timedelta(seconds=15)}
    days.send(sender, path, EVENING)
    run()
    assert not StoppedSubject.objects.exists()
    days.send(sender, [days.void(van, path[3], 100)], EVENING)
    run()
    row = StoppedSubject.objects.get()
    assert (str(row.event_id), row.event_type) == (path[4]["event_id"], "telemetry.position")
    stopped.skip(actor=official(hel_city), stopped_id=row.id, now=EVENING)
    run()
    found = days.dump()
    assert not StoppedSubject.objects.exists()
    assert not DroppedRow.objects.exists()  # the void itself was never at fault

    days.forget()
    days.send(sender, path[:3] + path[5:], EVENING)
    run()
    assert found == days.dump()


def test_a_void_that_cannot_be_taken_back_is_dropped_for_the_consumer_only(
    town, hel_city, sender, poison, run
):
    from carriers.models import LoggedEvent

    van = town[0]
    path = [days.position(van, t, -100 + 10 * t, 50, 10.0) for t in range(0, 45, 5)]
    days.send(sender, path, EVENING)
    run()
    poison.speeds = {UUID(path[3]["event_id"])}
    days.send(sender, [days.void(van, path[3], 100)], EVENING)
    run()
    row = StoppedSubject.objects.get()
    assert row.event_type == "event.voided"
    stopped.skip(actor=official(hel_city), stopped_id=row.id, now=EVENING)
    run()
    assert not StoppedSubject.objects.exists()
    assert LoggedEvent.objects.count() == 1  # no void of a void


def test_a_carriers_own_void_of_the_event_at_fault_lets_its_vehicle_go_on(
    town, sender, poison, run
):
    van = town[0]
    path = [days.position(van, t, -100 + 10 * t, 50, 10.0) for t in range(0, 45, 5)]
    poison.events = {UUID(path[3]["event_id"])}
    days.send(sender, path, EVENING)
    run()
    assert StoppedSubject.objects.count() == 1
    days.send(sender, [days.void(van, path[3], 100)], EVENING)
    run()
    run()
    found = days.dump()
    assert not StoppedSubject.objects.exists()

    days.forget()
    days.send(sender, path[:3] + path[4:], EVENING)
    run()
    assert found == days.dump()


def test_a_carrier_cannot_write_what_only_an_official_may(town, sender):
    event = days.void(town[0], days.position(town[0], 0, 0, 0, 1.0), 10)
    answer = days.send(sender, [event | {"event_type": "event.skipped"}], EVENING)
    assert (answer.refused, answer.results[0].code) == (1, "event.invalid")


@pytest.mark.law
def test_what_is_derived_after_a_skip_is_what_a_log_without_the_event_gives(
    town, hel_city, sender, poison, run
):
    """Whatever the order of arrival, wherever the event lies, whenever the official comes."""
    events = days.day(town[0], 5, STOPS) + days.day(town[1], 6, STOPS)
    events.sort(key=lambda event: event["occurred_at"])
    voids = {event["voids"]["event_id"] for event in events if "voids" in event}
    candidates = [e for e in events if "voids" not in e and e["event_id"] not in voids]

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        seed=st.integers(0, 10_000),
        place=st.integers(0, len(candidates) - 1),
        kind=st.sampled_from(["fold", "speeds"]),
        size=st.sampled_from([9, 40, 400]),
    )
    def day(seed, place, kind, size):
        rng = random.Random(seed)
        at_fault = candidates[place]
        if kind == "speeds" and at_fault["event_type"] != "telemetry.position":
            kind = "fold"
        poison.heal()
        days.forget()
        days.send(sender, [e for e in events if e is not at_fault], EVENING)
        run()
        expected = days.dump()

        days.forget()
        DroppedRow.objects.all().delete()
        ids = {UUID(at_fault["event_id"])}
        poison.events, poison.speeds = (ids, set()) if kind == "fold" else (set(), ids)
        order = sorted(range(len(events)), key=lambda n: n + rng.uniform(0, 60))
        for start in range(0, len(order), size):
            days.send(sender, [events[n] for n in order[start : start + size]], EVENING)
            if rng.random() < 0.6:
                run()
            row = StoppedSubject.objects.first()
            if row is not None and rng.random() < 0.3:
                stopped.skip(actor=official(hel_city), stopped_id=row.id, now=EVENING)
        run()
        for row in StoppedSubject.objects.all():
            stopped.skip(actor=official(hel_city), stopped_id=row.id, now=EVENING)
        run()
        assert not StoppedSubject.objects.exists()
        found = days.dump()
        for name, rows in expected.items():
            assert found[name] == rows, (name, kind)

    day()
