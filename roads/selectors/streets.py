"""Which street a point lies on."""

from functools import lru_cache
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from roads.models import Street, StreetNetwork
from roads.osm.streets import DRIVABLE

METRES_PER_DEGREE = 111_195.0


def nearest_ways(
    city_id: UUID, lnglats: NDArray[np.float64], within_m: float = 25.0
) -> list[int | None]:
    """Return the way id of the nearest drivable street for each point (n, 2), None beyond reach.

    Distances are metres on a plane that touches the earth at the city's latitude; a tie goes to
    the way with the smaller id. All points are looked up at once.
    """
    if not len(lnglats):
        return []
    content = StreetNetwork.objects.filter(city_id=city_id).values_list("content", flat=True)
    ways, tree, scale = _tree(city_id, content.first() or "")
    found: list[int | None] = [None] * len(lnglats)
    if not len(ways):
        return found
    points = shapely.points(np.asarray(lnglats, dtype=float) * scale)
    asked, hit = tree.query_nearest(points, max_distance=within_m, all_matches=True)
    for point, way in zip(asked.tolist(), ways[hit].tolist(), strict=True):
        before = found[point]
        found[point] = way if before is None else min(before, way)
    return found


def lines(city_id: UUID) -> list[shapely.LineString]:
    """Return the lines (WGS84) of all streets that a vehicle can be on, with or without leave."""
    rows = Street.objects.filter(city_id=city_id, street_class__in=DRIVABLE).order_by("way_id")
    return list(
        shapely.from_wkb([bytes(line.wkb) for line in rows.values_list("geometry", flat=True)])
    )


@lru_cache(maxsize=4)
def _tree(
    city_id: UUID, content: str
) -> tuple[NDArray[np.int64], shapely.STRtree, NDArray[np.float64]]:
    """Return way ids, a tree of their lines in metres, and metres per degree; per content."""
    rows = list(
        Street.objects.filter(city_id=city_id, drivable=True)
        .order_by("way_id")
        .values_list("way_id", "geometry")
    )
    lines = shapely.from_wkb([bytes(line.wkb) for _, line in rows])
    middle = float(np.mean([line.centroid.y for line in lines])) if rows else 0.0
    scale = np.array([METRES_PER_DEGREE * np.cos(np.radians(middle)), METRES_PER_DEGREE])
    scaled = shapely.transform(lines, lambda coords: coords * scale)
    return np.array([way for way, _ in rows], dtype=np.int64), shapely.STRtree(scaled), scale
