"""What a file looks like, for who chose another format than its own."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from zones.exchange import formats, recognising
from zones.exchange.drafts import Context, Unreadable

HELSINKI = Context(ZoneInfo("Europe/Helsinki"), 3067, datetime(2026, 5, 12, tzinfo=UTC))
DATEX = b"""<?xml version="1.0"?>
<p:payload xmlns:p="http://datex2.eu/schema/3/d2Payload"/>"""
WAY = {
    "type": "Feature",
    "properties": {"highway": "residential", "motor_vehicle:conditional": "no @ (07:00-09:00)"},
    "geometry": {"type": "LineString", "coordinates": [[24.9, 60.1], [24.91, 60.1]]},
}
WAYS = json.dumps({"type": "FeatureCollection", "features": [WAY]}).encode()
ZFE = json.dumps({"type": "Feature", "properties": {"id": "z"}, "geometry": None}).encode()
DTRO = json.dumps({"data": {"source": {"provision": []}}}).encode()
PBF = b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7c"


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (DATEX, "datex2"),
        (b"\xef\xbb\xbf " + DATEX, "datex2"),
        (WAYS, "osm"),
        (PBF, "osm"),
        (ZFE, "zfe"),
        (DTRO, "dtro"),
        (b"[" + DTRO + b"]", "dtro"),
        (b"<kml/>", None),
        (b'{"a": 1}', None),
        (b"{", None),
        (b"", None),
        (b"[]", None),
        (b'{"type": "FeatureCollection", "features": {}}', "zfe"),
    ],
)
def test_a_format_is_recognised_by_what_only_it_has(content, form):
    assert recognising.likely(content) == form


def test_every_format_that_is_read_has_a_name():
    assert recognising.NAMES.keys() == formats.READERS.keys()


@pytest.mark.parametrize(
    ("chosen", "content", "said"),
    [
        ("zfe", DATEX, "This looks like DATEX II; choose that format (datex2)."),
        ("zfe", WAYS, "This looks like OpenStreetMap; choose that format (osm)."),
        ("datex2", ZFE, "This looks like GeoJSON; choose that format (zfe)."),
        ("osm", DTRO, "This looks like UK D-TRO; choose that format (dtro)."),
    ],
)
def test_who_chose_another_format_is_told_which_it_looks_like(chosen, content, said):
    with pytest.raises(Unreadable) as refused:
        formats.read(chosen, content, HELSINKI)
    assert (refused.value.code, refused.value.detail) == ("other_format", said)


def test_a_file_of_the_chosen_format_keeps_its_own_reason():
    with pytest.raises(Unreadable) as refused:
        formats.read("datex2", DATEX, HELSINKI)
    assert refused.value.code == "not_datex"
