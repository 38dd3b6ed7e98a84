"""From when on something is a service exception: what a city sets, with defaults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What a city decides about service exceptions; each value has a default.

    They stand in the city's settings under `tracking`, in whole seconds (`dwell_spike_factor` is a
    number). A change counts for what is folded from then on, and for the past by a rebuild.
    """

    late_tolerance_s: int = 0
    """So long after the end of its window a stop's arrival is still in time."""
    dwell_spike_s: int = 1800
    """A dwell at a stop of this length, and of the planned service time by the factor, is a
    spike."""
    dwell_spike_factor: float = 3.0
    silent_vehicle_s: int = 900
    """A vehicle with a trip under way that says nothing for so long is silent: three times the
    rarest heartbeat that we know (5 min)."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Limits":
        """Return the limits in a city's settings, e.g. `{"tracking": {"dwell_spike_s": 1200}}`.

        What is no number from 0 on counts as its default: a slip in a setting stops no fold.
        """
        given = settings.get("tracking")
        named = given if isinstance(given, Mapping) else {}
        sound = {
            name: type(default)(named[name])
            for name, default in asdict(cls()).items()
            if _is_sound(named.get(name))
        }
        return cls(**sound)

    @cached_property
    def silent_vehicle(self) -> timedelta:
        """How long a vehicle that is under way says nothing before it is silent."""
        return timedelta(seconds=self.silent_vehicle_s)

    def dwell_s(self, service_s: int | None) -> int:
        """Return how long a vehicle may be at a stop whose planned service takes so long."""
        planned_s = min(self.dwell_spike_factor * (service_s or 0), _LONGEST_S)
        return max(self.dwell_spike_s, round(planned_s))


def _is_sound(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < _LONGEST_S  # type: ignore[operator]


_LONGEST_S = 10**7
"""Four months; beyond it a limit would limit nothing."""
