"""UK D-TRO v4: records that are valid by its schema decide as they say."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from kernel.geometry import polygon_metres
from tests import standards
from tests.unit.zones.exchange.drafted import access, codes
from zones.exchange import dtro
from zones.exchange.drafts import Context, Unreadable

LONDON = "Europe/London"
CONTEXT = Context(ZoneInfo(LONDON), 27700, datetime(2026, 5, 1, tzinfo=UTC))
# 100 m by 50 m around Trafalgar Square (TQ 300 805).
SQUARE = (
    "SRID=27700;POLYGON((530000 180450,530100 180450,530100 180500,530000 180500,530000 180450))"
)

pytestmark = pytest.mark.law
PLACE = {
    "description": "Trafalgar Square",
    "type": "regulationLocation",
    "concession": False,
    "assignment": False,
    "tramcar": False,
    "busRoute": False,
    "bywayType": "footpath",
}
LORRY = {"category": "N2", "gross_weight_kg": 7501}
NOON = "2026-05-12 12:00"


def record(kind, *, place=SQUARE, operator="and", conditions=(), **provision):
    shape = (
        {"polygon": {"version": 1, "polygon": place}}
        if "POLYGON" in str(place)
        else {
            "linearGeometry": {
                "version": 1,
                "direction": "bidirectional",
                "lateralPosition": "centreline",
                "linestring": place,
                "representation": "linear",
            }
        }
    )
    return {
        "source": {
            "actionType": "new",
            "comingIntoForceDate": "2026-01-05",
            "currentTraOwner": 5990,
            "madeDate": "2025-12-01",
            "reference": "TMO 12/2025",
            "section": "Article 4",
            "statementDescription": "Restricts traffic.",
            "traAffected": [5990],
            "traCreator": 5990,
            "troName": "City order",
            "provision": [
                {
                    "actionType": "new",
                    "orderReportingPoint": "permanentNoticeOfMaking",
                    "provisionDescription": "Restricts traffic.",
                    "reference": "P1",
                    "regulatedPlace": [PLACE | shape],
                    "regulation": {
                        "isDynamic": False,
                        "timeZone": LONDON,
                        "generalRegulation": {"regulationType": kind},
                        "conditionSet": {
                            "operator": operator,
                            "conditions": list(conditions) or [always()],
                        },
                    },
                    **provision,
                }
            ],
        }
    }


def always(**validity):
    return {"timeValidity": {"start": "2026-02-01T00:00:00Z", "isPlaceholderTro": False} | validity}


def vehicle(**characteristics):
    return {"vehicleCharacteristics": characteristics}


def window(start, end, *days, **more):
    told = {"recurringTimePeriodOfDay": [{"startTimeOfPeriod": start, "endTimeOfPeriod": end}]}
    if days:
        told["recurringDayWeekMonthPeriod"] = [{"applicableDay": list(days)}]
    return always(validPeriod=[told | more])


def read(document):
    return dtro.read(json.dumps(document).encode(), CONTEXT)


def decide(document, facts, local=NOON):
    return access(read(document).zones[0], facts, local, LONDON, ["2026-05-25"])


WEIGHT = vehicle(
    maximumGrossWeightCharacteristic={
        "grossVehicleWeight": 7.5,
        "typeOfWeight": "maximumPermitted",
    }
)
EMERGENCY = {"negate": True, **vehicle(vehicleUsage="emergencyServicesVehicle")}
LIMIT = record(
    "dimensionMaximumWeightEnvironmental",
    conditions=[window("18:30:00", "08:00:00", "monday", "friday"), WEIGHT, EMERGENCY],
)
ZONE = record(
    "miscCongestionLowEmissionZone",
    conditions=[
        always(end="2027-01-01T00:00:00Z"),
        vehicle(
            vehicleType="heavyGoodsVehicle", emissions={"emissionClassificationEuro": "euroVI"}
        ),
    ],
)
MARKET = record("motorVehiclesProhibited", conditions=[window("10:00:00", "23:59:59")])


@standards.needed
@pytest.mark.parametrize("document", [LIMIT, ZONE, MARKET], ids=["limit", "zone", "market"])
def test_the_records_of_these_tests_are_valid_by_the_published_schema(document):
    schema = json.loads(
        (standards.ROOT / "access_rules" / "d-tro_v4_schema.json").read_text(encoding="utf-8")
    )
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []


# 2026-05-11 is a Monday: the span that starts then ends on Tuesday at 08:00.
@pytest.mark.parametrize(
    ("document", "facts", "local", "expected"),
    [
        (LIMIT, LORRY, "2026-05-11 18:29", "unregulated"),
        (LIMIT, LORRY, "2026-05-11 18:30", "prohibited"),
        (LIMIT, LORRY, "2026-05-12 07:59", "prohibited"),
        (LIMIT, LORRY, "2026-05-12 08:00", "unregulated"),
        (LIMIT, LORRY, "2026-05-12 19:00", "unregulated"),
        (LIMIT, LORRY | {"gross_weight_kg": 7500}, "2026-05-11 19:00", "unregulated"),
        (
            LIMIT,
            LORRY | {"special_purpose": frozenset({"emergencyServicesVehicle"})},
            "2026-05-11 19:00",
            "allowed",
        ),
        (LIMIT, LORRY, "2026-01-30 19:00", "unregulated"),
        (ZONE, {"category": "N3", "euro_class": "V"}, NOON, "prohibited"),
        (ZONE, {"category": "N3", "euro_class": "VI"}, NOON, "unregulated"),
        (ZONE, {"category": "N1", "euro_class": "5"}, NOON, "unregulated"),
        (ZONE, {"category": "N3", "euro_class": "V"}, "2026-12-31 23:59", "prohibited"),
        (ZONE, {"category": "N3", "euro_class": "V"}, "2027-01-01 00:00", "unregulated"),
        (MARKET, {"category": "M1"}, "2026-05-12 09:59", "unregulated"),
        (MARKET, {"category": "M1"}, "2026-05-12 23:59", "prohibited"),
        (MARKET, {"category": "cargo_bicycle"}, NOON, "unregulated"),
    ],
)
def test_records_decide_as_they_say(document, facts, local, expected):
    assert decide(document, facts, local) == expected


def test_a_place_is_turned_from_the_national_grid_into_degrees():
    zone = read(MARKET).zones[0]
    west, south, east, north = zone.geometry.bounds
    # Nelson's Column stands at 51.5077 N, 0.1280 W
    assert -0.130 < west < east < -0.126
    assert 51.506 < south < north < 51.510
    assert polygon_metres(zone.geometry, 27700) == pytest.approx(5000, rel=1e-3)
    assert (zone.source_id, zone.name) == ("5990-P1", "City order")


def test_a_line_becomes_a_street():
    line = "SRID=27700;LINESTRING(530000 180450,530100 180450)"
    zone = read(record("miscRoadClosure", place=line)).zones[0]
    assert polygon_metres(zone.geometry, 27700) == pytest.approx(100 * 16 + 200, rel=0.01)


@pytest.mark.parametrize(
    "condition",
    [
        {"permitCondition": {"type": "resident"}},
        {"otherCondition": {"otherConditionDescription": "when it rains"}},
        vehicle(heaviestAxleWeightCharacteristic={"heaviestAxleWeight": 10}),
        vehicle(vehicleType="taxi"),
        always(validPeriod=[{"recurringSpecialDay": [{"specialDayType": "matchDay"}]}]),
    ],
)
def test_a_part_of_a_choice_that_is_not_understood_is_left_out_and_named(condition):
    document = record(
        "miscRoadClosure",
        conditions=[
            always(),
            {"conditionSet": {"operator": "or", "conditions": [
                vehicle(vehicleType="goodsVehicle"), condition
            ]}},
        ],
    )  # fmt: skip
    zone = read(document).zones[0]
    assert codes(zone.notes, "not_understood") == ["condition_unknown"]
    assert access(zone, LORRY, NOON, LONDON) == "prohibited"
    assert access(zone, {"category": "M1"}, NOON, LONDON) == "unregulated"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reference": ""}, "id_missing"),
        ({"actionType": "fullRevoke"}, "revoked"),
        ({"regulation": {}}, "regulation_unknown"),
        ({"comingIntoForceDate": "soon"}, "date_malformed"),
        ({"regulatedPlace": []}, "geometry_empty"),
        ({"regulatedPlace": [{"polygon": {"polygon": "POLYGON((0 0))"}}]}, "geometry_malformed"),
        ({"regulatedPlace": [{"polygon": {"polygon": "SRID=27700;PO"}}]}, "geometry_malformed"),
        ({"regulatedPlace": [{"polygon": {"polygon": 7}}]}, "geometry_malformed"),
        (
            {"regulatedPlace": [{"polygon": {"polygon": "SRID=27700;POLYGON EMPTY"}}]},
            "geometry_empty",
        ),
    ],
)
def test_a_bad_provision_is_refused_with_its_reason(change, code):
    found = read(record("miscRoadClosure", **change))
    assert found.zones == []
    assert codes(found.notes, "refused") == [code]


def test_regulations_of_other_kinds_and_limits_without_measure_are_refused():
    for kind, code in (
        ("kerbsideNoWaiting", "regulation_unknown"),
        ("dimensionMaximumWidth", "limit_missing"),
        ("miscCongestionLowEmissionZone", "limit_missing"),
    ):
        assert codes(read(record(kind)).notes, "refused") == [code]


@pytest.mark.parametrize("content", [b"", b"7", b"[]", b"{}", b'{"source": 1}', b"[" * 9999])
def test_a_file_that_is_no_record_is_unreadable(content):
    with pytest.raises(Unreadable):
        dtro.read(content, CONTEXT)
