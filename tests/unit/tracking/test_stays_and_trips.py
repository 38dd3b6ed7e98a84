"""Curb stays, trips and stops, folded from hand-written events."""

from uuid import UUID

import driving
import numpy as np
import pytest
import shapely
from driving import CITY, CURB, VAN, after, rows, seen, told, truth
from msgspec import structs

from tracking.rules.fold import State, fold, freeze, status, thaw
from tracking.rules.geography import Area, Geography
from tracking.rules.told import Stay, StopDone, Trip

BAY = Geography((), [Area(CURB, shapely.LineString([(0, 5), (30, 5)]))])
OTHER = UUID(int=9)
TRIP, STOP = UUID(int=71), UUID(int=72)


def stays(events, geography=BAY):
    return rows(events, geography, Stay)


def test_a_stand_of_ninety_seconds_at_a_curb_is_a_stay():
    drive = truth((-300, 0), [(15, 0, 9.0), 600.0, (300, 0, 9.0)])
    (stay,) = stays(seen(drive, np.random.default_rng(1), outliers=0))
    assert stay.curb_zone_id == CURB
    assert abs((stay.started_at - after(35)).total_seconds()) <= 5
    assert abs((stay.ended_at - after(635)).total_seconds()) <= 5
    assert stay.points >= 8  # fixes that the noise threw too far are left out


def test_a_stay_begins_when_the_vehicle_arrived_even_if_the_fix_of_arrival_was_thrown():
    drive = truth((-300, 0), [(15, 0, 9.0), 600.0, (300, 0, 9.0)])
    fixes = [structs.replace(fix) for fix in seen(drive, np.random.default_rng(5), outliers=0)]
    arrival = next(n for n, fix in enumerate(fixes) if fix.speed_mps == 0)
    thrown = fixes[arrival]
    fixes[arrival] = structs.replace(thrown, x=thrown.x, y=thrown.y + 50)
    (stay,) = stays(fixes)
    assert abs((stay.started_at - after(35)).total_seconds()) <= 10


def test_a_shorter_stand_and_a_stand_elsewhere_are_none():
    short = truth((-300, 0), [(15, 0, 9.0), 60.0, (300, 0, 9.0)])
    assert stays(seen(short, np.random.default_rng(2))) == []
    far = truth((-300, 60), [(15, 60, 9.0), 600.0, (300, 60, 9.0)])
    assert stays(seen(far, np.random.default_rng(2))) == []


@pytest.mark.law
def test_a_hundred_stays_of_five_minutes_are_found_at_their_curb_in_spite_of_noise():
    drive = truth((-300, 0), [(15, 0, 9.0), 300.0, (300, 0, 9.0)])
    found = [stays(seen(drive, np.random.default_rng(seed))) for seed in range(200)]
    assert sum(len(one) == 1 for one in found) >= 196
    for one in found:
        for stay in one:
            assert abs((stay.started_at - after(35)).total_seconds()) <= 65
            assert abs((stay.ended_at - after(335)).total_seconds()) <= 10


def test_who_checks_in_and_out_without_reporting_positions_has_a_stay():
    events = [
        told("curb.checked_in", 10, curb_zone_id=CURB),
        told("curb.checked_out", 500, curb_zone_id=CURB),
    ]
    (stay,) = stays(events)
    assert (stay.started_at, stay.ended_at, stay.declared) == (after(10), after(500), True)


def test_a_check_out_does_not_end_the_stay_of_a_vehicle_that_stands_on():
    drive = truth((-300, 0), [(15, 0, 9.0), 600.0, (300, 0, 9.0)])
    fixes = seen(drive, np.random.default_rng(1), outliers=0)
    events = [
        *fixes,
        told("curb.checked_in", 60, curb_zone_id=CURB),
        told("curb.checked_out", 200, curb_zone_id=CURB),
    ]
    events.sort(key=lambda event: event.key)
    (stay,) = stays(events)
    assert stay.declared
    assert stay.checked_out_at == after(200)
    assert abs((stay.started_at - after(35)).total_seconds()) <= 5
    assert abs((stay.ended_at - after(635)).total_seconds()) <= 5


def test_of_two_curbs_the_nearer_one_is_the_place():
    both = Geography(
        (),
        [
            Area(OTHER, shapely.LineString([(0, -11), (30, -11)])),
            Area(CURB, shapely.LineString([(0, 5), (30, 5)])),
        ],
    )
    drive = truth((-300, 0), [(15, 0, 9.0), 1800.0, (300, 0, 9.0)])
    (stay,) = stays(seen(drive, np.random.default_rng(4), outliers=0), both)
    assert stay.curb_zone_id == CURB


def test_a_stops_course_is_read_from_its_events():
    names = {"trip_id": TRIP, "stop_id": STOP}
    events = [
        told("stop.eta_updated", 0, classifier="projected", eta_at=after(300), **names),
        told("stop.arrived", 310, **names),
        told("stop.service_started", 330, **names),
        told("delivery.failed", 500, reason="recipient_absent", **names),
        told("stop.departed", 520, **names),
    ]
    (stop,) = rows(events, BAY, StopDone)
    assert (stop.state, stop.outcome, stop.reason) == ("departed", "failed", "recipient_absent")
    assert (stop.eta_at, stop.arrived_at) == (after(300), after(310))
    assert (stop.service_started_at, stop.departed_at) == (after(330), after(520))


def test_a_planned_arrival_is_no_arrival():
    events = [told("stop.arrived", 0, classifier="planned", trip_id=TRIP, stop_id=STOP)]
    (stop,) = rows(events, BAY, StopDone)
    assert (stop.state, stop.arrived_at) == ("planned", None)


@pytest.mark.parametrize(
    ("types", "state"),
    [
        (["trip.planned"], "planned"),
        (["trip.planned", "trip.started"], "started"),
        (["trip.started", "trip.paused"], "paused"),
        (["trip.started", "trip.paused", "trip.resumed"], "started"),
        (["trip.started", "trip.ended"], "ended"),
        (["trip.cancelled"], "cancelled"),
    ],
)
def test_a_trip_is_in_the_state_that_its_last_event_says(types, state):
    events = [told(name, 60 * n, trip_id=TRIP) for n, name in enumerate(types)]
    (trip,) = rows(events, BAY, Trip)
    assert trip.state == state


def test_expectations_are_planned_projected_and_revised():
    names = {"trip_id": TRIP, "stop_id": STOP}
    events = [
        told("stop.eta_updated", 0, classifier="planned", eta_at=after(900), **names),
        told("stop.eta_updated", 10, classifier="projected", eta_at=after(950), **names),
        told("stop.eta_updated", 20, classifier="projected", eta_at=after(950), **names),
        told("stop.eta_updated", 30, classifier="projected", eta_at=after(990), **names),
    ]
    (stop,) = rows(events, BAY, StopDone)
    assert (stop.planned_at, stop.eta_at) == (after(900), after(990))
    assert (stop.eta_told_at, stop.eta_revisions, stop.state) == (after(30), 1, "planned")


def test_outcomes_count_attempts_and_the_last_word_stands():
    names = {"trip_id": TRIP, "stop_id": STOP}
    events = [
        told("stop.arrived", 0, **names),
        told("delivery.attempted", 10, **names),
        told("delivery.failed", 20, reason="recipient_absent", next_action="reattempt", **names),
        told("stop.departed", 30, **names),
        told("stop.arrived", 600, **names),
        told("delivery.succeeded", 610, **names),
        told("stop.departed", 620, **names),
    ]
    (failed,) = rows(events[:4], BAY, StopDone)
    assert (failed.outcome, failed.attempts, failed.next_action) == ("failed", 1, "reattempt")
    (stop,) = rows(events, BAY, StopDone)
    assert (stop.state, stop.outcome, stop.reason, stop.attempts) == ("departed", "served", "", 2)
    assert (stop.arrived_at, stop.departed_at) == (after(0), after(620))
    assert (stop.attempted_at, stop.outcome_at, stop.next_action) == (after(10), after(610), "")


def test_an_attempt_that_its_sender_has_numbered_counts_as_that():
    names = {"trip_id": TRIP, "stop_id": STOP}
    (stop,) = rows([told("delivery.failed", 5, attempt=3, **names)], BAY, StopDone)
    assert stop.attempts == 3


def test_the_pauses_of_a_trip_are_added_up():
    types = ["started", "paused", "resumed", "paused", "ended"]
    events = [told(f"trip.{name}", 60 * n * n, trip_id=TRIP) for n, name in enumerate(types)]
    # At 0, 60, 240, 540 and 960 s: paused for 180 s and for 420 s.
    (paused,) = rows(events[:4], BAY, Trip)
    assert (paused.state, paused.paused_at, paused.paused_s) == ("paused", after(540), 180)
    (trip,) = rows(events, BAY, Trip)
    assert (trip.paused_at, trip.paused_s) == (None, 600)
    assert (trip.started_at, trip.ended_at) == (after(0), after(960))


def test_what_is_planned_and_projected_of_a_trip_is_expected_and_has_not_happened():
    events = [
        told("trip.planned", 0, classifier="planned", eta_at=after(600), trip_id=TRIP),
        told("trip.ended", 10, classifier="projected", eta_at=after(9000), trip_id=TRIP),
    ]
    (trip,) = rows(events, BAY, Trip)
    assert (trip.state, trip.planned_at, trip.eta_at) == ("planned", after(600), after(9000))


def test_a_trip_that_has_ended_does_not_begin_again():
    events = [
        told(f"trip.{name}", 60 * n, trip_id=TRIP) for n, name in enumerate(["ended", "started"])
    ]
    (trip,) = rows(events, BAY, Trip)
    assert (trip.state, trip.started_at, trip.ended_at) == ("ended", after(60), after(0))


def test_a_step_back_at_a_stop_keeps_its_state_and_its_first_times():
    names = {"trip_id": TRIP, "stop_id": STOP}
    types = ["stop.service_started", "stop.arrived", "stop.approaching", "stop.service_started"]
    events = [told(name, 60 * n, number=n, **names) for n, name in enumerate(types, start=1)]
    (stop,) = rows(events, BAY, StopDone)
    assert (stop.state, stop.service_started_at) == ("in_service", after(60))
    assert stop.arrived_at == after(120)


def test_snapshots_are_taken_hourly_and_when_a_trip_ends():
    fixes = [driving.fix(600 * n, 0, 0, n, 0.0) for n in range(20)]
    ended = told("trip.ended", 601, trip_id=TRIP)
    events = sorted([*fixes, ended], key=lambda event: event.key)
    folded = fold(State(), events, BAY, city_id=CITY, vehicle_id=VAN)
    # Fixes at 0, 600, …, 11,400 s. The first event; the end of the trip; then the first fix an
    # hour or more after the last snapshot: 4,800 - 601 >= 3,600, 8,400 - 4,800 = 3,600.
    expected = [after(t) for t in (0, 601, 4800, 8400)]
    assert [at for at, _ in folded.snapshots] == expected


def test_a_thawed_snapshot_goes_on_as_if_it_had_never_been_frozen():
    drive = truth((-300, 0), [(15, 0, 9.0), 4000.0, (300, 0, 9.0), 4000.0, (0, 0, 5.0)])
    events = seen(drive, np.random.default_rng(7))
    whole = fold(State(), events, BAY, city_id=CITY, vehicle_id=VAN)
    at, frozen = whole.snapshots[1]
    rest = [event for event in events if event.at > at]
    again = fold(thaw(frozen), rest, BAY, city_id=CITY, vehicle_id=VAN)
    assert freeze(again.state) == freeze(whole.state)
    assert [s for s in whole.snapshots if s[0] > at] == again.snapshots
    for row_id, row in again.rows.items():
        assert whole.rows[row_id] == row


def test_a_vehicle_is_silent_between_lost_and_restored_contact():
    state = State()
    assert status(state) == "unknown"
    for event, expected in [
        (driving.fix(0, 0, 0, 0, 9.0), "moving"),
        (driving.fix(5, 40, 0, 1, 0.0), "standing"),
        (told("telemetry.comms_lost", 6), "silent"),
        (told("telemetry.comms_restored", 7), "standing"),
    ]:
        fold(state, [event], BAY, city_id=CITY, vehicle_id=VAN)
        assert status(state) == expected
