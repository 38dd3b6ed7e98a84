"""Bookings in the words of a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.actors import Actor
from curbs.models import Booking
from curbs.states import State
from portal import words

STATES: dict[str, tuple[Any, str]] = {
    State.HELD: (gettext_lazy("held"), "info"),
    State.CONFIRMED: (gettext_lazy("confirmed"), "ok"),
    State.CHECKED_IN: (gettext_lazy("at the curb"), "brand"),
    State.COMPLETED: (gettext_lazy("completed"), ""),
    State.CANCELLED: (gettext_lazy("cancelled"), ""),
    State.EXPIRED: (gettext_lazy("hold expired"), ""),
    State.NO_SHOW: (gettext_lazy("no-show"), "bad"),
}
TAKEN = (gettext_lazy("cancelled by the city"), "bad")


@dataclass(frozen=True)
class Shown:
    """A booking as a page shows it."""

    id: UUID
    reference: str
    url: str
    when: str
    place: str
    street: str
    code: str
    metres: str
    plate: str
    length_m: Any
    organisation: str
    by: str
    price: str
    tariff: str
    state_label: str
    tone: str
    hold_until: str
    can_confirm: bool
    can_cancel: bool


def visible(actor: Actor, scope: str = scopes.CURBS_READ) -> Any:
    """Return the bookings the reader may see, with what a page shows of them."""
    rows = Booking.objects.visible_to(actor, scope)
    return rows.select_related(
        "curb_zone", "curb_line", "organisation", "booked_by", "policy_version"
    )


def shown(booking: Booking, tz: Any, now: datetime) -> Shown:
    """Return a booking in words."""
    state = State(booking.state)
    if state == State.HELD and booking.hold_expires_at <= now:
        state = State.EXPIRED
    label, tone = TAKEN if booking.cancelled_for else STATES[state]
    policy = booking.policy_version
    agent = booking.booked_by if booking.booked_by_id != booking.organisation_id else None
    return Shown(
        id=booking.id,
        reference=booking.reference,
        url=reverse("portal:booking", args=[booking.id]),
        when=words.span(booking.during.lower, booking.during.upper, tz),
        place=booking.curb_zone.name,
        street=str(booking.curb_line),
        code=booking.curb_zone.code,
        metres=words.metres(booking.metres.lower, booking.metres.upper),
        plate=booking.plate,
        length_m=booking.length_m,
        organisation=booking.organisation.name,
        by=agent.name if agent else "",
        price=words.money(booking.price_amount, booking.currency),
        tariff=_tariff(policy),
        state_label=str(label),
        tone=tone,
        hold_until=words.clock(booking.hold_expires_at, tz) if booking.hold_expires_at else "",
        can_confirm=state == State.HELD,
        can_cancel=state.may_become(State.CANCELLED),
    )


def _tariff(policy: Any) -> str:
    if policy is None or not policy.slot_price:
        return ""
    return _(
        "%(price)s for each started quarter of an hour, by “%(policy)s”, version %(number)s"
    ) % {
        "price": words.money(policy.slot_price, policy.currency),
        "policy": policy.title,
        "number": policy.number,
    }
