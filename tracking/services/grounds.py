"""The ground of a city as the fold needs it: zones, curbs and streets in metres, kept per process.

Cached for as long as the rule book and the curb book are the same objects (both watch a counter in
the database) and the streets have the same content.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

import numpy as np
import shapely

from accounts.models import City
from curbs.book import CurbBook
from curbs.selectors import snapshots
from kernel.geometry import projection
from kernel.periods import Period
from roads.selectors import networks
from roads.selectors.streets import lines
from tracking.rules.geography import Area, Geography
from tracking.rules.limits import Limits
from tracking.rules.told import seconds
from tracking.services.streets import CityStreets
from zones import selectors as zones
from zones.book import RuleBook

PROFILE = "van"
"""Runs are matched on the streets of vans: trucks may drive on fewer, bicycles may also use
streets, and a path of their own beside one is within the noise."""


@dataclass(frozen=True)
class Ground:
    """A city's zones, curbs and streets (`content` names their version), and the plane in which
    they lie."""

    rules: RuleBook
    curbs: CurbBook
    srid: int
    content: str | None
    geography: Geography
    limits: Limits

    def to_metric(self, lngs: Sequence[float], lats: Sequence[float]) -> np.ndarray:
        """Return x and y of positions, in metres, as an array (n, 2); all at once."""
        points = shapely.points(np.asarray(lngs, dtype=float), np.asarray(lats, dtype=float))
        moved = projection(self.srid).to_metric(points)
        return np.column_stack([shapely.get_x(moved), shapely.get_y(moved)])

    @cached_property
    def curb_names(self) -> dict[str, UUID]:
        """Curb zones by what senders may call them: their id, in its canonical text, or code."""
        codes = {zone.code: zone.id for zone in reversed(self.curbs.zones)}
        return codes | {str(zone.id): zone.id for zone in self.curbs.zones}

    @cached_property
    def zone_names(self) -> frozenset[str]:
        """What senders may call access zones: their ids and codes."""
        cards = self.rules.cards.values()
        return frozenset(name for card in cards for name in (str(card.id), card.code))


_grounds: dict[UUID, Ground] = {}


def of(city_id: UUID) -> Ground:
    """Return the ground of a city: four small queries while nothing changes."""
    rules, curbs = zones.book(city_id), snapshots.book(city_id)
    content = networks.content(city_id, PROFILE)
    city = City.objects.only("srid", "settings").get(pk=city_id)
    limits = Limits.of(city.settings)
    known = _grounds.get(city_id)
    if (
        known is None
        or known.rules is not rules
        or known.curbs is not curbs
        or known.content != content
    ):
        streets = _streets(city_id, content, city.srid, known)
        geography = _geography(rules, curbs, city.srid, streets)
        known = Ground(rules, curbs, city.srid, content, geography, limits)
    elif known.limits != limits:
        known = replace(known, limits=limits)
    _grounds[city_id] = known
    return known


def _streets(
    city_id: UUID, content: str | None, srid: int, known: Ground | None
) -> CityStreets | None:
    """Return the matcher of the streets loaded now; that of before if they are the same."""
    if content is None:
        return None
    if known is not None and known.content == content:
        return known.geography.streets
    return CityStreets(lambda: (networks.free(city_id, PROFILE), lines(city_id)), projection(srid))


def of_all(city_ids: Iterable[UUID]) -> dict[UUID, Ground]:
    """Return the grounds of cities, as they are throughout a batch."""
    return {city_id: of(city_id) for city_id in set(city_ids)}


def _geography(
    rules: RuleBook, curbs: CurbBook, srid: int, streets: CityStreets | None
) -> Geography:
    place = projection(srid)
    areas = [
        Area(shape.zone_id, place.to_metric(shape.geometry), *_span(shape.legal))
        for shape in rules.geography_of_acts.shapes
    ]
    stands = [
        Area(zone.id, zone.metric, *_span(zone.when.legal))
        for zone in curbs.zones
        if zone.when.recorded.end is None
    ]
    return Geography(areas, stands, streets)


def _span(period: Period) -> tuple[float, float]:
    start = -float("inf") if period.start is None else seconds(period.start)
    return start, float("inf") if period.end is None else seconds(period.end)


REACH_DEG = 0.001
"""Wider than a curb reaches and a fix scatters: 55 m at least, up to 60 degrees of latitude."""


def boxes(city_id: UUID, place_ids: Collection[UUID]) -> list[list[float]]:
    """Return west, south, east, north (degrees) of all that the zones and curb zones with these
    ids ever covered, a little wider."""
    shapes = [s.geometry for s in zones.book(city_id).shapes if s.zone_id in place_ids]
    shapes += [z.geometry for z in snapshots.book(city_id).zones if z.id in place_ids]
    reach = np.array([-REACH_DEG, -REACH_DEG, REACH_DEG, REACH_DEG])
    return [(np.array(shape.bounds) + reach).tolist() for shape in shapes]
