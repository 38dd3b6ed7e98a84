"""The checker of plans: legal plans pass, every way of cheating is named."""

from datetime import UTC, datetime, timedelta

import pytest
from shapely.geometry import box

from simulation.checker import PlanChecker, Task
from simulation.day import AfternoonStop
from simulation.fleet import Vehicle
from simulation.ground import Plane
from simulation.places import Place
from simulation.rulebook import NOON, NOON_ZONE, Facts

MIDNIGHT = datetime(2026, 9, 15, tzinfo=UTC)
PLANE = Plane(24.9443, 60.1716)
VAN = Vehicle("carrier", Facts("van", "N1", "diesel", "6d-TEMP", 3500, 6.0), "P-1", "van", True, 5)
STOP = AfternoonStop("s-1", 1, Place("Shop", "", (300.0, 0.0), None), units=2, service_s=120)


def checker() -> PlanChecker:
    return PlanChecker(
        plane=PLANE,
        polygons={NOON_ZONE: box(100.0, 50.0, 200.0, 150.0)},
        streets=None,
        seconds=lambda instant: (instant - MIDNIGHT).total_seconds(),
    )


def instant(seconds: float) -> str:
    return (MIDNIGHT + timedelta(seconds=seconds)).isoformat()


def plan(points, *, arrive, depart, unserved=(), stops=("hub-1",)):
    return {
        "routes": [
            {
                "vehicle_id": "v-1",
                "start_at": instant(NOON),
                "path": [(t, *PLANE.to_wgs84(*point)) for t, point in points],
                "stops": [
                    {
                        "stop_id": stop,
                        "arrive_at": instant(NOON + arrive),
                        "start_at": instant(NOON + arrive),
                        "depart_at": instant(NOON + depart),
                    }
                    for stop in stops
                ],
            }
        ],
        "unserved": list(unserved),
    }


STRAIGHT = [(0, (0.0, 0.0)), (30, (300.0, 0.0)), (150, (300.0, 0.0)), (180, (0.0, 0.0))]


def check(proposed, *, stop=STOP):
    return checker().check(
        proposed,
        tasks={"v-1": Task(VAN, (0.0, 0.0), [stop], (NOON, 17 * 3600))},
        stop_refs={"hub-1": "s-1", "hub-2": "s-2"},
        asked_at=NOON,
    )


def test_a_legal_plan_has_nothing_wrong():
    found = check(plan(STRAIGHT, arrive=30, depart=150))

    assert found.wrong == []
    assert (found.with_reason, found.without_reason) == (0, 0)


def test_a_way_through_a_closed_zone_is_found():
    around = [(0, (0.0, 0.0)), (15, (150.0, 100.0)), (30, (300.0, 0.0)), (150, (300.0, 0.0))]

    found = check(plan(around, arrive=30, depart=150))

    assert [fault for fault in found.wrong if "against its rules" in fault]


@pytest.mark.parametrize(
    ("arrive", "depart", "fault"),
    [
        (30, 90, "gives s-1 60 s of 120"),
        (60, 179, "moves"),
        (-60, 90, "serves s-1 outside its window"),
    ],
)
def test_wrong_times_at_a_stop_are_found(arrive, depart, fault):
    found = check(plan(STRAIGHT, arrive=arrive, depart=depart))

    assert [one for one in found.wrong if fault in one]


def test_a_stop_served_from_afar_is_found():
    near = [(0, (0.0, 0.0)), (30, (240.0, 0.0)), (150, (240.0, 0.0))]

    found = check(plan(near, arrive=30, depart=150))

    assert found.wrong == ["van: serves s-1 from 60 m away"]


def test_a_vehicle_that_flies_is_found():
    fast = [(0, (0.0, 0.0)), (5, (300.0, 0.0)), (150, (300.0, 0.0))]

    found = check(plan(fast, arrive=20, depart=145))

    assert found.wrong == ["van: drives 60 m/s at 43200"]


def test_a_plan_that_starts_elsewhere_is_found():
    elsewhere = [(0, (300.0, 400.0)), (60, (300.0, 0.0)), (200, (300.0, 0.0))]

    found = check(plan(elsewhere, arrive=60, depart=190))

    assert found.wrong == ["van: starts 500 m from the vehicle"]


def test_too_much_load_is_found():
    heavy = AfternoonStop("s-1", 1, STOP.place, units=6, service_s=120)

    found = check(plan(STRAIGHT, arrive=30, depart=150), stop=heavy)

    assert found.wrong == ["van: carries 6 of 5"]


def test_a_stop_that_vanished_is_counted_as_unserved_without_a_reason():
    found = check(plan(STRAIGHT, arrive=30, depart=150, stops=()))

    assert (found.with_reason, found.without_reason) == (0, 1)


def test_a_stop_with_a_code_is_unserved_with_a_reason():
    proposed = plan(
        STRAIGHT,
        arrive=30,
        depart=150,
        stops=(),
        unserved=[{"stop_id": "hub-1", "code": "routing.zone_closed"}],
    )

    found = check(proposed)

    assert (found.wrong, found.with_reason, found.without_reason) == ([], 1, 0)


def test_a_stop_that_is_served_and_left_out_is_found():
    found = check(
        plan(STRAIGHT, arrive=30, depart=150, unserved=[{"stop_id": "hub-1", "code": "x"}])
    )

    assert "s-1 stands in the plan 2 times" in found.wrong
