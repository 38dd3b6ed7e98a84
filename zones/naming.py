"""The values of facts that rules name: where vehicles can be told apart. Pure."""

from collections.abc import Iterable
from typing import Any

from zones.language import EuroLimit, Who

# Which class of which fact a value of a key makes; bounds of masses and dates need none.
_FACTS = {
    "category": "category", "body": "body", "operator": "operator", "special_purpose": "purpose",
    "length_over_m": "length_m", "length_up_to_m": "length_m", "width_over_m": "width_m",
    "height_over_m": "height_m", "euro_below": "euro", "euro_at_least": "euro",
    "euro_in": "euro",
    "registered_before": "registered", "registered_from": "registered",
    "particulate_filter": "filter", "age_under_years": "age",
    "age_at_least_years": "age", "registered_in": "country", "n1_class": "n1_class",
    "combination": "combination", "blind_spot_detection": "blind_spot_detection",
    "unladen_weight_over_kg": "unladen", "unladen_weight_up_to_kg": "unladen",
    "particulates_over_g_per_kwh": "particulates_g_per_kwh",
    "particulates_up_to_g_per_kwh": "particulates_g_per_kwh",
}  # fmt: skip


def named(spoken: Iterable[Who]) -> dict[str, set[Any]]:
    """Return the values that rules name, by fact."""
    found: dict[str, set[Any]] = {}
    waiting = list(spoken)
    while waiting:
        who = waiting.pop()
        waiting += [*(who.any or ()), *(who.all or ())]
        if who.not_ is not None:
            waiting.append(who.not_)
        for member, fact in _FACTS.items():
            value = getattr(who, member)
            if value is not None:
                found.setdefault(fact, set()).update(_values(value))
        for scheme, values in (who.stickers or {}).items():
            found.setdefault(f"sticker.{scheme}", set()).update(values)
    return found


def _values(value: Any) -> Iterable[Any]:
    if isinstance(value, tuple):
        return value
    if isinstance(value, EuroLimit):
        return [text for text in (value.light, value.heavy) if text is not None]
    return (value,)
