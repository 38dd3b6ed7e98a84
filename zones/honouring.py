"""Bookings that were made before a rule, and that the rule leaves in peace. Pure.

A version that was published with `bookings: grandfather` does not rule over a vehicle for the time
of a booking in its zone that was made before the version was recorded; the versions before it do.
The way there and back belongs to the booking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from kernel.periods import Period, subtract
from zones.compiled import CompiledRegulation

TO_COME_AND_GO = timedelta(minutes=30)
Booked = tuple[Period, datetime]
"""The time of a booking, and when it was made."""


def honouring(
    versions: Sequence[CompiledRegulation],
    honours: Mapping[UUID, datetime],
    booked: Sequence[Booked],
) -> list[CompiledRegulation]:
    """Return the versions as they rule over who has made these bookings.

    `honours` says of each version that honours bookings since when it is recorded.
    """
    ruling: list[CompiledRegulation] = []
    for version in versions:
        since = honours.get(version.version)
        spared = [] if since is None else [_widened(p) for p, made_at in booked if made_at < since]
        for piece in subtract([version.legal], spared):
            ruling.append(version if piece == version.legal else replace(version, legal=piece))
    return ruling


def _widened(period: Period) -> Period:
    end = None if period.end is None else period.end + TO_COME_AND_GO
    return Period(period.start - TO_COME_AND_GO, end)
