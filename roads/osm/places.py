"""Shops, offices and addresses: where a day's deliveries can go to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import osmium


@dataclass(frozen=True)
class Place:
    """A real place; `kind` is shop, food, office or address."""

    osm_id: str
    kind: str
    name: str
    address: str
    lng: float
    lat: float


FOOD = {"restaurant", "cafe", "fast_food", "bar", "pub", "pharmacy", "bank", "ice_cream"}


def read_places(pbf: Path) -> Iterator[Place]:
    """Yield the places of an extract in its own order, ways by the middle of their outline."""
    entities = osmium.osm.NODE | osmium.osm.WAY
    for entity in osmium.FileProcessor(str(pbf), entities).with_locations():
        kind = _kind(entity.tags)
        if kind is None:
            continue
        if entity.is_node():
            where, osm_id = (entity.lon, entity.lat), f"n{entity.id}"
        else:
            corners = [(n.lon, n.lat) for n in entity.nodes if n.location.valid()]
            if not corners:
                continue
            where = tuple(round(sum(axis) / len(corners), 7) for axis in zip(*corners, strict=True))
            osm_id = f"w{entity.id}"
        address = _address(entity.tags)
        name = entity.tags.get("name", "") or address
        if name:
            yield Place(osm_id, kind, name, address, *where)


def _kind(tags: osmium.osm.TagList) -> str | None:
    if "shop" in tags:
        return "shop"
    if tags.get("amenity") in FOOD:
        return "food"
    if "office" in tags:
        return "office"
    return "address" if "addr:housenumber" in tags else None


def _address(tags: osmium.osm.TagList) -> str:
    return f"{tags.get('addr:street', '')} {tags.get('addr:housenumber', '')}".strip()
