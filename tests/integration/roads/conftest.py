"""A hand-made town for the router: a ring of four streets, 1.1 km by 1.1 km at the equator.

4 ──── 3        1 → 2 runs east along the bottom, 2 → 3 north, 3 → 4 west, 4 → 1 south.
│      │        Each side is 0.01 degrees (1,113 m) with a node in its middle:
1 ──── 2        5 (bottom), 6 (right), 7 (top), 8 (left).
"""

from pathlib import Path

import pytest

from roads.builds import build_base, build_view
from roads.network import Network, open_view

NODES = {
    1: (0.0, 0.0), 2: (0.01, 0.0), 3: (0.01, 0.01), 4: (0.0, 0.01),
    5: (0.005, 0.0), 6: (0.01, 0.005), 7: (0.005, 0.01), 8: (0.0, 0.005),
}  # fmt: skip
SIDES = {"bottom": "n1,n5,n2", "right": "n2,n6,n3", "top": "n3,n7,n4", "left": "n4,n8,n1"}


class Town:
    """Builds networks of the ring; tags of single sides can be replaced."""

    def __init__(self, folder: Path, **tags: str) -> None:
        self.root = folder
        self.opl = folder / "ring.opl"
        nodes = [f"n{i} v1 x{x} y{y}" for i, (x, y) in NODES.items()]
        ways = [
            f"w{i} v1 Thighway=residential,maxspeed=30,name={side}{',' * bool(tags.get(side))}"
            f"{tags.get(side, '')} N{refs}"
            for i, (side, refs) in enumerate(SIDES.items(), start=1)
        ]
        self.opl.write_text("\n".join([*nodes, *ways]) + "\n")

    def network(self, profile: str = "van", closed=None) -> Network:
        base = build_base(self.opl, profile, self.root / "base")
        return open_view(build_view(base, closed, self.root / "views"))


@pytest.fixture
def town(tmp_path):
    return lambda **tags: Town(tmp_path, **tags)
