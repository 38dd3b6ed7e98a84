"""A sticker that is not told follows from other facts, as far as the schemes' facts say.

“CA3 VUL = diesel Euro 4 / petrol Euro 2-3”, “diesel Euro V trucks (Crit'Air 3)”; “no DGT label …
(N1 diesel < E4, petrol < E3 …; N2/N3 < Euro IV)”.
"""

from datetime import date

import pytest

from kernel.vehicles import VehicleFacts
from zones.language import Who
from zones.predicates import compile_who

TODAY = date(2026, 3, 10)


def asked(scheme, values, category, fuels, euro, **told):
    facts = VehicleFacts(category=category, fuels=frozenset(fuels), euro_class=euro, stickers=told)
    return compile_who(Who(stickers={scheme: tuple(values)}))(facts, TODAY)


@pytest.mark.law
@pytest.mark.parametrize(
    ("category", "fuel", "euro", "is_3"),
    [
        ("N1", "diesel", "3", None),
        ("N1", "diesel", "4", True),
        ("N1", "diesel", "5", None),
        ("N1", "petrol", "1", None),
        ("N1", "petrol", "2", True),
        ("N1", "petrol", "3", True),
        ("N1", "petrol", "4", None),
        ("N2", "diesel", "IV", None),
        ("N2", "diesel", "V", True),
        ("N3", "diesel", "VI", None),
        ("N3", "diesel", "EEV", None),
        ("N3", "cng", "V", None),
        ("M1", "diesel", "4", None),
    ],
)
def test_a_vignette_3_follows_where_the_facts_say_so(category, fuel, euro, is_3):
    answer, missing = asked("critair", ["3"], category, [fuel], euro)
    assert answer is is_3
    assert missing == (() if is_3 else ("stickers.critair",))
    others, _ = asked("critair", ["4", "5", "none"], category, [fuel], euro)
    assert others is (False if is_3 else None)


@pytest.mark.law
@pytest.mark.parametrize(
    ("category", "fuel", "euro", "unlabelled"),
    [
        ("N1", "diesel", "3", True),
        ("N1", "diesel", "4", False),
        ("N1", "petrol", "2", True),
        ("N1", "petrol", "3", False),
        ("N2", "diesel", "III", True),
        ("N2", "diesel", "IV", False),
        ("N3", "cng", "III", True),
        ("N3", "electric", None, False),
        ("N1", "lpg", "2", None),
        ("M1", "diesel", "3", None),
    ],
)
def test_whether_there_is_a_label_follows_and_which_one_has_to_be_told(
    category, fuel, euro, unlabelled
):
    assert asked("dgt", ["none"], category, [fuel], euro)[0] is unlabelled
    of_b, missing = asked("dgt", ["B"], category, [fuel], euro)
    assert of_b is (False if unlabelled else None)
    assert missing == (() if unlabelled else ("stickers.dgt",))
    assert asked("dgt", ["none", "B"], category, [fuel], euro)[0] is (unlabelled or None)


def test_a_sticker_that_is_told_wins():
    assert asked("critair", ["3"], "N1", ["diesel"], "4", critair="2")[0] is False
    assert asked("dgt", ["none"], "N1", ["diesel"], "6", dgt="none")[0] is True


def test_facts_from_which_it_would_follow_are_named_beside_the_sticker():
    _, missing = asked("critair", ["3"], "N1", ["diesel"], None)
    assert set(missing) == {"stickers.critair", "euro_class"}
    _, missing = asked("dgt", ["none"], "N3", [], None)
    assert set(missing) == {"stickers.dgt", "euro_class"}


def test_of_the_german_groups_nothing_is_said():
    assert asked("de", ["4"], "N1", ["diesel"], "6") == (None, ("stickers.de",))
