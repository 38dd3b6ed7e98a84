"""Zone visits from points: who was inside, from when until when, and who only seemed to be.

Points farther inside than their noise reaches, two in a row, make a visit; so does a stand whose
mean lies deep enough for two, and a line that runs that deep through the zone. Everything nearer to
the border is a run in doubt: when it ends (clear outside twice, or after RUN points) the streets
decide it, or nobody does, and then it is no visit. A visit ends with two points in a row outside.
So noise neither makes a visit nor cuts one, and a vehicle that crosses a zone between two reports
is seen all the same. What is matched depends on the points alone, never on how they arrived.

Over a longer silence no line is drawn: who was outside before it may have been anywhere meanwhile,
was inside at the earliest from the first point seen inside, and at the latest until the last.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from tracking.rules import matching, trails
from tracking.rules.geography import Area, Geography
from tracking.rules.matching import Stretch
from tracking.rules.scene import Namer, Presence, Scene, Step
from tracking.rules.told import Point, Unresolved, Visit, instant

RUN = 32
"""A run in doubt is decided after so many points (160 s of driving), even if it goes on."""
REENTRY = timedelta(seconds=90)
"""Who is inside again within this time without having been clear of the border never left: in a
street-wide zone the noise alone leads out and in. Longer absences are two visits."""

Told = Visit | Unresolved


def advance(
    scene: Scene, point: Point, geography: Geography, name: Namer, at: datetime
) -> Iterator[Told]:
    """Take the next point; yield each visit that appeared or changed, as it now is, and each run
    that nobody could decide.

    `name(zone_id, first_event_id)` gives a visit its id; `at` is the time of the event told.
    """
    last = scene.last
    start = last if last is not None and not trails.is_silence(last, point) else point
    line = ((start.x, start.y), (point.x, point.y))
    near = geography.zones_near(*line, point.t)
    if scene.presences or near:
        step = Step(scene, geography, name, at)
        for zone_id in sorted(scene.presences):
            yield from _followed(scene.presences[zone_id], last or point, point, step)
        for area in near:
            if area.zone_id not in scene.presences and _touches(area, *line):
                scene.presences[area.zone_id] = presence = _candidate(area, scene, point)
                yield from _judged(presence, area, step)
    scene.before, scene.last = last, point


def _followed(presence: Presence, last: Point, point: Point, step: Step) -> Iterator[Told]:
    area = step.geography.zone(presence.zone_id, point.t)
    if area is None:
        yield from _out_of_force(presence, point.t, step)
        del step.scene.presences[presence.zone_id]
        return
    if not presence.is_inside and trails.is_silence(last, point):
        if len(presence.trail) > 2:
            yield from _settled(presence, area, step)
        if not presence.is_inside:
            presence.lead, presence.trail = None, []
    if presence.is_inside:
        yield from _inside(presence, area, last, point, step)
    else:
        _add(presence.trail, point)
        yield from _judged(presence, area, step)


def _touches(area: Area, a: tuple[float, float], b: tuple[float, float]) -> bool:
    return area.contains(*b) or bool(area.parts(a, b))


def _candidate(area: Area, scene: Scene, point: Point) -> Presence:
    last = scene.last
    if last is None or trails.is_silence(last, point):
        return Presence(area.zone_id, [point])
    if last.t < area.start or area.contains(last.x, last.y):
        return Presence(area.zone_id, [point])
    before = scene.before
    lead = None if before is None or trails.is_silence(before, last) else before
    return Presence(area.zone_id, [last, point], lead=lead)


def _add(trail: list[Point], point: Point) -> None:
    """Add a point; of a stand only the first and the last are kept, its mean is known best."""
    if len(trail) > 1 and point.standing and trail[-1].standing and trail[-2].standing:
        fixes = trail.pop().fixes + point.fixes
        point = structs.replace(point, fixes=fixes)
    trail.append(point)


def _judged(presence: Presence, area: Area, step: Step) -> Iterator[Told]:
    """Decide the run in doubt, if its last points allow it."""
    trail = presence.trail
    pair = trail[-2:]
    inside = [area.contains(point.x, point.y) for point in pair]
    if len(pair) == 2 and trails.is_beyond_doubt(area, *pair):
        yield from _enters(presence, area, step)
    elif len(trail) > 2 and not any(inside) and trails.has_crossed(area, trail, presence.path):
        if not _drove_around(presence, area, step):
            yield _crossed(presence, area, step)
        _rest(presence)
    elif len(pair) == 2 and all(trails.is_clear(area, point) for point in pair):
        if len(trail) > 2:
            yield from _settled(presence, area, step)
            if not presence.is_inside:
                del step.scene.presences[presence.zone_id]
        elif presence.visit is not None or not any(trails.pieces(area, trail)):
            del step.scene.presences[presence.zone_id]
    elif len(trail) >= RUN:
        yield from _settled(presence, area, step)
        if not presence.is_inside:
            _rest(presence)
    elif _has_just_stopped(trail):  # it may stand there for hours, and the way here is known
        found = _found(presence, area, step) or ()
        yield from _driven(presence, found, step)


def _rest(presence: Presence) -> None:
    """Keep of a run that is decided what the next one begins with."""
    presence.lead, presence.trail = None, presence.trail[-2:]


def _enters(presence: Presence, area: Area, step: Step) -> Iterator[Told]:
    """Open a visit: the vehicle is inside beyond doubt; the run before says since when."""
    trail = presence.trail
    first = _first_inside(area, trail)
    if first > 2 and _is_suspicious(area, trail[:first]):
        yield from _settled(presence, area, step)
        if presence.is_inside:
            return
    entered_t = trails.entered(area, trail[first - 1], trail[first]) if first else trail[0].t
    metres = trails.length_inside(area, trail[max(0, first - 1) :])
    yield _opened(presence, entered_t, metres, trail[first:], step)


def _first_inside(area: Area, trail: Sequence[Point]) -> int:
    """Return the place of the first of the points inside that the trail ends with. One fix
    outside among them cuts nothing if two before it were inside."""
    flags = [area.contains(point.x, point.y) for point in trail]
    first = len(trail) - 1
    while first > 0:
        if flags[first - 1]:
            first -= 1
        elif first > 2 and flags[first - 2] and flags[first - 3]:
            first -= 2
        else:
            break
    return first


def _opened(
    presence: Presence, entered_t: float, metres: float, fixes: Sequence[Point], step: Step
) -> Visit:
    first, last = fixes[0], fixes[-1]
    visit = Visit(
        id=step.name(presence.zone_id, first.event_id),
        zone_id=presence.zone_id,
        entered_at=instant(entered_t),
        left_at=None,
        last_inside_at=instant(last.t),
        metres=_plus(0.0, metres),
        points=sum(point.fixes for point in fixes),
        crossing=False,
        gap_s=round(fixes[1].t - first.t) if len(fixes) > 1 else 0,
        first_event_id=first.event_id,
        last_event_id=last.event_id,
        touched_at=step.at,
    )
    presence.visit = _continued(presence.visit, visit)
    presence.trail, presence.lead, presence.outside = [last], None, []
    return presence.visit


def _continued(before: Visit | None, visit: Visit) -> Visit:
    """Return the visit, or the one before it prolonged if the vehicle never really left."""
    if before is None or before.left_at is None or visit.entered_at - before.left_at > REENTRY:
        return visit
    return structs.replace(
        visit,
        id=before.id,
        entered_at=before.entered_at,
        metres=_plus(before.metres, visit.metres),
        points=before.points + visit.points,
        crossing=before.crossing and visit.crossing,
        gap_s=before.gap_s,
        first_event_id=before.first_event_id,
    )


def _crossed(presence: Presence, area: Area, step: Step) -> Visit:
    """Return the visit of a path that ran through the zone without coming to rest in it."""
    trail = presence.trail
    found = list(trails.pieces(area, trail))
    first, last = found[0][0], found[-1][0]
    entered_t, left_t = trails.bridged(area, presence.path)
    inside = [area.contains(point.x, point.y) for point in trail]
    legs = zip(trail[first : last + 1], trail[first + 1 : last + 2], strict=True)
    visit = Visit(
        id=step.name(presence.zone_id, trail[first].event_id),
        zone_id=presence.zone_id,
        entered_at=instant(entered_t),
        left_at=instant(left_t),
        last_inside_at=instant(left_t),
        metres=_plus(0.0, trails.length_inside(area, trail)),
        points=sum(point.fixes for point, held in zip(trail, inside, strict=True) if held),
        crossing=not any(a and b for a, b in itertools.pairwise(inside)),
        gap_s=round(max(b.t - a.t for a, b in legs)),
        first_event_id=trail[first].event_id,
        last_event_id=trail[last + 1].event_id,
        touched_at=step.at,
    )
    presence.visit = _continued(presence.visit, visit)
    return presence.visit


def _drove_around(presence: Presence, area: Area, step: Step) -> bool:
    """Return whether the streets say that a line through the zone was driven around it: a street
    winds where the line between two fixes is straight."""
    found = _found(presence, area, step)
    return found is not None and all(one.metres < trails.SUPPORT_M for one in found)


def _is_suspicious(area: Area, trail: Sequence[Point]) -> bool:
    """Return whether a run would be a visit if its fixes were exact: else there is no doubt."""
    flags = [area.contains(point.x, point.y) for point in trail]
    in_a_row = any(a and b for a, b in itertools.pairwise(flags))
    return in_a_row or trails.length_inside(area, trail) >= trails.CROSSING_M


def _has_just_stopped(trail: Sequence[Point]) -> bool:
    """Return whether a run that drove has come to a stand with its last two points."""
    if len(trail) < 4 or trail[-3].standing or trail[-1].fixes > 1:
        return False
    return trail[-1].standing and trail[-2].standing


def _settled(presence: Presence, area: Area, step: Step) -> Iterator[Told]:
    """Let the streets decide a run; what they cannot decide is no visit, but is told."""
    if not _is_suspicious(area, presence.trail):
        return
    found = _found(presence, area, step)
    if step.geography.streets is None:
        yield _unresolved(presence, area, "no_streets")
    elif found is None:
        yield _unresolved(presence, area, "no_match")
    elif any(stretch.is_proven for stretch in found):
        yield from _driven(presence, found, step)
    elif any(stretch.metres >= trails.CROSSING_M for stretch in found):
        yield _unresolved(presence, area, "undecided")


def _found(presence: Presence, area: Area, step: Step) -> list[Stretch] | None:
    """Return what the matched run drove inside; None without streets or where it fits none."""
    streets = step.geography.streets
    if streets is None or not _is_suspicious(area, presence.trail):
        return None
    step.scene.matched += len(presence.path)
    return matching.stretches(area, presence.path, streets)


def _driven(presence: Presence, found: Sequence[Stretch], step: Step) -> Iterator[Visit]:
    run = presence.path
    for stretch in found:
        if stretch.is_proven:
            yield _visit_of(presence, run, stretch, step)


def _visit_of(presence: Presence, run: Sequence[Point], stretch: Stretch, step: Step) -> Visit:
    """Return the visit that a matched way made; it stays open if the run ends inside."""
    fixes = [run[place] for place in stretch.fixes]
    if stretch.open and fixes[-1] is run[-1]:
        return _opened(presence, stretch.entered_t, stretch.metres, fixes, step)
    visit = Visit(
        id=step.name(presence.zone_id, fixes[0].event_id),
        zone_id=presence.zone_id,
        entered_at=instant(stretch.entered_t),
        left_at=instant(stretch.left_t),
        last_inside_at=instant(fixes[-1].t),
        metres=_plus(0.0, stretch.metres),
        points=sum(point.fixes for point in fixes),
        crossing=len(fixes) < 2,
        gap_s=round(fixes[1].t - fixes[0].t) if len(fixes) > 1 else 0,
        first_event_id=fixes[0].event_id,
        last_event_id=fixes[-1].event_id,
        touched_at=step.at,
    )
    presence.visit = _continued(presence.visit, visit)
    return presence.visit


def _unresolved(presence: Presence, area: Area, reason: str) -> Unresolved:
    inside = [point for point in presence.trail if area.contains(point.x, point.y)]
    shown = inside or presence.trail
    return Unresolved(
        zone_id=presence.zone_id,
        started_at=instant(shown[0].t),
        ended_at=instant(shown[-1].t),
        points=sum(point.fixes for point in inside),
        reason=reason,
    )


def _inside(
    presence: Presence, area: Area, last: Point, point: Point, step: Step
) -> Iterator[Visit]:
    visit = presence.visit
    assert visit is not None
    if area.contains(point.x, point.y):
        presence.outside = []
        changes = {
            "last_inside_at": instant(point.t),
            "metres": _plus(visit.metres, trails.length_inside(area, [last, point])),
            "points": visit.points + 1,
            "last_event_id": point.event_id,
        }
    else:
        presence.outside.append(point)
        if len(presence.outside) < 2:
            presence.trail = [last]
            return
        inside, outside = presence.trail[0], presence.outside[0]
        left_t = trails.left(area, inside, outside)
        changes = {
            "left_at": max(instant(left_t), visit.entered_at),
            "metres": _plus(visit.metres, trails.length_inside(area, [inside, outside])),
            "last_event_id": outside.event_id,
        }
        since = 1 if trails.is_silence(*presence.outside) else 0
        presence.trail, presence.outside, presence.lead = presence.outside[since:], [], None
        if all(trails.is_clear(area, seen) for seen in presence.trail):
            del step.scene.presences[presence.zone_id]
    presence.visit = structs.replace(visit, touched_at=step.at, **changes)
    yield presence.visit


def conclude(scene: Scene, geography: Geography, name: Namer, at: datetime) -> Iterator[Told]:
    """Decide the runs that are in doubt when no more points will come; yield as `advance` does."""
    step = Step(scene, geography, name, at)
    for presence in list(scene.presences.values()):
        last = presence.trail[-1]
        area = geography.zone(presence.zone_id, last.t)
        if area is not None and not presence.is_inside:
            yield from _settled(presence, area, step)


def _out_of_force(presence: Presence, t: float, step: Step) -> Iterator[Told]:
    """Close what a zone's end leaves open: a run in doubt is decided, a visit ends with it."""
    area = step.geography.last_zone(presence.zone_id, t)
    if area is None:
        return
    if not presence.is_inside and len(presence.trail) > 2:
        yield from _settled(presence, area, step)
    visit = presence.visit
    if visit is not None and visit.left_at is None:
        changes: dict[str, Any] = {"left_at": max(instant(area.end), visit.entered_at)}
        yield structs.replace(visit, touched_at=step.at, **changes)


def _plus(metres: float, more: float) -> float:
    return round(metres + more, 1)
