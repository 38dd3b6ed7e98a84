"""What a base map draws beside streets: buildings, water, green, squares and points of interest."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import osmium
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.ops import polygonize, unary_union

GREEN = {
    "landuse": {"grass", "forest", "meadow", "recreation_ground", "cemetery", "village_green"},
    "leisure": {"park", "garden", "pitch", "playground", "golf_course"},
    "natural": {"wood", "scrub", "heath", "grassland", "wetland"},
}
WATER = {
    "natural": {"water", "bay"},
    "landuse": {"basin", "reservoir", "pond"},
    "waterway": {"riverbank"},
}
POI_KEYS = ("shop", "amenity", "tourism", "office")
# How far a coastline may end short of the extract's edge and still count as reaching it (degrees,
# about 60 m): the last node inside is rarely on the edge.
EDGE_DEG = 0.0008


@dataclass(frozen=True)
class Feature:
    """One thing to draw: `kind` is its layer, `detail` the tag value, geometry in WGS84."""

    osm_id: str
    kind: str
    detail: str
    name: str
    geometry: shapely.Geometry


def read_features(pbf: Path) -> Iterator[Feature]:
    """Yield buildings, water, green, squares (areas) and pois (points) of an extract."""
    wkb = osmium.geom.WKBFactory()
    processor = osmium.FileProcessor(str(pbf)).with_locations().with_areas()
    for entity in processor:
        if entity.is_node():
            if key := next((key for key in POI_KEYS if key in entity.tags), None):
                place = Point(entity.lon, entity.lat)
                name = entity.tags.get("name", "")
                yield Feature(f"n{entity.id}", "pois", entity.tags[key], name, place)
        elif (
            entity.is_area() and entity.num_rings()[0] and (found := _area_kind(entity.tags))
        ):  # an area whose outline left the extract has no ring
            area = _valid(shapely.from_wkb(bytes.fromhex(wkb.create_multipolygon(entity))))
            if area is not None:
                yield Feature(f"a{entity.id}", *found, entity.tags.get("name", ""), area)
    yield from (
        Feature(f"s{number}", "water", "sea", "", area) for number, area in enumerate(sea(pbf))
    )


def _area_kind(tags: osmium.osm.TagList) -> tuple[str, str] | None:
    if "building" in tags and tags["building"] != "no":
        return "buildings", tags["building"]
    for kind, keys in (("water", WATER), ("green", GREEN)):
        for key, values in keys.items():
            if tags.get(key) in values:
                return kind, tags[key]
    if tags.get("place") == "square" or (
        tags.get("highway") == "pedestrian" and tags.get("area") == "yes"
    ):
        return "squares", "square"
    return None


def _valid(geometry: shapely.Geometry) -> MultiPolygon | None:
    valid = shapely.make_valid(geometry)
    parts = [g for g in shapely.get_parts(valid) if isinstance(g, Polygon) and g.area > 0]
    return MultiPolygon(parts) if parts else None


def sea(pbf: Path) -> list[MultiPolygon]:
    """Return the water beside the coastline, inside the extract's box.

    OSM draws coastlines with the land on the left. The box is cut along them; a piece is sea when
    it touches the right side of a line.
    """
    frame = bounds(pbf)
    lines = [_to_edge(line, frame) for line in _coastlines(pbf)]
    if not lines or frame.is_empty:
        return []
    pieces = polygonize(unary_union([frame.boundary, *lines]))
    rights = unary_union([line.parallel_offset(1e-5, "right") for line in lines])
    lefts = unary_union([line.parallel_offset(1e-5, "left") for line in lines])
    wet = [
        piece
        for piece in pieces
        if piece.intersection(rights).length > piece.intersection(lefts).length
    ]
    return [MultiPolygon([piece]) for piece in wet]


def _coastlines(pbf: Path) -> list[LineString]:
    keyed = osmium.FileProcessor(str(pbf)).with_locations()
    runs: list[list[tuple[float, float]]] = []
    for way in keyed.with_filter(osmium.filter.TagFilter(("natural", "coastline"))):
        if not way.is_way():
            continue
        run = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
        runs.extend(_unbroken(run))
    return [LineString(run) for run in runs if len(run) > 1]


def _unbroken(run: list[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """Split where dropped nodes left a jump of more than four times EDGE_DEG."""
    part = run[:1]
    for before, here in itertools.pairwise(run):
        if max(abs(before[0] - here[0]), abs(before[1] - here[1])) > 4 * EDGE_DEG:
            yield part
            part = []
        part.append(here)
    yield part


def _to_edge(line: LineString, frame: Polygon) -> LineString:
    """Prolong the ends of `line` that stop just short of the frame's edge onto it."""
    coords = list(line.coords)
    for index in (0, -1):
        end = Point(coords[index])
        if frame.contains(end) and frame.exterior.distance(end) < EDGE_DEG:
            foot = frame.exterior.interpolate(frame.exterior.project(end))
            coords.insert(0 if index == 0 else len(coords), (foot.x, foot.y))
    return LineString(coords)


def bounds(pbf: Path) -> Polygon:
    """Return the box of the extract: its header's, else that of its nodes (empty without any)."""
    header = osmium.io.Reader(str(pbf)).header().box()
    if header.valid():
        low, high = header.bottom_left, header.top_right
        return box(low.lon, low.lat, high.lon, high.lat)
    nodes = [(n.lon, n.lat) for n in osmium.FileProcessor(str(pbf), osmium.osm.NODE)]
    return shapely.envelope(shapely.multipoints(nodes)) if nodes else Polygon()
