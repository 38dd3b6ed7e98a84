"""True motion: where a vehicle is at every instant, and what its receiver reports of it.

A `Track` is the truth before noise. `fixes` samples it as a telematics box does: every 5 s while
moving, every 60 s while standing, with noise of 8 m (1 σ) and 2 % single fixes thrown 50 m off.
"""

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulation.ground import Point, heading_deg, metres

MOVING_EVERY_S = 5.0
STANDING_EVERY_S = 60.0
NOISE_M = 8.0
OUTLIER_SHARE = 0.02
OUTLIER_M = 50.0


@dataclass
class Track:
    """Piecewise linear truth: vertices (t, x, y), t in seconds of the day, strictly growing."""

    times: list[float] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    @property
    def end_s(self) -> float:
        return self.times[-1]

    @property
    def at(self) -> Point:
        return self.points[-1]

    def add(self, t: float, point: Point) -> None:
        if self.times and t <= self.times[-1]:
            return
        self.times.append(t)
        self.points.append(point)

    def position(self, t: float) -> Point:
        """Where the vehicle is at t; before the first and after the last vertex it stands there."""
        i = bisect.bisect_right(self.times, t)
        if i == 0:
            return self.points[0]
        if i == len(self.times):
            return self.points[-1]
        share = (t - self.times[i - 1]) / (self.times[i] - self.times[i - 1])
        (x0, y0), (x1, y1) = self.points[i - 1], self.points[i]
        return x0 + share * (x1 - x0), y0 + share * (y1 - y0)

    def speed(self, t: float) -> float:
        """Metres per second at t, that of the piece that begins there."""
        i = bisect.bisect_right(self.times, t)
        if i == 0 or i == len(self.times):
            return 0.0
        return metres(self.points[i - 1], self.points[i]) / (self.times[i] - self.times[i - 1])

    def heading(self, t: float) -> float | None:
        i = bisect.bisect_right(self.times, t)
        if i == 0 or i == len(self.times) or self.points[i - 1] == self.points[i]:
            return None
        return heading_deg(self.points[i - 1], self.points[i])

    def pieces(self) -> Iterable[tuple[float, float, Point, Point]]:
        for i in range(1, len(self.times)):
            yield self.times[i - 1], self.times[i], self.points[i - 1], self.points[i]


@dataclass(frozen=True)
class Fix:
    """One report of the receiver, in metres of the plane."""

    t: float
    point: Point
    speed_mps: float
    heading_deg: float | None
    outlier: bool


def profile(
    points: Sequence[Point], speeds: Sequence[float], *, start_s: float
) -> list[tuple[float, Point]]:
    """Timed vertices along a polyline, speeds[i] in m/s on the piece i → i+1.

    The first and the last 15 m are driven at half the speed at most, as a van pulls out and in.
    """
    lengths = [metres(a, b) for a, b in itertools.pairwise(points)]
    whole = sum(lengths)
    timed: list[tuple[float, Point]] = []
    t, done = start_s, 0.0
    for (a, b), length, speed in zip(itertools.pairwise(points), lengths, speeds, strict=True):
        if length < 0.01:
            continue
        cuts = [0.0, length]
        cuts += [c for c in (15.0 - done, whole - 15.0 - done) if 0.5 < c < length - 0.5]
        cuts.sort()
        for c0, c1 in itertools.pairwise(cuts):
            middle = done + (c0 + c1) / 2
            slow = middle < 15.0 or middle > whole - 15.0
            t += (c1 - c0) / (speed * 0.5 if slow else speed)
            share = c1 / length
            timed.append((t, (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))))
        done += length
    return timed


def report_times(
    start: float,
    end: float,
    moving: Sequence[tuple[float, float]],
    gaps: Sequence[tuple[float, float]],
) -> list[float]:
    """Instants of the fixes in [start, end]: `moving` are the periods driven, all else stands.

    Each driven and each standing period begins with a fix, and the last instant has one. A gap has
    a fix at both its ends and none between them.
    """
    edges = [start]
    for begun, done in moving:
        if start <= begun and done <= end:
            edges += [begun, done]
    edges.append(end)
    instants = {round(end, 1)}
    for i, (begun, done) in enumerate(itertools.pairwise(edges)):
        every = STANDING_EVERY_S if i % 2 == 0 else MOVING_EVERY_S
        count = max(0, math.ceil((done - begun) / every - 1e-9))
        instants |= {round(begun + every * k, 1) for k in range(count)}
    for gap in gaps:
        if start <= gap[0] and gap[1] <= end:
            instants |= {round(gap[0], 1), round(gap[1], 1)}
    return [t for t in sorted(instants) if not any(a < t < b for a, b in gaps)]


def fixes(
    track: Track,
    times: Sequence[float],
    rng: np.random.Generator,
    *,
    steady: frozenset[float] = frozenset(),
) -> list[Fix]:
    """What the receiver reports at the given instants.

    Noise is Gaussian in both axes (σ 8 m each). 2 % of the fixes are outliers: displaced by 50 m
    in a random direction on top, and single: never two in a row, and none at the `steady` instants
    (the two ends of a silence: their chord is what a silence is defined by).
    """
    count = len(times)
    noise = rng.normal(0.0, NOISE_M, size=(count, 2))
    thrown = rng.random(count) < OUTLIER_SHARE
    thrown[1:] &= ~thrown[:-1]
    thrown &= np.array([t not in steady for t in times], dtype=bool)
    angle = rng.uniform(0.0, 2 * math.pi, size=count)
    wobble = rng.normal(0.0, 0.2, size=count)
    reports = []
    for i, t in enumerate(times):
        x, y = track.position(t)
        x, y = x + noise[i, 0], y + noise[i, 1]
        if thrown[i]:
            x, y = x + OUTLIER_M * math.cos(angle[i]), y + OUTLIER_M * math.sin(angle[i])
        speed = track.speed(t)
        reports.append(
            Fix(
                t=t,
                point=(float(x), float(y)),
                speed_mps=float(max(0.0, speed + wobble[i])) if speed > 0 else 0.0,
                heading_deg=track.heading(t),
                outlier=bool(thrown[i]),
            )
        )
    return reports
