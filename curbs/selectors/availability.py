"""What is free at the curb, and where else somebody who was refused could go."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from curbs import rules, timeline
from curbs.book import CurbBook, Zone
from curbs.models import Booking
from curbs.states import State
from curbs.terms import BookingTerms
from kernel.geometry import metres_between
from kernel.periods import Period

MOST = 3
EITHER_WAY = timedelta(hours=2)
Verdicts = Callable[[Zone, Period], Iterable[tuple[Period, Any]]]


def held_on(
    line_ids: Iterable[UUID], period: Period, now: datetime
) -> dict[UUID, list[timeline.Held]]:
    """Return what is held on each line at some time of the period. One query.

    Holds that have run out do not count.
    """
    rows = (
        Booking.objects.holding()
        .on_lines(line_ids)
        .overlapping(period)
        .filter(moving=False)
        .exclude(state=State.HELD, hold_expires_at__lte=now)
        .values_list("curb_line", "metres", "during")
    )
    held: dict[UUID, list[timeline.Held]] = defaultdict(list)
    for line_id, metres, during in rows:
        held[line_id].append(
            timeline.Held(
                rules.Metres(metres.lower, metres.upper), Period(during.lower, during.upper)
            )
        )
    return held


def slots(
    zone: Zone,
    period: Period,
    *,
    length_m: float | None,
    terms: BookingTerms,
    now: datetime,
) -> list[timeline.Slot]:
    """Return the zone's timeline over the period; how many fit when a length is given. 1 query."""
    block = None if length_m is None else rules.needed(length_m, terms.manoeuvring_gap_m)
    held = held_on([zone.line_id], period, now)[zone.line_id]
    return timeline.slots(zone.metres, held, period, block)


def alternatives(
    *,
    curbs: CurbBook,
    zone: Zone,
    length_m: float | None,
    period: Period,
    verdicts: Verdicts,
    terms: BookingTerms,
    now: datetime,
) -> dict[str, list[dict[str, Any]]]:
    """Return where else the vehicle could stand: `times` in this zone, `zones` nearby then.

    Only what rules, length and the metres of others allow at this moment; at most three of each.
    `verdicts` gives the answers of the rules to this vehicle with a booking there. One query.
    """
    if length_m is None or period.end is None:
        return {"times": [], "zones": []}
    block = rules.needed(length_m, terms.manoeuvring_gap_m)
    near = _nearby(curbs, zone, period, terms, block)
    wide = Period(period.start - EITHER_WAY, period.end + EITHER_WAY)
    held = held_on({zone.line_id, *(other.line_id for other, _ in near)}, wide, now)
    return {
        "times": _times(zone, held[zone.line_id], period, block, verdicts, terms, now),
        "zones": _zones(near, held, period, block, verdicts),
    }


def _times(
    zone: Zone,
    held: list[timeline.Held],
    period: Period,
    block: Decimal,
    verdicts: Verdicts,
    terms: BookingTerms,
    now: datetime,
) -> list[dict[str, Any]]:
    assert period.end is not None
    duration = period.end - period.start
    found: list[dict[str, Any]] = []
    for at in timeline.starts(
        zone.metres,
        held,
        around=period.start,
        within=EITHER_WAY,
        duration=duration,
        block=block,
        earliest=now,
    ):
        asked = Period(at, at + duration)
        if len(found) < MOST and _allowed(zone, asked, verdicts, duration):
            found.append({"from": at.isoformat(), "until": (at + duration).isoformat()})
    return found


def _zones(
    near: list[tuple[Zone, float]],
    held: dict[UUID, list[timeline.Held]],
    period: Period,
    block: Decimal,
    verdicts: Verdicts,
) -> list[dict[str, Any]]:
    assert period.end is not None
    found: list[dict[str, Any]] = []
    for other, distance in near:
        taken = timeline.taken_during(held.get(other.line_id, []), period)
        if rules.first_fit(other.metres, taken, block) is None:
            continue
        if len(found) < MOST and _allowed(other, period, verdicts, period.end - period.start):
            found.append(
                {
                    "curb_zone_id": str(other.id),
                    "code": other.code,
                    "name": other.name,
                    "distance_m": round(distance),
                }
            )
    return found


def _nearby(
    curbs: CurbBook, zone: Zone, period: Period, terms: BookingTerms, block: Decimal
) -> list[tuple[Zone, float]]:
    """Return the other zones in force near by that are long enough, with the distance in metres."""
    lng, lat = zone.middle
    found = [
        (near.zone, metres_between(lng, lat, *near.zone.middle))
        for near in curbs.near(lng, lat, terms.nearby_m, at=period.start)
        if near.zone.id != zone.id and near.zone.metres.length >= block
    ]
    return sorted(found, key=lambda pair: (pair[1], pair[0].code))


def _allowed(zone: Zone, period: Period, verdicts: Verdicts, duration: timedelta) -> bool:
    policy = zone.policy_at(period.start)
    if policy is None or not policy.stay.bookable:
        return False
    if policy.stay.max_stay is not None and duration > policy.stay.max_stay:
        return False
    if zone.when.legal.intersection(period) != period:
        return False
    return all(verdict.admissible for _, verdict in verdicts(zone, period))
