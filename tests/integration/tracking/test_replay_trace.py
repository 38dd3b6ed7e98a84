"""`replay_trace`: what a trace would be, from files alone."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests import heidelberg_pack

LNG, LAT = 8.69, 49.41
M_LNG, M_LAT = 1 / 72_550, 1 / 111_200  # degrees per metre there


def place(x, y):
    return LNG + x * M_LNG, LAT + y * M_LAT


def zones(folder, *boxes):
    features = []
    for number, (west, south, east, north) in enumerate(boxes):
        ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        geometry = {"type": "Polygon", "coordinates": [[place(x, y) for x, y in ring]]}
        properties = {"code": f"z{number}", "name": f"Zone {number}"}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def trace(folder, points, **members):
    fixes = [
        {"at": f"2026-05-12T09:{t // 60:02d}:{t % 60:02d}+02:00", "accuracy_m": 5, **members}
        | dict(zip(("lng", "lat"), place(x, y), strict=True))
        for t, x, y in points
    ]
    path = folder / "trace.json"
    path.write_text(json.dumps(fixes))
    return path


def replayed(*arguments):
    out = StringIO()
    call_command("replay_trace", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_a_drive_through_is_one_visit_with_its_times_metres_and_points(tmp_path):
    path = [(t, -97 + 10 * t, 100) for t in range(0, 46, 5)]
    found = replayed(trace(tmp_path, path), "--zones", zones(tmp_path, (0, 0, 200, 200)))
    assert (found["points"], found["points_inside"], found["unresolved"]) == (10, 4, [])
    (visit,) = found["visits"]
    assert (visit["zone_id"], visit["zone"], visit["points"]) == ("z0", "Zone 0", 4)
    assert visit["metres"] == pytest.approx(200, abs=1)
    # 97 m to the border at 10 m/s, 297 m to the other; summer time is two hours ahead of UTC.
    assert visit["entered_at"].startswith("2026-05-12T07:00:09.")
    assert visit["left_at"].startswith("2026-05-12T07:00:29.")


def test_without_streets_a_drive_along_the_edge_is_unresolved_and_no_visit(tmp_path):
    path = [(t, -97 + 10 * t, 4) for t in range(0, 46, 5)]
    found = replayed(trace(tmp_path, path), "--zones", zones(tmp_path, (0, 0, 200, 200)))
    assert (found["points_inside"], found["visits"]) == (4, [])
    (run,) = found["unresolved"]
    assert (run["zone_id"], run["points"], run["reason"]) == ("z0", 4, "no_streets")


def test_a_trace_without_fixes_and_a_trace_that_ends_inside_are_no_errors(tmp_path):
    ground = zones(tmp_path, (0, 0, 200, 200), (400, 0, 500, 100))
    assert replayed(trace(tmp_path, []), "--zones", ground) == {
        "points": 0, "points_inside": 0, "visits": [], "unresolved": [],
    }  # fmt: skip
    found = replayed(trace(tmp_path, [(0, 50, 100), (5, 90, 100)]), "--zones", ground)
    assert [visit["left_at"] for visit in found["visits"]] == [None]


def test_a_bad_file_is_named_with_the_item_and_what_is_wrong(tmp_path):
    ground, good = zones(tmp_path, (0, 0, 9, 9)), trace(tmp_path, [(0, 0, 0)])
    bad = tmp_path / "bad.json"
    bad.write_text('[{"at": "2026-05-12T09:00:00", "lng": 1, "lat": 2}, {"at": 1}, 7]')
    with pytest.raises(CommandError) as told:
        replayed(bad, "--zones", ground)
    assert [f"bad.json: item {n}:" in str(told.value) for n in range(4)] == [True] * 3 + [False]
    for content, wrong in (
        ('{"type": "Point", "coordinates": [8, 49]}', "feature 0: its geometry is no Polygon"),
        ("[", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('{"type": "FeatureCollection", "features": []}', "holds no zone"),
        ('{"features": 3}', "is not GeoJSON"),
        (
            '{"type": "Polygon", "coordinates": [[[0,0],[2,2],[2,0],[0,2],[0,0]]]}',
            "feature 0: its polygon is not valid (Self-intersection",
        ),
    ):
        bad.write_text(content)
        with pytest.raises(CommandError, match=r"bad\.json") as told:
            replayed(good, "--zones", bad)
        assert wrong in str(told.value)
    bad.write_text('[{"at": "0001-01-01T00:00:00+14:00", "lng": 1, "lat": 2}]')
    with pytest.raises(CommandError, match="item 0: its time lies outside"):
        replayed(bad, "--zones", ground)
    with pytest.raises(CommandError, match=r"missing\.json cannot be read"):
        replayed(tmp_path / "missing.json", "--zones", ground)
    with pytest.raises(CommandError, match="no streets can be built from it"):
        replayed(good, "--zones", ground, "--streets", bad)


@pytest.mark.skipif(not heidelberg_pack.available(), reason=heidelberg_pack.MISSING)
def test_with_streets_an_edge_is_decided(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    streets = heidelberg_pack.DATA / "heidelberg_streets.osm.pbf"
    # Off all streets by far: the run fits none.
    path = [(t, -97 + 10 * t, 4) for t in range(0, 46, 5)]
    ground = zones(tmp_path, (0, 0, 200, 200))
    found = replayed(trace(tmp_path, path), "--zones", ground, "--streets", streets)
    assert found["visits"] == []
    assert {run["reason"] for run in found["unresolved"]} <= {"no_match", "undecided"}
