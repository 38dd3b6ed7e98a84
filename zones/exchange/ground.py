"""Geometry as files have it, made into the ground of a zone: WGS84, valid, polygons only.

Whatever is mended is said in a note: rings that do not close, axes in the wrong order, lines that
cross themselves. Lines become streets of a fixed width in the city's metric reference system.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec
import shapely
from shapely.errors import GEOSException
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from kernel.geometry import projection, region
from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange.drafts import Context, Note, Unreadable

HALF_STREET_M = 8.0
"""Half the width of the strip that stands for a street which a file gives as its middle line."""
MOST_POSITIONS = 200_000
_LEAST_M2 = 0.01
Position = tuple[float, float]
Ring = list[Position]


def from_geojson(geometry: Any, context: Context) -> tuple[MultiPolygon, list[Note]]:
    """Return a GeoJSON geometry as ground, with notes on what was mended.

    Polygons and lines are taken, also in a collection; points are not. Raises Unreadable.
    """
    polygons: list[list[Ring]] = []
    lines: list[Ring] = []
    collect(geometry, polygons, lines)
    return assemble(polygons, lines, context)


def rings_and_lines(geometry: Any, context: Context) -> tuple[list[list[Ring]], list[Ring]]:
    """Return the polygons (rings, outer first) and lines of a GeoJSON geometry as they are given,
    but for the order of their axes. Raises Unreadable.
    """
    polygons: list[list[Ring]] = []
    lines: list[Ring] = []
    collect(geometry, polygons, lines)
    return _in_order(polygons, lines, context, [])


def assemble(
    polygons: Sequence[Sequence[Ring]], lines: Sequence[Ring], context: Context
) -> tuple[MultiPolygon, list[Note]]:
    """Return rings (outer first) and lines of (lng, lat) as ground, with notes on what was mended.

    Raises Unreadable when nothing with an area remains.
    """
    notes: list[Note] = []
    count = sum(len(ring) for rings in polygons for ring in rings) + sum(map(len, lines))
    if count > MOST_POSITIONS:
        raise Unreadable(
            "geometry_too_large",
            Filled(_("More than %(most)s positions."), most=MOST_POSITIONS),
        )
    polygons, lines = _in_order(polygons, lines, context, notes)
    areas = [_polygon(rings, notes) for rings in polygons]
    if lines:
        areas += _streets(lines, context)
        notes.append(
            Note(
                "taken",
                "line_widened",
                Filled(
                    _("A line became a street %(width)s m wide."), width=f"{2 * HALF_STREET_M:g}"
                ),
            )
        )
    return _one(areas, context, notes), notes


def collect(geometry: Any, polygons: list[list[Ring]], lines: list[Ring]) -> None:
    """Add the polygons and lines of a GeoJSON geometry to the lists. Raises Unreadable."""
    if not isinstance(geometry, dict):
        raise Unreadable("geometry_missing", _("There is no geometry."))
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Polygon":
            polygons.append([_ring(ring) for ring in _list(coordinates)])
        case "MultiPolygon":
            polygons += [[_ring(ring) for ring in _list(part)] for part in _list(coordinates)]
        case "LineString":
            lines.append(_ring(coordinates))
        case "MultiLineString":
            lines += [_ring(line) for line in _list(coordinates)]
        case "GeometryCollection":
            for part in _list(geometry.get("geometries")):
                if isinstance(part, dict) and part.get("type") == "GeometryCollection":
                    raise Unreadable("geometry_kind", _("A collection in a collection."))
                collect(part, polygons, lines)
        case other:
            raise Unreadable(
                "geometry_kind", Filled(_("A %(other)s has neither area nor length."), other=other)
            )


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable("geometry_malformed", _("Coordinates are lists of lists of numbers."))
    return value


def _ring(value: Any) -> Ring:
    found = []
    for position in _list(value):
        pair = position[:2] if isinstance(position, list) else ()
        if len(pair) < 2 or not all(_number(one) for one in pair):
            raise Unreadable("geometry_malformed", _("A position is two finite numbers."))
        found.append((float(pair[0]), float(pair[1])))
    return found


def _number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e9 and isfinite(value)


def _in_order(
    polygons: Sequence[Sequence[Ring]],
    lines: Sequence[Ring],
    context: Context,
    notes: list[Note],
) -> tuple[list[list[Ring]], list[Ring]]:
    """Return positions as (lng, lat), turned round where only that puts them into the city.

    Raises Unreadable when neither does.
    """
    every = [one for rings in polygons for ring in rings for one in ring]
    every += [one for line in lines for one in line]
    if not every:
        raise Unreadable("geometry_empty", _("The geometry has no position."))
    firsts, seconds = zip(*every, strict=True)
    bounds = (min(firsts), min(seconds), max(firsts), max(seconds))
    here = region(context.srid)
    if here.holds_swapped(bounds) and not here.holds(bounds):
        notes.append(Note("repaired", "axes_swapped", _("Latitude stood before longitude.")))
        return (
            [[[(b, a) for a, b in ring] for ring in rings] for rings in polygons],
            [[(b, a) for a, b in line] for line in lines],
        )
    if any(abs(lng) > 180 or abs(lat) > 90 for lng, lat in every):
        raise Unreadable(
            "geometry_off_earth", _("Positions are longitude and latitude in degrees.")
        )
    if not here.holds(bounds):
        notes.append(
            Note(
                "not_understood",
                "geometry_elsewhere",
                _("It lies outside of the region of the city's reference system."),
            )
        )
    return [list(rings) for rings in polygons], list(lines)


def _polygon(rings: Sequence[Ring], notes: list[Note]) -> BaseGeometry:
    closed: list[Ring] = []
    for ring in rings:
        if len(ring) > 2 and ring[0] != ring[-1]:
            notes.append(Note("repaired", "ring_closed", _("A ring did not end where it began.")))
            ring = [*ring, ring[0]]
        if len(set(ring)) < 3:
            notes.append(
                Note("repaired", "ring_dropped", _("A ring had fewer than three corners."))
            )
            if not closed:
                return Polygon()
            continue
        closed.append(ring)
    if not closed:
        return Polygon()
    area = Polygon(closed[0], closed[1:])
    if area.is_valid:
        return area
    notes.append(Note("repaired", "geometry_mended", shapely.is_valid_reason(area) + "."))
    return shapely.make_valid(area)


def _streets(lines: Sequence[Ring], context: Context) -> list[BaseGeometry]:
    metric = projection(context.srid)
    drawn = [LineString(line) for line in lines if len(line) > 1]
    if not drawn:
        return []
    try:
        return [metric.to_wgs84(metric.to_metric(MultiLineString(drawn)).buffer(HALF_STREET_M, 4))]
    except (GEOSException, ValueError) as error:
        raise Unreadable("geometry_off_earth", _("The line cannot be measured here.")) from error


def _one(areas: Sequence[BaseGeometry], context: Context, notes: list[Note]) -> MultiPolygon:
    """Return all areas as one valid multipolygon; parts that overlap are joined."""
    parts = [part for area in areas for part in _areas(area)]
    ground = MultiPolygon(parts)
    if len(parts) > 1 and not ground.is_valid:
        notes.append(Note("repaired", "parts_joined", _("Parts of the ground overlapped.")))
        ground = MultiPolygon(_areas(shapely.union_all(parts)))
    if ground.is_empty or not ground.is_valid:
        raise Unreadable("geometry_empty", _("No ground remains."))
    return ground


def _areas(geometry: BaseGeometry) -> list[Polygon]:
    return [
        part
        for part in shapely.get_parts(geometry)
        if isinstance(part, Polygon) and part.area * 1.2e10 > _LEAST_M2
    ] + [
        inner
        for part in shapely.get_parts(geometry)
        if isinstance(part, MultiPolygon)
        for inner in _areas(part)
    ]


def to_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """Return a geometry as GeoJSON data, with every digit it has."""
    made: dict[str, Any] = msgspec.json.decode(shapely.to_geojson(geometry))
    return made
