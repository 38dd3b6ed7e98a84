"""Streets of an extract: whole ways for people, node-to-node segments for the router."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

DRIVABLE = frozenset(
    f"{base}{suffix}"
    for base in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for suffix in ("", "_link")
) | {"unclassified", "residential", "living_street", "service", "pedestrian", "road"}


@dataclass(frozen=True)
class Street:
    """One way with a highway tag; `coords` in lng/lat order of drawing."""

    way_id: int
    name: str
    street_class: str
    coords: tuple[tuple[float, float], ...]
    oneway: bool
    drivable: bool


def read_streets(pbf: Path) -> list[Street]:
    """Return every way with a highway tag and at least two located nodes."""
    return [
        Street(
            way_id=way.id,
            name=way.tags.get("name", ""),
            street_class=way.tags["highway"],
            coords=coords,
            oneway=way.tags.get("oneway") in ("yes", "1", "true", "-1"),
            drivable=_drivable(way),
        )
        for way in _ways(pbf)
        if len(coords := tuple((n.lon, n.lat) for n in way.nodes if n.location.valid())) > 1
    ]


def _drivable(way: osmium.osm.Way) -> bool:
    return (
        way.tags["highway"] in DRIVABLE
        and way.tags.get("area") != "yes"
        and way.tags.get("access") not in ("no", "private")
    )


def _ways(pbf: Path) -> osmium.FileProcessor:
    only_ways = osmium.osm.NODE | osmium.osm.WAY
    processor = osmium.FileProcessor(str(pbf), only_ways).with_locations()
    keyed = processor.with_filter(osmium.filter.KeyFilter("highway"))
    return (entity for entity in keyed if entity.is_way())


@dataclass(frozen=True)
class Segments:
    """Node-to-node pieces of all streets as arrays: node ids (n, 2), ends (n, 2, 2) lng/lat."""

    nodes: NDArray[np.int64]
    ends: NDArray[np.float64]

    @classmethod
    def read(cls, pbf: Path) -> "Segments":
        """Read the segments of every way with a highway tag."""
        nodes: list[tuple[int, int]] = []
        ends: list[tuple[tuple[float, float], tuple[float, float]]] = []
        for way in _ways(pbf):
            located = [(n.ref, (n.lon, n.lat)) for n in way.nodes if n.location.valid()]
            for (ref, here), (next_ref, there) in itertools.pairwise(located):
                nodes.append((ref, next_ref))
                ends.append((here, there))
        return cls(
            np.array(nodes, dtype=np.int64).reshape(-1, 2),
            np.array(ends, dtype=np.float64).reshape(-1, 2, 2),
        )

    def save(self, path: Path) -> None:
        np.savez(path, nodes=self.nodes, ends=self.ends)

    @classmethod
    def load(cls, path: Path) -> "Segments":
        with np.load(path) as arrays:
            return cls(arrays["nodes"], arrays["ends"])

    def touching(self, area: shapely.Geometry) -> NDArray[np.int64]:
        """Return the node pairs (k, 2) of all segments that meet `area` (WGS84), border included.

        A segment cannot be closed in part, so one that the border cuts counts as inside.
        """
        west, south, east, north = area.bounds
        low, high = self.ends.min(axis=1), self.ends.max(axis=1)
        near = np.flatnonzero(
            (low[:, 0] <= east)
            & (high[:, 0] >= west)
            & (low[:, 1] <= north)
            & (high[:, 1] >= south)
        )
        shapely.prepare(area)
        return self.nodes[near[shapely.intersects(area, shapely.linestrings(self.ends[near]))]]
