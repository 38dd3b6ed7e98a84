from decimal import Decimal

import msgspec
import pytest

from kernel.vehicles import EuroClass, VehicleFacts, euro_rank


@pytest.mark.parametrize(
    ("text", "family", "rank"),
    [
        ("5", "light", "5"),
        ("5b", "light", "5.2"),
        ("6d-TEMP", "light", "6.4"),
        ("Euro 6d", "light", "6.5"),
        ("VI", "heavy", "6"),
        ("EURO VI-E", "heavy", "6.6"),
        ("iv", "heavy", "4"),
        ("EEV", "heavy", "5.5"),
    ],
)
def test_a_euro_class_is_read_as_on_the_certificate(text, family, rank):
    assert euro_rank(text) == (family, Decimal(rank))


@pytest.mark.parametrize("text", ["", "none", "8", "VIII", "6x", "IIII"])
def test_what_is_no_euro_class_has_no_rank(text):
    assert euro_rank(text) is None


def test_what_may_be_stored_as_a_euro_class_is_what_can_be_read():
    numbers = ["", "0", "5", "8", "I", "ii", "IIII", "iv", "V", "Vi", "VII", "VIII", "EEV", "x"]
    stages = ["", "a", "B", " c", "d", "D-TEMP", "-dtemp", "_e", "EEV", "f", "D TEMP", "--", "6"]
    texts = [
        before + number + stage
        for before in ("", " ", "Euro ", "EURO-", "euro", "Euro_", "e")
        for number in numbers
        for stage in stages
    ]
    taken = {text for text in texts if is_one(text)}
    assert taken == {text for text in texts if euro_rank(text) is not None}
    assert {"EEV", "Euro 5", "Vi-dtemp", "euroivB", "0"} <= taken


def is_one(text):
    try:
        return msgspec.convert(text, EuroClass) == text
    except msgspec.ValidationError:
        return False


def test_stages_order_within_their_norm():
    ranks = [euro_rank(text).rank for text in ("5", "5a", "5b", "6", "6b", "6c", "6d-TEMP", "6d")]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_a_vehicle_is_free_of_emissions_only_when_all_its_fuels_are():
    assert VehicleFacts(fuels=frozenset({"electric"})).zero_emission is True
    assert VehicleFacts(fuels=frozenset({"electric", "diesel"})).zero_emission is False
    assert VehicleFacts().zero_emission is None
