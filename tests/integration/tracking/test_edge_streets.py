"""Real streets along a zone's edge: noise of 15 m convicts nobody and hides nobody.

The streets are Heidelberg's. A drive follows the line of a real street, in a direction in which it
may be driven, with a fix every 5 s and normal noise of 15 m on each axis; every other drive says
how exact its fixes are. Speeds are 5 to 14 m/s, chosen by the seed as is the noise.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID, uuid5

import numpy as np
import pytest
import shapely
from shapely.ops import substring

from kernel.geometry import projection
from roads import sources
from roads.osm.streets import DRIVABLE, read_streets
from tests import heidelberg_pack
from tracking.rules.fold import State, conclude, fold
from tracking.rules.geography import Area, Geography
from tracking.rules.told import Told, Visit
from tracking.services.streets import CityStreets

pytestmark = pytest.mark.skipif(not heidelberg_pack.available(), reason=heidelberg_pack.MISSING)

PBF = heidelberg_pack.DATA / "heidelberg_streets.osm.pbf"
PLACE = projection(heidelberg_pack.SRID)
START = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)
CITY, VAN, ZONE = (UUID(int=number) for number in (1, 2, 3))
NOISE_M = 15.0
OFF_M = 5.0
DEEP_M = 60.0
STRAIGHT = ["Lessingstraße", "Römerstraße", "Grenzhöfer Weg", "Berliner Straße"]
WINDING = ["Mühltalstraße", "Kirchstraße"]
STREETS = [*STRAIGHT, *WINDING]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Return the matcher of Heidelberg's streets and the longest drivable line of each name."""
    network = sources.free_view(PBF, "van", tmp_path_factory.mktemp("roads"))
    every = [street for street in read_streets(PBF) if street.street_class in DRIVABLE]
    lines = [shapely.LineString(street.coords) for street in every]
    named = defaultdict(list)
    for street, line in zip(every, lines, strict=True):
        if street.name in STREETS and street.drivable:
            named[street.name].append(PLACE.to_metric(line))
    drives = {name: _longest(network, parts) for name, parts in named.items()}
    return CityStreets(lambda: (network, lines), PLACE), drives


def _longest(network, parts):
    """Return the longest line of a street that can be driven from end to end, at most 900 m."""
    whole = list(shapely.get_parts(shapely.line_merge(shapely.union_all(parts))))
    for line in sorted(whole, key=lambda line: -line.length):
        line = substring(line, 0, min(line.length, 900))
        for way in (line, line.reverse()):
            stops = [way.interpolate(at) for at in np.linspace(0, way.length, 8)]
            path = network.route([PLACE.point_to_wgs84(stop.x, stop.y) for stop in stops])
            if path is not None and path.distance_m < 1.02 * way.length + 5:
                return way
    raise LookupError("no such street can be driven")


def drive(line, seed):
    rng = np.random.default_rng(seed)
    speed = rng.uniform(5, 14)
    events = []
    for number, t in enumerate(np.arange(0, line.length / speed, 5.0).tolist()):
        there = line.interpolate(speed * t)
        dx, dy = rng.normal(0, NOISE_M, 2).tolist()
        events.append(
            Told(
                at=START + timedelta(seconds=t),
                event_id=uuid5(VAN, str(number)),
                event_type="telemetry.position",
                lng=0.0,
                lat=0.0,
                x=there.x + dx,
                y=there.y + dy,
                accuracy_m=NOISE_M if seed % 2 else None,
            )
        )
    return events


def visits(line, seed, geography):
    folded = fold(State(), drive(line, seed), geography, city_id=CITY, vehicle_id=VAN)
    conclude(folded, geography, city_id=CITY, vehicle_id=VAN)
    return [row for row in folded.rows.values() if isinstance(row, Visit)]


def beside(line, *sides):
    """Return ground 300 m deep on these sides (1: left, -1: right) of all but the street's ends;
    its border runs 5 m from the centre line."""
    middle = substring(line, 70, line.length - 70)
    assert middle.length >= 200
    bands = [middle.buffer(side * (OFF_M + 300), single_sided=True) for side in sides]
    ground = shapely.union_all(bands).difference(line.buffer(OFF_M, quad_segs=16))
    assert ground.distance(line) > OFF_M - 0.1
    return ground


def around(line):
    """Return the ground within 60 m of 200 m of a street."""
    return substring(line, line.length / 2 - 100, line.length / 2 + 100).buffer(DEEP_M)


@cache
def _geography(streets, ground):
    return Geography([Area(ZONE, ground)], streets=streets)


def convicted(city, name, ground, seeds):
    """Return the seeds whose drive along a street made a visit."""
    streets, drives = city
    geography = _geography(streets, ground(drives[name]))
    return [seed for seed in seeds if visits(drives[name], seed, geography)]


LEFT, RIGHT = (lambda line: beside(line, 1)), (lambda line: beside(line, -1))
BETWEEN = lambda line: beside(line, 1, -1)  # noqa: E731
FEW, ALL = range(16), range(1000)


@pytest.mark.parametrize("name", STREETS)
def test_a_drive_along_a_street_five_metres_outside_makes_no_visit(city, name):
    assert convicted(city, name, LEFT, FEW) == []
    assert convicted(city, name, RIGHT, FEW) == []


@pytest.mark.parametrize("name", STREETS)
def test_a_drive_on_an_exempt_road_between_two_parts_of_a_zone_makes_no_visit(city, name):
    assert convicted(city, name, BETWEEN, FEW) == []


@pytest.mark.parametrize("name", STREETS)
def test_two_hundred_metres_on_a_street_sixty_metres_inside_are_a_visit(city, name):
    assert convicted(city, name, around, FEW) == [*FEW]


@pytest.mark.slow
@pytest.mark.parametrize("name", STREETS)
@pytest.mark.parametrize("ground", [LEFT, RIGHT, BETWEEN], ids=["left", "right", "between"])
def test_of_a_thousand_drives_along_the_edge_none_makes_a_visit(city, name, ground):
    assert convicted(city, name, ground, ALL) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", STREETS)
def test_of_a_thousand_drives_inside_each_makes_a_visit(city, name):
    assert convicted(city, name, around, ALL) == [*ALL]
