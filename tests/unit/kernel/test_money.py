from decimal import Decimal

import pytest

from kernel.money import Money, round_half_up


@pytest.mark.parametrize(
    ("value", "rounded"), [("2.5", 3), ("2.4999", 2), ("-2.5", -3), ("0.5", 1)]
)
def test_a_half_goes_away_from_zero(value, rounded):
    assert round_half_up(Decimal(value)) == rounded


def test_money_is_made_of_the_smallest_unit_of_its_currency():
    assert Money.of("12.505", "EUR") == Money(1251, "EUR")
    assert Money.of("1250", "JPY") == Money(1250, "JPY")
    assert str(Money(1440, "USD")) == "14.40 USD"
    assert str(Money(1250, "JPY")) == "1250 JPY"


def test_money_adds_within_a_currency_only():
    assert Money(100, "EUR") + Money(50, "EUR") == Money(150, "EUR")
    assert Money(333, "EUR").times(Decimal("1.5")) == Money(500, "EUR")  # 499.5
    with pytest.raises(ValueError, match="SEK"):
        Money(100, "EUR") + Money(100, "SEK")
