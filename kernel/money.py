"""Exact money: integers of the currency's smallest unit, and the one function that rounds."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "HUF": 2, "BHD": 3, "KWD": 3, "TND": 3}
"""Digits after the point where they are not two (ISO 4217, column "minor unit")."""


def digits(currency: str) -> int:
    """Return how many digits a currency has after the point (ISO 4217)."""
    return _DIGITS.get(currency, 2)


def round_half_up(value: Decimal) -> int:
    """Return the nearest integer; a half goes away from zero, as on an invoice."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the smallest unit of an ISO 4217 currency: Money(750, "EUR") is € 7.50."""

    amount: int
    currency: str

    @classmethod
    def of(cls, value: Decimal | int | str, currency: str) -> "Money":
        """Return a value in whole units of the currency, rounded half up to its smallest unit."""
        return cls(round_half_up(Decimal(value).scaleb(digits(currency))), currency)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount < other.amount

    def times(self, factor: Decimal | int) -> "Money":
        """Return the multiple, rounded half up to the smallest unit."""
        return Money(round_half_up(Decimal(self.amount) * Decimal(factor)), self.currency)

    def __str__(self) -> str:
        places = digits(self.currency)
        return f"{Decimal(self.amount).scaleb(-places):.{places}f} {self.currency}"

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up.")
