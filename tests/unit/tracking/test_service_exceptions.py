"""Hand-written days: each exception is raised once, and none while contact is lost."""

from datetime import timedelta
from uuid import UUID

import pytest
from driving import CITY, VAN, after, told

from tracking.rules import fold as folding
from tracking.rules.fold import State, fold, freeze
from tracking.rules.geography import Geography
from tracking.rules.limits import Limits
from tracking.rules.told import Lapse, StopDone
from tracking.rules.trips import Journal, is_stop_out_of_turn, note

TRIP, OTHER_TRIP = UUID(int=71), UUID(int=70)
SHOP, CAFE = UUID(int=72), UUID(int=73)
DEPOT = UUID(int=80)
AT_SHOP = {"trip_id": TRIP, "stop_id": SHOP}
AT_CAFE = {"trip_id": TRIP, "stop_id": CAFE}
MINUTE = 60


def folded(events, limits=None):
    ordered = sorted(events, key=lambda event: event.key)
    limits = limits or Limits()
    return fold(State(), ordered, Geography(), city_id=CITY, vehicle_id=VAN, limits=limits)


def lapses(events, limits=None):
    """Return the exceptions that a day leaves, by time."""
    rows = folded(events, limits).rows.values()
    found = [row for row in rows if isinstance(row, Lapse)]
    return sorted(found, key=lambda row: (row.started_at, row.kind, row.detail))


def kinds(events):
    return [(row.kind, row.detail) for row in lapses(events)]


def lasting(events, as_of):
    state = folded(events).state
    found = folding.lasting(state, city_id=CITY, vehicle_id=VAN, limits=Limits())
    return [make() for due, make in found if due <= as_of]


def under_way(*events):
    """Return events of a trip that began at 0."""
    return [told("trip.started", 0, trip_id=TRIP), *events]


def call(names, arrived, departed, *between):
    """Return a visit to a stop: arrival, what happens there, departure."""
    arrival = told("stop.arrived", arrived, **names)
    return [arrival, *between, told("stop.departed", departed, **names)]


def served(names, at, **members):
    return told("delivery.succeeded", at, **names, **members)


def test_a_day_on_which_all_goes_well_has_no_exception():
    station = [
        told(f"station.{step}", 60 * n - 600, trip_id=TRIP, facility_id=DEPOT, **more)
        for n, (step, more) in enumerate(
            [
                ("gate_in", {}),
                ("dock_arrival", {}),
                ("load_started", {}),
                ("load_verified", {"units_expected": 2, "units_counted": 2, "units": ("a", "b")}),
                ("dock_departure", {}),
                ("gate_out", {}),
            ]
        )
    ]
    day = [
        *station,
        *under_way(),
        *call(AT_SHOP, 300, 600, served(AT_SHOP, 590, units=("a",))),
        *call(AT_CAFE, 900, 1200, served(AT_CAFE, 1190, units=("b",))),
        told("trip.ended", 1500, trip_id=TRIP),
    ]
    assert lapses(day) == []


# Late


def test_an_arrival_after_the_window_is_late_by_the_difference():
    arrival = told("stop.arrived", 820, **AT_SHOP, window_end_at=after(700))
    (row,) = lapses(under_way(arrival))
    assert (row.kind, row.stop_id, row.trip_id) == ("late", SHOP, TRIP)
    assert (row.started_at, row.ended_at) == (after(700), after(820))
    assert row.facts["late_s"] == 120


def test_an_arrival_at_the_end_of_the_window_or_within_the_tolerance_is_in_time():
    arrival = told("stop.arrived", 700, **AT_SHOP, window_end_at=after(700))
    assert lapses(under_way(arrival)) == []
    later = told("stop.arrived", 760, **AT_SHOP, window_end_at=after(700))
    assert lapses(under_way(later), Limits(late_tolerance_s=60)) == []


def test_only_the_first_call_at_a_stop_can_be_late():
    failed = told("delivery.failed", 400, reason="recipient_absent", **AT_SHOP)
    again = told("stop.arrived", 1000, **AT_SHOP, window_end_at=after(700))
    assert lapses(under_way(*call(AT_SHOP, 300, 420, failed), again)) == []


def test_a_city_sets_its_limits_and_a_slip_in_them_counts_as_the_default():
    given = {"late_tolerance_s": 60, "dwell_spike_factor": 2, "silent_vehicle_s": "soon"}
    limits = Limits.of({"tracking": given | {"dwell_spike_s": -1}})
    assert limits == Limits(60, 1800, 2.0, 900)
    assert Limits.of({"tracking": "strict"}) == Limits.of({}) == Limits()
    assert Limits.of({"tracking": {"dwell_spike_s": float("nan")}}) == Limits()


# Dwell spike


def test_half_an_hour_at_a_stop_is_a_dwell_spike():
    (row,) = lapses(under_way(*spread(call(AT_SHOP, 300, 2100, served(AT_SHOP, 2000)))))
    assert (row.kind, row.stop_id) == ("dwell_spike", SHOP)
    assert (row.started_at, row.ended_at) == (after(300), after(2100))
    assert row.facts == {"limit_s": 1800, "lasted_s": 1800}


def spread(events):
    """Return events with a word every ten minutes between, so that nobody is silent."""
    last = max(event.at for event in events)
    minutes = int((last - after(0)).total_seconds()) // 600
    return [*events, *(told("telemetry.idle", 600 * n + 1) for n in range(minutes + 1))]


def test_a_stop_that_takes_long_by_plan_may_take_three_times_as_long():
    arrival = told("stop.arrived", 300, **AT_SHOP, service_s=900)

    def day(departed):
        return under_way(
            *spread([arrival, served(AT_SHOP, 400), told("stop.departed", departed, **AT_SHOP)])
        )

    assert lapses(day(300 + 2699)) == []
    (row,) = lapses(day(300 + 2700))
    assert row.facts["limit_s"] == 2700


def test_a_dwell_that_lasts_is_one_exception_that_the_departure_ends():
    events = under_way(*spread([told("stop.arrived", 300, **AT_SHOP), told("curb.claimed", 2200)]))
    assert [row for row in lasting(events, after(2099)) if row.kind == "dwell_spike"] == []
    (still,) = [row for row in lasting(events, after(2100)) if row.kind == "dwell_spike"]
    assert (still.started_at, still.ended_at) == (after(300), None)
    events += [served(AT_SHOP, 2300), told("stop.departed", 2400, **AT_SHOP)]
    (over,) = lapses(events)
    assert (over.id, over.ended_at) == (still.id, after(2400))


# Missing scan


def test_a_stop_that_is_left_without_a_scan_misses_it_once_the_vehicle_has_gone_on():
    left = under_way(*call(AT_SHOP, 300, 500))
    assert lapses(left) == []
    (row,) = lapses([*left, told("stop.arrived", 700, **AT_CAFE)])
    assert (row.kind, row.detail, row.stop_id) == ("missing_scan", "outcome", SHOP)
    assert (row.started_at, row.ended_at) == (after(500), after(700))


def test_a_scan_that_is_made_on_the_way_to_the_next_stop_is_not_missing():
    day = [*call(AT_SHOP, 300, 500), served(AT_SHOP, 600), *call(AT_CAFE, 700, 800)]
    assert lapses(under_way(*day)) == []


@pytest.mark.parametrize(
    "scan",
    [
        told("delivery.attempted", 400, **AT_SHOP),
        told("delivery.failed", 400, reason="recipient_absent", **AT_SHOP),
        told("pickup.succeeded", 400, **AT_SHOP),
        told("return.received", 400, **AT_SHOP),
    ],
)
def test_every_word_on_what_came_of_a_stop_is_its_scan(scan):
    day = [*call(AT_SHOP, 300, 500, scan), *call(AT_CAFE, 700, 800)]
    assert lapses(under_way(*day)) == []


def test_a_stop_that_is_not_left_before_the_trip_ends_misses_its_departure():
    day = [told("stop.arrived", 300, **AT_SHOP), served(AT_SHOP, 400)]
    (row,) = lapses(under_way(*day, told("trip.ended", 900, trip_id=TRIP)))
    assert (row.kind, row.detail, row.stop_id) == ("missing_scan", "departure", SHOP)
    assert (row.started_at, row.ended_at) == (after(300), after(900))


# Silent vehicle


def test_a_quarter_of_an_hour_without_a_word_is_silence():
    words = [told("telemetry.idle", t) for t in (600, 1499)]
    assert lapses(under_way(*words)) == []
    words.append(told("telemetry.idle", 1499 + 900))
    (row,) = lapses(under_way(*words))
    assert (row.kind, row.trip_id, row.stop_id) == ("silent_vehicle", TRIP, None)
    assert (row.started_at, row.ended_at) == (after(1499), after(2399))
    assert row.facts == {"limit_s": 900, "lasted_s": 900}


def test_silence_that_lasts_has_the_id_with_which_the_next_word_ends_it():
    events = under_way(told("telemetry.idle", 600))
    assert lasting(events, after(1499)) == []
    (still,) = lasting(events, after(1500))
    assert (still.kind, still.started_at, still.ended_at) == ("silent_vehicle", after(600), None)
    (over,) = lapses([*events, told("telemetry.idle", 5000)])
    assert (over.id, over.ended_at) == (still.id, after(5000))


def test_what_a_carrier_says_ahead_is_no_word_of_the_vehicle():
    eta = told("stop.eta_updated", 600, classifier="projected", eta_at=after(2000), **AT_SHOP)
    (row,) = lapses(under_way(eta, told("telemetry.idle", 901)))
    assert row.started_at == after(0)


@pytest.mark.parametrize("before", ["trip.paused", "trip.ended", "trip.cancelled"])
def test_who_pauses_or_has_no_trip_may_be_silent(before):
    events = under_way(told(before, 60, trip_id=TRIP), told("telemetry.idle", 9000))
    assert lapses(events) == []
    assert lasting(events[:2], after(9000)) == []


# While contact is lost


LOST, RESTORED = told("telemetry.comms_lost", 350), told("telemetry.comms_restored", 8000)


def test_inside_a_bracket_nothing_is_silent_missing_or_too_long():
    day = under_way(
        told("stop.arrived", 300, **AT_SHOP),
        LOST,
        told("stop.departed", 7000, **AT_SHOP),
        told("stop.arrived", 7500, **AT_CAFE),
        RESTORED,
    )
    assert lapses(day) == []


def test_contact_that_is_restored_had_been_lost_since_the_word_before():
    assert lapses(under_way(told("telemetry.idle", 350), RESTORED)) == []


def test_without_the_bracket_the_same_day_has_three_exceptions():
    day = under_way(
        told("stop.arrived", 300, **AT_SHOP),
        told("stop.departed", 7000, **AT_SHOP),
        told("stop.arrived", 7500, **AT_CAFE),
    )
    expected = [("dwell_spike", ""), ("silent_vehicle", ""), ("missing_scan", "outcome")]
    assert kinds(day) == expected


def test_nothing_lasts_while_contact_is_lost():
    day = under_way(told("stop.arrived", 300, **AT_SHOP), LOST)
    assert lasting(day, after(90_000)) == []


def test_after_a_bracket_silence_counts_again():
    day = under_way(LOST, RESTORED, told("telemetry.idle", 8900))
    (row,) = lapses(day)
    assert (row.started_at, row.ended_at) == (after(8000), after(8900))


def test_silence_before_contact_was_said_to_be_lost_is_silence():
    (row,) = lapses(under_way(told("telemetry.comms_lost", 900), RESTORED))
    assert (row.started_at, row.ended_at) == (after(0), after(900))


# Out of sequence


@pytest.mark.parametrize(
    ("types", "flagged"),
    [
        (["trip.started", "trip.paused", "trip.resumed", "trip.ended"], []),
        (["trip.started", "trip.started"], [("trip.started", "started")]),
        (["trip.paused"], [("trip.paused", "planned")]),
        (["trip.started", "trip.resumed"], [("trip.resumed", "started")]),
        (["trip.ended"], [("trip.ended", "planned")]),
        (["trip.started", "trip.ended", "trip.paused"], [("trip.paused", "ended")]),
        (["trip.cancelled", "trip.started"], [("trip.started", "cancelled")]),
    ],
)
def test_a_step_that_cannot_follow_on_the_trip_as_it_was_is_flagged(types, flagged):
    events = [told(name, 60 * n, trip_id=TRIP) for n, name in enumerate(types)]
    found = lapses(events)
    assert [(row.facts["step"], row.facts["after"]) for row in found] == flagged
    assert {(row.kind, row.detail) for row in found} <= {("out_of_sequence", "trip_step")}


@pytest.mark.parametrize(
    ("types", "flagged"),
    [
        (["stop.approaching", "stop.arrived", "stop.service_started", "stop.departed"], []),
        (["stop.arrived", "stop.arrived"], []),
        (["stop.arrived", "stop.approaching"], [("stop.approaching", "arrived")]),
        (["stop.service_started", "stop.arrived"], [("stop.arrived", "in_service")]),
        (["stop.departed", "stop.service_started"], [("stop.service_started", "departed")]),
        (["stop.departed", "stop.arrived"], []),
        (["stop.skipped", "stop.departed"], [("stop.departed", "skipped")]),
    ],
)
def test_a_step_that_cannot_follow_on_the_stop_as_it_was_is_flagged(types, flagged):
    events = [told(name, 60 * n, **AT_SHOP) for n, name in enumerate(types, start=1)]
    found = lapses(under_way(*events))
    assert [(row.facts["step"], row.facts["after"]) for row in found] == flagged
    assert {(row.kind, row.detail) for row in found} <= {("out_of_sequence", "stop_step")}


@pytest.mark.parametrize(
    "steps",
    [
        [("trip.started", 0), ("trip.started", 0), ("trip.ended", 600), ("trip.ended", 600)],
        [("trip.started", 0), ("trip.paused", 60), ("trip.paused", 60), ("trip.resumed", 90),
         ("trip.started", 0)],
        [("trip.started", 0), ("trip.cancelled", 60), ("trip.cancelled", 60)],
    ],
)  # fmt: skip
def test_a_step_of_a_trip_told_twice_of_one_instant_is_not_out_of_turn(steps):
    day = [told(name, t, number, trip_id=TRIP) for number, (name, t) in enumerate(steps)]
    assert lapses(day) == []


def test_a_step_of_a_trip_told_again_of_another_instant_is_out_of_turn():
    day = [told("trip.started", 0, trip_id=TRIP), told("trip.ended", 600, trip_id=TRIP)]
    (row,) = lapses([*day, told("trip.ended", 601, trip_id=TRIP)])
    assert row.facts == {"step": "trip.ended", "after": "ended"}
    (row,) = lapses([*day, told("trip.cancelled", 600, 1, trip_id=TRIP)])
    assert row.started_at == after(600)


def test_a_stop_told_twice_of_one_instant_is_not_out_of_turn_and_stays_departed():
    """The carrier arrived and left within one second; both messages tell both."""
    before = StopDone(
        UUID(int=1), SHOP, TRIP, "departed", "served", "", None, after(60), None, after(60),
        after(60),
    )  # fmt: skip
    again = told("stop.arrived", 60, **AT_SHOP)
    assert not is_stop_out_of_turn(before, again)
    assert is_stop_out_of_turn(before, told("stop.arrived", 61, **AT_SHOP))
    journal = Journal(stops={SHOP: before})
    list(note(journal, again, lambda *_: UUID(int=9)))
    assert (journal.stops[SHOP].state, journal.stops[SHOP].arrived_at) == ("departed", after(60))


def test_what_happens_at_a_stop_after_its_trip_has_ended_is_flagged():
    day = under_way(told("trip.ended", 100, trip_id=TRIP), served(AT_SHOP, 200))
    assert kinds(day) == [("out_of_sequence", "after_trip")]


def test_a_stop_before_the_one_just_reached_is_out_of_sequence():
    first = call(AT_SHOP | {"stop_seq": 5}, 100, 200, served(AT_SHOP, 150))
    second = call(AT_CAFE | {"stop_seq": 4}, 300, 400, served(AT_CAFE, 350))
    (row,) = lapses(under_way(*first, *second))
    assert (row.kind, row.detail, row.stop_id) == ("out_of_sequence", "stop_seq", CAFE)
    assert row.facts == {"stop_seq": 4, "after": 5}


def test_places_in_two_revisions_of_a_route_are_not_compared():
    first = told("stop.arrived", 100, **AT_SHOP, route_seq=5, revision=1)
    second = told("stop.arrived", 300, **AT_CAFE, route_seq=1, revision=2)
    assert lapses(under_way(first, served(AT_SHOP, 150), second)) == []


def test_the_route_knows_the_order_better_than_the_numbers_that_are_sent():
    """After a new plan carriers go on sending the numbers of the first one."""

    def day(first_seq, second_seq):
        first = told("stop.arrived", 100, **AT_SHOP, stop_seq=9, revision=2, route_seq=first_seq)
        second = told("stop.arrived", 300, **AT_CAFE, stop_seq=4, revision=2, route_seq=second_seq)
        return under_way(first, served(AT_SHOP, 150), second)

    assert lapses(day(3, 4)) == []
    (row,) = lapses(day(4, 3))
    assert row.facts == {"stop_seq": 3, "after": 4}


def test_a_unit_that_is_delivered_twice_is_out_of_sequence():
    day = [
        served(AT_SHOP, 100, units=("sscc:1", "sscc:2")),
        served(AT_CAFE, 200, units=("sscc:2",)),
    ]
    (row,) = lapses(under_way(*day))
    assert (row.kind, row.detail, row.stop_id) == ("out_of_sequence", "delivered_twice", CAFE)
    assert row.facts == {"units": ["sscc:2"]}


# Misload


def load(at, units, trip_id=TRIP):
    return [
        told("station.gate_in", at, facility_id=DEPOT),
        told("station.load_verified", at + 60, facility_id=DEPOT, trip_id=trip_id, units=units),
        told("station.gate_out", at + 120, facility_id=DEPOT),
    ]


def test_a_unit_that_was_never_loaded_for_the_trip_is_a_misload():
    day = [*load(-600, ("sscc:1",)), *under_way(served(AT_SHOP, 100, units=("sscc:1", "sscc:9")))]
    (row,) = lapses(day)
    assert (row.kind, row.detail, row.stop_id) == ("misload", "not_loaded", SHOP)
    assert row.facts == {"units": ["sscc:9"]}


def test_a_unit_that_was_picked_up_on_the_way_was_loaded():
    picked = told("pickup.succeeded", 100, **AT_SHOP, units=("sscc:9",))
    day = [*load(-600, ("sscc:1",)), *under_way(picked, served(AT_CAFE, 200, units=("sscc:9",)))]
    assert lapses(day) == []


def test_where_no_unit_was_named_at_the_dock_none_is_strange():
    counted = told("station.load_verified", -60, units_expected=3, units_counted=3)
    assert lapses([counted, *under_way(served(AT_SHOP, 100, units=("sscc:9",)))]) == []


def test_a_load_whose_trip_nobody_named_is_for_the_next_trip():
    day = [*load(-600, ("sscc:1",), None), *under_way(served(AT_SHOP, 100, units=("sscc:1",)))]
    assert lapses(day) == []
    day.append(served(AT_CAFE, 200, units=("sscc:2",)))
    assert kinds(day) == [("misload", "not_loaded")]


# All at once


def test_a_bad_day_has_each_kind_once():
    day = [
        *load(-600, ("sscc:1",)),
        *under_way(),
        told("stop.arrived", 300, **AT_SHOP, window_end_at=after(200)),  # late
        told("telemetry.idle", 1100),
        told("telemetry.idle", 1900),
        told("stop.departed", 2400, **AT_SHOP),  # 2,100 s: a dwell spike
        told("stop.arrived", 2500, **AT_CAFE),  # gone on without a scan at the shop
        served(AT_CAFE, 2600, units=("sscc:9",)),  # a misload
        told("stop.departed", 2700, **AT_CAFE),
        told("trip.resumed", 2800, trip_id=TRIP),  # nothing was paused
        told("trip.ended", 4000, trip_id=TRIP),  # after 1,200 s of silence
    ]
    assert kinds(day) == [
        ("late", ""),
        ("dwell_spike", ""),
        ("missing_scan", "outcome"),
        ("misload", "not_loaded"),
        ("out_of_sequence", "trip_step"),
        ("silent_vehicle", ""),
    ]


def test_the_ids_of_exceptions_are_the_same_in_every_fold_and_differ_from_one_another():
    day = under_way(told("telemetry.idle", 2000), told("telemetry.idle", 5000))
    first, second = (folded(day) for _ in range(2))
    assert first.rows == second.rows
    assert freeze(first.state) == freeze(second.state)
    assert len({row.id for row in lapses(day)}) == 2


def test_what_is_remembered_of_a_trip_is_forgotten_a_day_and_a_half_later():
    day = [*load(-600, ("sscc:1",)), *under_way(served(AT_SHOP, 100, units=("sscc:1",)))]
    day.append(told("trip.ended", 200, trip_id=TRIP))
    hours = [told("telemetry.idle", 3600 * n) for n in range(1, 40)]
    state = folded([*day, *hours]).state
    assert state.watch.delivered == {}
    assert state.yard.loaded == {}
    assert state.journal.stops == {}
    assert state.head[0] == after(0) + timedelta(hours=39)
