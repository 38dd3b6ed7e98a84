"""Bookings: hold, confirm, check in, check out, cancel, extend, expire, no-show, finish.

Every write of a booking is in this module and its neighbour `placing`. The locks:

- one new booking: the vehicle's lock, then the line's lock *shared*; the exclusion constraint
  decides between those who share it (`INSERT … ON CONFLICT DO NOTHING`, first-fit, few tries);
- who loses, or is refused, rolls back, takes the line's lock *exclusively* and decides once more:
  a refusal is answered only from there, so that nobody is refused for metres that were freed;
- extending a booking takes the line exclusively; a change of state shares it and locks the row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import City
from curbs import codes, locks
from curbs.models import Booking, CurbSession
from curbs.querysets import as_range
from curbs.services import announcing, steps
from curbs.services.placing import Case, HoldRequest, alternatives_to, decide, prepare
from curbs.states import State
from curbs.terms import BookingTerms
from kernel.periods import Period
from kernel.refusals import Reason, Refusal

TRIES = 3


def hold(*, actor: Any, request: HoldRequest, now: datetime) -> Booking:
    """Hold metres for a vehicle in a curb zone, or confirm them at once; return the booking.

    Raises Refusal: 404 for a vehicle or zone the actor cannot see; 409 with every reason and, where
    metres are lacking, `alternatives` (other times in the zone, other zones nearby).
    """
    case = prepare(actor=actor, request=request, now=now)
    return _optimistic(case) or _alone(case)


def _optimistic(case: Case) -> Booking | None:
    """Try under the shared lock; None when the request lost or was refused there."""
    with transaction.atomic():
        locks.hold_vehicles([case.vehicle.id])
        locks.share_lines([case.line_id])
        release_expired(line_ids=[case.line_id], now=case.now)
        for _try in range(TRIES):
            decided = decide(case)
            if not isinstance(decided, Booking):
                break
            if Booking.objects.all().place(decided):
                announcing.made(decided, actor=case.actor, inputs=case.inputs(), now=case.now)
                return decided
        transaction.set_rollback(True)
    return None


def _alone(case: Case) -> Booking:
    """Decide with nobody else writing on the line. Raises Refusal, the only place that does."""
    with transaction.atomic():
        locks.hold_vehicles([case.vehicle.id])
        locks.hold_lines([case.line_id])
        release_expired(line_ids=[case.line_id], now=case.now, wait=True)
        decided = _settle(case)
        if isinstance(decided, Booking):
            return decided
    raise Refusal.of(alternatives_to(case, decided))


def hold_many(*, actor: Any, requests: Sequence[HoldRequest], now: datetime) -> list[Booking]:
    """Hold metres for several vehicles or in several zones, all or none; return the bookings.

    Vehicles and lines are locked in their order, the lines exclusively. Raises Refusal with the
    reasons against every request that fails; the pointer of each begins with the request's place.
    """
    cases = [prepare(actor=actor, request=request, now=now) for request in requests]
    lines = [case.line_id for case in cases]
    with transaction.atomic():
        locks.hold_vehicles(case.vehicle.id for case in cases)
        locks.hold_lines(lines)
        release_expired(line_ids=lines, now=now, wait=True)
        made: list[Booking] = []
        against: list[Reason] = []
        for index, case in enumerate(cases):
            settled = _settle(case)
            if isinstance(settled, Booking):
                made.append(settled)
            else:
                against += [replace(r, pointer=f"/{index}{r.pointer}") for r in settled]
        if against:
            raise Refusal.of(against)
    return made


def _settle(case: Case) -> Booking | tuple[Reason, ...]:
    """Place the booking, or return the reasons against it. The line is locked exclusively."""
    for _try in range(TRIES):  # again only when a fresh reference happens to be taken
        decided = decide(case)
        if not isinstance(decided, Booking):
            return decided
        if Booking.objects.all().place(decided):
            announcing.made(decided, actor=case.actor, inputs=case.inputs(), now=case.now)
            return decided
    raise AssertionError("somebody writes on a line without its lock")


@transaction.atomic
def confirm(*, actor: Any, booking_id: UUID, now: datetime) -> Booking:
    """Confirm a hold; a booking that is confirmed already stays so.

    Raises Refusal: 404, 409 `curb.hold_expired` or `curb.wrong_state`.
    """
    booking = _locked(actor, booking_id)
    if booking.state == State.CONFIRMED:
        return booking
    if booking.state == State.HELD and booking.hold_expires_at <= now:
        expired = booking.hold_expires_at.isoformat()
        raise Refusal(codes.HOLD_EXPIRED, _("The hold has expired."), hold_expired_at=expired)
    booking.confirmed_at = now
    return steps.become(booking, State.CONFIRMED, actor=actor, now=now, columns=["confirmed_at"])


@transaction.atomic
def check_in(*, actor: Any, booking_id: UUID, now: datetime) -> Booking:
    """Note that the vehicle stands at the curb; a vehicle that is checked in stays so.

    Raises Refusal: 404, 409 `curb.too_early_to_check_in` or `curb.wrong_state`.
    """
    booking = _locked(actor, booking_id)
    if booking.state == State.CHECKED_IN:
        return booking
    opens = booking.during.lower - steps.terms(booking).early_check_in
    if now < opens:
        detail = _("Check-in opens at %(at)s.") % {"at": opens.isoformat()}
        raise Refusal(codes.TOO_EARLY, detail, opens_at=opens.isoformat())
    booking.checked_in_at = now
    return steps.become(booking, State.CHECKED_IN, actor=actor, now=now, columns=["checked_in_at"])


@transaction.atomic
def check_out(*, actor: Any, booking_id: UUID, now: datetime) -> Booking:
    """Note that the vehicle has left: the rest of its time is free for others.

    Raises Refusal: 404, 409 `curb.wrong_state`.
    """
    booking = _locked(actor, booking_id)
    if booking.state == State.COMPLETED:
        return booking
    return steps.end(booking, State.COMPLETED, actor=actor, now=now)


@transaction.atomic
def cancel(*, actor: Any, booking_id: UUID, now: datetime) -> Booking:
    """Give the metres back before the vehicle comes.

    Raises Refusal: 404, 409 `curb.wrong_state`.
    """
    booking = _locked(actor, booking_id)
    if booking.state == State.CANCELLED:
        return booking
    return steps.end(booking, State.CANCELLED, actor=actor, now=now)


@transaction.atomic
def extend(*, actor: Any, booking_id: UUID, until: datetime, now: datetime) -> Booking:
    """Let a booking end later, on the same metres, at the price of its own policy version.

    Raises Refusal: 404; 409 `curb.wrong_state`, or every reason against the added time.
    """
    found = _visible(actor, booking_id)
    locks.hold_vehicles([found.vehicle_id])
    locks.hold_lines([found.curb_line_id])
    release_expired(line_ids=[found.curb_line_id], now=now, wait=True)
    booking = Booking.objects.select_for_update().get(pk=found.pk)
    if not State(booking.state).holds_metres:
        raise steps.wrong_state(booking)
    if until <= booking.during.upper:
        detail = _("An extension ends after the booking does.")
        raise Refusal(codes.PERIOD_INVALID, detail, pointer="/until")
    request = HoldRequest(
        curb_zone_id=booking.curb_zone_id,
        vehicle_id=booking.vehicle_id,
        period=Period(booking.during.lower, until),
    )
    case = prepare(actor=actor, request=request, now=now, extends=booking)
    decided = decide(case)
    if not isinstance(decided, Booking):
        raise Refusal.of(alternatives_to(case, decided))
    booking.during = as_range(request.period)
    booking.price_amount = steps.price(booking, request.period)
    booking.version += 1
    booking.save(update_fields=["during", "price_amount", "version"])
    announcing.changed(booking, "extended", actor=actor, now=now)
    return booking


@transaction.atomic
def release_expired(
    *, line_ids: Iterable[UUID] | None = None, now: datetime, wait: bool = False
) -> int:
    """Let go of holds that were not confirmed in time, on these lines or everywhere.

    Returns how many. Rows that another transaction is releasing are left to it, unless `wait`:
    who has the line alone needs them gone.
    """
    holds = Booking.objects.expired_holds(now)
    if line_ids is not None:
        holds = holds.on_lines(line_ids)
    due = list(holds.order_by("id").select_for_update(skip_locked=not wait))
    for booking in due:
        steps.end(booking, State.EXPIRED, actor=None, now=now)
    return len(due)


@transaction.atomic
def no_shows(*, now: datetime) -> int:
    """Free the metres of confirmed bookings whose vehicle did not come. Returns how many.

    A vehicle that stands there without having checked in (it came long before, say) is checked in.
    """
    confirmed = Booking.objects.filter(state=State.CONFIRMED)
    noted = 0
    for city in City.objects.filter(id__in=confirmed.values("city")).order_by("id"):
        late = BookingTerms.of(city.settings).no_show_after
        due = confirmed.filter(city=city, during__startswith__lte=now - late)
        for booking in due.order_by("id").select_for_update(skip_locked=True):
            stay = CurbSession.objects.at_curb(booking).order_by("started_at").first()
            if stay is not None:
                steps.check_in(booking, stay.started_at, now=now)
            else:
                steps.end(booking, State.NO_SHOW, actor=None, now=now)
                noted += 1
    return noted


@transaction.atomic
def finish_overdue(*, now: datetime) -> int:
    """Complete the bookings of vehicles that did not check out by their end. Returns how many."""
    over = Booking.objects.filter(state=State.CHECKED_IN, during__endswith__lte=now)
    due = list(over.order_by("id").select_for_update(skip_locked=True))
    for booking in due:
        steps.end(booking, State.COMPLETED, actor=None, now=now)
    return len(due)


@transaction.atomic
def check_in_seen(
    *, vehicle_id: UUID, curb_zone_id: UUID, since: datetime, now: datetime
) -> Booking | None:
    """Check in the vehicle that events show standing in a curb zone `since` then.

    Returns its booking, or None when it has no confirmed one there that has begun or opens for
    check-in.
    """
    confirmed = Booking.objects.select_related("city").filter(
        vehicle_id=vehicle_id,
        curb_zone=curb_zone_id,
        state=State.CONFIRMED,
        during__endswith__gt=since,
    )
    booking = confirmed.order_by("during").select_for_update(of=["self"]).first()
    if booking is None or since < booking.during.lower - steps.terms(booking).early_check_in:
        return None
    return steps.check_in(booking, since, now=now)


def _visible(actor: Any, booking_id: UUID) -> Booking:
    found = Booking.objects.visible_to(actor, "curbs:book").filter(pk=booking_id).first()
    if found is None:
        raise Refusal(codes.BOOKING_NOT_FOUND, _("No such booking."))
    return found


def _locked(actor: Any, booking_id: UUID) -> Booking:
    """Return the booking, its line shared and its row locked, as it stands after the wait."""
    found = _visible(actor, booking_id)
    locks.share_lines([found.curb_line_id])
    rows = Booking.objects.select_related("city").select_for_update(of=["self"])
    return rows.get(pk=found.pk)
