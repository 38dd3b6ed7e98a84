"""Who hears what, and when a delivery is tried again. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol
from uuid import UUID

PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18_000, 36_000, 36_000)
)
"""Between attempts: 5 s, 1 min, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h; after the ninth it is given
up, 27 h 36 min after the first."""
LONGEST_WAIT = timedelta(days=3)
"""After this long a delivery is given up, however few attempts its endpoint was worth."""
GONE = 410


class Held(Protocol):
    """A mandate in force (`accounts.actors.Grant`); no vehicle ids = all vehicles."""

    @property
    def principal_id(self) -> UUID: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def vehicle_ids(self) -> frozenset[UUID]: ...


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts; None: it is given up."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def rest_after(failures: int) -> timedelta:
    """Return how long an endpoint is left alone after so many failures in a row."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


def is_out_of_order(status: int | None) -> bool:
    """Return whether an answer speaks of the receiver as a whole, not of this one message: no
    answer at all, 408, 429 or 5xx."""
    return status is None or status in (408, 429) or status >= 500


def hears(
    *,
    organisation_id: UUID,
    is_city: bool,
    grants: Iterable[Held],
    scope: str | None,
    owner_id: UUID | None,
    vehicle_id: UUID | None,
) -> bool:
    """Return whether an organisation may be told something of an owner (None: for everybody).

    Its own, everything of its city for the city itself, and a principal's while a mandate with
    that scope covers the vehicle. News of no vehicle is not covered by a mandate for some.
    """
    if owner_id is None or owner_id == organisation_id or is_city:
        return True
    return any(
        grant.principal_id == owner_id
        and scope in grant.scopes
        and (not grant.vehicle_ids or vehicle_id in grant.vehicle_ids)
        for grant in grants
    )
