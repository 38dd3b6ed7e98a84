"""Whatever stands in a file, a reader says what it made of it and never fails."""

import copy
import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.zones.exchange import exported, test_datex, test_dtro, test_osm, test_round_trips
from zones import language
from zones.exchange import datex_out, formats, geojson, own
from zones.exchange.drafts import Context, Unreadable

CONTEXT = Context(ZoneInfo("Europe/Amsterdam"), 28992, datetime(2026, 1, 1, tzinfo=UTC))
RING = [[5.0, 51.0], [5.1, 51.0], [5.1, 51.1], [5.0, 51.0]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}
ZFE = {
    "id": "z",
    "date_debut": "2026-01-01",
    "date_fin": "2027-01-01",
    "vul_critair": "V4",
    "vul_horaires": "Mo-Fr 08:00-20:00; PH off",
    "url_arrete": "https://example.org/",
}
STICKERS = {
    "name": "z",
    "timeline": [
        {"valid_from": "2010-01-01", "banned_groups": [1, 2]},
        {"valid_from": "2012-01-01", "repealed": True},
    ],
    "timeline_source": ["https://example.org/"],
}
PUBLISHED = exported.zone(test_round_trips.draft(*test_round_trips.SAYABLE))
OURS = msgspec.json.decode(msgspec.json.encode(own.feature(PUBLISHED)))
DOCUMENTS = {
    "zfe": geojson.collection(
        [
            OURS,
            {"type": "Feature", "properties": ZFE, "geometry": POLYGON},
            {"type": "Feature", "properties": STICKERS, "geometry": POLYGON},
        ]
    ),
    "osm": json.loads(
        test_osm.ways(
            {"hgv": "no", "hgv:conditional": "yes @ (Mo-Fr 06:00-11:00 AND weight<7.5)"},
            {"maxweight": "3.5", "access": "destination"},
        )
    ),
    "dtro": [test_dtro.LIMIT, test_dtro.ZONE, test_dtro.MARKET],
}
ODD = st.sampled_from(
    [None, True, 0, -1, 1e308, 10**30, "", "x", "\x00", "2026-02-30", [], {}, [[]], [None],
     {"a": 1}, "Mo-Fr 99:99-00:00", "no @ (", "SRID=27700;POLYGON((0 0,1 1))", "9" * 400]
)  # fmt: skip


def places(node, path=()):
    """Yield the paths of all nodes of a JSON document."""
    yield path
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(value, (*path, key))


def changed(document, path, value):
    """Return the document with another value at a path."""
    if not path:
        return value
    made = copy.deepcopy(document)
    node = made
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return made


def holds(form, content):
    """Read a file; what comes of it is whole, or it is unreadable."""
    try:
        reading = formats.read(form, content, CONTEXT)
    except Unreadable:
        return
    for zone in reading.zones:
        assert zone.geometry.is_valid
        assert zone.source_id
        for regulation in zone.regulations:
            for version in regulation.versions:
                assert language.read(version.rows)[1] == []
    assert all(isinstance(note.detail, str) for note in reading.every_note())


@pytest.mark.law
@pytest.mark.parametrize("form", DOCUMENTS)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_reader_of_json_survives_any_value_anywhere(form, data):
    document = DOCUMENTS[form]
    path = data.draw(st.sampled_from(list(places(document))))
    holds(form, json.dumps(changed(document, path, data.draw(ODD))).encode())


XML = [
    datex_out.write([PUBLISHED], exported.CITY, test_round_trips.START)[0].decode(),
    test_datex.order(
        test_datex.choice(test_datex.LORRY, test_datex.weight("greaterThan", "7.5")),
        period="<validPeriod><startOfPeriod>2026-01-01T00:00:00Z</startOfPeriod></validPeriod>",
    ).decode(),
]


@pytest.mark.law
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_reader_of_xml_survives_any_text_anywhere(data):
    document = data.draw(st.sampled_from(XML))
    found = list(re.finditer(r"(?<=>)[^<>]+(?=</)|(?<=\")[^\"<>]+(?=\")", document))
    chosen = data.draw(st.sampled_from(found))
    text = str(data.draw(ODD)).replace("\x00", "").replace("<", "")
    holds("datex2", (document[: chosen.start()] + text + document[chosen.end() :]).encode())


@pytest.mark.law
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_reader_of_xml_survives_any_element_missing(data):
    document = data.draw(st.sampled_from(XML))
    found = list(re.finditer(r"<([\w:]+)[^<>]*>[^<>]*</\1>", document))
    chosen = data.draw(st.sampled_from(found))
    holds("datex2", (document[: chosen.start()] + document[chosen.end() :]).encode())


@pytest.mark.law
@pytest.mark.parametrize("form", formats.READERS)
@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_reader_fails_for_any_bytes(form, content):
    holds(form, content)
