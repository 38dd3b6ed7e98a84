"""Zones and curbs that an event names and the city does not have: kept, to be tried again."""

from collections.abc import Iterator

from tracking.rules.told import Reference, Told
from tracking.rules.trips import Namer

LONGEST = 200
"""No zone or curb is called by more; the event in the log has all of it."""


def noted(told: Told, name: Namer) -> Iterator[Reference]:
    """Yield a reference for each zone and curb that the event names in vain."""
    for kind, text in told.unknown:
        yield Reference(
            id=name(f"reference {kind} {text}", told.event_id, told.event_id),
            kind=kind,
            name=text[:LONGEST],
            event_id=told.event_id,
            event_type=told.event_type,
            said_at=told.at,
            touched_at=told.at,
            organisation_id=told.sender_id,
        )
