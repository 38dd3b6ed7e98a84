"""One day of a curb zone for one vehicle: every start that could be booked, and what is taken.

The rules of the curb (`curbs.rules.weigh`) answer for each quarter of an hour; nothing is decided
here. What a start promises, `curbs.services.bookings.hold` still has to grant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from carriers.models import Vehicle
from curbs import rules
from curbs.book import Zone
from curbs.models import Booking
from curbs.querysets import as_range
from curbs.selectors import availability
from curbs.services import placing
from curbs.services.placing import Case, HoldRequest
from curbs.timeline import Held, taken_during
from kernel.periods import Period
from kernel.refusals import Code

QUARTER = timedelta(minutes=15)
BAYS = 8


@dataclass(frozen=True)
class Start:
    """A time a stay could begin; `code` says why not, None when it is free."""

    period: Period
    code: Code | None = None


@dataclass(frozen=True)
class Day:
    """What a page shows of a day: starts, what is held on the zone's metres, the case behind."""

    period: Period
    starts: tuple[Start, ...]
    held: tuple[Held, ...]
    case: Case


def local_day(on: date, tz: Any) -> Period:
    """Return a local day of a city, 23 to 25 hours long."""
    start = datetime.combine(on, time(), tz)
    return Period(_utc(start), _utc(datetime.combine(on + timedelta(days=1), time(), tz)))


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def of(
    *,
    actor: Any,
    zone: Zone,
    vehicle: Vehicle,
    on: date,
    duration: timedelta,
    now: datetime,
) -> Day:
    """Return the day. Raises Refusal (404) for a zone or vehicle the actor cannot see."""
    day = local_day(on, actor.city.tz)
    request = HoldRequest(curb_zone_id=zone.id, vehicle_id=vehicle.id, period=day)
    case = placing.prepare(actor=actor, request=request, now=now)
    reach = Period(day.start, day.end + duration) if day.end else day
    held = availability.held_on([zone.line_id], reach, now)[zone.line_id]
    own = _own(zone, vehicle, reach)
    starts = tuple(
        Start(period, _against(case, period, held, own, now))
        for period in _quarters(day, duration, now)
    )
    return Day(day, starts, tuple(held), case)


def _quarters(day: Period, duration: timedelta, now: datetime) -> Iterator[Period]:
    at = day.start
    while day.end is not None and at < day.end:
        if at + QUARTER > now:
            yield Period(at, at + duration)
        at += QUARTER


def _own(zone: Zone, vehicle: Vehicle, period: Period) -> tuple[Period, ...]:
    rows = Booking.objects.holding().filter(
        vehicle_id=vehicle.id, curb_zone_id=zone.id, during__overlap=as_range(period)
    )
    return tuple(Period(row.during.lower, row.during.upper) for row in rows)


def _against(
    case: Case, period: Period, held: Sequence[Held], own: tuple[Period, ...], now: datetime
) -> Code | None:
    """Return the first reason against a stay, None when the rules grant it."""
    policy = case.zone.policy_at(period.start)
    request = rules.Request(
        period=period,
        length_m=float(case.vehicle.length_m) if case.vehicle.length_m is not None else None,
        verdicts=_clipped(case, period),
        own=own,
    )
    weighed = rules.weigh(
        case.zone.terms(policy),
        request,
        taken_during(held, period),
        now=now,
        terms=case.city_terms,
    )
    return None if isinstance(weighed, rules.Grant) else weighed[0].code


def _clipped(case: Case, period: Period) -> tuple[Any, ...]:
    """Return the parts of the day's verdicts that lie in a period."""
    if case.request.period.intersection(period) != period:  # over midnight: ask for itself
        return case.verdicts_there(case.zone, period)
    parts = ((piece.intersection(period), verdict) for piece, verdict in case.verdicts)
    return tuple((part, verdict) for part, verdict in parts if part is not None)


def bays(zone: Zone, block: Any) -> list[rules.Metres]:
    """Return the zone's metres as stretches of a vehicle's length, at most eight, for a drawing."""
    count = max(1, min(BAYS, int(zone.metres.length // block))) if block else 1
    size = zone.metres.length / count
    first = rules.Metres(zone.metres.start, zone.metres.start + size)
    return [
        replace(first, start=first.start + size * n, end=first.end + size * n) for n in range(count)
    ]
