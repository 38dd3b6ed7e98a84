"""The projections: what the events mean does not depend on how they arrived."""

import random
from datetime import timedelta

import days
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

STOPS = ["s1", "s2"]
EVENING = TUESDAY + timedelta(hours=4)
MIDNIGHT = TUESDAY + timedelta(hours=14)


@pytest.fixture
def ground(hel, hel_city):
    """A zone of 200 m by 200 m and a curb along which vans stop."""
    return days.zone(hel_city, days.box(0, -100, 200, 200)), days.curb(hel, 90, 55)


def test_a_day_makes_visits_stays_stops_and_a_trip(ground, van, sender, tracking):
    from curbs.models import CurbSession
    from tracking.models import StopProgress, TripState, VehicleState, ZoneVisit

    zone, curb = ground
    days.route(van, sender, STOPS)
    events = days.day(van, 1, STOPS)
    assert days.send(sender, events, EVENING).accepted == len(events)
    tracking()
    visits = list(ZoneVisit.objects.order_by("entered_at"))
    assert [visit.zone_id for visit in visits] == [zone.id] * 2
    # 300 m at 8 m/s to the border, 100 m on, 700 s at the curb, 100 m back to the border.
    entered = TUESDAY + timedelta(seconds=37.5)
    left = TUESDAY + timedelta(seconds=50 + 700 + 12.5)
    assert abs((visits[0].entered_at - entered).total_seconds()) < 3
    assert abs((visits[0].left_at - left).total_seconds()) < 3
    stays = list(CurbSession.objects.order_by("started_at"))
    assert [stay.curb_zone_id for stay in stays] == [curb.id] * 2
    assert abs((stays[0].started_at - TUESDAY).total_seconds() - 50) <= 5
    assert abs((stays[0].ended_at - TUESDAY).total_seconds() - 750) <= 5
    assert set(StopProgress.objects.values_list("state", "outcome")) == {("departed", "served")}
    assert TripState.objects.get().state == "ended"
    state = VehicleState.objects.get()
    assert (state.status, state.trip_id) == ("standing", None)
    assert state.fix_at is not None


def test_the_difference_is_told_and_a_repetition_tells_nothing(ground, van, sender, tracking):
    from foundation.models import OutboxMessage

    days.route(van, sender, STOPS)
    events = days.day(van, 1, STOPS)
    days.send(sender, events, EVENING)
    tracking()
    told = OutboxMessage.objects.filter(topic="visit.changed").values_list("payload", flat=True)
    assert [payload["change"] for payload in told] == ["appeared"]
    assert len(told[0]["visit_ids"]) == 2
    before = OutboxMessage.objects.count()
    assert days.send(sender, events, EVENING).duplicate == len(events)
    tracking()
    assert OutboxMessage.objects.count() == before


def test_a_late_fix_moves_the_border_time_and_a_void_withdraws_the_visit(
    ground, van, sender, tracking
):
    from foundation.models import OutboxMessage
    from tracking.models import ZoneVisit

    path = [(t, -100 + 10 * t, 50) for t in range(0, 45, 5)]
    fixes = [days.position(van, t, x, y, 10.0) for t, x, y in path]
    late = fixes.pop(2)  # ten seconds in, on the border
    days.send(sender, fixes, EVENING)
    tracking()
    days.send(sender, [late], EVENING)
    tracking()
    (visit,) = ZoneVisit.objects.all()
    assert abs((visit.entered_at - TUESDAY).total_seconds() - 10) < 0.1
    days.send(sender, [days.void(van, fix, 100) for fix in fixes[1:8]], EVENING)
    tracking()
    assert not ZoneVisit.objects.exists()
    changes = OutboxMessage.objects.filter(topic="visit.changed").order_by("id")
    assert changes.last().payload["change"] == "withdrawn"


def test_a_rebuild_gives_the_same_tables_and_tells_nothing(ground, van, sender, tracking):
    from foundation.models import OutboxMessage
    from tracking.services import projection

    days.route(van, sender, STOPS)
    events = days.day(van, 3, STOPS)
    random.Random(3).shuffle(events)
    for start in range(0, len(events), 50):
        days.send(sender, events[start : start + 50], EVENING)
        tracking()
    before, told = days.dump(), OutboxMessage.objects.count()
    projection.rebuild([(van.city_id, van.organisation_id, van.id)], as_of=EVENING)
    assert days.dump() == before
    assert OutboxMessage.objects.count() == told


def test_odd_positions_and_times_stop_nobody(ground, van, sender, tracking):
    from tests import fleet
    from tracking.models import VehicleState, ZoneVisit

    days.route(van, sender, STOPS)
    named = {"trip_id": f"ref:trip-{van.ref}", "stop_id": "ref:s1"}
    odd = [
        fleet.position(van, TUESDAY, lng, lat)
        for lng, lat in [(0, 0), (180, 90), (-180, -90), (24.94, -90), (24.94, 90)]
    ]
    for eta in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        odd.append(fleet.event(van, "stop.arrived", TUESDAY, eta=eta, **named))
    path = [days.position(van, 60 + t, -100 + 10 * t, 50, 10.0) for t in range(0, 45, 5)]
    assert days.send(sender, odd + path, EVENING).accepted == len(odd) + len(path)
    tracking()
    assert ZoneVisit.objects.count() == 1
    assert VehicleState.objects.get().fix_at == TUESDAY + timedelta(seconds=100)


@pytest.mark.law
def test_shuffled_doubled_and_split_arrival_gives_the_tables_of_the_day_in_order(
    ground, van, carrier, other_carrier, sender, tracking
):
    from tests import factories, fleet
    from tracking.services import waking

    other = fleet.vehicle(carrier, "van-8")
    depot = fleet.facility(carrier, "depot")
    locker = fleet.facility(other_carrier, "locker", kind="locker")
    operator = factories.actor_of(other_carrier)
    for vehicle in (van, other):
        days.route(vehicle, sender, STOPS)
    events = days.day(van, 5, STOPS) + days.day(other, 6, STOPS)
    events += days.service(van, 7, STOPS, depot) + days.service(other, 8, STOPS, depot)
    events += days.locker_day([carrier, other_carrier], locker, 9)
    events.sort(key=lambda event: event["occurred_at"])

    def send(batch):
        """Send each event as its own sender; all are accepted, or were before."""
        for actor, organisation in ((sender, carrier), (operator, other_carrier)):
            own = [event for event in batch if event["carrier_id"] == str(organisation.id)]
            result = days.send(actor, own, EVENING)
            assert result.accepted + result.duplicate == len(own)

    def settle():
        """Fold what was sent, and look at the clock: it is long after the day."""
        tracking()
        waking.look_again(MIDNIGHT)

    send(events)
    settle()
    expected = days.dump()
    for table in ("stations", "exceptions", "references", "curb reports", "units"):
        assert len(expected[table]) >= 2, table
    assert len(expected["visits"]) == 4
    assert len(expected["stays"]) == 4
    assert len(expected["snapshots"]) >= 4

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        seed=st.integers(0, 10_000),
        distance=st.sampled_from([0, 3, 40, 400]),
        size=st.sampled_from([25, 70, 400]),
    )
    def arrival(seed, distance, size):
        days.forget()
        rng = random.Random(seed)
        told = events + rng.sample(events, 40)
        order = sorted(range(len(told)), key=lambda n: n % len(events) + rng.uniform(0, distance))
        arrived = [told[n] for n in order]
        for start in range(0, len(arrived), size):
            send(arrived[start : start + size])
            if rng.random() < 0.7:
                tracking()
            if rng.random() < 0.3:
                settle()
        settle()
        found = days.dump()
        for name, rows in expected.items():
            assert found[name] == rows, name

    arrival()
