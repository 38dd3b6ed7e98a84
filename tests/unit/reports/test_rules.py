"""Cells, deltas, delay, and cells of a spreadsheet."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from reports import rules
from reports.rules import Counted

HELSINKI = ZoneInfo("Europe/Helsinki")


def test_a_finding_counts_in_the_local_hour_in_which_it_began():
    finding = {
        "city_id": UUID(int=1),
        "from_at": datetime(2026, 5, 11, 21, 30, tzinfo=UTC),  # half past midnight in Helsinki
        "zone_id": None,
        "curb_zone_id": UUID(int=2),
        "organisation_id": UUID(int=3),
        "regulation_id": UUID(int=2),
        "rule_code": "K1",
        "kind": "booking",
        "severity": "violation",
        "state": "provisional",
    }
    cell = rules.cell_of(finding, HELSINKI)
    assert cell[1:5] == ("2026-05-12", "0", "curb_zone", str(UUID(int=2)))


def test_a_finding_that_changes_its_cell_leaves_the_old_one():
    before, after = Counted(("a",), 60), Counted(("b",), 90)
    assert rules.deltas([(before, after)]) == {("a",): (-1, -60), ("b",): (1, 90)}


def test_what_is_counted_already_adds_nothing():
    same = Counted(("a",), 60)
    assert rules.deltas([(same, same)]) == {}


def test_two_findings_that_swap_cells_cancel_out():
    one, two = Counted(("a",), 60), Counted(("b",), 60)
    assert rules.deltas([(one, two), (two, one)]) == {}


def test_a_trip_at_two_thirds_of_free_flow_takes_half_as_long_again():
    assert rules.delay(8.0, 12.0) == 1.5


def test_faster_than_free_flow_is_no_delay_and_standing_has_no_index():
    assert rules.delay(15.0, 12.0) == 1.0
    assert rules.delay(0.0, 12.0) is None
    assert rules.delay(8.0, None) is None


def test_a_name_that_looks_like_a_formula_is_only_text_in_a_spreadsheet():
    assert rules.safe_cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert rules.safe_cell("Esplanadi") == "Esplanadi"
    assert rules.safe_cell(-5) == -5
