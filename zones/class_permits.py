"""Permits for a class of vehicles: who holds one, and for how long. Pure.

Vehicles age: one that a permit is for today may have outgrown it tomorrow, or grown into it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from kernel.periods import YEARS, Period, union
from kernel.schedules import local_midnight
from kernel.vehicles import VehicleFacts, birthday
from zones.compiled import HeldPermit
from zones.language import Who
from zones.predicates import Predicate, ages, compile_who


@dataclass(frozen=True, slots=True)
class ClassPermit:
    """A permit and whom it is for; `ages` are the ages in years at which that may change."""

    permit: HeldPermit
    holds: Predicate
    ages: tuple[int, ...]

    @classmethod
    def of(cls, permit: HeldPermit, who: Who) -> "ClassPermit":
        return cls(permit, compile_who(who), tuple(ages(who)))

    def held_by(self, facts: VehicleFacts, tz: ZoneInfo) -> Iterator[HeldPermit]:
        """Yield the permit for each stretch of its time in which the vehicle certainly is of the
        class."""
        edges = [self.permit.period.start, *self._birthdays(facts, tz), self.permit.period.end]
        stretches = (Period(start, end) for start, end in pairwise(edges) if start is not None)
        for stretch in union(part for part in stretches if self._is_for(facts, part.start, tz)):
            yield replace(self.permit, period=stretch)

    def _birthdays(self, facts: VehicleFacts, tz: ZoneInfo) -> Iterable[datetime]:
        """Return when, while the permit is valid, the vehicle reaches an age that matters."""
        if facts.first_registration_on is None:
            return ()
        days = {birthday(facts.first_registration_on, years) for years in self.ages}
        begins = sorted(local_midnight(day, tz) for day in days if day.year in YEARS)
        start = self.permit.period.start
        return [at for at in begins if at > start and self.permit.period.contains(at)]

    def _is_for(self, facts: VehicleFacts, at: datetime, tz: ZoneInfo) -> bool:
        return self.holds(facts, at.astimezone(tz).date())[0] is True
