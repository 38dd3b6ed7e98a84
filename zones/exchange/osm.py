"""Streets of OpenStreetMap with conditional access, from an extract (`.osm.pbf`) or GeoJSON.

Ways that say the same become one zone: the streets as wide as a street. OpenStreetMap dates no
rule; a draft holds from the day of the load.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import osmium

from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import geojson, ground, osm_tags
from zones.exchange.drafts import (
    Context,
    Note,
    Reading,
    RegulationDraft,
    Unreadable,
    VersionDraft,
    ZoneDraft,
    once,
)
from zones.exchange.ground import Ring

_NAMED = 5


class _Way(NamedTuple):
    """A way with its tags and its line of (lng, lat)."""

    id: str
    tags: Mapping[str, str]
    line: Ring


@dataclass(slots=True)
class _Group:
    """Ways that say the same."""

    rows: list[dict[str, Any]]
    ways: list[_Way] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def read(content: bytes, context: Context) -> Reading:
    """Return a draft for each set of rules that ways have. Raises Unreadable."""
    reading = Reading()
    source = _features if content.lstrip()[:1] == b"{" else _extract
    groups: dict[bytes, _Group] = {}
    for way in source(content, reading):
        notes: list[Note] = []
        made = osm_tags.read(way.tags, notes)
        if not made:
            reading.notes += [note._replace(at=way.id) for note in notes]
            continue
        group = groups.setdefault(msgspec.json.encode(made), _Group(made))
        group.ways.append(way)
        group.notes += notes
    for key, group in groups.items():
        try:
            reading.zones.append(_draft(key, group, context))
        except Unreadable as error:
            where = ", ".join(way.id for way in group.ways[:_NAMED])
            reading.notes.append(Note("refused", error.code, error.detail, where))
    return reading


def _draft(key: bytes, group: _Group, context: Context) -> ZoneDraft:
    geometry, notes = ground.assemble([], [way.line for way in group.ways], context)
    source_id = f"osm-{hashlib.sha256(key).hexdigest()[:12]}"
    name = _name(group)
    start = context.since
    version = VersionDraft(group.rows, start, undated=True, legal_reference="OpenStreetMap")
    ways = ", ".join(way.id for way in group.ways)
    return ZoneDraft(
        source_id=source_id,
        name=name[:160],
        kind="weight" if all("when" not in row for row in group.rows) else "time_window",
        geometry=geometry,
        legal_from=start,
        regulations=[RegulationDraft(source_id, name[:160], [version])],
        notes=[Note("taken", "ways", ways), *once([*group.notes, *notes])],
    )


def _name(group: _Group) -> str:
    """Return the streets' names, the first few, and how many ways they are."""
    names = list(dict.fromkeys(filter(None, (way.tags.get("name") for way in group.ways))))
    shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    count = f"{len(group.ways)} × OSM"
    return f"{shown[:140]} ({count})" if shown else count


def _features(content: bytes, reading: Reading) -> Iterator[_Way]:
    for index, feature in enumerate(geojson.features(content)):
        facts = feature.get("properties") if isinstance(feature, dict) else None
        where = f"/features/{index}"
        if not isinstance(facts, dict):
            detail = _("A feature has properties and a geometry.")
            reading.notes.append(Note("refused", "feature_malformed", detail, where))
            continue
        tags = {key: value for key, value in facts.items() if isinstance(value, str)}
        if not osm_tags.restricts(tags):
            continue
        polygons: list[list[Ring]] = []
        lines: list[Ring] = []
        try:
            ground.collect(feature.get("geometry"), polygons, lines)
        except Unreadable as error:
            reading.notes.append(Note("refused", error.code, error.detail, where))
            continue
        for line in [*lines, *(rings[0] for rings in polygons if rings)]:
            yield _Way(tags.get("osm_id") or str(feature.get("id") or where), tags, line)


def _extract(content: bytes, reading: Reading) -> Iterator[_Way]:
    try:
        buffer = osmium.io.FileBuffer(content, "pbf")
        for entity in osmium.FileProcessor(buffer).with_locations():
            if not isinstance(entity, osmium.osm.Way) or "highway" not in entity.tags:
                continue
            tags = dict(entity.tags)
            if osm_tags.restricts(tags):
                line = [(node.lon, node.lat) for node in entity.nodes if node.location.valid()]
                yield _Way(f"w{entity.id}", tags, line)
    except RuntimeError as error:
        raise Unreadable(
            "not_osm", Filled(_("This is no extract of OpenStreetMap: %(error)s"), error=error)
        ) from None
