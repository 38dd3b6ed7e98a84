"""Makes a city pack of Heidelberg from public data that lies beside the project, for the tests.

Real streets, the real former low-emission zone with its dated rules (sticker groups; repealed on
2023-03-01), the streets with delivery windows, four loading bays. OpenStreetMap contributors, ODbL.
"""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from kernel.geometry import projection

_BESIDE = [parent / "shared" / "data" / "heidelberg" for parent in Path(__file__).parents]
DATA = next((folder for folder in _BESIDE if folder.is_dir()), Path("missing"))
MISSING = "the data of Heidelberg lies beside the project only: ../shared/data/heidelberg"
SRID = 25832
DELIVERY = "destination @ (Mo-Sa 06:00-11:00)"
HALF_STREET_M = 8.0

CITY = """
[city]
code = "heidelberg"
name = "Heidelberg"
country = "DE"
subdivision = "BW"
time_zone = "Europe/Berlin"
currency = "EUR"
languages = ["de", "en"]
srid = 25832
streets = "streets.osm.pbf"

[[organisations]]
code = "neckar-kurier"
name = "Neckar-Kurier"
kind = "carrier"

[[people]]
email = "stadt@heidelberg.example"
name = "Karl Theodor"
organisation = "city"
role = "city_official"
password = "only-for-tests"
"""


def available() -> bool:
    """Is the data there?"""
    return (DATA / "heidelberg_umweltzone.geojson").exists()


def make(folder: Path) -> Path:
    """Write the pack into `folder`; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.toml").write_text(CITY, encoding="utf-8")
    shutil.copyfile(DATA / "heidelberg_streets.osm.pbf", folder / "streets.osm.pbf")
    _write(folder / "zones.geojson", {"type": "FeatureCollection", "features": _zones()})
    _write(folder / "regulations.json", [_low_emission(), _deliveries()])
    _write(folder / "curbs.geojson", _curbs())
    return folder


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _read(name: str) -> list[dict[str, Any]]:
    return json.loads((DATA / name).read_text(encoding="utf-8"))["features"]


def _zones() -> list[dict[str, Any]]:
    old = _read("heidelberg_umweltzone.geojson")[0]
    return [
        {
            "type": "Feature",
            "geometry": old["geometry"],
            "properties": {
                "code": "umweltzone",
                "name": "Umweltzone Heidelberg",
                "kind": "low_emission",
                "grace_s": 60,
                "legal_from": "2010-01-01T00:00:00+01:00",
                "recorded_from": "2009-12-01T00:00:00+01:00",
            },
        },
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(delivery_streets())),
            "properties": {
                "code": "lieferzeiten",
                "name": "Straßen mit Lieferzeiten",
                "kind": "time_window",
                "legal_from": "2016-01-01T00:00:00+01:00",
                "recorded_from": "2016-01-01T00:00:00+01:00",
            },
        },
    ]


def delivery_streets() -> shapely.Geometry:
    """The streets with a window Mo-Sa 06:00-11:00, as broad as a street."""
    metric = projection(SRID)
    lines = [
        metric.to_metric(shape(feature["geometry"]))
        for feature in _read("delivery_windows.geojson")
        if DELIVERY in feature["properties"].values()
    ]
    return metric.to_wgs84(shapely.union_all([line.buffer(HALF_STREET_M) for line in lines]))


def _low_emission() -> dict[str, Any]:
    """Groups 1, then 1 and 2, then 1 to 3 banned, by the dates in the source."""
    timeline = _read("heidelberg_umweltzone.geojson")[0]["properties"]["timeline"]
    versions = []
    for step, after in itertools.pairwise(timeline):
        groups = [str(group) for group in step["banned_groups"]]
        versions.append(
            {
                "legal_from": f"{step['valid_from']}T00:00:00+01:00",
                "legal_until": f"{after['valid_from']}T00:00:00+01:00",
                "recorded_from": "2009-12-01T00:00:00+01:00",
                "rows": [
                    {
                        "id": "stickers",
                        "who": {"stickers": {"de": groups}},
                        "what": {"effect": "prohibit"},
                    }
                ],
            }
        )
    return {
        "code": "umweltzone-plaketten",
        "zone": "umweltzone",
        "title": "Umweltzone Heidelberg",
        "versions": versions,
    }


def _deliveries() -> dict[str, Any]:
    working = ["mon", "tue", "wed", "thu", "fri", "sat"]
    return {
        "code": "lieferzeiten",
        "zone": "lieferzeiten",
        "title": "Lieferverkehr Mo-Sa 6-11 Uhr",
        "versions": [
            {
                "legal_from": "2016-01-01T00:00:00+01:00",
                "recorded_from": "2016-01-01T00:00:00+01:00",
                "rows": [
                    {
                        "id": "outside-the-window",
                        "who": {"category": ["N1", "N2", "N3"]},
                        "when": [
                            {"days": working, "from": "00:00", "to": "06:00"},
                            {"days": working, "from": "11:00", "to": "24:00"},
                            {"days": ["sun"]},
                        ],
                        "what": {"effect": "prohibit"},
                    }
                ],
            }
        ],
    }


def _curbs() -> dict[str, Any]:
    metric = projection(SRID)
    features = []
    for bay in _read("loading_zones_brueckenstrasse.geojson"):
        facts = bay["properties"]
        metres = metric.to_metric(shape(bay["geometry"])).length
        features.append(
            {
                "type": "Feature",
                "geometry": bay["geometry"],
                "properties": {
                    "code": facts["id"].lower(),
                    "name": f"Ladezone {facts['street']} {facts['where']}"[:200],
                    "street_name": facts["street"],
                    "policy": "ladezone",
                    "from_m": 0,
                    "to_m": round(metres - 0.05, 1),
                },
            }
        )
    policy = {
        "title": "Ladezone 7-11 Uhr",
        "rows": [
            {
                "id": "ladezone",
                "when": [{"from": "07:00", "to": "11:00"}],
                "what": {"effect": "require_booking"},
            }
        ],
    }
    return {
        "type": "FeatureCollection",
        "policies": {"ladezone": policy},
        "features": features,
    }
