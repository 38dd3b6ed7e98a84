"""Where things are delivered: real shops and addresses, and the bays of the city pack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry.base import BaseGeometry

from simulation.ground import Plane, Point, metres
from simulation.streets import Streets

FARTHEST_FROM_STREET_M = 40.0
CLEAR_OF_BAY_M = 60.0
INSIDE_OF_EDGE_M = 25.0
OUTSIDE_OF_EDGE_M = 70.0


@dataclass(frozen=True)
class Address:
    """A shop or a house as the map has it."""

    name: str
    address: str
    lng: float
    lat: float


@dataclass(frozen=True)
class Place:
    """A stop: where the vehicle stands on the street; `zone` if that is inside one."""

    name: str
    address: str
    at: Point
    zone: str | None


@dataclass(frozen=True)
class Bay:
    """A curb with bookable metres; `at` is where a vehicle stands."""

    code: str
    at: Point
    length_m: float


def bays(features: Sequence[Mapping], plane: Plane) -> list[Bay]:
    """The bays of a pack's curbs (GeoJSON features with LineStrings)."""
    found = []
    for feature in features:
        line = LineString([plane.to_plane(c[0], c[1]) for c in feature["geometry"]["coordinates"]])
        middle = line.interpolate(0.5, normalized=True)
        found.append(
            Bay(
                code=feature["properties"]["code"],
                at=(middle.x, middle.y),
                length_m=feature["properties"]["to_m"] - feature["properties"]["from_m"],
            )
        )
    return found


def stops(
    addresses: Sequence[Address],
    *,
    streets: Streets,
    hub: Point,
    polygons: Mapping[str, BaseGeometry],
    curb: Sequence[Bay],
) -> list[Place]:
    """Addresses that a vehicle can reach and leave, clear of bays and of the zones' edges.

    A stop beside a bay or on an edge would leave the truth open to argument.
    """
    positions = [streets.plane.to_plane(a.lng, a.lat) for a in addresses]
    snapped = [streets.snap(p) for p in positions]
    near = [i for i, (_, off) in enumerate(snapped) if off <= FARTHEST_FROM_STREET_M]
    reach = streets.reachable(hub, [snapped[i][0] for i in near])
    found = []
    for i, open_ in zip(near, reach, strict=True):
        at = snapped[i][0]
        if not open_ or any(metres(at, bay.at) < CLEAR_OF_BAY_M for bay in curb):
            continue
        point = ShapelyPoint(at)
        zone = next((name for name, p in polygons.items() if p.contains(point)), None)
        clear = {name: p.exterior.distance(point) for name, p in polygons.items()}
        if zone and clear.pop(zone) < INSIDE_OF_EDGE_M:
            continue
        if any(off < OUTSIDE_OF_EDGE_M for off in clear.values()):
            continue
        found.append(Place(addresses[i].name, addresses[i].address, at, zone))
    return found


def distinct(places: Sequence[Place], rng: np.random.Generator) -> list[Place]:
    """The same places in a random order."""
    return [places[i] for i in rng.permutation(len(places))]
