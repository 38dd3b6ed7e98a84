"""Which format a file is likely to be in, from its content. Pure.

A guess for people who chose another one: only what is characteristic of a format counts.
"""

import re
from typing import Any

from zones.exchange import geojson
from zones.exchange.drafts import Unreadable
from zones.exchange.osm_tags import restricts

NAMES = {"zfe": "GeoJSON", "datex2": "DATEX II", "osm": "OpenStreetMap", "dtro": "UK D-TRO"}
_HEAD = 4096
_DATEX = re.compile(rb"datex2|urbanVehicleAccessRegulation|trafficRegulationOrder", re.IGNORECASE)
_LOOKED_AT = 100


def likely(content: bytes) -> str | None:
    """Return the format (`zones.exchange.formats`) that a content looks like, None for none."""
    head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"OSMHeader" in head[:32]:
        return "osm"
    if head.startswith(b"<"):
        return "datex2" if _DATEX.search(head) else None
    if not head.startswith((b"{", b"[")):
        return None
    try:
        return _of_json(geojson.decoded(content))
    except Unreadable:
        return None


def _of_json(document: Any) -> str | None:
    one = document[0] if isinstance(document, list) and document else document
    if not isinstance(one, dict):
        return None
    if one.get("type") in ("Feature", "FeatureCollection"):
        found = one.get("features") if one["type"] == "FeatureCollection" else [one]
        features = found[:_LOOKED_AT] if isinstance(found, list) else []
        return "osm" if any(map(_is_way, features)) else "zfe"
    record = one.get("data", one)
    source = record.get("source") if isinstance(record, dict) else None
    return "dtro" if isinstance(source, dict) and "provision" in source else None


def _is_way(feature: Any) -> bool:
    facts = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(facts, dict) or "highway" not in facts:
        return False
    return restricts({key: value for key, value in facts.items() if isinstance(value, str)})
