"""The demo's rules as a person would read them off the signs, and what is truly a violation.

The hours and classes below are written by hand; nothing here asks the hub. Times are seconds from
local midnight at which the demo Tuesday begins, so that the night to Wednesday has times beyond
86,400.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from simulation.ground import Point, inside, metres
from simulation.motion import Track

HOUR = 3600.0
DAY = 24 * HOUR
NOON = 12 * HOUR
GRACE_S = 30.0
VACATE_S = 15 * 60.0

LEZ, NOON_ZONE, NIGHT, PEDESTRIAN, HEAVY = (
    "kamppi",
    "kaartinkaupunki",
    "asema",
    "kluuvi",
    "siltasaari",
)
ZONES = (LEZ, NOON_ZONE, NIGHT, PEDESTRIAN, HEAVY)

REGULATION = {
    LEZ: "kamppi-lez",
    NOON_ZONE: "kaartinkaupunki-diesel",
    NIGHT: "asema-night",
    PEDESTRIAN: "kluuvi-deliveries",
    HEAVY: "siltasaari-heavy",
}

# Kinds of permits that lift a rule.
LEZ_PERMIT, PEDESTRIAN_PERMIT = "kamppi-lez", "kluuvi-access"


@dataclass(frozen=True)
class Facts:
    """What the signs ask of a vehicle."""

    ref: str
    category: str
    fuel: str
    euro: str | None
    gross_kg: int
    length_m: float
    permits: frozenset[str] = frozenset()

    @property
    def euro_number(self) -> int:
        """6 for '6', '6d-TEMP' and 'VI'; the heavy classes are written in Roman numerals."""
        text = self.euro or ""
        roman = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
        return roman.get(text) or int("".join(c for c in text if c.isdigit())[:1] or 9)


@dataclass(frozen=True)
class Ban:
    """A vehicle may not be in the zone in [start, end); `vacate_s` for those already inside."""

    zone: str
    start: float
    end: float
    vacate_s: float = 0.0


def bans(zone: str, facts: Facts) -> list[Ban]:
    """When the vehicle may not be in the zone, from the evening before to the morning after."""
    always = (-DAY, 3 * DAY)
    diesel = facts.fuel == "diesel"
    bicycle = facts.category == "cargo_bicycle"
    if zone == LEZ and diesel and facts.euro_number < 6 and LEZ_PERMIT not in facts.permits:
        return [Ban(zone, *always)]
    if zone == NOON_ZONE and diesel:
        return [Ban(zone, NOON, always[1], VACATE_S)]
    if zone == NIGHT and diesel:
        return [Ban(zone, d * DAY + 22 * HOUR, d * DAY + 30 * HOUR) for d in (-1, 0, 1)]
    if zone == PEDESTRIAN and not bicycle and PEDESTRIAN_PERMIT not in facts.permits:
        return [Ban(zone, d * DAY + 11 * HOUR, d * DAY + 30 * HOUR) for d in (-1, 0, 1)]
    if zone == HEAVY and facts.gross_kg > 7500:
        return [Ban(zone, d * DAY + 7 * HOUR, d * DAY + 18 * HOUR) for d in (-1, 0, 1)]
    return []


def closed_zones(facts: Facts, start: float, end: float) -> frozenset[str]:
    """Zones that forbid the vehicle at some instant of [start, end]."""
    return frozenset(
        zone
        for zone in ZONES
        if any(ban.start < end and start < ban.end for ban in bans(zone, facts))
    )


@dataclass(frozen=True)
class Visit:
    """The vehicle truly was in the zone in [start, end]."""

    zone: str
    start: float
    end: float
    metres: float = 0.0

    def forbidden_s(self, facts: Facts) -> float:
        """Seconds of the visit in which the vehicle had no right to be there."""
        total = 0.0
        for ban in bans(self.zone, facts):
            start = ban.start
            if ban.vacate_s and self.start < ban.start:
                start += ban.vacate_s
            total += max(0.0, min(self.end, ban.end) - max(self.start, start))
        return total


def crossings(a: Point, b: Point, polygon: Polygon) -> list[tuple[float, float]]:
    """Shares [from, to] of the straight piece a → b that lie in the polygon."""
    length = metres(a, b)
    cut = LineString([a, b]).intersection(polygon)
    parts = getattr(cut, "geoms", [cut])
    found = []
    for part in parts:
        if part.is_empty or part.geom_type != "LineString":
            continue
        ends = sorted(metres(a, (c[0], c[1])) / length for c in part.coords)
        found.append((ends[0], ends[-1]))
    return sorted(found)


def visits(track: Track, polygons: Mapping[str, Polygon]) -> list[Visit]:
    """Every stay of the true path in a zone; two that touch in time are one."""
    if len(track.times) < 2:
        return []
    times, points = np.array(track.times), np.array(track.points)
    lengths = np.hypot(*(points[1:] - points[:-1]).T)
    lines = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
    found: list[Visit] = []
    for zone, polygon in polygons.items():
        shapely.prepare(polygon)
        stands = (lengths == 0.0) & inside(polygon, points[:-1])
        touches = np.flatnonzero(((lengths > 0.0) & shapely.intersects(polygon, lines)) | stands)
        whole = stands | shapely.covers(polygon, lines)
        spans: list[tuple[float, float, float]] = []
        for i in touches.tolist():
            t0, t1, length = float(times[i]), float(times[i + 1]), float(lengths[i])
            parts = [(0.0, 1.0)] if whole[i] else crossings(*track.points[i : i + 2], polygon)
            for f, u in parts:
                start, end, way = t0 + f * (t1 - t0), t0 + u * (t1 - t0), (u - f) * length
                if spans and start - spans[-1][1] < 1.0:
                    spans[-1] = (spans[-1][0], end, spans[-1][2] + way)
                else:
                    spans.append((start, end, way))
        found += [Visit(zone, start, end, way) for start, end, way in spans]
    return sorted(found, key=lambda visit: visit.start)


@dataclass(frozen=True)
class BayStay:
    """The vehicle truly stood at a bay in [start, end]; `booked` if a booking covers it whole."""

    bay: str
    start: float
    end: float
    booked: bool


BAY_HOURS = (7 * HOUR, 20 * HOUR)
BAY_SHORT_S = 180.0


@dataclass(frozen=True)
class Truth:
    """One violation that was truly driven."""

    kind: str
    vehicle: str
    place: str
    start: float
    end: float
    forbidden_s: float


def kind_of(visit: Visit, facts: Facts, gaps: Sequence[tuple[float, float]]) -> str:
    """The demo's six kinds, by how the violation came about."""
    if any(start <= visit.start and visit.end <= end for start, end in gaps):
        return "between two fixes"
    if visit.zone == NOON_ZONE:
        near = NOON - 900 <= visit.start <= NOON + 1800
        return "around the noon rule" if near else "class"
    if visit.zone == NIGHT:
        return "across midnight"
    return "class" if visit.zone == LEZ else "hours"


def violations(
    facts: Facts,
    seen: Iterable[Visit],
    stays: Iterable[BayStay],
    gaps: Sequence[tuple[float, float]],
) -> list[Truth]:
    """What the vehicle truly did wrong, by the zone's grace and the bay's booking."""
    found = []
    for visit in seen:
        wrong = visit.forbidden_s(facts)
        if wrong > GRACE_S:
            kind = kind_of(visit, facts, gaps)
            found.append(Truth(kind, facts.ref, visit.zone, visit.start, visit.end, wrong))
    for stay in stays:
        if not stay.booked and BAY_HOURS[0] <= stay.start < BAY_HOURS[1]:
            found.append(
                Truth(
                    "unbooked bay",
                    facts.ref,
                    stay.bay,
                    stay.start,
                    stay.end,
                    stay.end - stay.start,
                )
            )
    return found


@dataclass
class Sheet:
    """The truth of a day: violations, and the near misses that were legal."""

    violations: list[Truth] = field(default_factory=list)
    near_misses: list[tuple[str, str, str, float]] = field(default_factory=list)
