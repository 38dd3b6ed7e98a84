"""What falls due at the curb by itself: holds that run out, vehicles that do not come."""

from datetime import datetime

from django.db.models import Min

from accounts.models import City
from curbs.models import Booking
from curbs.services import bookings
from curbs.states import State
from curbs.terms import BookingTerms


def release_holds(as_of: datetime) -> int:
    """Let go of holds that have run out; returns how many."""
    return bookings.release_expired(now=as_of)


def next_hold(as_of: datetime) -> datetime | None:
    """Return when the next hold runs out, or None."""
    holds = Booking.objects.filter(state=State.HELD, hold_expires_at__gt=as_of)
    return holds.aggregate(next=Min("hold_expires_at"))["next"]


def note_no_shows(as_of: datetime) -> int:
    """Free the metres of vehicles that did not come; returns how many."""
    return bookings.no_shows(now=as_of)


def next_no_show(as_of: datetime) -> datetime | None:
    """Return when the next confirmed booking falls due as a no-show, or None."""
    dues = []
    for city in City.objects.filter(id__in=_cities_with_bookings()):
        late = BookingTerms.of(city.settings).no_show_after
        starts = Booking.objects.filter(
            city=city, state=State.CONFIRMED, during__startswith__gt=as_of - late
        )
        first = starts.order_by("during").values_list("during", flat=True).first()
        if first is not None:
            dues.append(first.lower + late)
    return min(dues, default=None)


def finish_overdue(as_of: datetime) -> int:
    """Complete bookings whose time is over; returns how many."""
    return bookings.finish_overdue(now=as_of)


def next_end(as_of: datetime) -> datetime | None:
    """Return when the next checked-in booking ends, or None."""
    there = Booking.objects.filter(state=State.CHECKED_IN, during__endswith__gt=as_of)
    return min((upper for upper in there.values_list("during__endswith", flat=True)), default=None)


def _cities_with_bookings():
    return Booking.objects.filter(state=State.CONFIRMED).values("city").distinct()
