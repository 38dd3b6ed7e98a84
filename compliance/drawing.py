"""A map of a finding as SVG: the place, the fixes and the way along the streets. Pure.

Drawn from what the bundle holds and nothing else, so that a map can be kept and printed without
tiles of anybody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, floor, log10, radians

from shapely.geometry.base import BaseGeometry

LngLat = tuple[float, float]

WIDTH, HEIGHT, MARGIN = 640, 400, 24
LEAST_M = 120.0
"""A map shows at least so many metres: noise in a corner is not a drive."""
DEGREE_M = 111_320.0
"""Metres in a degree of latitude, near enough for a drawing."""
_STYLE = (
    ".place{fill:#d4351c;fill-opacity:.14;stroke:#d4351c;stroke-width:1.5;fill-rule:evenodd}"
    ".kerb{fill:none;stroke:#d4351c;stroke-width:4}"
    ".way{fill:none;stroke:#1d70b8;stroke-width:5;stroke-opacity:.45}"
    ".track{fill:none;stroke:#505a5f;stroke-width:1;stroke-dasharray:4 3}"
    ".in{fill:#d4351c}.out{fill:#505a5f}.scale{stroke:#0b0c0c;stroke-width:2}"
    "text{font:12px sans-serif;fill:#0b0c0c}"
)


@dataclass(frozen=True)
class _Frame:
    """Which part of the world is shown: its middle, and metres per unit of the drawing."""

    lng: float
    lat: float
    scale: float

    def place(self, lng: float, lat: float) -> str:
        x = (lng - self.lng) * DEGREE_M * cos(radians(self.lat)) / self.scale + WIDTH / 2
        y = (self.lat - lat) * DEGREE_M / self.scale + HEIGHT / 2
        return f"{x:.1f},{y:.1f}"

    def line(self, coords: Iterable[Sequence[float]]) -> str:
        return " ".join(self.place(*point[:2]) for point in coords)


def svg(
    *,
    place: BaseGeometry | None,
    fixes: Sequence[tuple[float, float, bool | None]],
    ways: Sequence[Sequence[Sequence[float]]] = (),
) -> str:
    """Return a map as one SVG element, north up, with a scale.

    `place` is a zone or a curb line (WGS84), `fixes` are (lng, lat, inside), `ways` the stretches
    along the streets. Without a place and without fixes the map is empty: ''.
    """
    frame = _frame(place, fixes)
    if frame is None:
        return ""
    shapes = [
        *_place(frame, place),
        *(f'<polyline class="way" points="{frame.line(way)}"/>' for way in ways),
        *_track(frame, fixes),
        *_scale(frame),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" role="img"><style>{_STYLE}</style>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#f3f2f1"/>{"".join(shapes)}</svg>'
    )


def _frame(
    place: BaseGeometry | None, fixes: Sequence[tuple[float, float, bool | None]]
) -> _Frame | None:
    """Return the part of the world around the fixes, else around the place."""
    if fixes:
        lngs, lats = [fix[0] for fix in fixes], [fix[1] for fix in fixes]
        west, south, east, north = min(lngs), min(lats), max(lngs), max(lats)
    elif place is not None and not place.is_empty:
        west, south, east, north = place.bounds
    else:
        return None
    lng, lat = (west + east) / 2, (south + north) / 2
    wide = max((east - west) * DEGREE_M * cos(radians(lat)), LEAST_M)
    high = max((north - south) * DEGREE_M, LEAST_M)
    scale = max(wide / (WIDTH - 2 * MARGIN), high / (HEIGHT - 2 * MARGIN))
    return _Frame(lng, lat, scale)


def _place(frame: _Frame, place: BaseGeometry | None) -> Iterable[str]:
    for part in getattr(place, "geoms", [place] if place is not None else []):
        if part.geom_type == "Polygon":
            rings = [part.exterior, *part.interiors]
            path = " ".join(f"M{frame.line(ring.coords)}Z" for ring in rings)
            yield f'<path class="place" d="{path}"/>'
        elif part.geom_type == "LineString":
            yield f'<polyline class="kerb" points="{frame.line(part.coords)}"/>'


def _track(frame: _Frame, fixes: Sequence[tuple[float, float, bool | None]]) -> Iterable[str]:
    if len(fixes) > 1:
        yield f'<polyline class="track" points="{frame.line(fix[:2] for fix in fixes)}"/>'
    for lng, lat, inside in fixes:
        x, y = frame.place(lng, lat).split(",")
        yield f'<circle class="{"in" if inside else "out"}" cx="{x}" cy="{y}" r="3"/>'


def _scale(frame: _Frame) -> Iterable[str]:
    """Return a bar of 1, 2 or 5 times a power of ten metres, at most a quarter of the width."""
    most = WIDTH / 4 * frame.scale
    ten = 10.0 ** floor(log10(most))
    metres = max(step * ten for step in (1, 2, 5) if step * ten <= most)
    length = metres / frame.scale
    y = HEIGHT - MARGIN / 2
    yield f'<line class="scale" x1="{MARGIN}" y1="{y}" x2="{MARGIN + length:.1f}" y2="{y}"/>'
    yield f'<text x="{MARGIN}" y="{y - 5}">{metres:g} m</text>'
    yield f'<text x="{WIDTH - MARGIN}" y="{MARGIN}">N ↑</text>'
