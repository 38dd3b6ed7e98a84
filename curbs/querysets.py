"""The verbs of curb queries. Times and periods are parameters."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Q
from psycopg.types.range import Range

from accounts.querysets import TenantQuerySet
from curbs.states import HOLDING, State
from kernel.periods import Period

if TYPE_CHECKING:
    from curbs.models import Booking


def as_range(period: Period) -> "Range[datetime]":
    """Return a period as PostgreSQL's half-open `tstzrange`."""
    return Range(period.start, period.end, "[)")


class RecordedQuerySet(TenantQuerySet):
    """Rows with a legal period (when they hold) and a recorded one (when we knew)."""

    def recorded_at(self, known_at: datetime) -> Self:
        """Keep the versions that were on record at `known_at`."""
        return self.filter(recorded_from__lte=known_at).filter(
            Q(recorded_until__isnull=True) | Q(recorded_until__gt=known_at)
        )

    def in_force_at(self, at: datetime) -> Self:
        """Keep the versions whose legal period contains `at`."""
        return self.filter(legal_from__lte=at).filter(
            Q(legal_until__isnull=True) | Q(legal_until__gt=at)
        )


class CurbSessionQuerySet(TenantQuerySet):
    """Stays at the curb; a carrier sees those of its own vehicles."""

    def at_curb(self, booking: "Booking") -> Self:
        """Keep the stays of a booking's vehicle in its zone that reach into its time."""
        mine = self.filter(vehicle_id=booking.vehicle_id, curb_zone=booking.curb_zone_id)
        return mine.filter(started_at__lt=booking.during.upper).filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=booking.during.lower)
        )


class BookingQuerySet(TenantQuerySet):
    """Bookings of an organisation's vehicles; agents see what their mandate in force lets them."""

    def holding(self) -> Self:
        """Keep the bookings that hold metres, expired holds included until they are released."""
        return self.filter(state__in=sorted(HOLDING))

    def to_come(self, now: datetime) -> Self:
        """Keep what holds metres now or later, and what the city took until its time is over."""
        kept = Q(state__in=sorted(HOLDING)) | Q(cancelled_for__isnull=False)
        return self.filter(kept, during__endswith__gt=now)

    def overlapping(self, period: Period) -> Self:
        return self.filter(during__overlap=as_range(period))

    def expired_holds(self, now: datetime) -> Self:
        return self.filter(state=State.HELD, hold_expires_at__lte=now)

    def on_lines(self, line_ids: Iterable[UUID]) -> Self:
        return self.filter(curb_line__in=list(line_ids))

    def place(self, booking: "Booking") -> bool:
        """Insert the booking unless somebody holds its metres then; return whether it stands.

        `INSERT … ON CONFLICT DO NOTHING`: the exclusion constraint has the last word, and the
        plain form would deadlock under contention.
        """
        self.bulk_create([booking], ignore_conflicts=True)
        return self.filter(pk=booking.pk).exists()
