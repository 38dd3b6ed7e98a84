"""Speeds on streets, from what vehicles reported: each live position counts once.

A sample depends on its own event alone, so the sums do not depend on the order of arrival: a
position counts when it is read unless a void of it was read before, and is taken back when a
later void names it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from carriers.selectors import log
from carriers.selectors.log import LogEvent
from foundation.streams import Cursor
from roads.selectors.streets import nearest_ways
from roads.services.speeds import SpeedSample, record_speeds
from tracking.rules.motion import STANDING_MPS, USELESS_ACCURACY_M

FASTEST_MPS = 60.0
"""No van drives faster on a street; a report of more is a fault of the device."""


def record(
    events: Sequence[LogEvent],
    voided: set[tuple[UUID, UUID]],
    voids: Sequence[LogEvent],
    upto: Cursor,
) -> None:
    """Add the samples of newly read live positions; take back those newly voided."""
    _record(log.unvoided(events, voided), sign=1)
    if not voids:
        return
    own = {row.event_id for row in events}
    gone = [row for row in voids if row.voids_event_id not in own]
    if gone:
        _record(_targets(gone, upto), sign=-1)


def _targets(voids: Sequence[LogEvent], upto: Cursor) -> list[LogEvent]:
    """Return the positions that were read before the voids that name them, each once: what
    several voids name is taken back by the first."""
    starts: dict[UUID, datetime | None] = {}
    for void in voids:
        at = void.voids_effective_at
        if at is not None:
            known = starts.get(void.subject_id)
            starts[void.subject_id] = at if known is None else min(known, at)
    last = max((void.voids_effective_at for void in voids if void.voids_effective_at), default=None)
    if last is None:
        return []
    until = last + timedelta(microseconds=1)
    first = log.first_voids([void.voids_event_id for void in voids if void.voids_event_id])
    read = {Cursor(void.xid, void.id) for void in voids}
    named = {key: place for key, place in first.items() if place in read}
    return [
        row
        for row in log.events_since(starts, until=until, upto=upto)
        if (row.sender_id, row.event_id) in named
        and Cursor(row.xid, row.id) < named[row.sender_id, row.event_id]
    ]


def _record(rows: Iterable[LogEvent], sign: int) -> None:
    by_city: dict[UUID, list[LogEvent]] = defaultdict(list)
    for row in rows:
        if _counts(row):
            by_city[row.city_id].append(row)
    for city_id, samples in by_city.items():
        points = np.array([(row.lng, row.lat) for row in samples], dtype=float)
        ways = nearest_ways(city_id, points)
        record_speeds(
            city_id=city_id,
            samples=[
                SpeedSample(way, row.effective_at, row.speed_mps or 0.0)
                for row, way in zip(samples, ways, strict=True)
                if way is not None
            ],
            sign=sign,
        )


def _counts(row: LogEvent) -> bool:
    """Return whether a row says how fast a street is driven: a moving vehicle, well placed."""
    if row.event_type != "telemetry.position" or row.speed_mps is None:
        return False
    if row.accuracy_m is not None and row.accuracy_m > USELESS_ACCURACY_M:
        return False
    return STANDING_MPS <= row.speed_mps <= FASTEST_MPS
