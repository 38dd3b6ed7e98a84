"""The boundary of a zone from a file or a text: read, and where it is wrong, said where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import shapely
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import City
from kernel.geometry import polygon_metres
from zones.exchange import geojson, ground, ring_faults
from zones.exchange.drafts import Context, Unreadable
from zones.exchange.formats import FILE_LIMIT
from zones.exchange.ring_faults import RingFault

MOST_FAULTS = 20
OF_THE_BOUNDARY = {
    "crosses_itself": gettext_lazy("The boundary crosses itself"),
    "touches_itself": gettext_lazy("The boundary touches itself"),
    "in_pieces": gettext_lazy("Holes cut the area into pieces"),
}
OF_A_HOLE = {
    "crosses_itself": gettext_lazy("Hole %(hole)s crosses itself"),
    "touches_itself": gettext_lazy("Hole %(hole)s touches itself"),
    "hole_outside": gettext_lazy("Hole %(hole)s lies outside of its area"),
    "hole_crosses": gettext_lazy("Hole %(hole)s crosses the boundary of its area"),
    "holes_overlap": gettext_lazy("Hole %(hole)s overlaps hole %(other)s"),
    "hole_within": gettext_lazy("Hole %(hole)s lies within hole %(other)s"),
}
# What was mended without asking, because only one thing can be meant.
MENDED = {
    "axes_swapped": gettext_lazy("Latitude stood before longitude; the axes were turned round."),
    "ring_closed": gettext_lazy("A ring did not end where it began; it was closed."),
    "ring_dropped": gettext_lazy("A ring had fewer than three corners and was left out."),
    "line_widened": gettext_lazy("A line became a street 16 m wide."),
    "parts_joined": gettext_lazy("Parts that overlapped were joined."),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the (lng, lat) where, where it has a place."""

    sentence: str
    at: tuple[float, float] | None = None


class NoBoundary(Exception):
    """What was given is no boundary. `drawn` is the GeoJSON that a map can show of it."""

    def __init__(self, faults: Sequence[Fault], drawn: Any = None) -> None:
        super().__init__(faults)
        self.faults, self.drawn = faults, drawn

    @property
    def sentence(self) -> str:
        return " ".join(fault.sentence for fault in self.faults)


@dataclass(frozen=True)
class Boundary:
    """A valid GeoJSON MultiPolygon, its size, and codes of what was mended in it."""

    geometry: dict[str, Any]
    size: str
    mended: list[str]


def read(content: bytes, city: City) -> Boundary:
    """Return the boundary that GeoJSON draws: a geometry, a feature, or all of a collection.

    Rings that do not close and axes in the wrong order are mended; a shape that crosses itself is
    not, for nobody knows what was meant. Raises NoBoundary with every fault and its place.
    """
    document, context = _document(content), Context(city.tz, city.srid)
    try:
        shape, notes = ground.from_geojson(document, context)
        codes = {note.code for note in notes}
        if "geometry_mended" in codes:
            polygons, _lines = ground.rings_and_lines(document, context)
            raise NoBoundary(_faults(polygons), _drawable(polygons))
    except Unreadable as error:
        raise _unreadable(error) from None
    if "geometry_elsewhere" in codes:
        raise NoBoundary([Fault(_("The boundary lies outside of the region of this city."))])
    mended = dict.fromkeys(note.code for note in notes if note.code in MENDED)
    return Boundary(ground.to_geojson(shape), size_of(shape, city), list(mended))


def mended(codes: Iterable[str]) -> list[dict[str, str]]:
    """Return what was mended, each once with its sentence; what is no code of it is left out."""
    known = dict.fromkeys(code for code in codes if code in MENDED)
    return [{"code": code, "text": str(MENDED[code])} for code in known]


def line(content: bytes, city: City) -> shapely.LineString:
    """Return the line that GeoJSON draws. Raises NoBoundary."""
    context = Context(city.tz, city.srid)
    try:
        _polygons, lines = ground.rings_and_lines(_document(content), context)
    except Unreadable as error:
        raise _unreadable(error) from None
    if len(lines) != 1 or len(set(lines[0])) < 2:
        raise NoBoundary([Fault(_("Draw one line of at least two points."))])
    return shapely.remove_repeated_points(shapely.LineString(lines[0]))


def _document(content: bytes) -> Any:
    if len(content) > FILE_LIMIT:
        raise NoBoundary([Fault(_("The file is too large."))])
    try:
        return _geometry(geojson.decoded(content))
    except Unreadable as error:
        raise _unreadable(error) from None


def size_of(shape: Any, city: City) -> str:
    """Return the area of a shape in words: hectares, below one square metres."""
    metres = polygon_metres(shape, city.srid)
    if metres < 10_000:
        return _("%(area)s m²") % {"area": number_format(round(metres))}
    return _("%(area)s ha") % {"area": number_format(round(metres / 10_000, 1), 1)}


def _geometry(document: Any) -> Any:
    """Return all geometries of a document as one."""
    if not isinstance(document, dict):
        return document
    if document.get("type") == "Feature":
        return document.get("geometry")
    features = document.get("features")
    if not isinstance(features, list):
        return document
    found: list[Any] = []
    for one in features:
        geometry = one.get("geometry") if isinstance(one, dict) else None
        parts = geometry.get("geometries") if isinstance(geometry, dict) else None
        found += parts if isinstance(parts, list) else [geometry]
    return {"type": "GeometryCollection", "geometries": [one for one in found if one]}


def _sentence(error: Unreadable) -> str:
    known = {
        "not_json": _("This is no GeoJSON: the text cannot be read."),
        "geometry_missing": _("There is no geometry in it."),
        "geometry_kind": _("A boundary is drawn with areas or lines; points have no ground."),
        "geometry_malformed": _("Coordinates are lists of positions, each of two numbers."),
        "geometry_empty": _("Nothing with an area remains of it."),
        "geometry_off_earth": _("Positions are longitude and latitude in degrees."),
        "geometry_too_large": _("It has more than 200,000 positions."),
    }
    return known.get(error.code, error.detail)


def _unreadable(error: Unreadable) -> NoBoundary:
    return NoBoundary([Fault(_sentence(error))])


def _faults(polygons: Sequence[Sequence[ground.Ring]]) -> list[Fault]:
    """Return what is wrong with each part, in the words and numbers of the editor's table."""
    found = []
    for number, rings in enumerate(polygons, start=1):
        part = _("Part %(part)s:") % {"part": number} + " " if len(polygons) > 1 else ""
        found += [_fault(fault, part) for fault in ring_faults.of_rings(rings)]
    return found[:MOST_FAULTS]


def _fault(fault: RingFault, part: str) -> Fault:
    said = (OF_A_HOLE if fault.ring else OF_THE_BOUNDARY)[fault.kind]
    lng, lat = (round(degrees, 9) for degrees in fault.at)
    sentence = _("%(reason)s, at longitude %(lng)s, latitude %(lat)s.") % {
        "reason": part + str(said) % {"hole": fault.ring, "other": fault.other},
        "lng": f"{lng:.6f}",
        "lat": f"{lat:.6f}",
    }
    return Fault(sentence, (lng, lat))


def _drawable(polygons: Sequence[Sequence[ground.Ring]]) -> dict[str, Any]:
    closed = [
        [[*ring, ring[0]] if ring[0] != ring[-1] else ring for ring in rings if ring]
        for rings in polygons
    ]
    return {"type": "MultiPolygon", "coordinates": closed}


def as_text(shape: Any) -> str:
    """Return a shape as GeoJSON text."""
    return msgspec.json.encode(ground.to_geojson(shape)).decode()
