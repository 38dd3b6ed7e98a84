"""A trace through the fold, without a database: what it would make of it, and nothing kept."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import numpy as np
import shapely

from kernel.geometry import Projection, projection
from kernel.grid import Grid
from roads import sources
from roads.osm.cleaning import clean, content_hash
from roads.osm.streets import DRIVABLE, read_streets
from tracking.rules import fold as folding
from tracking.rules.fold import Folded, State
from tracking.rules.geography import Area, Geography
from tracking.rules.told import Told, Unresolved, Visit
from tracking.services.grounds import PROFILE
from tracking.services.streets import CityStreets
from tracking.services.traces import Fix, Zone

NOWHERE = UUID(int=0)
"""Stands for city and vehicle: a replay has neither, and nothing of it is kept."""


def replay(fixes: Sequence[Fix], zones: Sequence[Zone], streets: Path | None, root: Path) -> Any:
    """Return `points`, `points_inside`, `visits` and `unresolved` of a trace, ready for JSON.

    `streets` is an OpenStreetMap extract whose networks are kept under `root`, named by content.
    """
    place = projection(_utm(fixes, zones))
    areas = [Area(_id(number), place.to_metric(zone.shape)) for number, zone in enumerate(zones)]
    names = dict(zip((area.zone_id for area in areas), zones, strict=True))
    events = _events(fixes, place)
    matcher = None
    if streets is not None:
        opened = _opened(streets, root)
        matcher = CityStreets(lambda: opened, place)
    folded = _folded(events, Geography(areas, streets=matcher))
    visits = [row for row in folded.rows.values() if isinstance(row, Visit)]
    return {
        "points": len(events),
        "points_inside": _points_inside(events, areas),
        "visits": [_visit(row, names) for row in sorted(visits, key=lambda row: row.entered_at)],
        "unresolved": [_unresolved(row, names) for row in folded.unresolved],
    }


def _utm(fixes: Sequence[Fix], zones: Sequence[Zone]) -> int:
    """Return the EPSG code of the UTM zone in whose middle the zones lie, or else the fixes."""
    west, south, east, north = shapely.total_bounds([zone.shape for zone in zones]).tolist()
    lng, lat = (west + east) / 2, (south + north) / 2
    if not zones and fixes:
        lng, lat = fixes[0].lng, fixes[0].lat
    elif not zones:
        lng, lat = 0.0, 0.0
    number = min(60, int((lng + 180) // 6) + 1)
    return (32600 if lat >= 0 else 32700) + number


def _id(number: int) -> UUID:
    return uuid5(NOWHERE, f"zone {number}")


def _events(fixes: Sequence[Fix], place: Projection) -> list[Told]:
    """Return the fixes as events, in the order of meaning: by time, then as in the file."""
    degrees = shapely.points([(fix.lng, fix.lat) for fix in fixes] or np.empty((0, 2)))
    metric = shapely.get_coordinates(place.to_metric(degrees)).tolist()
    told = [
        Told(
            at=fix.at.astimezone(UTC),
            event_id=uuid5(NOWHERE, f"fix {number}"),
            event_type="telemetry.position",
            seq=number,
            lng=fix.lng,
            lat=fix.lat,
            x=x,
            y=y,
            accuracy_m=fix.accuracy_m,
            speed_mps=fix.speed_mps,
            heading_deg=fix.heading_deg,
        )
        for number, (fix, (x, y)) in enumerate(zip(fixes, metric, strict=True))
    ]
    return sorted(told, key=lambda event: event.key)


def _folded(events: Sequence[Told], geography: Geography) -> Folded:
    folded = folding.fold(State(), events, geography, city_id=NOWHERE, vehicle_id=NOWHERE)
    folding.conclude(folded, geography, city_id=NOWHERE, vehicle_id=NOWHERE)
    return folded


def _points_inside(events: Sequence[Told], areas: Sequence[Area]) -> int:
    xy = np.array([(event.x, event.y) for event in events], dtype=float).reshape(-1, 2)
    points, _ = Grid([area.shape for area in areas]).pairs(xy[:, 0], xy[:, 1])
    return len(np.unique(points))


def _opened(pbf: Path, root: Path) -> tuple[Any, list[shapely.LineString]]:
    """Return the network of an extract and the lines of its streets, built once per content."""
    folder = root / content_hash(pbf)
    kept = folder / "streets.osm.pbf"
    if not kept.exists():
        clean(pbf, kept)
    lines = [
        shapely.LineString(street.coords)
        for street in read_streets(kept)
        if street.street_class in DRIVABLE
    ]
    return sources.free_view(kept, PROFILE, folder), lines


def _visit(visit: Visit, names: dict[UUID, Zone]) -> dict[str, Any]:
    zone = names[visit.zone_id]
    return {
        "zone_id": zone.id,
        "zone": zone.name,
        "entered_at": visit.entered_at,
        "left_at": visit.left_at,
        "metres": visit.metres,
        "points": visit.points,
    }


def _unresolved(run: Unresolved, names: dict[UUID, Zone]) -> dict[str, Any]:
    zone = names[run.zone_id]
    return {
        "zone_id": zone.id,
        "zone": zone.name,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "points": run.points,
        "reason": run.reason,
    }
