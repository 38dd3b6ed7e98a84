"""What a curb can take: which metres, for how long, at what price. Pure.

A vehicle takes its own length plus the gap it needs to drive in and out. Metres are counted along
the curb line from its start, half-open, with two decimals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from curbs import codes
from curbs.terms import BookingTerms
from kernel.money import Money
from kernel.periods import Period
from kernel.refusals import Reason, Refusal
from kernel.text import Filled, Spoken
from kernel.text import gettext_noop as _
from kernel.verdicts import ReasonGiven, Verdict

QUARTER = timedelta(minutes=15)
CENTIMETRE = Decimal("0.01")


@dataclass(frozen=True, order=True)
class Metres:
    """A stretch of a curb line in metres from its start, half-open."""

    start: Decimal
    end: Decimal

    @property
    def length(self) -> Decimal:
        return self.end - self.start

    def overlaps(self, other: "Metres") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Stay:
    """What a curb policy says about staying and paying; None = no such limit or price."""

    max_stay: timedelta | None = None
    no_return: timedelta | None = None
    per_quarter: Money | None = None
    bookable: bool = True


@dataclass(frozen=True)
class ZoneTerms:
    """A curb zone as a booking sees it; `valid` is when it is in force."""

    id: UUID
    code: str
    metres: Metres
    valid: Period
    stay: Stay
    currency: str


@dataclass(frozen=True)
class Grant:
    """The metres and the price a request gets."""

    metres: Metres
    price: Money


@dataclass(frozen=True)
class Request:
    """What is asked of a curb zone, with what is known about the vehicle there.

    `verdicts` are the evaluator's answers over the period, one for each part of it;
    `own` are the periods of the vehicle's other bookings in the same zone.
    """

    period: Period
    length_m: float | None
    verdicts: tuple[tuple[Period, Verdict], ...] = ()
    own: tuple[Period, ...] = ()


def needed(length_m: float, gap_m: Decimal) -> Decimal:
    """Return the metres a vehicle takes: its length plus the gap, rounded up to the centimetre."""
    return (Decimal(str(length_m)) + gap_m).quantize(CENTIMETRE, rounding=ROUND_CEILING)


def free_stretches(zone: Metres, taken: Sequence[Metres]) -> list[Metres]:
    """Return what is left of `zone` between `taken`, from the start of the line on."""
    free: list[Metres] = []
    at = zone.start
    for held in sorted(taken):
        if held.end <= at or held.start >= zone.end:
            continue
        if held.start > at:
            free.append(Metres(at, held.start))
        at = max(at, held.end)
    if at < zone.end:
        free.append(Metres(at, zone.end))
    return free


def first_fit(zone: Metres, taken: Sequence[Metres], metres: Decimal) -> Metres | None:
    """Return the first free stretch of `metres` in the zone, or None when there is none."""
    for free in free_stretches(zone, taken):
        if free.length >= metres:
            return Metres(free.start, free.start + metres)
    return None


def price(period: Period, per_quarter: Money | None, currency: str) -> Money:
    """Return what a stay costs: the slot price for every started quarter of an hour."""
    if per_quarter is None:
        return Money(0, currency)
    duration = _duration(period)
    return Money(per_quarter.amount * -(-duration // QUARTER), per_quarter.currency)


def grant(
    zone: ZoneTerms,
    request: Request,
    taken: Sequence[Metres],
    *,
    now: datetime,
    terms: BookingTerms,
) -> Grant:
    """Return the metres and the price of the request. Raises Refusal with every reason against."""
    weighed = weigh(zone, request, taken, now=now, terms=terms)
    if isinstance(weighed, Grant):
        return weighed
    raise Refusal.of(weighed)


def weigh(
    zone: ZoneTerms,
    request: Request,
    taken: Sequence[Metres],
    *,
    now: datetime,
    terms: BookingTerms,
    stands_at: Metres | None = None,
) -> Grant | tuple[Reason, ...]:
    """Return the metres and the price, or every reason against, those that time cannot mend first.

    `stands_at` are the metres of a booking that is being extended: it stays where it is.
    """
    reasons = against(zone, request, now=now, terms=terms, begun=stands_at is not None)
    metres = stands_at
    if stands_at is not None:
        if any(stands_at.overlaps(other) for other in taken):
            reasons.append(_metres_taken(zone, taken, stands_at.length))
    elif request.length_m is not None:
        block = needed(request.length_m, terms.manoeuvring_gap_m)
        metres = first_fit(zone.metres, taken, block)
        if metres is None and block <= zone.metres.length:
            reasons.append(_metres_taken(zone, taken, block))
    if reasons or metres is None:
        return tuple(reasons)
    return Grant(metres, price(request.period, zone.stay.per_quarter, zone.currency))


def against(
    zone: ZoneTerms, request: Request, *, now: datetime, terms: BookingTerms, begun: bool = False
) -> list[Reason]:
    """Return every reason against the request that does not depend on what others hold."""
    return [
        *([] if begun else _time(request.period, now, terms)),
        *_open(zone, request.period),
        *_admissible(request.verdicts),
        *_length(zone, request.length_m, terms),
        *_stay(zone, request.period, terms),
        *_own(zone, request),
    ]


def _time(period: Period, now: datetime, terms: BookingTerms) -> list[Reason]:
    if period.start < now - terms.past_tolerance:
        detail = _("The period starts before now.")
        return [Reason(codes.STARTS_IN_THE_PAST, detail, "/from", {"now": now.isoformat()})]
    latest = now + terms.book_ahead
    if period.start > latest:
        detail = Filled(_("Bookings open %(days)s days ahead."), days=terms.book_ahead.days)
        return [Reason(codes.TOO_FAR_AHEAD, detail, "/from", {"latest": latest.isoformat()})]
    return []


def _open(zone: ZoneTerms, period: Period) -> list[Reason]:
    reasons = []
    if zone.valid.intersection(period) != period:
        until = zone.valid.end.isoformat() if zone.valid.end else None
        facts = {"legal_from": zone.valid.start.isoformat(), "legal_until": until}
        detail = Filled(
            _("Curb zone %(zone)s is not in force during the whole period."), zone=zone.code
        )
        reasons.append(Reason(codes.CLOSED, detail, "/from", facts))
    if not zone.stay.bookable:
        detail = Filled(_("Curb zone %(zone)s takes no bookings."), zone=zone.code)
        reasons.append(Reason(codes.NOT_BOOKABLE, detail, "/curb_zone_id", {}))
    return reasons


def _admissible(verdicts: Sequence[tuple[Period, Verdict]]) -> list[Reason]:
    """One reason for each rule and sentence that makes a part of the period inadmissible."""
    seen: dict[tuple[object, str], Reason] = {}
    for part, verdict in verdicts:
        if verdict.admissible:
            continue
        facts: dict[str, object] = {
            "from": part.start.isoformat(),
            "access": str(verdict.access),
        }
        for given in blocking(verdict):
            rule = given.rule
            facts |= {"rule": str(rule.id), "version": str(rule.version), "rule_code": rule.code}
            if given.missing:
                facts |= {"missing": list(given.missing)}
            if given.remedies:
                facts |= {"remedies": list(given.remedies)}
            key = (rule.version, given.sentence)
            detail = Spoken(given.sentence, given.translations)
            seen.setdefault(key, Reason(codes.NOT_ADMISSIBLE, detail, "", dict(facts)))
    return list(seen.values())


def blocking(verdict: Verdict) -> list[ReasonGiven]:
    """Return the reasons of a verdict that stand in the way: prohibitions, missing facts, needs."""
    unmet = {
        (o.rule.version, o.rule.row)
        for o in verdict.obligations
        if o.rule is not None and o.kind in ("permit", "booking") and not o.met
    }
    hard = [r for r in verdict.reasons if r.effect == "prohibit" or r.missing]
    needs = [r for r in verdict.reasons if (r.rule.version, r.rule.row) in unmet]
    return list(dict.fromkeys([*hard, *needs])) or list(verdict.reasons)


def _length(zone: ZoneTerms, length_m: float | None, terms: BookingTerms) -> list[Reason]:
    if length_m is None:
        detail = _("The vehicle's length is needed to find metres for it.")
        return [Reason(codes.LENGTH_UNKNOWN, detail, "/vehicle_id", {"missing": ["length_m"]})]
    block = needed(length_m, terms.manoeuvring_gap_m)
    if block > zone.metres.length:
        facts = {"needed_m": float(block), "zone_m": float(zone.metres.length)}
        detail = Filled(
            _("The vehicle needs %(needed)s m; curb zone %(zone)s has %(metres)s m."),
            needed=block,
            zone=zone.code,
            metres=zone.metres.length,
        )
        return [Reason(codes.LENGTH_DOES_NOT_FIT, detail, "/vehicle_id", facts)]
    return []


def _stay(zone: ZoneTerms, period: Period, terms: BookingTerms) -> list[Reason]:
    """No longer than the zone's maximum stay, and nowhere longer than the city books at all."""
    limit = terms.longest if zone.stay.max_stay is None else zone.stay.max_stay
    if _duration(period) <= limit:
        return []
    minutes = int(limit.total_seconds() // 60)
    detail = Filled(
        _("The longest stay in curb zone %(zone)s is %(minutes)s minutes."),
        zone=zone.code,
        minutes=minutes,
    )
    return [Reason(codes.LONGER_THAN_MAX_STAY, detail, "/until", {"max_stay_min": minutes})]


def _own(zone: ZoneTerms, request: Request) -> list[Reason]:
    if any(period.overlaps(request.period) for period in request.own):
        detail = Filled(
            _("The vehicle already holds metres in curb zone %(zone)s at that time."),
            zone=zone.code,
        )
        return [Reason(codes.ALREADY_BOOKED, detail, "/vehicle_id", {})]
    gap = zone.stay.no_return
    if gap is None or not any(_too_close(own, request.period, gap) for own in request.own):
        return []
    minutes = int(gap.total_seconds() // 60)
    detail = Filled(
        _("A vehicle may return to curb zone %(zone)s only after %(minutes)s minutes."),
        zone=zone.code,
        minutes=minutes,
    )
    return [Reason(codes.RETURN_TOO_SOON, detail, "/from", {"no_return_min": minutes})]


def _too_close(own: Period, asked: Period, gap: timedelta) -> bool:
    assert own.end is not None
    assert asked.end is not None
    return own.end <= asked.start < own.end + gap or asked.end <= own.start < asked.end + gap


def _metres_taken(zone: ZoneTerms, taken: Sequence[Metres], block: Decimal) -> Reason:
    free = [s.length for s in free_stretches(zone.metres, taken)]
    longest = max(free, default=Decimal(0))
    facts = {"needed_m": float(block), "longest_free_m": float(longest)}
    detail = Filled(
        _("Not enough metres are free in curb zone %(zone)s during that period."), zone=zone.code
    )
    return Reason(codes.METRES_TAKEN, detail, "", facts)


def _duration(period: Period) -> timedelta:
    assert period.end is not None, "a stay has an end"
    return period.end - period.start
