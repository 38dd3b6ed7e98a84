"""Reading extracts: tiny towns written by hand as OPL (one line an object)."""

from pathlib import Path

import pytest
import shapely

from roads.osm.cleaning import PART_ID_STEP, clean
from roads.osm.features import read_features, sea
from roads.osm.places import read_places
from roads.osm.streets import Segments, read_streets

ROW = [f"n{i} v1 x24.{i}0 y60.10" for i in range(1, 6)]


def town(folder: Path, *lines: str) -> Path:
    path = folder / "town.opl"
    order = {"n": 0, "w": 1, "r": 2}
    path.write_text("\n".join(sorted(lines, key=lambda line: order[line[0]])) + "\n")
    return path


def test_a_street_that_leaves_the_extract_and_returns_is_split_not_bridged(tmp_path):
    source = town(tmp_path, *ROW, "w7 v1 Thighway=primary Nn1,n2,n3,n99,n4,n5")

    streets = read_streets(clean(source, tmp_path / "clean.osm.pbf"))

    assert {street.way_id: street.coords for street in streets} == {
        7: ((24.1, 60.1), (24.2, 60.1), (24.3, 60.1)),
        7 + PART_ID_STEP: ((24.4, 60.1), (24.5, 60.1)),
    }


def test_an_area_keeps_the_corners_that_exist(tmp_path):
    source = town(tmp_path, *ROW, "w7 v1 Tlanduse=grass Nn1,n2,n99,n3,n1")

    clean(source, tmp_path / "clean.osm.pbf")

    assert read_streets(tmp_path / "clean.osm.pbf") == []


def test_a_street_with_one_node_left_disappears(tmp_path):
    source = town(tmp_path, *ROW, "w7 v1 Thighway=primary Nn1,n98,n99")

    assert read_streets(clean(source, tmp_path / "clean.osm.pbf")) == []


def test_segments_that_the_border_cuts_are_closed_and_their_neighbours_are_not(tmp_path):
    source = town(tmp_path, *ROW, "w7 v1 Thighway=primary Nn1,n2,n3,n4,n5")
    area = shapely.box(24.25, 60.0, 24.35, 60.2)

    assert Segments.read(source).touching(area).tolist() == [[2, 3], [3, 4]]


def test_segments_survive_the_disk(tmp_path):
    source = town(tmp_path, *ROW, "w7 v1 Thighway=primary Nn1,n2")
    segments = Segments.read(source)

    segments.save(tmp_path / "s.npz")

    assert Segments.load(tmp_path / "s.npz").ends.tolist() == [[[24.1, 60.1], [24.2, 60.1]]]


@pytest.mark.parametrize(
    ("tags", "drivable"),
    [
        ("highway=residential", True),
        ("highway=footway", False),
        ("highway=service,access=private", False),
        ("highway=pedestrian,area=yes", False),
    ],
)
def test_drivable_streets_are_told_from_paths(tmp_path, tags, drivable):
    [street] = read_streets(town(tmp_path, *ROW, f"w7 v1 T{tags} Nn1,n2"))

    assert street.drivable is drivable


def test_the_sea_lies_to_the_right_of_the_coastline(tmp_path):
    """Drawn from west to east across the box, so the right-hand side is its southern half."""
    corners = ["n10 v1 x24.0 y60.0", "n11 v1 x24.002 y60.002"]
    coast = ["n20 v1 x24.0 y60.001", "n21 v1 x24.002 y60.001"]
    source = town(tmp_path, *corners, *coast, "w7 v1 Tnatural=coastline Nn20,n21")

    [water] = sea(source)

    assert water.bounds == pytest.approx((24.0, 60.0, 24.002, 60.001))


def test_features_are_sorted_into_their_layers(tmp_path):
    square = ["n1 v1 x24.1 y60.1", "n2 v1 x24.2 y60.1", "n3 v1 x24.2 y60.2"]
    source = town(
        tmp_path,
        *square,
        "n4 v1 x24.3 y60.1 Tshop=bakery,name=Ekberg",
        "w1 v1 Tbuilding=yes Nn1,n2,n3,n1",
        "w2 v1 Tnatural=water Nn1,n2,n3,n1",
        "w3 v1 Tleisure=park,name=Esplanadi Nn1,n2,n3,n1",
    )

    found = {(f.kind, f.detail, f.name) for f in read_features(source)}

    assert found == {
        ("pois", "bakery", "Ekberg"),
        ("buildings", "yes", ""),
        ("water", "water", ""),
        ("green", "park", "Esplanadi"),
    }


def test_places_carry_their_address_and_nameless_ones_take_it_as_name(tmp_path):
    source = town(
        tmp_path,
        "n1 v1 x24.1 y60.1 Tshop=books,name=Akateeminen,addr:street=Esplanadi,addr:housenumber=39",
        "n2 v1 x24.2 y60.1 Taddr:street=Bulevardi,addr:housenumber=6",
        "n3 v1 x24.3 y60.1 Tshop=kiosk",
    )

    assert [(p.kind, p.name, p.address) for p in read_places(source)] == [
        ("shop", "Akateeminen", "Esplanadi 39"),
        ("address", "Bulevardi 6", "Bulevardi 6"),
    ]
