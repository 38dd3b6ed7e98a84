"""Streets of OpenStreetMap: the delivery windows of Heidelberg decide as their tags say."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import shapely

from kernel.geometry import polygon_metres
from tests import heidelberg_pack
from tests.unit.zones.exchange.drafted import access, codes
from zones.exchange import osm
from zones.exchange.drafts import Context, Unreadable

pytestmark = pytest.mark.law

CONTEXT = Context(ZoneInfo("Europe/Berlin"), 25832, datetime(2015, 1, 1, tzinfo=UTC))
needed = pytest.mark.skipif(not heidelberg_pack.available(), reason=heidelberg_pack.MISSING)
VAN = {"category": "N1", "gross_weight_kg": 3500}
LORRY = {"category": "N2", "gross_weight_kg": 7500}
HEAVY = {"category": "N2", "gross_weight_kg": 7501}
CAR = {"category": "M1", "gross_weight_kg": 2000}
BICYCLE = {"category": "cargo_bicycle", "gross_weight_kg": 300}
# The whole extract takes three seconds of CPU; the command reads it in the integration tests too.
EXTRACT = pytest.param("heidelberg_streets.osm.pbf", marks=pytest.mark.slow)
LINE = [[8.70, 49.41], [8.71, 49.41]]


def ways(*tags, line=LINE):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": f"w{number}",
                    "properties": {"highway": "residential"} | one,
                    "geometry": {"type": "LineString", "coordinates": line},
                }
                for number, one in enumerate(tags, start=1)
            ],
        }
    ).encode()


def decide(tags, facts, local):
    return access(osm.read(ways(tags), CONTEXT).zones[0], facts, local, "Europe/Berlin")


@pytest.fixture(scope="module", params=["delivery_windows.geojson", EXTRACT])
def streets(request):
    """The zones of a real file, by the ways that they are made of."""
    if not heidelberg_pack.available():
        pytest.skip(heidelberg_pack.MISSING)
    zones = osm.read((heidelberg_pack.DATA / request.param).read_bytes(), CONTEXT).zones
    return {
        way: zone
        for zone in zones
        for note in zone.notes
        if note.code == "ways"
        for way in note.detail.split(", ")
    }


# 2026-05-12 is a Tuesday, the 16th a Saturday, the 17th a Sunday, the 18th a Monday.
PEDESTRIAN = "w14192541"  # pedestrian, maxweight 7.5, destination @ (Mo-Sa 06:00-11:00)
GATE = "w14328813"  # no; yes @ (Mo-Fr 16:00-11:00;Sa 00:00-11:00)
PLOECK = "w42440422"  # no @ (7:30-19:00 AND weight>7.5)
PLOECK_EAST = "w59227112"  # hgv no; destination @ (6:00-11:00)
LUDWIG_GUTTMANN = "w24968886"  # hgv no @ (19:00-6:00)
SCHULPLATZ = "w27884831"  # no @ Mo-Fr 12:45-13:30
RAMP = "w4416251"  # no @ (2016 Apr 25 - 2016 Sep 26)


@pytest.mark.parametrize(
    ("way", "facts", "local", "expected"),
    [
        (PEDESTRIAN, VAN, "2026-05-12 05:59", "prohibited"),
        (PEDESTRIAN, VAN, "2026-05-12 06:00", "allowed"),
        (PEDESTRIAN, VAN, "2026-05-16 10:59", "allowed"),
        (PEDESTRIAN, VAN, "2026-05-16 11:00", "prohibited"),
        (PEDESTRIAN, VAN, "2026-05-17 08:00", "prohibited"),
        (PEDESTRIAN, LORRY, "2026-05-12 08:00", "allowed"),
        (PEDESTRIAN, HEAVY, "2026-05-12 08:00", "prohibited"),
        (PEDESTRIAN, CAR, "2026-05-12 12:00", "prohibited"),
        (PEDESTRIAN, BICYCLE, "2026-05-12 12:00", "unregulated"),
        (GATE, VAN, "2026-05-12 10:59", "allowed"),
        (GATE, VAN, "2026-05-12 11:00", "prohibited"),
        (GATE, VAN, "2026-05-12 15:59", "prohibited"),
        (GATE, VAN, "2026-05-12 16:00", "allowed"),
        (GATE, VAN, "2026-05-16 10:59", "allowed"),
        (GATE, VAN, "2026-05-16 11:00", "prohibited"),
        (GATE, VAN, "2026-05-18 08:00", "prohibited"),
        (PLOECK, HEAVY, "2026-05-12 07:29", "unregulated"),
        (PLOECK, HEAVY, "2026-05-17 07:30", "prohibited"),
        (PLOECK, HEAVY, "2026-05-12 19:00", "unregulated"),
        (PLOECK, LORRY, "2026-05-12 12:00", "unregulated"),
        (PLOECK_EAST, LORRY, "2026-05-12 05:59", "prohibited"),
        (PLOECK_EAST, LORRY, "2026-05-12 06:00", "allowed"),
        (PLOECK_EAST, VAN, "2026-05-12 12:00", "unregulated"),
        (LUDWIG_GUTTMANN, LORRY, "2026-05-12 18:59", "unregulated"),
        (LUDWIG_GUTTMANN, LORRY, "2026-05-12 19:00", "prohibited"),
        (LUDWIG_GUTTMANN, LORRY, "2026-05-12 05:59", "prohibited"),
        (LUDWIG_GUTTMANN, VAN, "2026-05-12 05:59", "unregulated"),
        (SCHULPLATZ, CAR, "2026-05-12 12:45", "prohibited"),
        (SCHULPLATZ, CAR, "2026-05-12 13:30", "unregulated"),
        (SCHULPLATZ, CAR, "2026-05-16 13:00", "unregulated"),
        (RAMP, CAR, "2016-04-24 23:59", "unregulated"),
        (RAMP, CAR, "2016-04-25 00:00", "prohibited"),
        (RAMP, CAR, "2016-09-26 23:59", "prohibited"),
        (RAMP, CAR, "2016-09-27 00:00", "unregulated"),
    ],
)
def test_the_streets_of_heidelberg_decide_as_their_tags_say(streets, way, facts, local, expected):
    assert access(streets[way], facts, local, "Europe/Berlin") == expected


@needed
def test_the_delivery_streets_are_those_whose_tag_says_so(streets):
    said = {
        feature["properties"]["osm_id"]
        for feature in json.loads((heidelberg_pack.DATA / "delivery_windows.geojson").read_text())[
            "features"
        ]
        if feature["properties"].get("motor_vehicle:conditional") == heidelberg_pack.DELIVERY
    }
    assert len(said) == 82
    assert said <= streets.keys()
    named = {note.code for way in said for note in streets[way].notes if note.kind != "taken"}
    assert named == {"purpose_not_a_fact"}


@needed
def test_the_ground_of_the_delivery_streets_is_that_of_their_lines(streets):
    zone = streets[PEDESTRIAN]
    lines = [
        feature
        for feature in json.loads((heidelberg_pack.DATA / "delivery_windows.geojson").read_text())[
            "features"
        ]
        if streets.get(feature["properties"]["osm_id"]) is zone
    ]
    drawn = shapely.MultiLineString([line["geometry"]["coordinates"] for line in lines])
    assert zone.geometry.covers(drawn)


def test_a_more_particular_key_overrules_a_more_general_one():
    tags = {"access": "no", "hgv": "yes", "motor_vehicle:conditional": "yes @ (06:00-10:00)"}
    assert decide(tags, LORRY, "2026-05-12 12:00") == "allowed"
    assert decide(tags, VAN, "2026-05-12 12:00") == "prohibited"
    assert decide(tags, VAN, "2026-05-12 09:59") == "allowed"
    assert decide(tags, BICYCLE, "2026-05-12 09:59") == "prohibited"


def test_of_two_clauses_the_later_one_wins():
    tags = {"vehicle:conditional": "no @ (06:00-12:00); yes @ (08:00-10:00)"}
    found = [decide(tags, VAN, f"2026-05-12 {clock}") for clock in ("07:59", "08:00", "10:00")]
    assert found == ["prohibited", "allowed", "prohibited"]


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("hgv:conditional", "no @ wet"),
        ("hgv:conditional", "no @ (Apr-Oct)"),
        ("hgv:conditional", "no @ (06:00-08:00 AND residents)"),
        ("hgv:conditional", "no @ (axles>3)"),
        ("hgv:conditional", "no"),
        ("hgv:conditional", "agricultural @ (06:00-08:00)"),
        ("psv:conditional", "no @ (06:00-08:00)"),
        ("maxweight", "about 7"),
        ("maxweight:conditional", "none @ destination"),
        ("maxheight", "3m20"),
        ("access", "forestry"),
    ],
)
def test_a_tag_that_is_not_understood_is_named_and_the_others_are_taken(tag, value):
    tags = {"goods:conditional": "no @ (06:00-08:00)", tag: value}
    zone = osm.read(ways(tags), CONTEXT).zones[0]
    assert codes(zone.notes, "not_understood") == ["tag_unknown"]
    assert tag in [note.at for note in zone.notes if note.code == "tag_unknown"]
    assert access(zone, VAN, "2026-05-12 07:00", "Europe/Berlin") == "prohibited"


def test_leave_to_pass_where_nothing_is_banned_says_nothing():
    read = osm.read(ways({"access:conditional": "yes @ (07:00-24:00)"}), CONTEXT)
    assert read.zones == []
    assert codes(read.notes, "not_understood") == ["nothing_banned"]


def test_tags_that_are_not_about_access_are_left_aside():
    read = osm.read(ways({"maxspeed:conditional": "30 @ (22:00-06:00)"}), CONTEXT)
    assert (read.zones, read.notes) == ([], [])


def test_ways_that_say_the_same_are_one_zone():
    same = {"hgv": "no", "name": "Plöck"}
    read = osm.read(ways(same, same | {"surface": "asphalt"}, {"goods": "no"}), CONTEXT)
    assert sorted(zone.name for zone in read.zones) == ["1 × OSM", "Plöck (2 × OSM)"]


def test_a_street_is_sixteen_metres_wide():
    zone = osm.read(ways({"hgv": "no"}), CONTEXT).zones[0]
    # 0.01° of longitude at 49.41° are about 725 m (cos × 111.3 km); the two round ends are a disc
    # of 8 m, π · 8² = 201 m²
    assert polygon_metres(zone.geometry, 25832) == pytest.approx(725 * 16 + 200, rel=0.005)


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", b"{}", b'{"type": "FeatureCollection"}', b"{" * 1000, b"\x00\x00\x00\x0d"],
)
def test_a_file_that_is_no_map_is_unreadable(content):
    with pytest.raises(Unreadable):
        osm.read(content, CONTEXT)


def test_a_way_without_a_line_is_refused_alone():
    content = ways({"hgv": "no"}, {"goods": "no"}).replace(b"LineString", b"Point", 1)
    read = osm.read(content, CONTEXT)
    assert codes(read.notes, "refused") == ["geometry_kind"]
    assert len(read.zones) == 1
