"""When and where metres are free: a zone's timeline, and starts a vehicle could have. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from curbs.rules import QUARTER, Metres, first_fit, free_stretches
from kernel.periods import Period


@dataclass(frozen=True)
class Held:
    """Metres that somebody holds for a time."""

    metres: Metres
    period: Period


@dataclass(frozen=True)
class Slot:
    """A time in which what is free in a zone does not change. Lengths in metres."""

    period: Period
    free_m: Decimal
    longest_free_m: Decimal
    fits: int | None = None


def slots(
    zone: Metres, held: Sequence[Held], period: Period, block: Decimal | None = None
) -> list[Slot]:
    """Return the zone's timeline; with `block` (metres) also how many such vehicles fit."""
    found: list[Slot] = []
    for start, end in pairwise(_edges(held, period)):
        part = Period(start, end)
        free = free_stretches(zone, taken_during(held, part))
        slot = Slot(
            part,
            sum((stretch.length for stretch in free), Decimal(0)),
            max((stretch.length for stretch in free), default=Decimal(0)),
            None if block is None else sum(int(s.length // block) for s in free),
        )
        if found and _same(found[-1], slot):
            found[-1] = Slot(
                Period(found[-1].period.start, end), slot.free_m, slot.longest_free_m, slot.fits
            )
        else:
            found.append(slot)
    return found


def taken_during(held: Iterable[Held], period: Period) -> list[Metres]:
    """Return the metres that are held at some instant of the period."""
    return [one.metres for one in held if one.period.overlaps(period)]


def starts(
    zone: Metres,
    held: Sequence[Held],
    *,
    around: datetime,
    within: timedelta,
    duration: timedelta,
    block: Decimal,
    earliest: datetime,
) -> list[datetime]:
    """Return the starts, in steps of a quarter of an hour, at which the block is free throughout.

    The nearest to `around` comes first, of two equally near the later; none before `earliest`.
    """
    steps = within // QUARTER
    candidates = [around + QUARTER * step for step in range(-steps, steps + 1) if step]
    free = [
        at
        for at in candidates
        if at >= earliest
        and first_fit(zone, taken_during(held, Period(at, at + duration)), block) is not None
    ]
    return sorted(free, key=lambda at: (abs(at - around), at < around))


def _edges(held: Sequence[Held], period: Period) -> list[datetime]:
    assert period.end is not None, "a timeline has an end"
    edges = {period.start, period.end}
    for one in held:
        edges |= {at for at in (one.period.start, one.period.end) if at and period.contains(at)}
    return sorted(edges)


def _same(one: Slot, other: Slot) -> bool:
    return (one.free_m, one.longest_free_m, one.fits) == (
        other.free_m,
        other.longest_free_m,
        other.fits,
    )
