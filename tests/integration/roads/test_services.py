from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely

from roads.models import SegmentSpeed, Street, StreetNetwork, View
from roads.selectors import basemap, networks
from roads.selectors import speeds as speed_rows
from roads.selectors.streets import nearest_ways
from roads.services import streets, views
from roads.services.speeds import SpeedSample, record_speeds

NOW = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)
RIGHT_SIDE = shapely.box(0.009, 0.004, 0.011, 0.006)


@pytest.fixture
def loaded(hel, town, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    ring = town()
    streets.load(city=hel, pbf=ring.opl, now=NOW)
    return hel


def test_loading_twice_changes_nothing(loaded, town):
    before = list(Street.objects.values_list("id", flat=True))

    streets.load(city=loaded, pbf=town().opl, now=NOW + timedelta(days=1))

    assert list(Street.objects.values_list("id", flat=True)) == before
    assert StreetNetwork.objects.get(city=loaded).loaded_at == NOW
    assert View.objects.of_city(loaded.id).count() == 3


def test_other_streets_replace_the_old_ones_and_the_city_switches_to_them(loaded, town):
    streets.load(city=loaded, pbf=town(right="motor_vehicle=no").opl, now=NOW)

    path = networks.free(loaded.id, "van").route([(0.0099, 0.0), (0.0099, 0.01)])

    assert Street.objects.of_city(loaded.id).count() == 4
    assert path.distance_m > 3000


def test_a_view_is_found_again_by_what_it_closes(loaded):
    first = views.ensure_view(city_id=loaded.id, profile="van", closed=[RIGHT_SIDE], now=NOW)
    second = views.ensure_view(
        city_id=loaded.id, profile="van", closed=[RIGHT_SIDE], now=NOW + timedelta(hours=1)
    )

    assert first.pk == second.pk


def test_a_host_without_the_files_of_a_view_builds_them_again(loaded):
    import shutil

    view = views.ensure_view(city_id=loaded.id, profile="van", closed=[RIGHT_SIDE], now=NOW)
    shutil.rmtree(view.folder)

    network = networks.of(View.objects.select_related("city").get(pk=view.pk))

    assert network.route([(0.0099, 0.0), (0.0099, 0.01)]).distance_m > 3000


def test_points_are_given_to_the_nearest_street_within_reach(loaded):
    ways = dict(Street.objects.values_list("name", "way_id"))
    points = np.array([[0.005, 0.0001], [0.0101, 0.005], [0.005, 0.005]])

    assert nearest_ways(loaded.id, points) == [ways["bottom"], ways["right"], None]


def test_free_flow_is_what_the_router_drives_and_below_the_limit(loaded):
    free = Street.objects.get(name="bottom").free_flow_mps

    assert free == pytest.approx(30 * 0.75 / 3.6, rel=0.05)


def test_speeds_add_up_by_quarter_and_taking_back_leaves_nothing(loaded):
    way = Street.objects.get(name="bottom").way_id
    at = datetime(2026, 5, 12, 10, 14, 59, tzinfo=UTC)
    samples = [SpeedSample(way, at, 4.0), SpeedSample(way, at, 5.0)]
    later = SpeedSample(way, at + timedelta(seconds=1), 8.0)

    record_speeds(city_id=loaded.id, samples=[*samples, later])
    record_speeds(city_id=loaded.id, samples=[later], sign=-1)

    [row] = speed_rows.by_quarter(loaded.id, at - timedelta(hours=1), at + timedelta(hours=1))
    assert (row.name, row.samples, row.mean_mps) == ("bottom", 2, 4.5)
    assert row.quarter_at == datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
    assert SegmentSpeed.objects.count() == 1


def test_a_tile_holds_the_streets_and_one_far_away_is_empty(loaded):
    assert b"streets" in basemap.tile(loaded.id, 14, 8192, 8191)
    assert basemap.tile(loaded.id, 14, 100, 100) == b""


def test_tiles_are_cached_by_version_and_answer_304(loaded, client):
    url = basemap.tile_url(loaded.id, "hel").format(z=14, x=8192, y=8191)

    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert first.status_code == 200
    assert first["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert "immutable" in first["Cache-Control"]
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/tiles/hel/1/2/0.mvt", "/tiles/other/14/8192/8191.mvt"])
def test_tiles_that_cannot_be_are_404_with_a_code(loaded, client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.json()["code"] == "roads.tile_unknown"


def test_a_city_without_streets_says_so(hel):
    from kernel.refusals import Refusal

    with pytest.raises(Refusal) as refused:
        networks.free(hel.id, "van")

    assert refused.value.code == "roads.no_streets"
