"""The parts into which a line cuts a zone, as a page shows them and asks about them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from accounts.models import City
from portal import fields, maps
from portal.fields import Field
from portal.rulebook import boundary
from zones.selectors.dividing import Cut
from zones.services.dividing import Fate


def fates_of(sent: Mapping[str, Any], count: int) -> list[Fate]:
    """Return what was chosen for each part; fewer where one is not chosen."""
    said = [fields.text(sent, f"fate-{number}") for number in range(1, count + 1)]
    return [Fate(one) for one in said if one in Fate]


def part_fields(cut: Cut, city: City, sent: Mapping[str, Any], wrong: Any) -> list[Field]:
    """Return for each part, the largest first, the question of what becomes of it.

    What the line left whole stays unless chosen otherwise, and so does the largest that it made.
    """
    choices = (
        (Fate.STAYS, _("stays in this zone")),
        (Fate.NEW_ZONE, _("becomes the new zone")),
        (Fate.GIVEN_UP, _("is given up: no zone from that day on")),
    )
    options = [(fate.value, label) for fate, label in choices]
    found, leaving = [], cut.crossed[1:]
    for number, piece in enumerate(cut.pieces, start=1):
        name, likely = f"fate-{number}", Fate.NEW_ZONE if piece in leaving else Fate.STAYS
        chosen = fields.text(sent, name) or likely.value
        label = _("Part %(part)s, %(size)s") % {
            "part": number,
            "size": boundary.size_of(piece, city),
        }
        found.append(Field(name, label, "radio", chosen, "", wrong.get(name, ""), options))
    return found


def on_the_map(cut: Cut) -> dict[str, Any]:
    """Return the parts with their numbers, as GeoJSON."""
    return maps.collection(
        maps.feature(piece, name=str(number)) for number, piece in enumerate(cut.pieces, start=1)
    )


def ground_on_the_map(shape: Any, name: str) -> dict[str, Any]:
    """Return the ground before it is cut, as GeoJSON."""
    return maps.collection([maps.feature(shape, name=name)])


def line_text(line: Any) -> str:
    """Return a line as GeoJSON text."""
    coordinates = [list(position) for position in line.coords]
    return msgspec.json.encode({"type": "LineString", "coordinates": coordinates}).decode()
