"""Exceptions in the tables: raised once, ended or withdrawn by events, told through the outbox."""

from datetime import timedelta

import days
import pytest

from tests import fleet
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

TRIP = {"trip_id": "ref:trip-van-7"}
S1, S2 = TRIP | {"stop_id": "ref:s1"}, TRIP | {"stop_id": "ref:s2"}


def at(minutes):
    return TUESDAY + timedelta(minutes=minutes)


@pytest.fixture
def published(van, sender):
    days.route(van, sender, ["s1", "s2"])


@pytest.fixture
def say(van, sender, tracking, published):
    """Return `say(minutes, type, …)`: send one event and fold it; what was said is returned."""

    def one(minutes, event_type, **members):
        event = fleet.event(van, event_type, at(minutes), **members)
        assert days.send(sender, [event], at(600)).accepted == 1
        tracking()
        return event

    return one


def exceptions():
    from tracking.models import ServiceException

    rows = ServiceException.objects.order_by("started_at", "kind")
    return [(row.kind, row.started_at, row.ended_at) for row in rows]


def news():
    """Return what was told of exceptions, in order."""
    from foundation.models import OutboxMessage

    rows = OutboxMessage.objects.filter(topic="exception.changed").order_by("id")
    return [(row.payload["change"], len(row.payload["exception_ids"])) for row in rows]


def look(minutes):
    from tracking.services import waking

    return waking.look_again(at(minutes))


def test_silence_is_raised_once_by_the_clock_and_ended_by_the_next_word(say):
    say(0, "trip.started", **TRIP)
    assert look(14.9) == 0
    assert look(15) == 1
    assert exceptions() == [("silent_vehicle", at(0), None)]
    assert look(16) == 0
    say(40, "telemetry.idle")
    assert exceptions() == [("silent_vehicle", at(0), at(40))]
    assert news() == [("appeared", 1), ("changed", 1)]


def test_late_words_that_fill_the_gap_withdraw_the_silence(say):
    say(0, "trip.started", **TRIP)
    say(40, "telemetry.idle")
    assert exceptions() == [("silent_vehicle", at(0), at(40))]
    say(14, "telemetry.idle")
    assert exceptions() == [("silent_vehicle", at(14), at(40))]
    say(27, "telemetry.idle")
    assert exceptions() == []
    assert sorted(news()) == [("appeared", 1)] * 2 + [("withdrawn", 1)] * 2


def test_a_word_that_follows_but_came_late_withdraws_what_the_clock_had_raised(say):
    """It only extends the fold: nothing is folded again, and still the clock was wrong."""
    say(0, "trip.started", **TRIP)
    look(20)
    say(10, "telemetry.idle")
    assert exceptions() == []
    assert look(24) == 0
    assert look(25) == 1
    assert exceptions() == [("silent_vehicle", at(10), None)]


def test_the_void_of_the_last_word_moves_the_silence(say, van, sender, tracking):
    say(0, "trip.started", **TRIP)
    last = say(10, "telemetry.idle")
    look(25)
    assert exceptions() == [("silent_vehicle", at(10), None)]
    days.send(sender, [days.void(van, last, 1800)], at(600))
    tracking()
    look(25)
    assert exceptions() == [("silent_vehicle", at(0), None)]


def test_the_clock_waits_for_what_is_sent_but_not_read(say, van, sender):
    say(0, "trip.started", **TRIP)
    days.send(sender, [fleet.event(van, "telemetry.idle", at(14))], at(15))
    assert look(20) == 0
    assert exceptions() == []


def test_nothing_is_raised_while_contact_is_said_to_be_lost(say):
    say(0, "trip.started", **TRIP)
    say(5, "stop.arrived", **S1)
    say(6, "telemetry.comms_lost")
    assert look(500) == 0
    say(300, "telemetry.comms_restored")
    assert exceptions() == []
    assert look(314) == 0
    assert look(315) == 1
    assert exceptions() == [("silent_vehicle", at(300), None)]


def test_a_dwell_that_the_clock_raised_is_ended_by_the_departure(say):
    say(0, "trip.started", **TRIP)
    say(5, "stop.arrived", **S1)
    for minutes in (15, 25, 34):
        say(minutes, "telemetry.idle")
    look(35)
    assert exceptions() == [("dwell_spike", at(5), None)]
    say(36, "delivery.succeeded", **S1)
    assert exceptions() == [("dwell_spike", at(5), None)]
    say(41, "stop.departed", **S1)
    assert exceptions() == [("dwell_spike", at(5), at(41))]
    assert news() == [("appeared", 1), ("changed", 1)]


def test_the_tick_knows_when_silence_will_mean_something(say):
    from tracking.services import waking

    say(0, "trip.started", **TRIP)
    assert waking.next_due(at(0)) == at(15)
    look(15)
    assert waking.next_due(at(15)) is None


def test_a_rebuild_raises_the_same_and_tells_nothing(say, van):
    from tracking.services import projection

    say(0, "trip.started", **TRIP)
    say(5, "stop.arrived", **S1)
    look(60)
    before, told = days.dump(), news()
    assert len(before["exceptions"]) == 2
    projection.rebuild([(van.city_id, van.organisation_id, van.id)], as_of=at(60))
    assert days.dump() == before
    assert news() == told
    assert look(60) == 0


def test_folding_anew_because_the_ground_changed_leaves_what_the_clock_raised(say, van):
    from tracking.services import projection

    say(0, "trip.started", **TRIP)
    look(60)
    before, told = days.dump(), news()
    subject = (van.city_id, van.organisation_id, van.id)
    projection.rebuild([subject], as_of=at(60), announce=True)
    assert exceptions() == [("silent_vehicle", at(0), None)]
    assert days.dump() == before
    assert news() == told


def test_a_window_is_the_one_of_the_revision_current_at_the_arrival(van, sender, tracking, say):
    """Revisions: of TUESDAY without a window; after 10 min with one until 30; after 40 min with
    one until 20. The first arrival at 35 is late by five minutes, and stays so."""
    days.route(van, sender, ["s1", "s2"], at(10), window_end_at=at(30))
    days.route(van, sender, ["s1", "s2"], at(40), window_end_at=at(20))
    say(34, "trip.started", **TRIP)
    say(35, "stop.arrived", **S1)
    assert exceptions() == [("late", at(30), at(35))]


def test_a_later_revision_never_makes_an_arrival_late(van, sender, tracking, say):
    say(0, "trip.started", **TRIP)
    say(5, "stop.arrived", **S1)
    days.route(van, sender, ["s1", "s2"], at(10), window_end_at=at(1))
    say(6, "delivery.succeeded", **S1)
    say(4, "telemetry.idle")  # late: folds all of it again
    assert exceptions() == []


def test_a_city_sets_its_limits(hel, say):
    hel.settings = {"tracking": {"silent_vehicle_s": 300}}
    hel.save(update_fields=["settings"])
    say(0, "trip.started", **TRIP)
    say(5, "telemetry.idle")
    assert exceptions() == [("silent_vehicle", at(0), at(5))]


def test_a_misload_and_a_station_visit_are_kept_and_told(van, carrier, sender, say):
    from foundation.models import OutboxMessage
    from tracking.models import ServiceException, StationVisit

    depot = fleet.facility(carrier, "depot")
    station = TRIP | {"facility_id": str(depot.id)}
    wrong = {"units_expected": 5, "units_counted": 4, "place": {"station_id": "depot"}}
    say(0, "station.gate_in", **station)
    say(5, "station.load_verified", **station, **wrong)
    say(9, "station.gate_out", **station)
    visit = StationVisit.objects.get()
    assert (visit.facility_id, visit.vehicle_id, visit.step) == (depot.id, van.id, "gate_out")
    assert (visit.units_expected, visit.units_counted) == (5, 4)
    row = ServiceException.objects.get()
    assert (row.kind, row.detail, row.facility_id) == ("misload", "load_mismatch", depot.id)
    assert (row.started_at, row.ended_at) == (at(5), at(9))
    assert row.organisation_id == carrier.id
    told = OutboxMessage.objects.filter(topic="station.changed").order_by("id")
    changes = [message.payload["change"] for message in told]
    assert changes == ["appeared", "changed", "changed"]


def test_the_largest_numbers_and_farthest_times_that_can_be_told_stop_nobody(hel, van, sender, say):
    from datetime import UTC, datetime

    from tracking.models import StationVisit, StopProgress

    hel.settings = {"tracking": {"dwell_spike_factor": 10**6, "late_tolerance_s": 60}}
    hel.save(update_fields=["settings"])
    farthest = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    days.route(van, sender, ["s1"], at(0), window_end_at=farthest, service_s=86_400)
    counts = {"units_expected": 10**40, "units_counted": 10**40 + 1, "place": {}}
    say(1, "station.load_verified", **TRIP, **counts)
    say(2, "trip.started", **TRIP)
    say(3, "stop.arrived", **S1, stop_seq=2**31 - 1)
    failed = {"status": "failed", "reason": "other", "attempt": 10**30}
    say(4, "delivery.failed", **S1, outcome=failed)
    assert StationVisit.objects.get().units_expected == 2**31 - 1
    assert StopProgress.objects.get().attempts == 2**31 - 1
    say(5, "delivery.attempted", **S1)
    assert StopProgress.objects.get().attempts == 2**31
    assert exceptions() == []


def test_a_stop_goes_back_to_what_it_was_when_what_changed_it_is_voided(say, van, sender, tracking):
    """Also when nothing else is said of it after the snapshot that the fold goes back to."""
    from tracking.models import StopProgress

    say(0, "trip.started", **TRIP)
    say(10, "stop.arrived", **S1)
    say(70, "telemetry.idle")  # an hour after the first snapshot
    departed = say(80, "stop.departed", **S1)
    days.send(sender, [days.void(van, departed, 6000)], at(600))
    tracking()
    stop = StopProgress.objects.get()
    assert (stop.state, stop.departed_at, stop.arrived_at) == ("arrived", None, at(10))
