"""What a line would make of a zone's ground, to look at before it is done."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import shapely
from django.utils.translation import gettext as _
from shapely.geometry import LineString, Polygon

from accounts.models import City
from kernel.geometry import polygon_metres
from kernel.refusals import Refusal
from zones import codes, dividing
from zones.geography import Shape
from zones.selectors import books

LEAST_M2 = 1.0


@dataclass(frozen=True)
class Cut:
    """The ground of a zone on a day, and its pieces, the largest first."""

    shape: Shape
    pieces: tuple[Polygon, ...]

    @property
    def seen(self) -> str:
        """Return a hash of what there is to choose from."""
        return hashlib.sha256(b"".join(piece.wkb for piece in self.pieces)).hexdigest()

    @property
    def crossed(self) -> tuple[Polygon, ...]:
        """Return the pieces that the line made; the others are parts that it left whole."""
        whole = {part.wkb for part in shapely.get_parts(self.shape.geometry)}
        return tuple(piece for piece in self.pieces if piece.wkb not in whole)


def cut(*, city: City, zone_id: UUID, line: LineString, legal_from: datetime) -> Cut:
    """Return what a line (WGS84) makes of the ground that holds at an instant.

    Raises `zones.ground_differs` where none holds then or another one begins later, and
    `zones.line_misses` where the line cuts nothing off that has a square metre.
    """
    shape = ground_at(city, zone_id, legal_from)
    found = dividing.pieces(shape.geometry, line)
    if len(found) == len(shapely.get_parts(shape.geometry)):
        raise _misses(_("The line does not cross the zone from edge to edge."))
    if any(polygon_metres(piece, city.srid) < LEAST_M2 for piece in found):
        raise _misses(_("The line cuts off less than a square metre. Move it away from the edge."))
    return Cut(shape, tuple(found))


def ground_at(city: City, zone_id: UUID, at: datetime) -> Shape:
    """Return the ground of a zone that holds at an instant and has no successor in the books.

    Raises `zones.ground_differs`.
    """
    shapes = books.book(city.id).geography().shapes
    own = [shape for shape in shapes if shape.zone_id == zone_id]
    later = min((shape.legal.start for shape in own if shape.legal.start > at), default=None)
    if later is not None:
        said = {"day": f"{later.astimezone(city.tz):%Y-%m-%d}"}
        raise _differs(_("Another ground of this zone begins on %(day)s; split that one.") % said)
    held = next((shape for shape in own if shape.legal.contains(at)), None)
    if held is None:
        raise _differs(_("The zone has no ground on that day."))
    return held


def _differs(detail: str) -> Refusal:
    return Refusal(codes.GROUND_DIFFERS, detail, pointer="/legal_from")


def _misses(detail: str) -> Refusal:
    return Refusal(codes.LINE_MISSES, detail, pointer="/line")
