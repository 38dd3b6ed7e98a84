"""Which side of a border a vehicle drove on, when its fixes alone cannot tell: the streets decide.

The run of fixes near the border is matched onto the city's streets. What the matched way drove
inside is a visit only if staying outside cannot explain the fixes: neither on the streets outside
nor beside all streets. Both explanations are given every doubt: each fix may choose the place on
the streets outside that suits it best, however fast one would have to drive from one to the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from tracking.rules.geography import Area
from tracking.rules.told import Point
from tracking.rules.trails import CROSSING_M

Floats = NDArray[np.float64]

PROOF = 8.0
"""The log-likelihood by which the way inside must beat the best explanation on streets outside:
e^8 = 3,000. Noise alone gets there in one of so many comparisons at the very most (Markov: the
mean ratio of likelihoods under the truth is one), normal noise in one of 30,000."""
ON_STREET = 5.0
"""The log-likelihood by which it must beat "beside all streets" (e^5 = 150)."""
SWITCH = 4.0
"""What it costs to suppose that the vehicle went from one part of the streets outside to another
that is joined to it only through the zone, or by a way around that is out of sight."""
OUTLIER = 8.0
"""One fix adds or takes no more than this (four sigma): it may be thrown, by a wall, say."""
OFF_STREET = 3.0
"""What it costs per fix to suppose that a moving vehicle drives beside all mapped streets: it is
on one e^3 = 20 times as often. A yard that no map shows is farther from its street than that."""
THROWN = 4.0
"""One fix speaks for "beside the streets" with no more than this: one in fifty (e^-4) is thrown,
and nobody drives to where it lies and back."""
JOINED_M = 20.0
"""Parts inside with less than this between them are one: the border runs along the street."""


@dataclass(frozen=True)
class Way:
    """A way driven through the streets: its corners in metres, the metres along it and the time
    at each; `fixes` holds (place in the run, metres along) of the fixes that lie on it."""

    x: Floats
    y: Floats
    along: Floats
    t: Floats
    fixes: tuple[tuple[int, float], ...]


class Streets(Protocol):
    """The streets of a city, of one version: equal runs always get equal answers."""

    def drive(self, run: Sequence[Point]) -> Sequence[Way]:
        """Return the most plausible ways that the points of a run drove; none if none fits."""

    def metres_off_outside(self, run: Sequence[Point], area: Area) -> Floats:
        """Return how far each point (row) lies from each connected part (column) of the streets
        outside the area, of those that are near."""


@dataclass(frozen=True)
class Stretch:
    """A part of a matched way inside. `fixes` are places in the run; `open`: the way ends inside.
    `proof` is the log-likelihood by which it beats all streets outside, `on_street` that by which
    it beats driving beside all streets."""

    entered_t: float
    left_t: float
    metres: float
    fixes: tuple[int, ...]
    open: bool
    proof: float
    on_street: float

    @property
    def is_proven(self) -> bool:
        """Return whether it makes a visit by itself."""
        clearly_inside = self.proof >= PROOF and self.on_street >= ON_STREET
        return self.is_way and clearly_inside

    @property
    def is_way(self) -> bool:
        """Return whether it is a way driven: the matcher follows a single fix that was thrown
        into a side street and back."""
        return self.metres >= CROSSING_M and len(self.fixes) > 1


def stretches(area: Area, run: Sequence[Point], streets: Streets) -> list[Stretch] | None:
    """Return what a run drove inside, in order; None when it fits no street: then fewer than half
    of the points inside lie on the ways matched."""
    ways = streets.drive(run)
    inside = {place for place, point in enumerate(run) if area.contains(point.x, point.y)}
    on_ways = {place for way in ways for place, _ in way.fixes}
    if not ways or 2 * len(inside & on_ways) < len(inside):
        return None
    parts = [(way, part) for way in ways for part in _parts(area, way)]
    if not parts:
        return []
    outside = streets.metres_off_outside(run, area)
    return _together([_stretch(area, run, way, part, outside) for way, part in parts])


def _together(found: Sequence[Stretch]) -> list[Stretch]:
    """Give the stretches that speak for inside the proof of all: a trace may be matched in two
    parts, and who stayed outside stayed there in both."""
    known = [one for one in found if one.is_way]
    proof, on_street = sum(one.proof for one in known), sum(one.on_street for one in known)
    return [
        replace(one, proof=max(one.proof, proof), on_street=max(one.on_street, on_street))
        if one.is_way and one.proof > 0
        else one
        for one in found
    ]


_Part = tuple[float, float, float, float, float]  # metres along and time: start, end; metres inside


def _parts(area: Area, way: Way) -> Iterator[_Part]:
    """Yield the parts of a way inside, joined where little lies between them."""
    joined: _Part | None = None
    for start, end, t0, t1 in _pieces(area, way):
        if joined is not None and start - joined[1] <= JOINED_M:
            joined = (joined[0], end, joined[2], t1, joined[4] + end - start)
            continue
        if joined is not None:
            yield joined
        joined = (start, end, t0, t1, end - start)
    if joined is not None:
        yield joined


def _pieces(area: Area, way: Way) -> Iterator[tuple[float, float, float, float]]:
    corners = np.column_stack([way.x, way.y])
    ends = np.stack([corners[:-1], corners[1:]], axis=1)
    touched = np.flatnonzero(shapely.intersects(area.shape, shapely.linestrings(ends)))
    for index in touched.tolist():
        a, b = ends[index].tolist()
        length = way.along[index + 1] - way.along[index]
        spent = way.t[index + 1] - way.t[index]
        for start, end in area.parts(tuple(a), tuple(b)):
            yield (
                float(way.along[index] + start * length),
                float(way.along[index] + end * length),
                float(way.t[index] + start * spent),
                float(way.t[index] + end * spent),
            )


def _stretch(area: Area, run: Sequence[Point], way: Way, part: _Part, outside: Floats) -> Stretch:
    start, end, entered_t, left_t, metres = part
    on_it = [(place, along) for place, along in way.fixes if start <= along <= end]
    moving = [(place, along) for place, along in on_it if not run[place].standing]
    proof, on_street = _proofs(area, run, way, moving, outside)
    return Stretch(
        entered_t=max(entered_t, area.start),
        left_t=left_t,
        metres=metres,
        fixes=tuple(place for place, _ in on_it),
        open=end >= way.along[-1] - 1e-6,
        proof=proof,
        on_street=on_street,
    )


def _proofs(
    area: Area,
    run: Sequence[Point],
    way: Way,
    fixes: Sequence[tuple[int, float]],
    outside: Floats,
) -> tuple[float, float]:
    """Return by how much the fixes say rather inside on this way than on a street outside, and
    than beside all streets. Fixes of a stand are one place, not a way, and say nothing."""
    if not fixes:
        return 0.0, 0.0
    places = [place for place, _ in fixes]
    along = [metres for _, metres in fixes]
    x, y = (np.array([getattr(run[place], axis) for place in places]) for axis in "xy")
    sigma = np.array([run[place].sigma for place in places])
    off_x = np.interp(along, way.along, way.x) - x
    off_y = np.interp(along, way.along, way.y) - y
    inside = shapely.intersects_xy(area.shape, x, y)
    depth = np.where(inside, shapely.distance(area.edge, shapely.points(x, y)), 0.0)
    here = _cost(np.hypot(off_x, off_y), sigma)
    elsewhere = _cheapest(_cost(outside[places], sigma[:, None])) - here.sum()
    beside = np.maximum(_cost(depth, sigma) + OFF_STREET - here, -THROWN)
    return float(elsewhere), float(beside.sum())


def _cheapest(costs: Floats) -> float:
    """Return what the best way through the parts (columns) costs over all fixes (rows)."""
    if not costs.shape[1]:
        return OUTLIER * len(costs)
    total = costs[0]
    for cost in costs[1:]:
        total = np.minimum(total, total.min() + SWITCH) + cost
    return float(total.min())


def _cost(metres: Floats, sigma: Floats) -> Floats:
    cost: Floats = np.minimum((metres / sigma) ** 2 / 2, OUTLIER)
    return cost
