"""Curb stays: who stood at a curb for a while, or said so.

What the vehicle does counts before what it says: while it stands at a curb the stay goes on,
whether or not it checked out. Without positions the declarations are all there is.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from tracking.rules.geography import Geography
from tracking.rules.motion import Motion, Stand
from tracking.rules.told import Stay, Told, instant, seconds

STAY_S = 90.0
"""A vehicle that stands shorter waits at a light or lets somebody pass; a stay begins here."""

Namer = Callable[[UUID, UUID], UUID]


class Withdrawn(Struct, frozen=True):
    """A stay that turned out to be elsewhere."""

    id: UUID
    started_at: datetime


class Standing(Struct, array_like=True):
    """The stay that a vehicle is in, if any."""

    stay: Stay | None = None


def follow(
    standing: Standing, motion: Motion, geography: Geography, name: Namer, at: datetime
) -> Iterator[Stay | Withdrawn]:
    """Take what the last fix made of the motion; yield stays as they now are, or the id of one
    that turned out to be elsewhere."""
    if motion.ended is not None and standing.stay is not None:
        ended_at = max(instant(motion.ended_at), standing.stay.started_at)
        yield structs.replace(standing.stay, ended_at=ended_at, touched_at=at)
        standing.stay = None
    stand = motion.stand
    if stand is None or stand.last - stand.since < STAY_S:
        return
    curb_zone_id = geography.curb_at(stand.x, stand.y, stand.last)
    stay = standing.stay
    if stay is not None and not stay.declared and stay.curb_zone_id != curb_zone_id:
        yield Withdrawn(stay.id, stay.started_at)
        stay = None
    if stay is None and curb_zone_id is not None:
        stay = _begun(curb_zone_id, stand, name, at)
    if stay is not None:
        stay = structs.replace(
            stay,
            last_seen_at=instant(stand.last),
            lng=round(stand.sum_lng / stand.n, 7),
            lat=round(stand.sum_lat / stand.n, 7),
            points=stand.n,
            touched_at=at,
        )
        yield stay
    standing.stay = stay


def declare(
    standing: Standing, motion: Motion, told: Told, geography: Geography, name: Namer
) -> Iterator[Stay | Withdrawn]:
    """Take a check-in or check-out at a curb; yield the stays that it makes or changes."""
    if told.event_type == "curb.checked_in":
        yield from _checked_in(standing, motion, told, geography, name)
    elif told.event_type == "curb.checked_out" and standing.stay is not None:
        stay = structs.replace(standing.stay, checked_out_at=told.at, touched_at=told.at)
        if motion.stand is None:
            stay = structs.replace(stay, ended_at=told.at)
        standing.stay = stay if motion.stand is not None else None
        yield stay


def _checked_in(
    standing: Standing, motion: Motion, told: Told, geography: Geography, name: Namer
) -> Iterator[Stay | Withdrawn]:
    curb_zone_id = told.curb_zone_id
    if curb_zone_id is None and told.lng is not None:
        curb_zone_id = geography.curb_at(told.x, told.y, seconds(told.at))
    if curb_zone_id is None:
        return
    stay = standing.stay
    if stay is not None and stay.curb_zone_id == curb_zone_id:
        standing.stay = structs.replace(stay, declared=True, touched_at=told.at)
        yield standing.stay
        return
    if stay is not None:
        if motion.stand is None or stay.declared:
            yield structs.replace(stay, ended_at=told.at, touched_at=told.at)
        else:
            yield Withdrawn(
                stay.id, stay.started_at
            )  # the same stand, now said to be at another curb
    # A second declaration within one stand begins when it is made, not when the stand did.
    stand = motion.stand if stay is None or not stay.declared else None
    first = stand.first_event_id if stand is not None else told.event_id
    since = instant(stand.since) if stand is not None else told.at
    standing.stay = Stay(
        id=name(curb_zone_id, first),
        curb_zone_id=curb_zone_id,
        started_at=min(since, told.at),
        ended_at=None,
        last_seen_at=told.at,
        declared=True,
        checked_out_at=None,
        lng=told.lng,
        lat=told.lat,
        points=0,
        first_event_id=first,
        touched_at=told.at,
    )
    yield standing.stay


def _begun(curb_zone_id: UUID, stand: Stand, name: Namer, at: datetime) -> Stay:
    return Stay(
        id=name(curb_zone_id, stand.first_event_id),
        curb_zone_id=curb_zone_id,
        started_at=instant(stand.since),
        ended_at=None,
        last_seen_at=instant(stand.last),
        declared=False,
        checked_out_at=None,
        lng=None,
        lat=None,
        points=stand.n,
        first_event_id=stand.first_event_id,
        touched_at=at,
    )
