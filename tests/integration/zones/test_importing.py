"""Rules from files of others become drafts: the real ones, and bad ones among good ones."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from accounts.services import setup
from tests import factories, heidelberg_pack, standards, zone_factories
from zones.models import AccessZone, Regulation, RegulationVersion, ZoneGeometry
from zones.services import regulations

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("domain_clock")]

FIGURES = ("files", "zones", "regulations", "repaired", "not_understood", "refused")
SQUARE = [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
BOW_TIE = [[24.94, 60.16], [24.95, 60.17], [24.95, 60.16], [24.94, 60.17], [24.94, 60.16]]


def feature(source_id="hki-1", ring=SQUARE, **changes):
    facts = {"id": source_id, "date_debut": "2026-01-01", "vul_critair": "V4"} | changes
    facts.setdefault("vul_horaires", "Mo-Fr 08:00-20:00; PH off")
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": facts, "geometry": geometry}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.fixture
def write(tmp_path):
    """Return `write(name, content)`: a file with bytes or JSON."""

    def make(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return make


def run(*paths, form="zfe", **options):
    """Run the command; return its last line as JSON and its exit code."""
    out, code = io.StringIO(), 0
    try:
        call_command(
            "import_rules", *map(str, paths), format=form, json=True, stdout=out, **options
        )
    except SystemExit as end:
        code = end.code
    return json.loads(out.getvalue().splitlines()[-1]), code


def figures(told):
    return {name: told[name] for name in FIGURES}


def test_one_bad_item_sinks_neither_its_neighbours_nor_the_next_file(hel, write):
    good = write("good.geojson", collection(feature(), feature("", SQUARE), feature("hki-2")))
    told, code = run(good, write("bad.geojson", b"{"), write("empty.geojson", b" "))
    assert figures(told) == {
        "files": 3, "zones": 2, "regulations": 2, "repaired": 0, "not_understood": 0, "refused": 3,
    }  # fmt: skip
    assert [(n["file"], n["code"], n["at"]) for n in told["notes"]] == [
        ("good.geojson", "id_missing", "/features/1"),
        ("bad.geojson", "not_json", ""),
        ("empty.geojson", "file_empty", ""),
    ]
    assert code == 3


def test_what_is_taken_is_a_draft_and_rules_nowhere(hel, client, write):
    _told, code = run(write("zfe.geojson", collection(feature())))
    assert code == 0
    version = RegulationVersion.objects.get()
    assert (version.state, version.recorded_from) == ("draft", None)
    assert version.legal_from == datetime(2025, 12, 31, 22, tzinfo=UTC)
    assert client.get("/api/v1/regulations").json()["items"][0]["versions"] == []
    shown = client.get("/api/v1/zones").json()["features"]
    assert [one["properties"]["regulations"] for one in shown] == [[]]


def test_a_zone_on_the_ground_of_another_is_drawn_and_the_report_says_so(hel, write):
    run(write("first.geojson", collection(feature("hki-1"))))
    told, code = run(write("second.geojson", collection(feature("hki-2"))))
    assert (figures(told)["zones"], code) == (1, 0)
    noted = {note["code"]: note["detail"] for note in told["items"][0]["taken"]}
    assert noted["ground_shared"] == "Same ground as zone ZFE hki-1 (hki-1)."


def test_a_ground_that_crosses_itself_is_mended_and_named(hel, write):
    told, _ = run(write("zfe.geojson", collection(feature(ring=BOW_TIE))))
    assert figures(told)["repaired"] == 1
    assert told["items"][0]["repaired"][0]["code"] == "geometry_mended"
    ground = ZoneGeometry.objects.get().geometry
    assert ground.valid
    # two triangles, each with half the width and the full height of the square: half its area
    assert ground.area == pytest.approx(0.01 * 0.01 / 2)


def test_a_file_that_was_taken_is_not_taken_twice(hel, write):
    path = write("zfe.geojson", collection(feature()))
    run(path)
    told, _ = run(path)
    assert figures(told) == {
        "files": 1, "zones": 0, "regulations": 0, "repaired": 0, "not_understood": 0, "refused": 0,
    }  # fmt: skip
    assert told["items"][0]["outcome"] == "unchanged"
    assert RegulationVersion.objects.count() == 1


def test_our_own_export_of_a_version_that_another_cuts_off_is_nothing_new(hel, client, write):
    rule = {"what": {"effect": "prohibit"}}
    zone_factories.zone(hel, rows=[rule], west=24.94, south=60.16, side=0.01)
    actor, began = factories.actor_of(setup.city_organisation(hel)), zone_factories.LONG_AGO
    later = regulations.add_version(
        actor=actor,
        regulation_id=Regulation.objects.get().id,
        rows=[{"what": {"effect": "warn"}}],
        legal_from=datetime(2040, 1, 1, tzinfo=UTC),
        now=began,
    )
    regulations.publish(actor=actor, version_id=later.id, now=began)
    told = client.get("/api/v1/rules/exports/geojson").json()
    (said,) = told["features"][0]["properties"]["regulations"]
    assert [one["legal_until"] for one in said["versions"]] == ["2040-01-01T00:00:00Z", None]
    again, _ = run(write("own.geojson", told))
    assert figures(again)["regulations"] == 0
    assert again["items"][0]["outcome"] == "unchanged"


def test_a_new_period_of_a_known_zone_is_another_draft_of_its_regulation(hel, write):
    later = feature(date_debut="2027-01-01", vul_critair="V3")
    told, _ = run(write("zfe.geojson", collection(feature(date_fin="2027-01-01"), later)))
    assert (told["zones"], told["regulations"]) == (1, 2)
    versions = RegulationVersion.objects.order_by("number")
    assert [row.rows[0]["who"]["stickers"]["critair"] for row in versions] == [
        ["4", "5", "none"],
        ["3", "4", "5", "none"],
    ]


def test_the_ground_of_a_zone_that_the_city_has_stays_as_it_is(hel, write):
    run(write("zfe.geojson", collection(feature())))
    moved = [[lng + 0.01, lat] for lng, lat in SQUARE]
    told, _ = run(write("moved.geojson", collection(feature(ring=moved))))
    assert [note["code"] for note in told["items"][0]["not_understood"]] == ["ground_differs"]
    assert ZoneGeometry.objects.count() == 1


def test_a_dry_run_has_the_same_figures_and_writes_nothing(hel, write):
    path = write("zfe.geojson", collection(feature(), feature("hki-2")))
    dry, _ = run(path, dry_run=True)
    assert not AccessZone.objects.exists()
    real, _ = run(path)
    assert figures(dry) == figures(real)


def test_with_several_cities_the_command_asks_for_which(hel, hd, write):
    with pytest.raises(CommandError, match="hd, hel"):
        run(write("zfe.geojson", collection(feature())))
    told, _ = run(write("zfe.geojson", collection(feature())), city="hel")
    assert AccessZone.objects.get().city == hel
    assert told["zones"] == 1


def test_text_that_the_database_cannot_hold_is_refused_alone(hel, write):
    told, _ = run(write("zfe.geojson", collection(feature("a\x00b"), feature())))
    assert figures(told)["refused"] == 1
    assert [item["outcome"] for item in told["items"]] == ["refused", "taken"]


def test_an_undated_rule_that_is_taken_on_another_day_is_the_same_rule(hel, write, domain_clock):
    way = {
        "type": "Feature",
        "id": "w1",
        "properties": {"highway": "residential", "hgv:conditional": "no @ (06:00-08:00)"},
        "geometry": {"type": "LineString", "coordinates": SQUARE[:2]},
    }
    path = write("ways.geojson", collection(way))
    run(path, form="osm")
    version = RegulationVersion.objects.get()
    # TUESDAY is 2026-05-12 in Helsinki; it holds from that day's midnight
    assert version.legal_from == datetime(2026, 5, 11, 21, tzinfo=UTC)
    domain_clock(factories.TUESDAY + timedelta(days=3))
    told, _ = run(path, form="osm")
    assert (told["zones"], told["regulations"]) == (0, 0)


# files, zones, regulations, repaired, not_understood, refused; by reading the files: Paris is
# understood whole; each Dutch zone names an owner and two ages, the second also had its parts
# joined; the French orders name two and one exemptions, two clocks with an offset and two limits.
REAL = [
    ("schema-zfe_paris.geojson", "zfe", "Europe/Paris", 2154, (1, 1, 1, 0, 0, 0)),
    ("ndw_emission_zones.xml", "datex2", "Europe/Amsterdam", 28992, (1, 2, 2, 1, 2, 0)),
    ("datex2_dialog_goods_vehicles.xml", "datex2", "Europe/Paris", 2154, (1, 2, 2, 4, 3, 0)),
]


@standards.needed
@pytest.mark.parametrize(("name", "form", "zone", "srid", "expected"), REAL)
def test_the_real_files_are_taken_with_what_is_not_understood_named(
    hel, name, form, zone, srid, expected
):
    factories.helsinki(code="other", time_zone=zone, srid=srid)
    path = standards.ROOT / "access_rules" / name
    told, code = run(path, form=form, city="other")
    assert (tuple(told[name] for name in FIGURES), code) == (expected, 0)
    again, _ = run(path, form=form, city="other")
    assert (again["zones"], again["regulations"]) == (0, 0)


@pytest.mark.skipif(not heidelberg_pack.available(), reason=heidelberg_pack.MISSING)
def test_the_zone_and_the_delivery_windows_of_heidelberg_are_taken(hd):
    told, code = run(heidelberg_pack.DATA / "heidelberg_umweltzone.geojson")
    assert (told["zones"], told["regulations"], code) == (1, 1, 0)
    assert RegulationVersion.objects.count() == 3
    told, code = run(heidelberg_pack.DATA / "delivery_windows.geojson", form="osm")
    assert (told["refused"], code) == (0, 0)
    assert {note["code"] for item in told["items"] for note in item["not_understood"]} == {
        "purpose_not_a_fact"
    }
    assert told["regulations"] == told["zones"] == len(told["items"])
    # the same ways stand in the extract, and say the same there
    again, _ = run(heidelberg_pack.DATA / "heidelberg_streets.osm.pbf", form="osm")
    codes = {item["code"] for item in told["items"]}
    assert codes <= {item["code"] for item in again["items"]}
