"""DATEX II: the Dutch zones and the French orders decide as their texts say."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from tests import standards
from tests.unit.zones.exchange.drafted import access, codes
from zones.exchange import datex
from zones.exchange.drafts import Context, Unreadable

DUTCH = Context(ZoneInfo("Europe/Amsterdam"), 28992)
FRENCH = Context(ZoneInfo("Europe/Paris"), 2154)
RULES = standards.ROOT / "access_rules"
HEADER = (
    '<p xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns="http://datex2.eu/schema/3/trafficRegulation">'
)
AREA = (
    '<conditions xsi:type="LocationCondition"><locationByOrder><gmlPolygon><exterior>'
    "<posList>51.0 5.0 51.0 5.1 51.1 5.1 51.1 5.0 51.0 5.0</posList>"
    "</exterior></gmlPolygon></locationByOrder></conditions>"
)
SINCE = (
    '<conditions xsi:type="ValidityCondition"><validityByOrder><validityTimeSpecification>'
    "<overallStartTime>2026-01-01T00:00:00+01:00</overallStartTime>{}"
    "</validityTimeSpecification></validityByOrder></conditions>"
)

pytestmark = pytest.mark.law


def vehicle(characteristics):
    return (
        '<conditions xsi:type="VehicleCondition"><vehicleCharacteristics>'
        f"{characteristics}</vehicleCharacteristics></conditions>"
    )


def order(*conditions, kind="noEntry", period="", area=AREA):
    return (
        f'{HEADER}<trafficRegulationOrder id="o-1"><trafficRegulation><typeOfRegulation '
        f'xsi:type="AccessRestriction"><accessRestrictionType>{kind}</accessRestrictionType>'
        '</typeOfRegulation><condition xsi:type="ConditionSet"><operator>and</operator>'
        f"{SINCE.format(period)}{area}{''.join(conditions)}"
        "</condition></trafficRegulation></trafficRegulationOrder></p>"
    ).encode()


def choice(*conditions, negate=False, operator="or"):
    said = "<negate>true</negate>" if negate else ""
    return (
        f'<conditions xsi:type="ConditionSet">{said}<operator>{operator}</operator>'
        f"{''.join(conditions)}</conditions>"
    )


def weight(operator, tonnes, meaning="maximumPermitted"):
    return vehicle(
        f"<grossWeightCharacteristic><comparisonOperator>{operator}</comparisonOperator>"
        f"<grossVehicleWeight>{tonnes}</grossVehicleWeight><typeOfWeight>{meaning}</typeOfWeight>"
        "</grossWeightCharacteristic>"
    )


LORRY = vehicle("<vehicleType>lorry</vehicleType>")
AT_TEN = "2026-05-12 10:00"


def dutch(content, facts, local=AT_TEN):
    return access(datex.read(content, DUTCH).zones[0], facts, local, "Europe/Amsterdam")


@pytest.fixture(scope="module")
def zones():
    content = (RULES / "ndw_emission_zones.xml").read_bytes()
    return {zone.name: zone for zone in datex.read(content, DUTCH).zones}


DEN_BOSCH, AMERSFOORT = "ZE 's-Hertogenbosch", "ZE Amersfoort 2027"


def goods(category, euro, fuel="diesel", first=date(2012, 6, 1)):
    return {
        "category": category,
        "euro_class": euro,
        "fuels": frozenset({fuel}),
        "first_registration_on": first,
    }


def crane(first):
    return goods("N3", "V", first=first) | {"special_purpose": frozenset({"mobileCrane"})}


# Den Bosch: N1, N2, N3 out since 2025-03-01T00:00Z; N1 and N2 of Euro 5 exempt until the end of
# 2026, of Euro 6 until the end of 2027 (local midnight); battery and hydrogen always, and from 40
# years on; cranes under 13 years.
@standards.needed
@pytest.mark.parametrize(
    ("zone", "facts", "local", "expected"),
    [
        (DEN_BOSCH, goods("N1", "4"), "2025-03-01 00:59", "unregulated"),
        (DEN_BOSCH, goods("N1", "4"), "2025-03-01 01:00", "prohibited"),
        (DEN_BOSCH, goods("N1", "5"), "2026-12-31 23:59", "allowed"),
        (DEN_BOSCH, goods("N1", "5"), "2027-01-01 00:00", "prohibited"),
        (DEN_BOSCH, goods("N2", "V"), "2026-12-31 23:59", "allowed"),
        (DEN_BOSCH, goods("N2", "V"), "2027-01-01 00:00", "prohibited"),
        (DEN_BOSCH, goods("N3", "V"), "2026-06-01 12:00", "prohibited"),
        (DEN_BOSCH, goods("N1", "6"), "2027-12-31 23:59", "allowed"),
        (DEN_BOSCH, goods("N1", "6"), "2028-01-01 00:00", "prohibited"),
        (DEN_BOSCH, goods("N1", "6d-TEMP"), "2027-06-01 12:00", "allowed"),
        (DEN_BOSCH, goods("N2", "VI"), "2027-12-31 23:59", "allowed"),
        (DEN_BOSCH, goods("N3", "VI"), "2026-06-01 12:00", "prohibited"),
        (DEN_BOSCH, goods("N3", None, "electric"), "2030-01-01 12:00", "allowed"),
        (DEN_BOSCH, goods("N3", None, "hydrogen"), "2030-01-01 12:00", "allowed"),
        (DEN_BOSCH, goods("M1", "2"), "2026-06-01 12:00", "unregulated"),
        (DEN_BOSCH, goods("N1", None), "2026-06-01 12:00", "undetermined"),
        (DEN_BOSCH, goods("N3", "0", first=date(1986, 6, 2)), "2026-06-01 12:00", "prohibited"),
        (DEN_BOSCH, goods("N3", "0", first=date(1986, 6, 2)), "2026-06-02 00:00", "allowed"),
        (DEN_BOSCH, crane(date(2013, 6, 2)), "2026-06-01 23:59", "allowed"),
        (DEN_BOSCH, crane(date(2013, 6, 2)), "2026-06-02 00:00", "prohibited"),
        (AMERSFOORT, goods("N1", "4"), "2027-01-01 00:59", "unregulated"),
        (AMERSFOORT, goods("N1", "5"), "2027-01-01 01:00", "prohibited"),
        (AMERSFOORT, goods("N1", "6"), "2027-12-31 23:59", "allowed"),
        (AMERSFOORT, goods("N1", "6"), "2028-01-01 00:00", "prohibited"),
        (AMERSFOORT, goods("N3", "VI"), "2027-06-01 12:00", "prohibited"),
    ],
)
def test_the_dutch_zones_decide_as_they_say(zones, zone, facts, local, expected):
    assert access(zones[zone], facts, local, "Europe/Amsterdam") == expected


@standards.needed
def test_a_vehicle_for_wheelchairs_is_exempt_from_the_dutch_zones(zones):
    facts = goods("N1", "4") | {"special_purpose": frozenset({"wheelChairAccessibleVehicle"})}
    assert access(zones[DEN_BOSCH], facts, AT_TEN, "Europe/Amsterdam") == "allowed"


@standards.needed
def test_the_dutch_zones_name_what_is_not_understood_and_what_was_mended(zones):
    for zone in zones.values():
        unknown = [note.detail for note in zone.notes if note.kind == "not_understood"]
        assert [detail.split(" ")[0] for detail in unknown] == ["ownerCharacteristic"]
        assert zone.kind == "low_emission"
    assert codes(zones[DEN_BOSCH].notes, "repaired") == []
    assert codes(zones[AMERSFOORT].notes, "repaired") == ["parts_joined"]


@standards.needed
def test_the_dutch_lists_of_positions_have_latitude_first(zones):
    west, south, east, north = zones[DEN_BOSCH].geometry.bounds
    assert 5.2 < west < east < 5.4  # the market of 's-Hertogenbosch: 51.69 N, 5.30 E
    assert 51.6 < south < north < 51.8


@pytest.fixture(scope="module")
def french():
    content = (RULES / "datex2_dialog_goods_vehicles.xml").read_bytes()
    return datex.read(content, FRENCH).zones


def lorry(kilograms, *purposes):
    return {
        "category": "N2",
        "gross_weight_kg": kilograms,
        "special_purpose": frozenset(purposes),
    }


# "Interdiction aux véhicules de +7,5T … à certaines heures": Mo-Fr 07:00-20:00, but emergency
# services; "Circulation interdite aux véhicules de plus de 5 tonnes": always.
@standards.needed
@pytest.mark.parametrize(
    ("number", "facts", "local", "expected"),
    [
        (0, lorry(7501), "2026-05-12 07:00", "prohibited"),
        (0, lorry(7500), "2026-05-12 07:00", "unregulated"),
        (0, lorry(12000), "2026-05-12 06:59", "unregulated"),
        (0, lorry(12000), "2026-05-12 19:59", "prohibited"),
        (0, lorry(12000), "2026-05-12 20:00", "unregulated"),
        (0, lorry(12000), "2026-05-16 12:00", "unregulated"),
        (0, lorry(12000, "emergencyServices"), "2026-05-12 12:00", "allowed"),
        (0, {"category": "N1", "gross_weight_kg": 3500}, "2026-05-12 12:00", "unregulated"),
        (1, lorry(5001), "2026-05-16 23:00", "prohibited"),
        (1, lorry(5000), "2026-05-16 23:00", "unregulated"),
        (1, lorry(5001), "2021-07-27 23:59", "unregulated"),
    ],
)
def test_the_french_orders_decide_as_their_titles_say(french, number, facts, local, expected):
    assert access(french[number], facts, local, "Europe/Paris") == expected


@standards.needed
def test_the_french_orders_name_what_was_mended_and_what_is_not_understood(french):
    assert len(french) == 2
    assert codes(french[0].notes, "repaired") == ["clock_offset", "clock_offset", "limit_turned"]
    unknown = [
        [note.detail for note in zone.notes if note.kind == "not_understood"] for zone in french
    ]
    assert [len(details) for details in unknown] == [2, 1]
    assert "commercial" in unknown[0][0]
    assert "Déserte locale" in unknown[0][1]
    assert "Grumiers" in unknown[1][0]
    streets = [note.detail for note in french[0].notes if note.code == "streets"]
    assert streets == ["Avenue du Général de Gaulle, Grande Rue, Rue de Milly, Rue d'Etampes"]


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        ("greaterThan", "unregulated", "unregulated", "prohibited"),
        ("greaterThanOrEqualTo", "unregulated", "prohibited", "prohibited"),
        ("lessThan", "prohibited", "unregulated", "unregulated"),
        ("lessThanOrEqualTo", "prohibited", "prohibited", "unregulated"),
        ("equalTo", "unregulated", "prohibited", "unregulated"),
    ],
)
def test_weights_of_other_publishers_are_compared_as_written(operator, below, at, above):
    content = order(weight(operator, "7.5"))
    found = [dutch(content, lorry(kilograms)) for kilograms in (7499, 7500, 7501)]
    assert found == [below, at, above]


def test_a_choice_and_a_negated_choice_make_who_is_meant_and_who_is_exempt():
    bus = vehicle("<vehicleType>bus</vehicleType>")
    electric = vehicle("<fuelType>battery</fuelType>")
    content = order(choice(LORRY, bus), choice(electric, negate=True))
    assert dutch(content, goods("N2", "V")) == "prohibited"
    assert dutch(content, goods("M3", "V")) == "prohibited"
    assert dutch(content, goods("N1", "5")) == "unregulated"
    assert dutch(content, goods("N3", None, "electric")) == "allowed"


def test_days_spans_and_holidays_are_windows():
    content = order(
        LORRY,
        period=(
            "<validPeriod><recurringTimePeriodOfDay>"
            "<startTimeOfPeriod>22:00:00</startTimeOfPeriod>"
            "<endTimeOfPeriod>06:00:00</endTimeOfPeriod></recurringTimePeriodOfDay>"
            "<recurringDayWeekMonthPeriod><applicableDay>friday</applicableDay>"
            "</recurringDayWeekMonthPeriod></validPeriod><exceptionPeriod><recurringSpecialDay>"
            "<specialDayType>publicHoliday</specialDayType></recurringSpecialDay></exceptionPeriod>"
        ),
    )
    draft = datex.read(content, DUTCH).zones[0]
    found = {
        local: access(draft, lorry(9000), local, "Europe/Amsterdam", ["2026-05-22"])
        for local in (
            "2026-05-15 21:59", "2026-05-15 22:00", "2026-05-16 05:59", "2026-05-16 06:00",
            "2026-05-16 22:00", "2026-05-22 23:00", "2026-05-23 01:00",
        )
    }  # fmt: skip
    assert list(found.values()) == [
        "unregulated", "prohibited", "prohibited", "unregulated", "unregulated", "unregulated",
        "unregulated",
    ]  # fmt: skip


def test_an_unknown_part_of_a_choice_is_left_out_and_an_unknown_conjunct_leaves_the_rule_out():
    unknown = vehicle("<loadType>hazardousMaterials</loadType>")
    read = datex.read(order(choice(LORRY, unknown)), DUTCH)
    assert codes(read.zones[0].notes, "not_understood") == ["condition_unknown"]
    assert access(read.zones[0], lorry(9000), AT_TEN, "Europe/Amsterdam") == "prohibited"
    left_out = datex.read(order(LORRY, unknown), DUTCH)
    assert left_out.zones == []
    assert codes(left_out.notes, "not_understood") == [
        "condition_unknown", "regulation_left_out",
    ]  # fmt: skip
    assert codes(left_out.notes, "refused") == ["nothing_understood"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (order(LORRY, kind="noOvertaking"), "nothing_understood"),
        (order(LORRY, area=""), "geometry_empty"),
        (order(LORRY, area=AREA.replace("51.0 5.0 51.0", "51.0 51.0")), "geometry_empty"),
        (order(LORRY).replace(b'id="o-1"', b""), "id_missing"),
        (order(weight("greaterThan", "NaN")), "nothing_understood"),
        (order(weight("greaterThan", "7.5", "actual")), "nothing_understood"),
        (order(LORRY).replace(b"2026-01-01T", b"soon"), "nothing_understood"),
        (order(choice(LORRY, operator="xor")), "nothing_understood"),
    ],
)
def test_a_bad_order_is_refused_with_its_reason(content, code):
    read = datex.read(content, DUTCH)
    assert read.zones == []
    assert codes(read.notes, "refused") == [code]


BOMB = b"""<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<z>&b;</z>"""
OUTSIDE = b'<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]><z>&x;</z>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (BOMB, "xml_doctype"),
        (OUTSIDE, "xml_doctype"),
        (b'<!DOCTYPE z SYSTEM "http://example.org/z.dtd"><z/>', "xml_doctype"),
        (b"<a>" * 10_000, "xml_too_large"),
        (b"<a>", "not_xml"),
        (b"<a>&undefined;</a>", "not_xml"),
        (b'<?xml version="1.0" encoding="no-such-code"?><a/>', "not_xml"),
        (b"\x00\x01", "not_xml"),
        (b"<a/>", "not_datex"),
    ],
)
def test_hostile_and_foreign_documents_are_unreadable(content, code):
    with pytest.raises(Unreadable) as refused:
        datex.read(content, DUTCH)
    assert refused.value.code == code
