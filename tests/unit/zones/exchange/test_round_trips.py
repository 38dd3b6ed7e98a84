"""What is exported and taken again says the same; what a format cannot say is named."""

import itertools
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import heidelberg_pack, standards
from tests.unit.zones.exchange import exported
from tests.unit.zones.exchange.drafted import every_access
from zones import language
from zones.exchange import datex, datex_out, geojson, mds, own, zfe_out
from zones.exchange.drafts import Context, RegulationDraft, VersionDraft, ZoneDraft

DUTCH = Context(ZoneInfo("Europe/Amsterdam"), 28992)
PARIS = Context(ZoneInfo("Europe/Paris"), 2154)
RULES = standards.ROOT / "access_rules"
START = datetime(2025, 12, 31, 23, tzinfo=UTC)
GROUND = shapely.MultiPolygon(
    [
        shapely.Polygon(
            [(5.0, 51.0), (5.1, 51.0), (5.1, 51.1), (5.0, 51.1)],
            [[(5.04, 51.04), (5.06, 51.04), (5.05, 51.06)]],
        )
    ]
)


def draft(*rows, **changes):
    version = VersionDraft(list(rows), START)
    return ZoneDraft(
        "zone-1",
        "Zone 1",
        "low_emission",
        GROUND,
        START,
        regulations=[RegulationDraft("rule-1", "Rule 1", [version])],
        **changes,
    )


def ban(**row):
    return {"id": "ban", "what": {"effect": "prohibit"}} | row


def through_datex(*drafts):
    zones = [exported.zone(one, number) for number, one in enumerate(drafts, start=1)]
    content, unsaid = datex_out.write(zones, exported.CITY, START)
    return content, unsaid


VEHICLES = [
    {"category": category, "euro_class": euro, "fuels": frozenset(fuels), "gross_weight_kg": mass}
    for category, euro, fuels, mass in itertools.product(
        ("M1", "N1", "N2", "N3", "bicycle", None),
        ("4", "5", "6", "V", "VI", None),
        (("diesel",), ("electric",), ("petrol", "hybrid"), ()),
        (3500, 7500, 7501),
    )
]
MOMENTS = [
    "2026-05-12 05:59", "2026-05-12 06:00", "2026-05-12 11:00", "2026-05-16 06:00",
    "2026-05-17 23:00", "2026-05-18 02:00", "2026-05-14 06:00", "2026-12-31 23:59",
    "2027-01-01 00:00", "2028-01-01 00:00",
]  # fmt: skip
HOLIDAYS = ["2026-05-14"]


def says(one, tz="Europe/Amsterdam"):
    """Return what a draft says of some vehicles of each kind at all moments."""
    return every_access(one, VEHICLES[::11], MOMENTS, tz, HOLIDAYS)


SAYABLE = [
    ban(),
    ban(who={"category": ["N2", "N3"], "gross_weight_over_kg": 7500}),
    ban(who={"gross_weight_at_least_kg": 3500, "gross_weight_under_kg": 7501}),
    ban(who={"euro_below": "5"}),
    ban(who={"euro_at_least": "6"}),
    ban(who={"fuel": ["diesel", "hybrid"]}, unless={"who": {"euro_at_least": "VI"}}),
    ban(who={"not": {"fuel_only": ["electric", "hydrogen"]}}),
    ban(who={"any": [{"category": ["N1"]}, {"category": ["bicycle", "cargo_bicycle"]}]}),
    ban(who={"all": [{"category": ["N1", "N2"]}, {"not": {"category": ["N1"]}}]}),
    ban(when=[{"from": "06:00", "to": "11:00", "days": ["mon", "tue"]}]),
    ban(when=[{"from": "22:00", "to": "03:00", "days": ["sun"]}]),
    ban(when=[{"from": "05:00", "to": "24:00", "holidays": "except"}]),
    ban(when=[{"holidays": "only"}, {"days": ["sat"]}]),
    ban(when=[{"from_on": "2026-05-13", "until_on": "2027-01-01"}]),
    ban(unless={"who": {"special_purpose": ["mobileCrane"]}}),
    ban(unless=[{"who": {"category": ["N1"]}}, {"who": {"euro_at_least": "6"}}]),
    ban(who={"euro_in": ["4", "IV", "5", "V", "EEV"]}),
]


@pytest.mark.law
@pytest.mark.parametrize("row", SAYABLE, ids=json.dumps)
def test_a_ban_that_datex_can_say_comes_back_as_it_was(row):
    content, unsaid = through_datex(draft(row))
    assert unsaid == []
    read = datex.read(content, DUTCH)
    assert [note for note in read.every_note() if note.kind != "taken"] == []
    (back,) = read.zones
    assert says(back) == says(draft(row))
    assert (back.source_id, back.name, back.kind) == ("zone-1", "Zone 1", "low_emission")
    assert back.geometry.equals(GROUND)


UNSAYABLE = [
    (ban(what={"effect": "charge", "amount": 1250, "currency": "EUR"}), "effect charge"),
    (ban(what={"effect": "require_permit", "permit": "p"}), "effect require_permit"),
    (ban(warning_until="2026-03-01"), "warning_until"),
    (ban(unless={"permit": ["day"]}), "exemption by permit day"),
    (ban(who={"stickers": {"de": ["1"]}}), "sticker de"),
    (ban(who={"euro_below": {"light": "6"}}), "a Euro class for one family or with a stage"),
    (ban(who={"euro_below": "6d"}), "a Euro class for one family or with a stage"),
    (ban(who={"euro_in": ["4", "5", "V", "EEV"]}), "a Euro class for one family or with a stage"),
    (ban(who={"euro_in": ["7", "VII"]}), "a Euro class for one family or with a stage"),
    (
        ban(unless=[{"who": {"category": ["N1"]}, "until_on": "2027-01-01"}]),
        "an exemption with dates",
    ),
    (ban(who={"operator": ["post"]}), "operator"),
    (ban(who={"registered_before": "2017-01-01"}), "registered_before"),
    (ban(who={"category": ["bicycle"]}), "category bicycle"),
    (ban(who={"fuel": ["electric"]}), "fuel electric"),
    (ban(when=[{"calendar": "smog"}]), "calendar smog"),
]


@pytest.mark.law
@pytest.mark.parametrize(("row", "why"), UNSAYABLE, ids=lambda one: str(one)[:60])
def test_what_datex_cannot_say_is_left_out_whole_and_named(row, why):
    content, unsaid = through_datex(draft(row, ban(id="heavy", who={"category": ["N3"]})))
    assert [(one.zone, one.regulation, one.row, one.what) for one in unsaid] == [
        ("zone-1", "rule-1", "ban", why)
    ]
    (back,) = datex.read(content, DUTCH).zones
    assert says(back) == says(draft(ban(who={"category": ["N3"]})))


def test_a_ban_that_another_row_overrules_is_not_said_alone():
    content, unsaid = through_datex(
        draft(ban(), ban(id="leave", what={"effect": "allow"}, priority=1))
    )
    assert [one.what for one in unsaid] == ["overruled by leave", "effect allow"]
    assert b"trafficRegulation " not in content


def test_text_that_xml_cannot_hold_does_not_break_the_document():
    odd = draft(ban(), ban(id="a--b", warning_until="2026-03-01"))
    odd.name = "Zone \x0b<&> 1"
    content, _ = through_datex(odd)
    assert datex.read(content, DUTCH).zones[0].name == "Zone  <&> 1"


@pytest.mark.law
@standards.needed
def test_the_dutch_zones_come_back_as_they_were():
    first = datex.read((RULES / "ndw_emission_zones.xml").read_bytes(), DUTCH).zones
    content, unsaid = through_datex(*first)
    assert unsaid == []
    second = datex.read(content, DUTCH).zones
    for one, other in zip(first, second, strict=True):
        assert says(other) == says(one)
        assert (other.source_id, other.name, other.kind) == (one.source_id, one.name, one.kind)
        assert shapely.equals_exact(other.geometry, one.geometry, 0, normalize=True)


@standards.needed
def test_paris_comes_back_as_it_was():
    content = (RULES / "schema-zfe_paris.geojson").read_bytes()
    (one,) = geojson.read(content, PARIS).zones
    features, unsaid = zfe_out.write([exported.zone(one)], PARIS.tz)
    assert unsaid == []
    original = json.loads(content)["features"][0]["properties"]
    assert features[0]["properties"] == {
        name: value for name, value in original.items() if name != "url_site"
    }
    (back,) = geojson.read(json.dumps(geojson.collection(features)).encode(), PARIS).zones
    assert back.regulations == one.regulations
    assert back.geometry.equals(one.geometry)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (ban(who={"category": ["N1"]}), "who is not a class with a Crit'Air vignette"),
        (
            ban(who={"category": ["N2"], "stickers": {"critair": ["none"]}}),
            "categories that are no class of the schema",
        ),
        (
            ban(who={"category": ["N1"], "stickers": {"critair": ["3", "none"]}}),
            "vignettes that are not all from one on",
        ),
        (
            ban(
                who={"category": ["N1"], "stickers": {"critair": ["none"]}},
                when=[{"calendar": "smog"}],
            ),
            "hours",
        ),
        (
            ban(
                who={"category": ["N1"], "stickers": {"critair": ["none"]}},
                unless={"who": {"category": ["N1"]}},
            ),
            "exemption by class",
        ),
    ],
)
def test_what_the_french_schema_cannot_say_is_named(row, why):
    features, unsaid = zfe_out.write([exported.zone(draft(row))], PARIS.tz)
    assert features == []
    assert [one.what for one in unsaid] == [why]


@pytest.mark.skipif(not heidelberg_pack.available(), reason=heidelberg_pack.MISSING)
def test_heidelberg_comes_back_through_our_own_format():
    context = Context(ZoneInfo("Europe/Berlin"), 25832)
    content = (heidelberg_pack.DATA / "heidelberg_umweltzone.geojson").read_bytes()
    (one,) = geojson.read(content, context).zones
    again = msgspec.json.encode(geojson.collection([own.feature(exported.zone(one))]))
    (back,) = geojson.read(again, context).zones
    assert back.regulations == one.regulations
    assert shapely.equals_exact(back.geometry, one.geometry, 0, normalize=True)


ROWS = st.lists(st.sampled_from([*SAYABLE, *(row for row, _ in UNSAYABLE)]), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(ROWS)
@pytest.mark.law
def test_our_own_format_says_every_rule_as_it_is(rows):
    one = draft(*({**row, "id": f"r{number}"} for number, row in enumerate(rows)))
    content = msgspec.json.encode(geojson.collection([own.feature(exported.zone(one))]))
    (back,) = geojson.read(content, DUTCH).zones
    assert back.regulations == one.regulations
    assert back.geometry.equals(one.geometry)


# By hand: a window until 11:00 ends with second 10:59:59; 22:00-03:00 on Sundays is the end of
# Sunday and the beginning of Monday.
def test_bans_by_vehicle_type_are_limits_of_no_vehicles_in_mds():
    row = ban(
        who={"category": ["N1", "N2", "N3"]},
        when=[
            {"from": "06:00", "to": "11:00", "days": ["mon", "tue"]},
            {"from": "22:00", "to": "03:00", "days": ["sun"]},
        ],
    )
    (policy,), unsaid = mds.policies([exported.zone(draft(row))], exported.CITY)
    assert unsaid == []
    assert policy["start_date"] == 1767222000000  # 2025-12-31T23:00:00Z
    keys = ("rule_type", "maximum", "vehicle_types", "start_time", "end_time", "days")
    assert [tuple(rule[key] for key in keys) for rule in policy["rules"]] == [
        ("count", 0, ["truck"], "06:00:00", "10:59:59", ["mon", "tue"]),
        ("count", 0, ["truck"], "22:00:00", "23:59:59", ["sun"]),
        ("count", 0, ["truck"], "00:00:00", "02:59:59", ["mon"]),
    ]


def test_what_mds_cannot_say_informs_and_limits_nothing():
    (policy,), unsaid = mds.policies(
        [exported.zone(draft(ban(who={"euro_below": "6"})))], exported.CITY
    )
    assert [one.what for one in unsaid] == ["who is not given by category alone"]
    (rule,) = policy["rules"]
    assert rule["rule_type"] == "user"
    assert "maximum" not in rule
    assert "below Euro 6" in rule["messages"]["en"]


@pytest.mark.law
@standards.needed
@pytest.mark.parametrize("row", [row for row, _ in UNSAYABLE] + SAYABLE, ids=json.dumps)
def test_every_policy_is_valid_by_the_published_schema(row):
    zone = exported.zone(draft(row))
    (policy,), _ = mds.policies([zone], exported.CITY)
    for document, model in ((policy, "policy"), (mds.geography(zone), "geography")):
        decoded = msgspec.json.decode(msgspec.json.encode(document))
        assert [error.message for error in standards.mds(model).iter_errors(decoded)] == []


def test_the_rows_of_these_tests_are_in_the_language():
    rows = [*SAYABLE, *(row for row, _ in UNSAYABLE)]
    assert language.read(rows)[1] == []
