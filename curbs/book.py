"""The curbs of a city as one object in memory: lines, zones, policies, and what lies near a point.

Built from rows by `curbs.selectors.snapshots`; knows every version on record, so that any instant
can be asked as of any other. Distances are metres in the city's projected reference system.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

import shapely
from shapely import LineString, Point, STRtree
from shapely.ops import substring

from curbs.rules import Metres, Stay, ZoneTerms
from kernel import periods
from kernel.geometry import projection
from kernel.periods import Period
from zones.compiled import CompiledRegulation, in_force


@dataclass(frozen=True)
class Recorded:
    """When something is in force, and when it was on record.

    `end_recorded_at`: since when the end of the legal period is known; None = from the beginning.
    """

    legal: Period
    recorded: Period
    end_recorded_at: datetime | None = None

    def holds(self, at: datetime, known_at: datetime | None = None) -> bool:
        """Return whether it is in force at `at`, as recorded at `known_at` (None: as of now)."""
        known = self.recorded.end is None if known_at is None else self.recorded.contains(known_at)
        return known and self.legal_as_known(known_at).contains(at)

    def legal_as_known(self, known_at: datetime | None = None) -> Period:
        """Return the legal period as recorded at `known_at`: open as long as no end was known."""
        if known_at and self.end_recorded_at and known_at < self.end_recorded_at:
            return Period(self.legal.start)
        return self.legal


@dataclass(frozen=True)
class Policy:
    """One policy version of a curb zone: its rows compiled, its stay and price beside them."""

    id: UUID
    number: int
    title: str
    stay: Stay
    grace_s: int
    rows: Sequence[Any]
    regulation: CompiledRegulation


@dataclass(frozen=True)
class Zone:
    """A curb zone: metres of a line, and all its policy versions."""

    id: UUID
    code: str
    name: str
    line_id: UUID
    street_name: str
    side: str
    metres: Metres
    geometry: LineString
    metric: LineString
    when: Recorded
    currency: str
    policies: tuple[Policy, ...]
    published_at: datetime

    def ruling(self, known_at: datetime | None = None) -> list[CompiledRegulation]:
        """Return the policies as recorded at `known_at`, each cut to the time in which it rules."""
        return in_force([policy.regulation for policy in self.policies], known_at)

    def policy_at(self, at: datetime, known_at: datetime | None = None) -> Policy | None:
        """Return the policy that rules at `at`, as recorded at `known_at` (None: as of now)."""
        for regulation in self.ruling(known_at):
            if regulation.legal.contains(at):
                return next(p for p in self.policies if p.id == regulation.version)
        return None

    def terms(self, policy: Policy | None) -> ZoneTerms:
        """Return the zone as a booking sees it; without a policy it takes no bookings."""
        stay = policy.stay if policy else Stay(bookable=False)
        return ZoneTerms(self.id, self.code, self.metres, self.when.legal, stay, self.currency)

    @property
    def middle(self) -> tuple[float, float]:
        """Return lng and lat of the middle of the zone."""
        point = shapely.line_interpolate_point(self.geometry, 0.5, normalized=True)
        return float(point.x), float(point.y)


@dataclass(frozen=True)
class Near:
    """A curb zone and how far from it a point lies, in metres."""

    zone: Zone
    distance_m: float


@dataclass
class CurbBook:
    """All curb zones of one city at one edition of its curbs."""

    city_id: UUID
    edition: int
    srid: int
    zones: Sequence[Zone]
    by_id: dict[UUID, Zone] = field(init=False)
    _tree: STRtree = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {zone.id: zone for zone in self.zones}
        self._tree = STRtree([zone.metric for zone in self.zones])

    @cached_property
    def edges(self) -> list[datetime]:
        """Return when some curb zone begins or ends, sorted."""
        return periods.edges(zone.when.legal for zone in self.zones)

    def zone(self, zone_id: UUID) -> Zone | None:
        return self.by_id.get(zone_id)

    def in_force(self, at: datetime, known_at: datetime | None = None) -> list[Zone]:
        """Return the zones in force at `at` as on record at `known_at` (None: now)."""
        return [zone for zone in self.zones if zone.when.holds(at, known_at)]

    def near(
        self,
        lng: float,
        lat: float,
        within_m: float,
        *,
        at: datetime,
        known_at: datetime | None = None,
    ) -> list[Near]:
        """Return the zones in force within a distance of a point, the nearest first."""
        if not self.zones:
            return []
        point = Point(projection(self.srid).point_to_metric(lng, lat))
        hits = self._tree.query(point, predicate="dwithin", distance=within_m)
        found = [
            Near(zone, float(shapely.distance(zone.metric, point)))
            for zone in (self.zones[int(hit)] for hit in hits)
            if zone.when.holds(at, known_at)
        ]
        return sorted(found, key=lambda near: (near.distance_m, near.zone.code))

    def nearest(
        self,
        lng: float,
        lat: float,
        within_m: float,
        *,
        at: datetime,
        known_at: datetime | None = None,
    ) -> Near | None:
        """Return the nearest zone in force within a distance of a point, or None."""
        return next(iter(self.near(lng, lat, within_m, at=at, known_at=known_at)), None)


def cut(
    line: Iterable[tuple[float, float]], metres: Metres, length_m: Decimal, srid: int
) -> LineString:
    """Return the stretch of a WGS84 line between two metre marks, as a WGS84 line.

    Linear referencing from the line's start, as a share of its length of `length_m`, on the line
    in the city's projected system.
    """
    place = projection(srid)
    metric = place.to_metric(LineString(list(line)))
    start, end = float(metres.start / length_m), float(metres.end / length_m)
    moved = place.to_wgs84(substring(metric, start, end, normalized=True))
    assert isinstance(moved, LineString)
    return moved
