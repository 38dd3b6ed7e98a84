"""The sequence of scans at a station, from hand-written events."""

from uuid import UUID

import pytest
from driving import after, rows, told

from tracking.rules.geography import Geography
from tracking.rules.told import Lapse, StationVisit

DEPOT, HUB = UUID(int=80), UUID(int=81)
TRIP, NEXT_TRIP = UUID(int=71), UUID(int=74)
SEQUENCE = (
    "gate_in", "dock_arrival", "load_started", "load_verified", "dock_departure", "gate_out",
)  # fmt: skip


def scans(*steps, start=0, **members):
    """Return scans a minute apart; a step may carry members of its own: (step, {...})."""
    named = [(step, {}) if isinstance(step, str) else step for step in steps]
    return [
        told(f"station.{step}", start + 60 * n, **({"facility_id": DEPOT} | members | more))
        for n, (step, more) in enumerate(named)
    ]


def visits(events):
    return rows(events, Geography(), StationVisit)


def lapses(events):
    found = rows(events, Geography(), Lapse)
    return [(row.kind, row.detail, row.facts) for row in found]


def test_the_six_scans_are_one_visit_with_its_times_and_units():
    counts = {"units_expected": 3, "units_counted": 3, "units": ("a", "b", "c")}
    steps = [(step, counts if step == "load_verified" else {}) for step in SEQUENCE]
    events = scans(*steps, trip_id=TRIP)
    (visit,) = visits(events)
    assert (visit.facility_id, visit.trip_id, visit.step) == (DEPOT, TRIP, "gate_out")
    times = [getattr(visit, f"{step}_at") for step in SEQUENCE]
    assert times == [after(60 * n) for n in range(6)]
    assert (visit.units_expected, visit.units_counted, visit.units_loaded) == (3, 3, 3)
    assert visit.mismatch_at is None
    assert lapses(events) == []


def test_what_a_scan_leaves_out_agrees_with_the_visit():
    events = scans("gate_in", ("load_verified", {"facility_id": None, "trip_id": TRIP}))
    (visit,) = visits(events)
    assert (visit.facility_id, visit.trip_id) == (DEPOT, TRIP)


def test_leaving_before_the_load_was_verified_is_out_of_sequence():
    events = scans("gate_in", "dock_arrival", "load_started", "dock_departure", "gate_out")
    assert lapses(events) == [("out_of_sequence", "gate_out_unverified", {})]
    (visit,) = visits(events)
    assert (visit.step, visit.load_verified_at, visit.gate_out_at) == ("gate_out", None, after(240))


def test_a_scan_that_comes_after_a_later_one_is_kept_and_flagged():
    events = scans("gate_in", "load_started", "dock_arrival", "load_verified", "gate_out")
    facts = {"step": "dock_arrival", "after": "load_started"}
    assert lapses(events) == [("out_of_sequence", "station_step", facts)]
    (visit,) = visits(events)
    assert visit.dock_arrival_at == after(120)
    assert visit.step == "gate_out"


def test_a_gate_in_after_the_dock_belongs_to_the_same_visit():
    events = scans("dock_arrival", "gate_in", "load_verified", "gate_out")
    facts = {"step": "gate_in", "after": "dock_arrival"}
    assert lapses(events) == [("out_of_sequence", "station_step", facts)]
    assert len(visits(events)) == 1


@pytest.mark.parametrize(
    "second",
    [
        scans("gate_in", start=1000),
        scans("dock_arrival", start=1000, facility_id=HUB),
        scans("dock_arrival", start=1000, trip_id=NEXT_TRIP),
        scans("dock_arrival", start=1000),
    ],
    ids=["gate-in", "another station", "another trip", "a scan made already"],
)
def test_after_leaving_another_visit_begins(second):
    first = scans("gate_in", "dock_arrival", "load_verified", "gate_out", trip_id=TRIP)
    left, begun = visits([*first, *second])
    assert left.gate_out_at == after(180)
    assert begun.touched_at == after(1000)


def test_a_verification_that_was_forgotten_until_the_road_still_belongs_to_the_visit():
    events = scans("gate_in", "gate_out", "load_verified")
    (visit,) = visits(events)
    assert visit.load_verified_at == after(120)
    kinds = [detail for _, detail, _ in lapses(events)]
    assert kinds == ["gate_out_unverified", "station_step"]


def test_of_each_scan_the_first_counts_and_of_the_counts_the_last():
    wrong, right = ({"units_expected": 3, "units_counted": n} for n in (2, 3))
    events = scans("gate_in", "dock_arrival", "dock_arrival")
    events += scans(("load_verified", wrong), ("load_verified", right), start=300)
    (visit,) = visits(events)
    assert visit.dock_arrival_at == after(60)
    assert (visit.load_verified_at, visit.units_counted) == (after(300), 3)


def test_a_count_that_differs_is_a_misload_until_it_is_right():
    wrong, right = ({"units_expected": 3, "units_counted": n} for n in (2, 3))
    events = scans("gate_in", ("load_verified", wrong), ("load_verified", right), "gate_out")
    (lapse,) = rows(events, Geography(), Lapse)
    assert (lapse.kind, lapse.detail, lapse.facility_id) == ("misload", "load_mismatch", DEPOT)
    assert (lapse.started_at, lapse.ended_at) == (after(60), after(120))
    assert lapse.facts == {"expected": 3, "counted": 2, "resolved": True}


def test_a_misload_that_nobody_mends_leaves_with_the_vehicle():
    mismatch = {"units_expected": 3, "units_counted": 2}
    events = scans("gate_in", ("load_mismatch", mismatch), ("load_verified", mismatch))
    (lapse,) = rows(events, Geography(), Lapse)
    assert (lapse.started_at, lapse.ended_at) == (after(60), None)
    events += scans("gate_out", start=300)
    (lapse,) = rows(events, Geography(), Lapse)
    assert (lapse.started_at, lapse.ended_at) == (after(60), after(300))
    assert lapse.facts["resolved"] is False


def test_what_is_only_planned_at_a_station_is_no_visit():
    assert visits(scans("gate_in", classifier="planned")) == []


def test_units_that_come_back_are_counted():
    events = scans("gate_in", ("unload_verified", {"units": ("a", "b")}), trip_id=TRIP)
    (visit,) = visits(events)
    assert (visit.unload_verified_at, visit.units_unloaded) == (after(60), 2)
    assert lapses(events) == []
