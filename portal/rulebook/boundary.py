"""The boundary of a zone from a file or a text: read, and where it is wrong, said where."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import City
from zones.exchange import geojson, ground
from zones.exchange.drafts import Context, Note, Unreadable
from zones.exchange.formats import FILE_LIMIT

_PLACED = re.compile(r"(?P<reason>.+?)\[(?P<lng>\S+) (?P<lat>\S+)\]\.?")
# The reasons of GEOS, as people say them.
REASONS = {
    "Self-intersection": gettext_lazy("The boundary crosses itself"),
    "Ring Self-intersection": gettext_lazy("The boundary touches itself"),
    "Hole lies outside shell": gettext_lazy("A hole lies outside of its area"),
    "Holes are nested": gettext_lazy("A hole lies within another hole"),
    "Nested shells": gettext_lazy("An area lies within another area"),
    "Interior is disconnected": gettext_lazy("Holes cut the area into pieces"),
    "Too few points in geometry component": gettext_lazy("A ring has too few corners"),
}
# What was mended without asking, because only one thing can be meant.
MENDED = {
    "axes_swapped": gettext_lazy("Latitude stood before longitude; the axes were turned round."),
    "ring_closed": gettext_lazy("A ring did not end where it began; it was closed."),
    "ring_dropped": gettext_lazy("A ring had fewer than three corners and was left out."),
    "line_widened": gettext_lazy("A line became a street 16 m wide."),
    "parts_joined": gettext_lazy("Parts that overlapped were joined."),
}


class NoBoundary(Exception):
    """What was given is no boundary; `at` is the (lng, lat) of the fault where it has a place."""

    def __init__(
        self, sentence: str, at: tuple[float, float] | None = None, drawn: Any = None
    ) -> None:
        super().__init__(sentence)
        self.sentence, self.at, self.drawn = sentence, at, drawn


@dataclass(frozen=True)
class Boundary:
    """A valid GeoJSON MultiPolygon, and sentences about what was mended in it."""

    geometry: dict[str, Any]
    mended: list[str]


def read(content: bytes, city: City) -> Boundary:
    """Return the boundary that GeoJSON draws: a geometry, a feature, or all of a collection.

    Rings that do not close and axes in the wrong order are mended; a shape that crosses itself is
    not, for nobody knows what was meant. Raises NoBoundary.
    """
    if len(content) > FILE_LIMIT:
        raise NoBoundary(_("The file is too large."))
    try:
        document = _geometry(geojson.decoded(content))
        shape, notes = ground.from_geojson(document, Context(city.tz, city.srid))
    except Unreadable as error:
        raise NoBoundary(_sentence(error)) from None
    for note in notes:
        if note.code == "geometry_mended":
            raise _fault(note, document)
        if note.code == "geometry_elsewhere":
            raise NoBoundary(_("The boundary lies outside of the region of this city."))
    said = [str(MENDED[note.code]) for note in notes if note.code in MENDED]
    return Boundary(ground.to_geojson(shape), list(dict.fromkeys(said)))


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


def _fault(note: Note, drawn: Any) -> NoBoundary:
    match = _PLACED.fullmatch(note.detail)
    if match is None:
        return NoBoundary(note.detail, drawn=drawn)
    lng, lat = float(match["lng"]), float(match["lat"])
    said = str(REASONS.get(match["reason"], match["reason"]))
    sentence = _("%(reason)s, at longitude %(lng)s, latitude %(lat)s.") % {
        "reason": said,
        "lng": f"{lng:.6f}",
        "lat": f"{lat:.6f}",
    }
    return NoBoundary(sentence, (lng, lat), drawn)


def island(fault: NoBoundary) -> dict[str, Any]:
    """Return what the map of a fault shows: the shape as it was given, and a dot at the fault."""
    features = []
    if fault.at is not None:
        point = {"type": "Point", "coordinates": list(fault.at)}
        features.append({"type": "Feature", "geometry": point, "properties": {"inside": True}})
    shape = {"type": "Feature", "geometry": fault.drawn, "properties": {"name": ""}}
    return {"shape": [shape] if fault.drawn else [], "fault": features}


def as_text(geometry: Any) -> str:
    """Return the geometry of the database as GeoJSON text."""
    shape = shapely.from_wkb(bytes(geometry.wkb))
    return msgspec.json.encode(ground.to_geojson(shape)).decode()
