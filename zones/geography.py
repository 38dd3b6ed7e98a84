"""Where zones lie, and when: points, and paths that cross a zone without a vertex inside. Pure.

Geometries are WGS84 (lng, lat). A point on the line of a zone's edge is inside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from kernel import periods
from kernel.geometry import inside_fractions
from kernel.periods import Period, subtract


@dataclass(frozen=True, slots=True)
class Shape:
    """One version of a zone's geometry: legal and recorded period, and the grace it grants."""

    zone_id: UUID
    number: int
    geometry: BaseGeometry
    legal: Period
    recorded: Period
    grace: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Crossing:
    """A path is inside a zone from one instant to another."""

    zone_id: UUID
    entered_at: datetime
    left_at: datetime


def in_force(shapes: Iterable[Shape], known_at: datetime | None = None) -> list[Shape]:
    """Return the shapes as recorded at `known_at` (None = now), cut to when each holds.

    Of one zone the shape with the highest number holds wherever its legal period lies.
    """
    known: dict[UUID, list[Shape]] = {}
    for shape in shapes:
        recorded = shape.recorded
        if recorded.end is None if known_at is None else recorded.contains(known_at):
            known.setdefault(shape.zone_id, []).append(shape)
    holding = []
    for group in known.values():
        later: list[Period] = []
        for shape in sorted(group, key=lambda s: s.number, reverse=True):
            holding += [replace(shape, legal=part) for part in subtract([shape.legal], later)]
            later.append(shape.legal)
    return holding


def for_acts(shapes: Sequence[Shape]) -> list[Shape]:
    """Return where an act at t is in a zone: by the shape in force at t as recorded now.

    The protection of acts (`zones.acts`): a shape recorded after t adds no ground to the one that
    was recorded at t.
    """
    protected = []
    for shape in in_force(shapes):
        own = [s for s in shapes if s.zone_id == shape.zone_id]
        edges = {shape.legal.start}
        for edge in (edge for s in own for edge in (s.recorded.start, s.recorded.end)):
            if edge is not None and shape.legal.contains(edge):
                edges.add(edge)
        for start, end in pairwise([*sorted(edges), shape.legal.end]):
            assert start is not None
            protected += _as_known_then(replace(shape, legal=Period(start, end)), own)
    return protected


def _as_known_then(shape: Shape, own: Sequence[Shape]) -> list[Shape]:
    """Return the shape without the ground that nobody could know of during its legal period."""
    if shape.recorded.start <= shape.legal.start:
        return [shape]
    kept = []
    for then in in_force(own, shape.legal.start):
        both = shape.legal.intersection(then.legal)
        if both is not None:
            common = shapely.intersection(shape.geometry, then.geometry)
            if common.area > 0:
                kept.append(replace(shape, legal=both, geometry=common))
    return kept


class Geography:
    """Shapes with an index: bounding boxes first, then prepared polygons."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        self.shapes = tuple(shapes)
        for shape in self.shapes:
            shapely.prepare(shape.geometry)
        bounds = [shape.geometry.bounds for shape in self.shapes]
        self._bounds = np.array(bounds, dtype=float).reshape(len(bounds), 4)

    @cached_property
    def edges(self) -> list[datetime]:
        """Return when some ground begins or ends, sorted."""
        return periods.edges(shape.legal for shape in self.shapes)

    def shapes_at(self, lng: float, lat: float, at: datetime) -> list[Shape]:
        """Return the shapes that contain the position and are in force at the instant."""
        west, south, east, north = self._bounds.T
        near = np.nonzero((west <= lng) & (lng <= east) & (south <= lat) & (lat <= north))[0]
        return [
            shape
            for shape in (self.shapes[index] for index in near)
            if shape.legal.contains(at) and shapely.intersects_xy(shape.geometry, lng, lat)
        ]

    def zones_at(self, lng: float, lat: float, at: datetime) -> list[UUID]:
        """Return the zones that contain the position at the instant."""
        return [shape.zone_id for shape in self.shapes_at(lng, lat, at)]

    def zones_of(self, fixes: Sequence[tuple[datetime, float, float]]) -> list[set[UUID]]:
        """Return for each (time, lng, lat) the zones that contain it; fast for many."""
        found: list[set[UUID]] = [set() for _ in fixes]
        if not fixes or not self.shapes:
            return found
        lngs = np.array([fix[1] for fix in fixes])
        lats = np.array([fix[2] for fix in fixes])
        for shape, (west, south, east, north) in zip(self.shapes, self._bounds, strict=True):
            near = np.nonzero((west <= lngs) & (lngs <= east) & (south <= lats) & (lats <= north))[
                0
            ]
            if not len(near):
                continue
            inside = near[shapely.intersects_xy(shape.geometry, lngs[near], lats[near])]
            for index in inside:
                if shape.legal.contains(fixes[index][0]):
                    found[index].add(shape.zone_id)
        return found

    def geometry(self, zone_id: UUID, at: datetime) -> BaseGeometry | None:
        """Return a zone's geometry in force at the instant, or None."""
        for shape in self.shapes:
            if shape.zone_id == zone_id and shape.legal.contains(at):
                return shape.geometry
        return None

    def crossings(self, path: Sequence[tuple[datetime, float, float]]) -> list[Crossing]:
        """Return when a timed path of (time, lng, lat) is inside which zone, by time of entry.

        Between two vertices the path is straight and evenly fast, so that a zone is found that
        contains no vertex. Parts that touch are one crossing.
        """
        parts: dict[UUID, list[Period]] = {}
        for (start, *a), (end, *b) in pairwise(path):
            west, south, east, north = self._bounds.T
            near = np.nonzero(
                (west <= max(a[0], b[0]))
                & (min(a[0], b[0]) <= east)
                & (south <= max(a[1], b[1]))
                & (min(a[1], b[1]) <= north)
            )[0]
            for index in near:
                shape = self.shapes[index]
                for period in _inside(shape, (start, a[0], a[1]), (end, b[0], b[1])):
                    parts.setdefault(shape.zone_id, []).append(period)
        found = [
            Crossing(zone_id, period.start, period.end)
            for zone_id, periods in parts.items()
            for period in _touching_joined(periods)
            if period.end is not None
        ]
        return sorted(found, key=lambda c: (c.entered_at, c.zone_id))


def _inside(
    shape: Shape, a: tuple[datetime, float, float], b: tuple[datetime, float, float]
) -> list[Period]:
    """Return when the straight leg from `a` to `b` is inside a shape that is in force."""
    length = b[0] - a[0]
    found = []
    for first, last in inside_fractions(shape.geometry, a[1:], b[1:]):
        leg = Period(a[0] + first * length, a[0] + last * length)
        inside = shape.legal.intersection(leg)
        if inside is not None:
            found.append(inside)
        elif not length and shape.legal.contains(a[0]):
            found.append(leg)  # two positions of one instant: the zones between are crossed in it
    return found


def _touching_joined(periods: Iterable[Period]) -> list[Period]:
    """Join parts whose ends meet but for the rounding of times to microseconds."""
    joined: list[Period] = []
    for period in sorted(periods):
        last = joined[-1].end if joined else None
        if last is not None and period.start - last <= timedelta(milliseconds=1):
            end = max(last, period.end) if period.end is not None else None
            joined[-1] = Period(joined[-1].start, end)
        else:
            joined.append(period)
    return joined
