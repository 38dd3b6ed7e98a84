"""What would help: every minimal set of changes, and nothing that does not help."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shapely import box

from curbs.book import CurbBook
from curbs.evaluator import AtCurb, Evaluator, InZone, Question
from curbs.remedies import Change, remedies
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from tests.unit.curbs import test_evaluator
from tests.unit.zones.rulebook import HELSINKI, LONG_AGO, ZONE, regulation
from zones.book import RuleBook, ZoneCard
from zones.geography import Shape

TEN = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)  # ten in the morning in Helsinki, a Tuesday
LORRY = VehicleFacts(
    category="N2", fuels=frozenset({"diesel"}), euro_class="V", gross_weight_kg=7500
)
ELECTRIC = Change("vehicle", frozenset({"electric"}), "fuels")


def evaluator(*rows):
    always = Period(LONG_AGO)
    shape = Shape(ZONE, 1, box(24.9, 60.1, 25.0, 60.2), always, always, timedelta())
    cards = {ZONE: ZoneCard(ZONE, "a", "A", "other")}
    book = RuleBook(UUID(int=1), HELSINKI, 1, cards, [shape], {ZONE: [regulation(*rows)]})
    return Evaluator(book, CurbBook(UUID(int=1), 1, 3879, []))


def helpful(rules, facts=LORRY, place=None):
    question, place = Question(facts), place or InZone(ZONE)
    found = remedies(rules, question, place, TEN, rules.at(question, place, TEN))
    assert len(found) == len({frozenset(one) for one in found})
    return {frozenset(one) for one in found}


def test_a_ban_in_the_day_is_helped_by_fuel_permit_or_evening():
    rules = evaluator(
        {
            "what": {"effect": "prohibit"},
            "who": {"fuel": ["diesel"]},
            "when": [{"from": "07:00", "to": "19:00"}],
            "unless": {"permit": ["trade"]},
        }
    )
    evening = Change("time", datetime(2026, 5, 12, 16, 0, tzinfo=UTC))
    assert helpful(rules) == {
        frozenset({ELECTRIC}),
        frozenset({Change("permit", "trade")}),
        frozenset({evening}),
    }


def test_two_rules_need_two_permits_or_one_change_that_answers_both():
    rules = evaluator(
        {"what": {"effect": "require_permit", "permit": "a"}, "who": {"fuel": ["diesel"]}},
        {"what": {"effect": "require_permit", "permit": "b"}, "who": {"fuel": ["diesel"]}},
    )
    assert helpful(rules) == {
        frozenset({ELECTRIC}),
        frozenset({Change("permit", "a"), Change("permit", "b")}),
    }


def test_a_better_euro_class_is_one_of_the_same_family():
    rules = evaluator(
        {
            "what": {"effect": "prohibit"},
            "who": {"euro_below": {"light": "6", "heavy": "VI"}},
        }
    )
    assert helpful(rules) == {frozenset({Change("vehicle", "VI", "euro_class")})}


def test_out_of_a_list_of_euro_classes_leads_the_next_one_of_the_same_family():
    rules = evaluator({"what": {"effect": "prohibit"}, "who": {"euro_in": ["IV", "V", "EEV", "6"]}})
    assert helpful(rules) == {frozenset({Change("vehicle", "VI", "euro_class")})}


def test_a_lighter_lorry_is_one_that_its_category_allows():
    rules = evaluator({"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 3500}})
    found = helpful(rules)
    lighter = Change("vehicle", 3500, "gross_weight_kg")
    assert frozenset({lighter}) not in found  # an N2 weighs more by definition
    assert found == set()  # and nothing here names another category
    by_category = evaluator(
        {
            "what": {"effect": "prohibit"},
            "who": {"category": ["N2", "N3"], "gross_weight_over_kg": 3500},
        }
    )
    van = Change("vehicle", "N1", "category")
    assert frozenset({lighter, van}) in helpful(by_category)
    assert frozenset({van}) not in helpful(by_category)  # not at 7.5 t


def test_what_is_free_only_to_some_at_night_takes_both():
    rules = evaluator(
        {"what": {"effect": "prohibit"}, "who": {}},
        {
            "what": {"effect": "allow"},
            "who": {"fuel_only": ["electric"]},
            "when": [{"from": "22:00", "to": "06:00"}],
            "priority": 10,
        },
    )
    night = Change("time", datetime(2026, 5, 12, 19, 0, tzinfo=UTC))
    # The allowance does not speak at ten, so its bounds are read from the rules of the place.
    assert helpful(rules) == {frozenset({ELECTRIC, night})}


def test_nothing_is_named_for_what_is_admissible_and_nothing_helps_against_a_ban_of_all():
    assert helpful(evaluator({"what": {"effect": "allow"}})) == set()
    assert helpful(evaluator({"what": {"effect": "prohibit"}})) == set()


def test_a_curb_that_has_to_be_booked_is_helped_by_a_booking_or_by_its_free_hours():
    place = AtCurb(test_evaluator.CURB)
    found = helpful(test_evaluator.evaluator(), test_evaluator.VAN, place)
    free = Change("time", datetime(2026, 5, 12, 17, 0, tzinfo=UTC))  # 20:00 in Helsinki
    assert {frozenset({Change("booking")}), frozenset({free})} <= found
