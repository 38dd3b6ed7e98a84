"""How a request for metres is weighed: the case, the decision under a lock, the alternatives.

What the rules say is settled before any lock is taken; under the lock only what others hold is
read. Alternatives are looked for after the lock is gone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg.types.range import Range

from accounts.actors import Grant as Mandate
from carriers.selectors import vehicles
from curbs import codes, decisions, references, rules
from curbs.book import CurbBook, Zone
from curbs.evaluator import AtCurb, Evaluator, Question
from curbs.models import Booking
from curbs.querysets import as_range
from curbs.selectors import availability
from curbs.states import HOLDING, State
from curbs.terms import BookingTerms
from kernel.periods import Period
from kernel.refusals import Reason, Refusal
from kernel.verdicts import Verdict
from zones.compiled import HeldPermit


@dataclass(frozen=True)
class HoldRequest:
    """What is asked for: a vehicle in a curb zone for a time; `confirm` skips the hold."""

    curb_zone_id: UUID
    vehicle_id: UUID
    period: Period
    confirm: bool = False
    stop_id: UUID | None = None


@dataclass(frozen=True)
class Case:
    """A request with everything about it that does not depend on what others hold."""

    actor: Any
    request: HoldRequest
    vehicle: Any
    mandate: Mandate | None
    zone: Zone
    terms: rules.ZoneTerms
    policy_version_id: UUID | None
    verdicts: tuple[tuple[Period, Verdict], ...]
    verdicts_there: Callable[[Zone, Period], tuple[tuple[Period, Verdict], ...]]
    curbs: CurbBook
    city_terms: BookingTerms
    extends: Booking | None
    now: datetime

    @property
    def line_id(self) -> UUID:
        return self.zone.line_id

    def inputs(self) -> dict[str, Any]:
        """Return what the audit keeps of the question."""
        return {
            "curb_zone_id": str(self.zone.id),
            "vehicle_id": str(self.vehicle.id),
            "from": self.request.period.start.isoformat(),
            "until": self.request.period.end.isoformat() if self.request.period.end else None,
            "policy_version": str(self.policy_version_id),
            "mandate_id": str(self.mandate.mandate_id) if self.mandate else None,
            "rules": sorted({str(r.rule.version) for _, v in self.verdicts for r in v.reasons}),
        }


def prepare(
    *, actor: Any, request: HoldRequest, now: datetime, extends: Booking | None = None
) -> Case:
    """Return the case of a request.

    Raises Refusal: 404 for a vehicle or curb zone the actor cannot see, 422 for a period that does
    not end after it starts.
    """
    period = request.period
    if period.end is None or period.empty:
        detail = _("A booking ends after it starts.")
        raise Refusal(codes.PERIOD_INVALID, detail, pointer="/until")
    vehicle = vehicles.vehicle_of(actor=actor, vehicle_id=request.vehicle_id, scope="curbs:book")
    evaluator = decisions.evaluator(actor.city)
    zone = evaluator.curbs.zone(request.curb_zone_id)
    if zone is None or not zone.when.recorded.contains(now):
        raise Refusal(codes.ZONE_NOT_FOUND, _("No such curb zone."), pointer="/curb_zone_id")
    policy = zone.policy_at(period.start)
    around = Period(period.start - availability.EITHER_WAY, period.end + availability.EITHER_WAY)
    holders = {vehicle.id: (vehicle.plate, vehicle.facts())}
    permits = decisions.permits_of(evaluator, holders, around)[vehicle.id]
    verdicts = verdicts_there(evaluator, vehicle, permits)
    own = vehicle.organisation_id == actor.organisation_id
    return Case(
        actor=actor,
        request=request,
        vehicle=vehicle,
        mandate=None if own else actor.grant_for(vehicle.organisation_id, "curbs:book", vehicle.id),
        zone=zone,
        terms=zone.terms(policy),
        policy_version_id=policy.id if policy else None,
        verdicts=verdicts(zone, period),
        verdicts_there=verdicts,
        curbs=evaluator.curbs,
        city_terms=BookingTerms.of(actor.city.settings),
        extends=extends,
        now=now,
    )


def verdicts_there(
    evaluator: Evaluator, vehicle: Any, permits: Sequence[HeldPermit]
) -> Callable[[Zone, Period], tuple[tuple[Period, Verdict], ...]]:
    """Return the answers of the rules to the vehicle in a zone over a period it has booked."""
    facts = vehicle.facts()

    def verdicts(zone: Zone, period: Period) -> tuple[tuple[Period, Verdict], ...]:
        question = Question(facts, tuple(permits), ((zone.id, period),))
        return tuple(evaluator.over(question, AtCurb(zone.id), period))

    return verdicts


def decide(case: Case) -> Booking | tuple[Reason, ...]:
    """Return the booking to be placed, or every reason against it, as the line stands now."""
    taken, own = held_there(case)
    request = rules.Request(
        period=case.request.period,
        length_m=_float(case.vehicle.length_m),
        verdicts=case.verdicts,
        own=tuple(own),
    )
    weighed = rules.weigh(
        case.terms,
        request,
        taken,
        now=case.now,
        terms=case.city_terms,
        stands_at=_metres(case.extends) if case.extends else None,
    )
    return _booking(case, weighed) if isinstance(weighed, rules.Grant) else weighed


def held_there(case: Case) -> tuple[list[rules.Metres], list[Period]]:
    """Return the metres others hold in the period, and the vehicle's own times in the zone.

    One query. A hold that has run out counts no more, whether or not it was released yet.
    """
    period = case.request.period
    reach = case.terms.stay.no_return
    around = period
    if reach is not None and period.end is not None:
        around = Period(period.start - reach, period.end + reach)
    rows = (
        Booking.objects.filter(curb_line=case.line_id, during__overlap=as_range(around))
        .filter(
            Q(state__in=sorted(HOLDING), moving=False)
            | Q(state=State.COMPLETED, vehicle_id=case.vehicle.id)
        )
        .exclude(state=State.HELD, hold_expires_at__lte=case.now)
    )
    if case.extends is not None:
        rows = rows.exclude(pk=case.extends.pk)
    taken: list[rules.Metres] = []
    own: list[Period] = []
    for row in rows.only("metres", "during", "state", "vehicle_id", "curb_zone", "ended_at"):
        completed = row.state == State.COMPLETED
        end = min(row.ended_at or row.during.upper, row.during.upper)
        there = Period(row.during.lower, max(end, row.during.lower))
        if not completed and there.overlaps(period):
            taken.append(_metres(row))
        if row.vehicle_id == case.vehicle.id and row.curb_zone_id == case.zone.id:
            own.append(there)
    return taken, own


def alternatives_to(case: Case, reasons: Sequence[Reason]) -> list[Reason]:
    """Return the reasons, the first one with `alternatives` among its facts."""
    found = availability.alternatives(
        curbs=case.curbs,
        zone=case.zone,
        length_m=_float(case.vehicle.length_m),
        period=case.request.period,
        verdicts=case.verdicts_there,
        terms=case.city_terms,
        now=case.now,
    )
    first = reasons[0]
    return [replace(first, facts={**first.facts, "alternatives": found}), *reasons[1:]]


def _booking(case: Case, granted: rules.Grant) -> Booking:
    request = case.request
    state = State.CONFIRMED if request.confirm else State.HELD
    return Booking(
        city_id=case.actor.city.id,
        organisation_id=case.vehicle.organisation_id,
        booked_by_id=case.actor.organisation_id,
        mandate_id=case.mandate.mandate_id if case.mandate else None,
        vehicle_id=case.vehicle.id,
        plate=case.vehicle.plate,
        length_m=case.vehicle.length_m,
        stop_id=request.stop_id,
        curb_line_id=case.zone.line_id,
        curb_zone_id=case.zone.id,
        metres=Range(granted.metres.start, granted.metres.end, "[)"),
        during=as_range(request.period),
        state=state,
        hold_expires_at=None if request.confirm else case.now + case.city_terms.hold_ttl,
        reference=references.mint(case.actor.city.code),
        price_amount=granted.price.amount,
        currency=granted.price.currency,
        policy_version_id=case.policy_version_id,
        created_at=case.now,
        confirmed_at=case.now if request.confirm else None,
    )


def _metres(booking: Booking) -> rules.Metres:
    return rules.Metres(booking.metres.lower, booking.metres.upper)


def _float(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)
