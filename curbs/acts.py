"""How visits and stays are judged over their whole length, by zones and curbs. Pure.

A visit is judged by the rules of its zone, with the bookings held at curbs in it. Of a stay, the
rows of the curb zone's policies are judged by `zones.acts` with its protection of acts; the
maximum stay is judged here, with the same protection: the longer of what was recorded at the start
of the stay and what is recorded now.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from curbs.book import Policy, Zone
from curbs.evaluator import Evaluator
from kernel.periods import Period
from kernel.text import Spoken
from kernel.vehicles import VehicleFacts
from kernel.verdicts import RuleRef
from zones import acts
from zones.acts import Breach
from zones.book import RuleBook
from zones.compiled import HeldBooking, HeldPermit

MAX_STAY_ROW = -1
MAX_STAY = "max_stay"


def judge_visit(
    *,
    evaluator: Evaluator,
    zone_id: UUID,
    act: Period,
    facts: VehicleFacts,
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[tuple[UUID, Period]] = (),
) -> list[Breach]:
    """Return the breaches of a visit to an access zone.

    `bookings` are the vehicle's (curb zone, time); those at curbs in the zone count, as they do
    for decisions. Raises ValueError for a visit with an open end.
    """
    return evaluator.zones.judge(
        zone_id,
        act,
        facts,
        permits=permits,
        bookings=evaluator.held(bookings),
        booked=evaluator.booked_in(zone_id, bookings),
    )


def judge_stay(
    *,
    zones: RuleBook,
    curb_zone: Zone,
    act: Period,
    facts: VehicleFacts,
    permits: Sequence[HeldPermit] = (),
    bookings: Sequence[Period] = (),
) -> list[Breach]:
    """Return the breaches of a stay in a curb zone: its own policy and the maximum stay.

    `bookings` are the times for which the vehicle held a booking there. The access zones around
    are judged by the visit to them, not here. A breach of the maximum stay has the kind `max_stay`
    and, as it stands beside the rows, the row -1. Raises ValueError for a stay with an open end.
    """
    found = acts.judge(
        act=act,
        grace=grace_of(curb_zone, act.start),
        versions=[policy.regulation for policy in curb_zone.policies],
        facts=facts,
        tz=zones.tz,
        days_known=zones.days,
        days_changed_at=zones.days_changed_at,
        permits=permits,
        bookings=[HeldBooking(period, frozenset({curb_zone.id})) for period in bookings],
    )
    return [*found, *_overstayed(curb_zone, act)]


def grace_of(curb_zone: Zone, at: datetime) -> timedelta:
    """Return the grace of a stay that began at `at`: as recorded now, never less than then."""
    known = (curb_zone.policy_at(at), curb_zone.policy_at(at, at))
    return timedelta(seconds=max((p.grace_s for p in known if p), default=0))


def _overstayed(curb_zone: Zone, act: Period) -> list[Breach]:
    assert act.end is not None
    policy = curb_zone.policy_at(act.start)
    limit = _limit(policy, curb_zone.policy_at(act.start, act.start))
    if (
        policy is None
        or limit is None
        or act.end - act.start - limit <= grace_of(curb_zone, act.start)
    ):
        return []
    rule = RuleRef(curb_zone.id, policy.id, MAX_STAY_ROW, curb_zone.code)
    over = Period(act.start + limit, act.end)
    minutes = int(limit.total_seconds() // 60)
    return [
        Breach(
            rule=rule,
            severity="violation",
            period=over,
            seconds=(act.end - act.start - limit).total_seconds(),
            rules=(rule,),
            kinds=(MAX_STAY,),
            sentences=(_longest(minutes),),
        )
    ]


def _longest(minutes: int) -> Spoken:
    return Spoken(
        f"The longest stay is {minutes} minutes.",
        (
            ("de", f"Man darf höchstens {minutes} Minuten stehen."),
            ("fr", f"Le stationnement dure au plus {minutes} minutes."),
        ),
    )


def _limit(now: Policy | None, then: Policy | None) -> timedelta | None:
    """Return the maximum stay, the milder of what is recorded now and what was then."""
    if now is None or now.stay.max_stay is None:
        return None
    if then is None or then.stay.max_stay is None:
        return None
    return max(now.stay.max_stay, then.stay.max_stay)
