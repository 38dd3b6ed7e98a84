"""Bookings as others need them: who held what, when."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from curbs.evaluator import Held
from curbs.models import Booking
from curbs.querysets import as_range
from curbs.states import State
from kernel.periods import Period

TO_LEAVE = timedelta(minutes=5)
"""Who checks out has this long to be gone before the stay counts as one without a booking."""

_EARLY = timedelta(hours=1)


def covering(
    vehicle_ids: Iterable[UUID], period: Period
) -> dict[UUID, tuple[tuple[UUID, Period], ...]]:
    """Return for each vehicle the (curb zone, time) for which it held a confirmed booking.

    A booking counts from its start, or from an earlier check-in, until its end; given up before
    that (cancelled, no-show, checked out) until then; and never before it was confirmed: what is
    booked afterwards makes nothing good. A mere hold does not count. One query.
    """
    confirmed = Booking.objects.filter(
        during__overlap=as_range(reach(period)), confirmed_at__isnull=False
    )
    rows = confirmed.filter(vehicle_id__in=list(vehicle_ids))
    found: dict[UUID, list[tuple[UUID, Period]]] = defaultdict(list)
    for row in rows.order_by("during", "id"):
        held = held_for(row)
        if held is not None:
            found[row.vehicle_id].append(Held(row.curb_zone_id, held, row.created_at))
    return {vehicle_id: tuple(held) for vehicle_id, held in found.items()}


def reach(period: Period) -> Period:
    """Return the times in which a booking may lie that counts within a period."""
    return Period(period.start - _EARLY, period.end and period.end + _EARLY)


def held_for(booking: Booking) -> Period | None:
    """Return the time for which a confirmed booking gave the right to stand there, or None."""
    start, end = booking.during.lower, booking.during.upper
    if booking.checked_in_at is not None:
        start = min(start, booking.checked_in_at)
    if booking.confirmed_at is not None:
        start = max(start, booking.confirmed_at)
    if booking.ended_at is not None:
        left = TO_LEAVE if booking.state == State.COMPLETED else timedelta()
        end = min(end, booking.ended_at + left)
    return Period(start, end) if start < end else None
