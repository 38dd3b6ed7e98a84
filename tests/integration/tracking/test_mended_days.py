"""A day that was kept aside, or came weeks late, means what it would have meant in time."""

from datetime import timedelta

import days
import pytest

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

STOPS = ["s1", "s2"]
NOON, EVENING = TUESDAY + timedelta(hours=1), TUESDAY + timedelta(hours=4)


@pytest.fixture
def ground(hel, hel_city):
    """A zone of 200 m by 200 m and a curb along which vans stop."""
    return days.zone(hel_city, days.box(0, -100, 200, 200)), days.curb(hel, 90, 55)


@pytest.fixture
def unknown(van, sender):
    """Return `mend()` for a van and a route that the platform does not know until it is called."""
    from carriers.models import RoutePlan, Vehicle

    def forget():
        RoutePlan.objects.all().delete()
        Vehicle.objects.filter(pk=van.pk).delete()

    def mend():
        van.save(force_insert=True)
        days.route(van, sender, STOPS)

    forget()
    mend.undo = forget
    return mend


def replay_all(actor, now):
    from carriers.models import Quarantined
    from carriers.selectors.quarantine import Filter
    from carriers.services import replays

    run = replays.ask(actor=actor, chosen=Filter(), now=now)
    while replays.work(now):
        pass
    run.refresh_from_db()
    return run, Quarantined.objects.open().count()


def test_a_quarantined_day_mended_and_replayed_equals_the_day_sent_right(
    ground, van, sender, tracking, unknown
):
    events = days.day(van, 7, STOPS)
    unknown()
    assert days.send(sender, events, EVENING).accepted == len(events)
    tracking()
    expected = days.dump()
    assert expected["visits"]
    assert expected["stays"]

    days.forget()
    unknown.undo()
    # Sent an hour into the day: of the rest not even the clock can be believed.
    for start in range(0, len(events), 60):
        days.send(sender, events[start : start + 60], NOON)
    tracking()
    assert not days.dump()["states"]
    unknown()
    run, left = replay_all(sender, NOON)
    assert set(run.counts) == {"accepted", "quarantined"}
    assert left == run.counts["quarantined"]
    tracking()
    assert days.dump() != expected
    run, left = replay_all(sender, EVENING)
    assert (set(run.counts), left) == ({"accepted"}, 0)
    tracking()
    assert days.dump() == expected


def test_a_day_replayed_weeks_later_equals_the_day_sent_right(
    ground, van, sender, tracking, unknown
):
    from tracking.services import keeping

    later = TUESDAY + timedelta(days=20)
    told = days.day(van, 7, STOPS)
    since = [days.position(van, 86_400 * n, -300, 50, 0.0) for n in range(1, 19)]
    unknown()
    days.send(sender, told, EVENING)
    days.send(sender, since, later - timedelta(days=2))
    tracking()
    keeping.forget_snapshots(later)
    expected = days.dump()

    days.forget()
    unknown.undo()
    days.send(sender, told, EVENING)
    unknown()
    for fix in since:
        days.send(sender, [fix], later - timedelta(days=2))
        tracking()
    keeping.forget_snapshots(later)
    run, left = replay_all(sender, later)
    voids = sum(event["event_type"] == "event.voided" for event in told)  # they wait in the log
    assert (run.counts, left) == ({"accepted": len(told) - voids}, 0)
    tracking()
    keeping.forget_snapshots(later)
    assert days.dump() == expected


def test_a_gap_that_a_window_fills_three_weeks_later_is_folded_as_if_it_had_come_in_time(
    ground, hel_city, van, sender, tracking, unknown
):
    from carriers.services import windows
    from tests import factories
    from tracking.services import keeping

    later = TUESDAY + timedelta(days=22)
    told = days.day(van, 7, STOPS)
    gap = [event for event in told if "00:20" <= elapsed(event) < "01:40"]
    since = [days.position(van, 86_400 * n, -300, 50, 0.0) for n in range(1, 21)]
    unknown()
    days.send(sender, told, EVENING)
    days.send(sender, since, later - timedelta(days=2))
    tracking()
    keeping.forget_snapshots(later)
    expected = days.dump()

    days.forget()
    days.send(sender, [event for event in told if event not in gap], EVENING)
    tracking()
    days.send(sender, since, later - timedelta(days=2))
    tracking()
    keeping.forget_snapshots(later)
    assert days.dump() != expected
    assert days.send(sender, gap, later).refused == len(gap)
    windows.open_window(
        actor=factories.actor_of(hel_city),
        organisation_id=van.organisation_id,
        events_from=TUESDAY,
        events_until=EVENING,
        open_until=later + timedelta(days=1),
        reason="Their gateway was down",
        now=later,
    )
    assert days.send(sender, gap, later).accepted == len(gap)
    tracking()
    keeping.forget_snapshots(later)
    assert days.dump() == expected


@pytest.fixture
def retire():
    """Return `retire(until)`: positions received before have left the log."""
    from carriers.models import LoggedPosition, RetiredPartition

    def leave(until):
        assert LoggedPosition.objects.filter(received_at__lt=until).delete()[0] > 0
        RetiredPartition.objects.create(
            name=f"carriers_position_{until:%Y%m%d}",
            log="carriers_position",
            ends_at=until,
            retired_at=until + timedelta(days=30),
        )

    return leave


def passage(van, start, seconds=45):
    """Return fixes through the zone, from 100 m west of it."""
    steps = range(0, seconds, 5)
    return [days.position(van, start + t, -100 + 10 * t, 50, 10.0) for t in steps]


def test_a_late_event_after_a_month_of_silence_leaves_what_is_frozen_alone(
    ground, van, sender, tracking, retire
):
    """The last snapshot is that of the first fix, and all the fixes after it have left the log."""
    from tracking.models import ZoneVisit

    month = 31 * 86_400
    days.send(sender, passage(van, 0), EVENING)
    tracking()
    frozen = ZoneVisit.objects.get()
    retire(TUESDAY + timedelta(days=1))
    fresh = passage(van, month)
    late = fresh.pop(0)
    back = TUESDAY + timedelta(seconds=month, hours=1)
    days.send(sender, fresh, back)
    tracking()
    days.send(sender, [late], back)
    tracking()
    first, second = ZoneVisit.objects.order_by("entered_at")
    assert (first.id, first.left_at) == (frozen.id, frozen.left_at)
    assert abs((second.entered_at - TUESDAY).total_seconds() - month - 10) < 1

    # As if the month before had never been.
    found = [row for row in days.dump()["visits"] if str(second.id) in row]
    days.forget()
    days.send(sender, [*fresh, late], back)
    tracking()
    assert days.dump()["visits"] == found


def test_a_void_of_what_has_left_the_log_changes_nothing(ground, van, sender, tracking, retire):
    old, fresh = passage(van, 0), passage(van, 40 * 86_400)
    days.send(sender, old, EVENING)
    tracking()
    now = TUESDAY + timedelta(days=40, hours=1)
    days.send(sender, fresh, now)
    tracking()
    before = days.dump()
    assert len(before["visits"]) == 2
    retire(TUESDAY + timedelta(days=10))
    voids = [days.void(van, event, 40 * 86_400) for event in old]
    assert days.send(sender, voids, now).accepted == len(voids)
    tracking()
    after = days.dump()
    assert after.pop("speeds") == before.pop("speeds")
    assert after == before


def elapsed(event):
    """Return the hours and minutes from TUESDAY to an event, in text."""
    from datetime import datetime

    minutes = int((datetime.fromisoformat(event["occurred_at"]) - TUESDAY).total_seconds() // 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"
