"""Trails and zones: where the line between points runs inside, and how surely."""

import itertools
from collections.abc import Iterator, Sequence
from math import hypot

from tracking.rules.geography import Area
from tracking.rules.told import Point

SIGMAS = 3.0
"""Nearer to a border than three times its accuracy, a point alone says nothing (issue)."""
STAND_SIGMAS = 4.63
"""So many times the noise of its mean inside, a stand is inside: chance gets there as seldom as two
fixes in a row get to three times theirs."""
CROSSING_M = 60.0
"""So much of a way must lie inside: a reporting gap whose line cuts a corner is no visit."""
SUPPORT_M = 15.0
"""So much of a crossing must remain inside when any single fix is left out: two sigma of noise.
An outlier's spike leaves nothing."""
NOISE_PAIR_M = 20.0
"""Two fixes lie this much farther apart than was driven only if one is noise (1.8 sigma of their
difference; who is wrongly held for noise is replaced by the neighbour, which costs a second)."""
SILENCE_S = 900.0
"""As long as it takes until a vehicle counts as silent: then it may have been anywhere."""
STEP_M = 8.0
"""How finely the line between two fixes is looked at for its depth."""


def is_silence(before: Point, after: Point) -> bool:
    """Return whether so long passed between two points that no line is drawn between them."""
    return after.t - before.t > SILENCE_S


def margin(*points: Point) -> float:
    """Return how near to a border the noise of the worst of these points may reach."""
    return SIGMAS * max(point.sigma for point in points)


def is_deep(area: Area, point: Point, sigmas: float = SIGMAS) -> bool:
    """Return whether a point lies farther inside than its noise reaches."""
    return area.contains(point.x, point.y) and not area.is_near_edge(
        point.x, point.y, sigmas * point.sigma
    )


def is_beyond_doubt(area: Area, before: Point, point: Point) -> bool:
    """Return whether two points in a row are inside for sure: both lie deep, or they are of one
    stand, whose mean lies deep enough for two."""
    if is_deep(area, before) and is_deep(area, point):
        return True
    return before.standing and point.standing and is_deep(area, point, STAND_SIGMAS)


def is_clear(area: Area, point: Point) -> bool:
    """Return whether a point lies farther outside than its noise reaches."""
    return not area.is_near(point.x, point.y, margin(point))


def has_crossed(area: Area, trail: Sequence[Point], path: Sequence[Point]) -> bool:
    """Return whether a trail that does not come to rest inside runs through the area for sure.

    `path` is the trail and the point before it, where there is one. Two cases count: the line
    into or out of a fix inside is deep whichever of its ends is left out; or the line over a gap,
    between two fixes outside, is deep, and no single fix carries it.
    """
    if length_inside(area, trail) < CROSSING_M:
        return False
    return _is_deep_all_ways(area, path) or _is_bridged_deep(area, path)


def _is_deep_all_ways(area: Area, path: Sequence[Point]) -> bool:
    quadruples = zip(path, path[1:], path[2:], path[3:], strict=False)
    return any(
        _line_is_deep(area, a, b)
        and _line_is_deep(area, before, b)
        and _line_is_deep(area, a, after)
        for before, a, b, after in quadruples
    )


def _is_bridged_deep(area: Area, path: Sequence[Point]) -> bool:
    outside = [n for n, point in enumerate(path) if not area.contains(point.x, point.y)]
    return any(
        length_inside(area, [path[i], path[j]]) >= CROSSING_M
        and any(_line_is_deep(area, a, b) for a, b in _bridges(path, i, j))
        and _is_supported(area, path, i, j)
        for i, j in itertools.pairwise(outside)
        if j == i + 1
    )


def _bridges(path: Sequence[Point], i: int, j: int) -> Iterator[tuple[Point, Point]]:
    """Yield the line over a gap, and those without one of its ends, which may be the noise that
    hides how deep the line runs."""
    yield path[i], path[j]
    if i > 0:
        yield path[i - 1], path[j]
    if j + 1 < len(path):
        yield path[i], path[j + 1]


def _is_supported(area: Area, path: Sequence[Point], i: int, j: int) -> bool:
    """Return whether 15 m of a line over a gap stay inside whichever fix is left out."""
    around = path[max(0, i - 1) : j + 2]
    return all(
        length_inside(area, [*around[:skipped], *around[skipped + 1 :]]) >= SUPPORT_M
        for skipped in range(len(around))
    )


def _line_is_deep(area: Area, a: Point, b: Point) -> bool:
    east, north, reach = b.x - a.x, b.y - a.y, margin(a, b)
    steps = max(1, int(hypot(east, north) / STEP_M))
    on_way = ((a.x + n / steps * east, a.y + n / steps * north) for n in range(steps + 1))
    return any(area.contains(x, y) and not area.is_near_edge(x, y, reach) for x, y in on_way)


def length_inside(area: Area, trail: Sequence[Point]) -> float:
    """Return the metres of a trail that lie inside."""
    metres = 0.0
    for a, b in itertools.pairwise(trail):
        length = hypot(b.x - a.x, b.y - a.y)
        parts = area.parts((a.x, a.y), (b.x, b.y)) if length else ()
        metres += length * sum(end - start for start, end in parts)
    return metres


def pieces(area: Area, trail: Sequence[Point]) -> Iterator[tuple[int, float, float]]:
    """Yield leg number, time of entry and time of exit for each part of the trail inside."""
    for index, (a, b) in enumerate(itertools.pairwise(trail)):
        if (a.x, a.y) != (b.x, b.y):
            for start, end in area.parts((a.x, a.y), (b.x, b.y)):
                yield index, a.t + start * (b.t - a.t), a.t + end * (b.t - a.t)


def entered(area: Area, outside: Point, inside: Point) -> float:
    """Return when the line from a point outside to one inside enters for good."""
    parts = area.parts((outside.x, outside.y), (inside.x, inside.y))
    share = parts[-1][0] if parts and parts[-1][1] > 0.999 else 1.0
    return max(outside.t + share * (inside.t - outside.t), area.start)


def left(area: Area, inside: Point, outside: Point) -> float:
    """Return when the line from a point inside to one outside first leaves; after a silence the
    vehicle was inside no longer than it was seen there."""
    if is_silence(inside, outside):
        return inside.t
    parts = area.parts((inside.x, inside.y), (outside.x, outside.y))
    share = parts[0][1] if parts and parts[0][0] < 0.001 else 0.0
    return inside.t + share * (outside.t - inside.t)


def bridged(area: Area, path: Sequence[Point]) -> tuple[float, float]:
    """Return when a path without two fixes inside entered and left.

    Over a reporting gap the line says where the border was crossed; when follows from the speeds
    reported at its ends: the way to the border and from it was driven as fast as that, at least
    as fast as the line evenly. What is left of the gap was spent inside. An end of the gap that
    lies too far from its other neighbour for its speed is noise, and the neighbour stands in.
    """
    found = list(pieces(area, path))
    first, entered_t, _ = found[0]
    last, _, left_t = found[-1]
    start, end = path[first], path[last + 1]
    if first > 0 and _thrown(start, path[first - 1]):
        start = path[first - 1]
    if last + 2 < len(path) and _thrown(end, path[last + 2]):
        end = path[last + 2]
    inner, outer = path[first + 1], path[last]
    if first == last:
        inner, outer = end, start
    into, out = _share(area, start, inner, 0), _share(area, outer, end, 1)
    if start.speed and into is not None and not area.contains(start.x, start.y):
        way = start.t + into * _metres(start, inner) / start.speed
        entered_t = min(way, start.t + into * (inner.t - start.t))
    if end.speed and out is not None and not area.contains(end.x, end.y):
        way = end.t - (1 - out) * _metres(outer, end) / end.speed
        left_t = max(way, outer.t + out * (end.t - outer.t))
    return entered_t, left_t


def _share(area: Area, a: Point, b: Point, side: int) -> float | None:
    """Return where the line from a to b first enters (side 0) or last leaves (1) the area."""
    parts = area.parts((a.x, a.y), (b.x, b.y)) if (a.x, a.y) != (b.x, b.y) else []
    return parts[-side][side] if parts else None


def _thrown(point: Point, neighbour: Point) -> bool:
    speed = max(point.speed or 0.0, neighbour.speed or 0.0)
    return _metres(point, neighbour) > speed * abs(point.t - neighbour.t) + NOISE_PAIR_M


def _metres(a: Point, b: Point) -> float:
    return hypot(b.x - a.x, b.y - a.y)
