"""Plans around the real former low-emission zone of Heidelberg, where the data is present."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from kernel.vehicles import VehicleFacts
from routing import planner
from tests.integration.routing import scene
from tests.integration.routing.scene import NOON

SHARED = [parent / "shared" / "data" / "heidelberg" for parent in Path(__file__).parents]
DATA = next((folder for folder in SHARED if folder.is_dir()), Path("missing"))
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="real data of Heidelberg is not beside the project"
)
# Group 3 was kept out from 2013-01-01 on; group 4 never was.
YELLOW = VehicleFacts(category="N1", stickers={"de": "3"}, gross_weight_kg=3500)
GREEN = VehicleFacts(category="N1", stickers={"de": "4"}, gross_weight_kg=3500)
RULE = {
    "id": "group-4-only",
    "who": {"stickers": {"de": ["none", "2", "3"]}},
    "what": {"effect": "prohibit"},
}
DEPOT = (8.6680, 49.4280)


def features(name):
    return json.loads((DATA / name).read_text())["features"]


@pytest.fixture(scope="module")
def zone():
    return shapely.union_all(
        [shape(one["geometry"]) for one in features("heidelberg_umweltzone.geojson")]
    )


@pytest.fixture(scope="module")
def demand():
    places = [shape(one["geometry"]).centroid for one in features("demand_addresses.geojson")]
    return [(place.x, place.y) for place in places]


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    return scene.Streets(DATA / "heidelberg_streets.osm.pbf", tmp_path_factory.mktemp("hd"))


def job(facts, places):
    vans = [scene.vehicle(n, DEPOT, facts, home=DEPOT) for n in (1, 2, 3)]
    stops = [scene.stop(n, 1 + n % 3, at, service_s=240) for n, at in enumerate(places)]
    return scene.job(vans, stops)


def test_no_route_of_a_yellow_van_touches_the_zone(streets, zone, demand):
    book = scene.evaluator((zone, RULE))
    places = scene.spread(demand, 45, 11)

    draft = planner.plan(job(YELLOW, places), book, streets)

    for route in draft.routes:
        assert scene.inside(route.path, zone) == []
    codes = Counter(one.code for one in draft.unserved)
    assert set(codes) <= {"routing.zone_prohibits", "routing.unreachable_for_vehicle"}
    inside = sum(zone.contains(shapely.Point(at)) for at in places)
    assert codes["routing.zone_prohibits"] >= inside
    assert sum(len(route.stops) for route in draft.routes) + sum(codes.values()) == 45


def test_green_vans_serve_every_address_that_the_streets_reach(streets, zone, demand):
    book = scene.evaluator((zone, RULE))
    places = scene.spread(demand, 45, 11)

    draft = planner.plan(job(GREEN, places), book, streets)

    assert {one.code for one in draft.unserved} <= {"routing.unreachable_for_vehicle"}
    assert sum(len(route.stops) for route in draft.routes) >= 43
    assert all(route.end_at <= NOON + timedelta(hours=6) for route in draft.routes)
