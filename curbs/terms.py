"""The times and lengths a city sets for its curb bookings. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class BookingTerms:
    """What a city decides about bookings; each value has a default.

    They stand in the city's settings under `curbs`, durations in whole seconds or minutes as the
    key's ending says, lengths in metres.
    """

    hold_ttl: timedelta = timedelta(minutes=5)
    no_show_after: timedelta = timedelta(minutes=15)
    early_check_in: timedelta = timedelta(minutes=15)
    past_tolerance: timedelta = timedelta(minutes=5)
    book_ahead: timedelta = timedelta(days=14)
    longest: timedelta = timedelta(hours=12)
    manoeuvring_gap_m: Decimal = Decimal("1.50")
    nearby_m: float = 300.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "BookingTerms":
        """Return the terms in a city's settings, e.g. `{"curbs": {"hold_ttl_s": 300}}`."""
        given = settings.get("curbs", {})
        base = cls()
        return cls(
            hold_ttl=_seconds(given, "hold_ttl_s", base.hold_ttl),
            no_show_after=_seconds(given, "no_show_after_s", base.no_show_after),
            early_check_in=_seconds(given, "early_check_in_s", base.early_check_in),
            past_tolerance=_seconds(given, "past_tolerance_s", base.past_tolerance),
            longest=_seconds(given, "longest_s", base.longest),
            book_ahead=timedelta(days=int(given.get("book_ahead_days", base.book_ahead.days))),
            manoeuvring_gap_m=Decimal(str(given.get("manoeuvring_gap_m", base.manoeuvring_gap_m))),
            nearby_m=float(given.get("nearby_m", base.nearby_m)),
        )


def _seconds(given: Mapping[str, Any], key: str, default: timedelta) -> timedelta:
    return timedelta(seconds=int(given[key])) if key in given else default
