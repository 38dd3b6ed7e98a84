"""Zone visits from points: who was inside, from when until when, and who only seemed to be.

A visit needs two points in a row inside, or a path of at least 60 m inside that does not hang on
any single fix. It ends with two points in a row outside. So one fix 50 m off neither makes a
visit nor cuts one, and a vehicle that crosses a zone between two reports is seen all the same.
Times at the border are interpolated along the line between the fixes.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from tracking.rules.geography import Area, Geography
from tracking.rules.told import Point, Visit, instant

CROSSING_M = 60.0
"""A path through a zone without two fixes inside counts from this length on (issue: the chord of
the two fixes crosses at least 60 m)."""
SUPPORT_M = 15.0
"""So much of that path must remain inside when any single fix is left out: two sigma of noise.
An outlier's spike leaves nothing."""
NOISE_PAIR_M = 20.0
"""Two fixes lie this much farther apart than was driven only if one is noise (1.8 sigma of their
difference; who is wrongly held for noise is replaced by the neighbour, which costs a second)."""
CLEAR_M = 20.0
"""So far outside, twice in a row, a vehicle has left for good; nearer it may be the noise of one
that drives along the border (2.5 sigma)."""
REENTRY_S = 90.0
"""Who is inside again within this time without having been clear of the border never left: in a
street-wide zone the noise alone leads out and in. Longer absences are two visits."""


_REENTRY = timedelta(seconds=REENTRY_S)

Namer = Callable[[UUID, UUID], UUID]
"""Gives a visit its id, of the zone and the first event inside."""


class Presence(Struct):
    """One vehicle and one zone, while they have to do with each other.

    phase: `candidate` (touched, not proven), `inside`, `lingering` (left, not yet clear).
    """

    zone_id: UUID
    phase: str
    trail: list[Point]
    lead: Point | None = None
    visit: Visit | None = None
    outside: list[Point] = []
    inside_run: int = 0
    clear_run: int = 0


class Scene(Struct):
    """The last two points of a vehicle and the zones that it is near to."""

    last: Point | None = None
    before: Point | None = None
    presences: dict[UUID, Presence] = {}


def advance(
    scene: Scene, point: Point, geography: Geography, name: Namer, at: datetime
) -> Iterator[Visit]:
    """Take the next point; yield each visit that appeared or changed, as it now is.

    `name(zone_id, first_event_id)` gives a visit its id; `at` is the time of the event told.
    """
    last = scene.last
    start = last if last is not None else point
    for zone_id in sorted(scene.presences):
        presence = scene.presences[zone_id]
        area = geography.zone(zone_id, point.t)
        if area is None:
            yield from _out_of_force(presence, geography, point.t, at)
            del scene.presences[zone_id]
        else:
            yield from _STEPS[presence.phase](presence, area, start, point, name, at)
            if presence.phase == "gone":
                del scene.presences[zone_id]
    line = ((start.x, start.y), (point.x, point.y))
    for area in geography.zones_near(*line, point.t):
        if area.zone_id not in scene.presences and _touches(area, *line):
            presence = _candidate(area, scene, point)
            scene.presences[area.zone_id] = presence
            yield from _proven(presence, area, name, at)
    scene.before, scene.last = last, point


def _touches(area: Area, a: tuple[float, float], b: tuple[float, float]) -> bool:
    return area.contains(*b) or bool(area.parts(a, b))


def _candidate(area: Area, scene: Scene, point: Point) -> Presence:
    last = scene.last
    if last is None or last.t < area.start or area.contains(last.x, last.y):
        return Presence(area.zone_id, "candidate", [point])
    return Presence(area.zone_id, "candidate", [last, point], lead=scene.before)


def _step_candidate(
    presence: Presence, area: Area, last: Point, point: Point, name: Namer, at: datetime
) -> Iterator[Visit]:
    presence.trail.append(point)
    yield from _proven(presence, area, name, at)


def _proven(presence: Presence, area: Area, name: Namer, at: datetime) -> Iterator[Visit]:
    trail = presence.trail
    flags = [area.contains(point.x, point.y) for point in trail[-2:]]
    if flags == [True, True]:
        yield _entered(presence, area, name, at)
    elif len(trail) > 1 and not any(flags):
        if len(trail) == 2:  # the line crosses, no fix inside: wait for the fix that confirms
            return
        crossing = _crossing(presence, area, name, at)
        presence.phase = "gone" if crossing is None else "lingering"
        if crossing is not None:
            presence.visit = crossing
            presence.trail = []
            yield crossing


def _entered(presence: Presence, area: Area, name: Namer, at: datetime) -> Visit:
    trail = presence.trail
    first, second = trail[-2], trail[-1]
    entered_t = first.t
    if len(trail) > 2:
        outside = trail[-3]
        parts = area.parts((outside.x, outside.y), (first.x, first.y))
        share = parts[-1][0] if parts and parts[-1][1] > 0.999 else 1.0
        entered_t = max(outside.t + share * (first.t - outside.t), area.start)
    visit = Visit(
        id=name(presence.zone_id, first.event_id),
        zone_id=presence.zone_id,
        entered_at=instant(entered_t),
        left_at=None,
        last_inside_at=instant(second.t),
        metres=_plus(0.0, _length_inside(area, trail[-3:])),
        points=2,
        crossing=False,
        gap_s=round(second.t - first.t),
        first_event_id=first.event_id,
        last_event_id=second.event_id,
        touched_at=at,
    )
    presence.phase, presence.visit, presence.trail, presence.outside = "inside", visit, [], []
    return visit


def _crossing(presence: Presence, area: Area, name: Namer, at: datetime) -> Visit | None:
    """Return the visit of a path that crosses the zone without two fixes in a row inside."""
    trail = presence.trail
    metres = _length_inside(area, trail)
    if metres < CROSSING_M:
        return None
    path = [presence.lead, *trail] if presence.lead is not None else trail
    for skipped in range(presence.lead is None, len(path)):
        rest = path[:skipped] + path[skipped + 1 :]
        if _length_inside(area, rest) < SUPPORT_M:
            return None
    pieces = list(_pieces(area, trail))
    first, last = pieces[0][0], pieces[-1][0]
    entered_t, left_t = _bridged(area, path)
    return Visit(
        id=name(presence.zone_id, trail[first].event_id),
        zone_id=presence.zone_id,
        entered_at=instant(entered_t),
        left_at=instant(left_t),
        last_inside_at=instant(left_t),
        metres=_plus(0.0, metres),
        points=sum(area.contains(point.x, point.y) for point in trail),
        crossing=True,
        gap_s=round(max(b.t - a.t for a, b in _legs(trail[first : last + 2]))),
        first_event_id=trail[first].event_id,
        last_event_id=trail[last + 1].event_id,
        touched_at=at,
    )


def _step_inside(
    presence: Presence, area: Area, last: Point, point: Point, name: Namer, at: datetime
) -> Iterator[Visit]:
    visit = presence.visit
    assert visit is not None
    if area.contains(point.x, point.y):
        presence.outside = []
        changes = {
            "last_inside_at": instant(point.t),
            "metres": _plus(visit.metres, _length_inside(area, [last, point])),
            "points": visit.points + 1,
            "last_event_id": point.event_id,
        }
    else:
        presence.outside.append(point)
        if len(presence.outside) < 2:
            presence.trail = [last]
            return
        inside, outside = presence.trail[0], presence.outside[0]
        left_t = _left(area, inside, outside)
        presence.phase, presence.trail, presence.inside_run = "lingering", [], 0
        presence.clear_run, presence.lead = 0, outside
        for seen in presence.outside:
            _count_clear(presence, area, seen)
        changes = {
            "left_at": instant(left_t),
            "metres": _plus(visit.metres, _length_inside(area, [inside, outside])),
            "last_event_id": outside.event_id,
        }
    presence.visit = _changed(visit, at, changes)
    yield presence.visit


def _step_lingering(
    presence: Presence, area: Area, last: Point, point: Point, name: Namer, at: datetime
) -> Iterator[Visit]:
    visit = presence.visit
    assert visit is not None
    assert visit.left_at is not None
    line = ((last.x, last.y), (point.x, point.y))
    if area.contains(point.x, point.y):
        presence.inside_run += 1
        presence.trail = presence.trail or [last]
        presence.trail.append(point)
        if presence.inside_run < 2:
            return
        if instant(point.t) - visit.left_at <= _REENTRY:
            presence.phase, presence.outside, presence.trail = "inside", [], []
            changes = {
                "left_at": None,
                "last_inside_at": instant(point.t),
                "points": visit.points + 2,
                "last_event_id": point.event_id,
                "crossing": False,
            }
            presence.visit = _changed(visit, at, changes)
        else:
            yield from _proven(presence, area, name, at)
            return
        yield presence.visit
    elif not area.contains(last.x, last.y) and area.parts(*line):
        presence.phase, presence.trail = "candidate", [last, point]
    else:
        presence.inside_run, presence.trail, presence.lead = 0, [], last
        _count_clear(presence, area, point)
        if presence.clear_run >= 2:
            presence.phase = "gone"


_STEPS = {"candidate": _step_candidate, "inside": _step_inside, "lingering": _step_lingering}


def _out_of_force(
    presence: Presence, geography: Geography, t: float, at: datetime
) -> Iterator[Visit]:
    visit = presence.visit
    if visit is not None and visit.left_at is None:
        ended = instant(geography.zone_ended(presence.zone_id, t))
        yield _changed(visit, at, {"left_at": max(ended, visit.entered_at)})


def _changed(visit: Visit, at: datetime, changes: dict[str, Any]) -> Visit:
    return structs.replace(visit, touched_at=at, **changes)


def _left(area: Area, inside: Point, outside: Point) -> float:
    parts = area.parts((inside.x, inside.y), (outside.x, outside.y))
    share = parts[0][1] if parts and parts[0][0] < 0.001 else 0.0
    return inside.t + share * (outside.t - inside.t)


def _count_clear(presence: Presence, area: Area, point: Point) -> None:
    clear = area.metres_off(point.x, point.y) >= CLEAR_M
    presence.clear_run = presence.clear_run + 1 if clear else 0


def _legs(trail: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    return itertools.pairwise(trail)


def _plus(metres: float, more: float) -> float:
    return round(metres + more, 1)


def _length_inside(area: Area, trail: Sequence[Point]) -> float:
    metres = 0.0
    for a, b in _legs(trail):
        length = _metres(a, b)
        parts = area.parts((a.x, a.y), (b.x, b.y)) if length else ()
        metres += length * sum(end - start for start, end in parts)
    return metres


def _pieces(area: Area, trail: Sequence[Point]) -> Iterator[tuple[int, float, float]]:
    """Yield leg number, time of entry and time of exit for each part of the trail inside."""
    for index, (a, b) in enumerate(_legs(trail)):
        if (a.x, a.y) != (b.x, b.y):
            parts = area.parts((a.x, a.y), (b.x, b.y))
            for start, end in parts:
                yield index, a.t + start * (b.t - a.t), a.t + end * (b.t - a.t)


def _bridged(area: Area, path: Sequence[Point]) -> tuple[float, float]:
    """Return when a path without two fixes inside entered and left.

    Over a reporting gap the line says where the border was crossed; when follows from the speeds
    reported at its ends: the way to the border and from it was driven as fast as that, at least
    as fast as the line evenly. What is left of the gap was spent inside. An end of the gap that
    lies too far from its other neighbour for its speed is noise, and the neighbour stands in.
    """
    pieces = list(_pieces(area, path))
    first, entered_t, _ = pieces[0]
    last, _, left_t = pieces[-1]
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
    return float(((b.x - a.x) ** 2 + (b.y - a.y) ** 2) ** 0.5)
