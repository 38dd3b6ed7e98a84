"""Places of DATEX II 3: GML polygons (latitude first), GeoJSON of the DiaLog extension."""

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import msgspec

from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import ground, markup
from zones.exchange.datex_vehicles import number
from zones.exchange.drafts import Note, Unreadable
from zones.exchange.ground import Position, Ring


@dataclass(slots=True)
class Places:
    """Polygons (outer ring first) and lines of a regulation, as (lng, lat)."""

    polygons: list[list[Ring]] = field(default_factory=list)
    lines: list[Ring] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def key(self) -> tuple[object, ...]:
        """Return what tells these places from others."""
        return (
            tuple(tuple(map(tuple, rings)) for rings in self.polygons),
            tuple(map(tuple, self.lines)),
        )

    def add(self, other: "Places") -> None:
        """Take the other's places too."""
        self.polygons += other.polygons
        self.lines += other.lines
        self.names += [name for name in other.names if name not in self.names]


def read(location: Element, places: Places, notes: list[Note]) -> None:
    """Add a location to the places; one of a form that is not understood is named."""
    found = False
    for polygon in markup.every(location, "gmlPolygon"):
        rings = [_ring(ring, notes) for ring in _rings(polygon)]
        if rings and all(rings):
            places.polygons.append(rings)
            found = True
    for shape in markup.every(location, "geoJsonGeometry"):
        found = _geojson(shape.text or "", places, notes) or found
    for line in markup.every(location, "gmlLineString"):
        ring = _ring(line, notes)
        if ring:
            places.lines.append(ring)
            found = True
    for road in markup.every(location, "roadInformation"):
        name = markup.text(road, "roadName") or markup.text(road, "roadNumber")
        if name and name not in places.names:
            places.names.append(name)
    if not found:
        notes.append(
            Note(
                "not_understood",
                "location_unknown",
                Filled(
                    _("A place (%(kind)s) without polygon or line."),
                    kind=markup.kind(location) or "location",
                ),
            )
        )


def _rings(polygon: Element) -> list[Element]:
    return markup.children(polygon, "exterior")[:1] + markup.children(polygon, "interior")


def _ring(element: Element, notes: list[Note]) -> Ring:
    """Return the positions of a `posList`, latitude first there, longitude first here."""
    texts = [lists.text or "" for lists in markup.every(element, "posList")]
    numbers = [number(text.lstrip("-"), 1e7) for text in " ".join(texts).split()]
    signs = [-1.0 if text.startswith("-") else 1.0 for text in " ".join(texts).split()]
    values = [sign * value for sign, value in zip(signs, numbers, strict=True) if value is not None]
    if not values or len(values) != len(numbers) or len(values) % 2:
        notes.append(
            Note("not_understood", "geometry_malformed", _("A list of positions is not in pairs."))
        )
        return []
    made: list[Position] = list(zip(values[1::2], values[0::2], strict=True))
    return made


def _geojson(text: str, places: Places, notes: list[Note]) -> bool:
    try:
        ground.collect(msgspec.json.decode(text), places.polygons, places.lines)
    except (msgspec.DecodeError, RecursionError, Unreadable) as error:
        notes.append(Note("not_understood", "geometry_malformed", f"GeoJSON: {error}"))
        return False
    return True
