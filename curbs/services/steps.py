"""One step of a booking's life: the new state, its columns, and the news of it.

Called by `services.bookings` only, with the booking's row locked.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from curbs import codes, rules
from curbs.models import Booking
from curbs.services import announcing
from curbs.states import State
from curbs.terms import BookingTerms
from kernel.money import Money
from kernel.periods import Period
from kernel.refusals import Reason, Refusal


def become(
    booking: Booking, state: State, *, actor: Any, now: datetime, columns: list[str]
) -> Booking:
    """Write the new state and its columns, and say so. Raises Refusal for a forbidden step."""
    if not State(booking.state).may_become(state):
        raise wrong_state(booking)
    booking.state = state
    booking.version += 1
    booking.save(update_fields=["state", "version", *columns])
    announcing.changed(booking, state.value, actor=actor, now=now)
    return booking


def end(booking: Booking, state: State, *, actor: Any, now: datetime) -> Booking:
    """End the booking in this state: its metres are free. Raises Refusal for a forbidden step."""
    booking.ended_at = now
    return become(booking, state, actor=actor, now=now, columns=["ended_at"])


def wrong_state(booking: Booking) -> Refusal:
    """Return the refusal that the booking's state calls for."""
    known = {"reference": booking.reference, "state": booking.state}
    detail = (
        _("Booking %(reference)s is in the state “%(state)s”, which does not allow this.") % known
    )
    return Refusal.of([Reason(codes.WRONG_STATE, detail, "", {"state": str(booking.state)})])


def price(booking: Booking, period: Period) -> int:
    """Return what the period costs at the booking's own policy version, in the smallest unit."""
    per_quarter = Money(booking.policy_version.slot_price, booking.currency)
    return rules.price(period, per_quarter, booking.currency).amount


def terms(booking: Booking) -> BookingTerms:
    """Return what the booking's city decides about bookings."""
    return BookingTerms.of(booking.city.settings)


def check_in(booking: Booking, since: datetime, *, now: datetime) -> Booking:
    """Check in a vehicle that has stood there `since`: no earlier than check-in opened."""
    opens = booking.during.lower - terms(booking).early_check_in
    booking.checked_in_at = max(since, opens, booking.created_at)
    return become(booking, State.CHECKED_IN, actor=None, now=now, columns=["checked_in_at"])
