"""When each zone is closed to one vehicle, over the hours it has left. Pure: snapshots in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import shapely

from curbs.evaluator import Evaluator, InZone, Question
from kernel.periods import Period, subtract, union
from routing.jobs import LngLat

# A zone counts as entered this much (degrees, some 2 m) before its line, so that a stop or a way
# along the very edge is not taken for one outside.
EDGE_DEG = 0.00002


@dataclass(frozen=True)
class Closure:
    """A zone's shape and the spans of the horizon in which the vehicle may not be inside."""

    zone_id: UUID
    shape: shapely.Geometry
    closed: tuple[Period, ...]
    horizon: Period

    @property
    def throughout(self) -> bool:
        """Whether it is closed over the whole horizon."""
        return self.closed == (self.horizon,)

    def holds(self, point: LngLat) -> bool:
        return bool(shapely.intersects_xy(self.shape, *point))

    def closed_at(self, at: datetime) -> bool:
        return any(period.contains(at) for period in self.closed)


def closures(
    evaluator: Evaluator,
    question: Question,
    horizon: Period,
    shut: Iterable[UUID] = (),
) -> list[Closure]:
    """Return the zones that are closed to a vehicle at some time of the horizon.

    Zones in `shut` are closed throughout, whatever their rules say.
    """
    shut = set(shut)
    found = []
    for shape in evaluator.zones.geography(evaluator.known_at).shapes:
        within = shape.legal.intersection(horizon)
        if within is None:
            continue
        if shape.zone_id in shut:
            closed = [horizon]
        else:
            pieces = evaluator.over(question, InZone(shape.zone_id), within)
            closed = union(period for period, verdict in pieces if not verdict.admissible)
        if closed:
            outline = shapely.buffer(shape.geometry, EDGE_DEG, quad_segs=2)
            shapely.prepare(outline)
            found.append(Closure(shape.zone_id, outline, tuple(closed), horizon))
    return found


def arrival_spans(
    inside: Iterable[Closure], horizon: Period, service: timedelta, margin: timedelta
) -> list[tuple[datetime, datetime]]:
    """Return when service may begin at a place that lies in these closures (both ends inclusive).

    The vehicle is inside from `margin` before it arrives to `margin` after it has served: time to
    drive in and out again.
    """
    shut = union(period for closure in inside for period in closure.closed)
    assert horizon.end is not None
    spans = []
    for free in subtract([horizon], shut):
        assert free.end is not None
        first = free.start + (margin if free.start > horizon.start else timedelta())
        last = free.end - service - (margin if free.end < horizon.end else timedelta())
        if first <= last:
            spans.append((first, last))
    return spans


def vacate_until(evaluator: Evaluator, closure: Closure, at: datetime) -> datetime:
    """Return until when a vehicle that stands in a zone which is closed at `at` may stay.

    Until the zone closes, where that is within the horizon; else as long as `vacate_by` grants
    from when the rules in force began.
    """
    closes = next(period.start for period in closure.closed if period.contains(at))
    if closes > closure.horizon.start:
        return closes
    ruling = evaluator.zones.regulations(closure.zone_id, at, known_at=evaluator.known_at)
    return max((rule.legal.start + rule.vacate_by for rule in ruling), default=at)
