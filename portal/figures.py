"""The key figures of the control tower, for what the reader may see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F

from accounts import scopes
from accounts.actors import Actor
from carriers.models import LoggedEvent, LoggedPosition
from curbs.models import Booking
from curbs.querysets import as_range
from portal import exceptions, findings, places
from portal.booking_day import local_day
from portal.findings import RECENT
from portal.vehicles import SILENT_AFTER
from tracking.models import VehicleState

LATE = timedelta(minutes=30)


@dataclass(frozen=True)
class Figures:
    """Counts as of now; lengths in metres."""

    vehicles: int
    known: int
    findings: int
    confirmed: int
    bookings: int
    bookings_today: int
    free_m: Decimal
    total_m: Decimal
    late: int
    exceptions: int
    lasting: int


def now(actor: Actor, at: datetime) -> Figures:
    """Return the figures: ten small queries."""
    today = local_day(at.astimezone(actor.city.tz).date(), actor.city.tz)
    states = VehicleState.objects.visible_to(actor, scopes.VEHICLES_READ)
    found = findings.visible(actor).standing().filter(from_at__gte=at - RECENT)
    booked = Booking.objects.visible_to(actor, scopes.CURBS_READ).holding()
    wrong = exceptions.visible(actor)
    curbs = [curb for curb in places.curbs_now(actor.city, at) if curb.bookable]
    return Figures(
        vehicles=states.filter(fix_at__gte=at - SILENT_AFTER).count(),
        known=states.filter(fix_at__gte=at - RECENT).count(),
        findings=found.count(),
        confirmed=found.filter(state="confirmed").count(),
        bookings=booked.filter(during__contains=at).count(),
        bookings_today=booked.filter(during__overlap=as_range(today)).count(),
        free_m=sum((curb.free_m for curb in curbs), Decimal(0)),
        total_m=sum((curb.total_m for curb in curbs), Decimal(0)),
        late=_late(actor, at),
        exceptions=wrong.between(today.start, today.end).count(),
        lasting=wrong.open().count(),
    )


def _late(actor: Actor, at: datetime) -> int:
    """Return how many recent events came more than half an hour after they happened."""

    def count(model: Any) -> int:
        rows = model.objects.visible_to(actor, scopes.VEHICLES_READ)
        rows = rows.filter(received_at__gte=at - RECENT, received_at__lte=at)
        return int(rows.filter(received_at__gt=F("effective_at") + LATE).count())

    return count(LoggedEvent) + count(LoggedPosition)
