"""Zones as GeoJSON: the real Paris and Heidelberg files decide as their texts say."""

import json
from zoneinfo import ZoneInfo

import pytest

from tests import heidelberg_pack, standards
from tests.unit.zones.exchange.drafted import access, codes
from zones.exchange import geojson
from zones.exchange.drafts import Context, Unreadable

PARIS = Context(ZoneInfo("Europe/Paris"), 2154)
HEIDELBERG = Context(ZoneInfo("Europe/Berlin"), 25832)
BASTILLE_DAY = "2022-07-14"
SQUARE = [[2.3, 48.8], [2.4, 48.8], [2.4, 48.9], [2.3, 48.9], [2.3, 48.8]]


def zfe(ring=SQUARE, **changes):
    facts = {"id": "z-1", "date_debut": "2026-01-01", "vul_critair": "V4"} | changes
    feature = {
        "type": "Feature",
        "properties": facts,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return json.dumps(feature).encode()


def van(critair, category="N1"):
    return {"category": category, "stickers": {"critair": critair}}


@pytest.fixture(scope="module")
def paris():
    path = standards.ROOT / "access_rules" / "schema-zfe_paris.geojson"
    return geojson.read(path.read_bytes(), PARIS).zones[0]


# V4 bans Crit'Air 4, 5 and none; Mo-Fr 08:00-20:00 but on holidays; 2019-07-01 to 2023-07-01.
@standards.needed
@pytest.mark.parametrize(
    ("facts", "local", "expected"),
    [
        (van("4"), "2022-07-13 08:00", "prohibited"),
        (van("4"), "2022-07-13 07:59", "unregulated"),
        (van("4"), "2022-07-13 20:00", "unregulated"),
        (van("3"), "2022-07-13 08:00", "unregulated"),
        (van("5"), "2022-07-13 19:59", "prohibited"),
        (van("none"), "2022-07-13 12:00", "prohibited"),
        (van("E"), "2022-07-13 12:00", "unregulated"),
        (van("4"), "2022-07-14 12:00", "unregulated"),
        (van("4"), "2022-07-16 12:00", "unregulated"),
        (van("5", "N3"), "2022-07-13 12:00", "prohibited"),
        (van("5", "M1"), "2022-07-13 12:00", "prohibited"),
        (van("5", "M3"), "2022-07-13 12:00", "prohibited"),
        (van("5", "L3e"), "2022-07-13 12:00", "prohibited"),
        (van("5", "T"), "2022-07-13 12:00", "unregulated"),
        ({"category": "N1"}, "2022-07-13 12:00", "undetermined"),
        (van("4"), "2019-06-28 12:00", "unregulated"),
        (van("4"), "2019-07-01 08:00", "prohibited"),
        (van("4"), "2023-06-30 12:00", "prohibited"),
        (van("4"), "2023-07-03 12:00", "unregulated"),
    ],
)
def test_paris_decides_as_its_feature_says(paris, facts, local, expected):
    assert access(paris, facts, local, "Europe/Paris", [BASTILLE_DAY]) == expected


@standards.needed
def test_paris_is_taken_whole(paris):
    assert codes(paris.notes, "taken") == ["class_read"] * 5
    assert {note.kind for note in paris.notes} == {"taken"}
    # the Bois de Vincennes' western edge and the Arc de Triomphe are the frame of the real polygon
    west, south, east, north = paris.geometry.bounds
    assert 2.2 < west < 2.3 < 2.4 < east < 2.5
    assert 48.8 < south < 48.83 < 48.88 < north < 48.92


@pytest.fixture(scope="module")
def heidelberg():
    path = heidelberg_pack.DATA / "heidelberg_umweltzone.geojson"
    return geojson.read(path.read_bytes(), HEIDELBERG).zones[0]


needed = pytest.mark.skipif(not heidelberg_pack.available(), reason=heidelberg_pack.MISSING)


# Group 1 banned from 2010, 1 and 2 from 2012, 1 to 3 from 2013, nobody from 2023-03-01.
@needed
@pytest.mark.parametrize(
    ("group", "local", "expected"),
    [
        ("1", "2009-12-31 23:59", "unregulated"),
        ("1", "2010-01-01 00:00", "prohibited"),
        ("none", "2010-01-01 00:00", "prohibited"),
        ("2", "2011-12-31 23:59", "unregulated"),
        ("2", "2012-01-01 00:00", "prohibited"),
        ("3", "2012-12-31 23:59", "unregulated"),
        ("3", "2013-01-01 00:00", "prohibited"),
        ("4", "2020-06-01 12:00", "unregulated"),
        ("3", "2023-02-28 23:59", "prohibited"),
        ("1", "2023-03-01 00:00", "unregulated"),
    ],
)
def test_heidelberg_decides_by_the_dates_of_its_timeline(heidelberg, group, local, expected):
    facts = {"category": "M1", "stickers": {"de": group}}
    assert access(heidelberg, facts, local, "Europe/Berlin") == expected


def test_the_first_vignette_that_is_not_admitted_is_named_by_the_schema():
    read = geojson.read(zfe(vul_critair="EL", pl_critair="NC"), PARIS).zones[0]
    assert access(read, van("E"), "2026-05-12 12:00", "Europe/Paris") == "prohibited"
    assert access(read, van("5", "N2"), "2026-05-12 12:00", "Europe/Paris") == "unregulated"
    assert access(read, van("none", "N2"), "2026-05-12 12:00", "Europe/Paris") == "prohibited"
    assert codes(read.notes, "not_understood") == ["hours_missing", "hours_missing"]


def test_what_is_not_understood_is_left_out_and_named():
    read = geojson.read(
        zfe(vul_horaires="Mo-Fr sunrise-sunset", vp_critair="V9", colour="green"), PARIS
    ).zones[0]
    assert read.regulations == []
    assert {(note.code, note.at.rpartition("/")[2]) for note in read.notes} == {
        ("hours_not_understood", "vul_horaires"),
        ("vignette_unknown", "vp_critair"),
        ("member_unknown", "colour"),
    }


def test_latitude_before_longitude_is_turned_round():
    turned = [[lat, lng] for lng, lat in SQUARE]
    read = geojson.read(zfe(turned), PARIS).zones[0]
    assert codes(read.notes, "repaired") == ["axes_swapped"]
    assert read.geometry.bounds == (2.3, 48.8, 2.4, 48.9)


def test_a_ring_that_is_open_is_closed():
    read = geojson.read(zfe(SQUARE[:-1]), PARIS).zones[0]
    assert codes(read.notes, "repaired") == ["ring_closed"]
    assert read.geometry.area == pytest.approx(0.01)


def test_a_zone_outside_of_the_city_s_region_is_refused_alone():
    here, elsewhere = zfe(SQUARE), zfe([[lng + 100, lat] for lng, lat in SQUARE])
    both = [json.loads(here), json.loads(elsewhere)]
    content = json.dumps({"type": "FeatureCollection", "features": both}).encode()
    read = geojson.read(content, PARIS)
    assert [zone.geometry.bounds for zone in read.zones] == [(2.3, 48.8, 2.4, 48.9)]
    assert [(note.kind, note.code, note.at) for note in read.notes] == [
        ("refused", "geometry_elsewhere", "/features/1")
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": ""}, "id_missing"),
        ({"id": 7}, "id_missing"),
        ({"date_debut": None}, "start_missing"),
        ({"date_debut": "1.7.2019"}, "date_malformed"),
        ({"date_debut": "9999-01-01"}, "date_malformed"),
        ({"date_fin": "2026-01-01"}, "period_empty"),
        ({"ring": [[2.3, 48.8], [2.4, 48.8]]}, "geometry_empty"),
        ({"ring": [[2.3, 48.8], [2.4, "x"], [2.4, 48.9]]}, "geometry_malformed"),
        ({"ring": [[2.3, 48.8], [2.4, True], [2.4, 48.9]]}, "geometry_malformed"),
        ({"ring": [[1e300, 48.8], [2.4, 48.8], [2.4, 48.9]]}, "geometry_malformed"),
        ({"ring": [[2000, 48.8], [2001, 48.8], [2001, 48.9]]}, "geometry_off_earth"),
        ({"ring": []}, "geometry_empty"),
        ({"ring": None}, "geometry_malformed"),
    ],
)
def test_a_bad_feature_is_refused_with_its_reason(change, code):
    read = geojson.read(zfe(**change), PARIS)
    assert read.zones == []
    assert [(note.kind, note.code) for note in read.notes] == [("refused", code)]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"7", b'{"type": "FeatureCollection"}', b"\xff\xfe", b"[" * 100_000, b'{"a":'],
)
def test_a_file_that_is_no_feature_collection_is_unreadable(content):
    with pytest.raises(Unreadable):
        geojson.read(content, PARIS)


@pytest.mark.parametrize("feature", [None, 7, {}, {"properties": {}}, {"properties": {"a": 1}}])
def test_a_feature_of_no_known_schema_is_refused(feature):
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    assert codes(geojson.read(content, PARIS).notes, "refused")
