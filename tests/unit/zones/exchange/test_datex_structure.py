"""The DATEX II export beside published documents: no schema lies here, so element by element.

What stands in no sample is listed, here and in `docs/api/exchange.md`, as not verified.
"""

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import standards
from tests.unit.zones.exchange.test_round_trips import SAYABLE, ban, draft, through_datex

SAMPLES = ("ndw_emission_zones.xml", "datex2_dialog_goods_vehicles.xml")
DOCS = Path(__file__).resolve().parents[4] / "docs" / "api" / "exchange.md"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
MORE = [
    ban(who={"stickers": {"critair": ["4", "5"]}}),
    ban(who={"length_over_m": 10.0, "width_over_m": 2.5, "height_over_m": 4.0}),
    ban(who={"special_purpose": ["military"], "age_under_years": 13}),
]
NOT_VERIFIED = {
    "emissionClassificationOther", "endOfPeriod", "exceptionPeriod", "heightCharacteristic",
    "interior", "intersectWithApplicableDays", "lengthCharacteristic", "recurringSpecialDay",
    "specialDayType", "startOfPeriod", "vehicleHeight", "vehicleLength", "vehicleWidth",
    "widthCharacteristic",
}  # fmt: skip


def local(name):
    return name.rpartition("}")[2]


def kind(element):
    """Return the type of an element where it names one, else its name."""
    return (element.get(TYPE) or local(element.tag)).rpartition(":")[2]


def structure(content):
    """Return (parent, child with its namespace), and (parent, child, later child)."""
    pairs, orders = set(), set()
    for parent in ElementTree.fromstring(content).iter():
        names = [child.tag for child in parent]
        pairs |= {(kind(parent), name) for name in names}
        orders |= {(kind(parent), local(a), local(b)) for a, b in combinations(names, 2) if a != b}
    return pairs, orders


@standards.needed
@pytest.mark.law
def test_every_element_of_the_export_stands_so_in_a_published_document_or_is_listed():
    known, ordered = set(), set()
    for name in SAMPLES:
        pairs, orders = structure((standards.ROOT / "access_rules" / name).read_bytes())
        known |= pairs
        ordered |= orders
    new, turned = set(), set()
    for row in (*SAYABLE, *MORE):
        content, unsaid = through_datex(draft(row))
        assert unsaid == []
        pairs, orders = structure(content)
        new |= {(parent, local(child)) for parent, child in pairs - known}
        turned |= {(p, a, b) for p, a, b in orders - ordered if (p, b, a) in ordered}
    # below an element that is not verified nothing is, and what it holds may be known elsewhere
    assert {child for parent, child in new if parent not in NOT_VERIFIED} <= NOT_VERIFIED
    assert {child for _, child in new} - NOT_VERIFIED <= {"comparisonOperator", "posList"}
    assert {child for _, child in new} >= NOT_VERIFIED
    assert turned == set()


def test_what_is_not_verified_is_named_in_the_documentation():
    text = DOCS.read_text()
    assert [name for name in sorted(NOT_VERIFIED) if f"`{name}`" not in text] == []
