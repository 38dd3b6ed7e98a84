"""OSRM (MLD) networks on disk: one base per extract and profile, one view per closed area.

A base is extracted and partitioned once and never customized. A view is a directory named by what
it holds: hard links to what `osrm-customize` only reads, copies of what it rewrites in place even
through hard links (`.geometry`, turn penalties), customized there and then renamed into its place.
Whoever holds a view open keeps a consistent one, because nothing in it ever changes.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from roads.network import NAME, find_hub
from roads.osm.cleaning import content_hash
from roads.osm.streets import Segments

PROFILES = ("truck", "van", "cargo_bike")
PROFILE_DIR = Path(__file__).parent / "profiles"
# Below this number of nodes a strongly connected part counts as an island that stops do not snap
# to. OSRM's default of 1000 would call the whole of a small extract an island.
ISLAND_NODES = "120"
HUB_CANDIDATES = 150
# Views kept on disk besides the free ones; a view of a large city takes some 5 MB.
KEPT_VIEWS = 64
_REWRITTEN = {"geometry", "turn_weight_penalties", "turn_duration_penalties"}
_MADE_BY_CUSTOMIZE = {"cell_metrics", "mldgr", "datasource_names"}


class BuildFailed(Exception):
    """An OSRM tool ended with an error; the message holds its output."""


def build_base(pbf: Path, profile: str, root: Path) -> Path:
    """Extract and partition `pbf` for `profile` under `root`, once per content; return the folder.

    The folder is `root/<16 hex of pbf and profile>`; the segments of the extract lie beside the
    OSRM files as `segments.npz`.
    """
    sources = [pbf, PROFILE_DIR / f"{profile}.lua", PROFILE_DIR / "goods.lua"]
    folder = root / f"{profile}-{content_hash(*sources)}"
    if folder.is_dir():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=root))
    try:
        library = _wheel() / "share" / "profiles"
        environment = {**os.environ, "LUA_PATH": f"{PROFILE_DIR}/?.lua;{library}/?.lua;;"}
        _run("extract", str(pbf), "-p", str(sources[1]), "-o", str(draft / NAME),
             "--small-component-size", ISLAND_NODES, env=environment)  # fmt: skip
        _run("partition", str(draft / NAME))
        Segments.read(pbf).save(draft / "segments.npz")
        _settle(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def build_view(base: Path, closed: shapely.Geometry | None, root: Path) -> Path:
    """Return the folder of the view of `base` in which no street meets `closed` (WGS84).

    Built once per base and set of closed segments: two areas that close the same segments are one
    view. `None` or an empty geometry gives the free view.
    """
    pairs = closed_pairs(base, closed)
    folder = root / f"{base.name}-{view_key(pairs)}"
    if folder.is_dir():
        os.utime(folder)
        return folder
    root.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=root))
    try:
        _link_or_copy(base, draft)
        options: list[str] = []
        if len(pairs):
            speeds = draft / "closed.csv"
            speeds.write_text("".join(f"{a},{b},0\n{b},{a},0\n" for a, b in pairs.tolist()))
            options = ["--segment-speed-file", str(speeds)]
        _run("customize", str(draft / NAME), *options)
        hub = find_hub(draft, _sample(base))
        (draft / "hub.json").write_text(json.dumps(hub))
        _settle(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    prune(root)
    return folder


def prune(root: Path, keep: int = KEPT_VIEWS) -> list[Path]:
    """Remove the views that were asked for longest ago, beyond `keep`; return them.

    Free views stay. Who has a removed view open keeps it (its files are mapped), and who asks for
    it again gets it built again.
    """
    views = [each for each in root.iterdir() if not each.name.endswith("-free")]
    done = [each for each in views if not each.name.startswith("draft-")]
    stale = sorted(done, key=lambda each: each.stat().st_mtime, reverse=True)[keep:]
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return stale


def closed_pairs(base: Path, closed: shapely.Geometry | None) -> NDArray[np.int64]:
    """Return the sorted, distinct node pairs (k, 2) of the segments that `closed` meets."""
    if closed is None or closed.is_empty:
        return np.empty((0, 2), dtype=np.int64)
    pairs = Segments.load(base / "segments.npz").touching(closed)
    return np.unique(np.sort(pairs, axis=1), axis=0)


def view_key(pairs: NDArray[np.int64]) -> str:
    """Return `free`, or 16 hex digits that name the closed segments."""
    return hashlib.sha256(pairs.tobytes()).hexdigest()[:16] if len(pairs) else "free"


def _sample(base: Path) -> NDArray[np.float64]:
    """Return up to HUB_CANDIDATES midpoints of segments, evenly spread over the extract's order."""
    middles = Segments.load(base / "segments.npz").ends.mean(axis=1)
    return middles[:: max(1, len(middles) // HUB_CANDIDATES)]


def _link_or_copy(base: Path, draft: Path) -> None:
    for file in base.glob(f"{NAME}*"):
        suffix = file.name.removeprefix(f"{NAME}.")
        if suffix in _MADE_BY_CUSTOMIZE:
            continue
        place = shutil.copyfile if suffix in _REWRITTEN else os.link
        place(file, draft / file.name)


def _settle(draft: Path, folder: Path) -> None:
    """Rename `draft` to `folder`; when another process was first, its equal result stands."""
    draft.chmod(0o755)
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _wheel() -> Path:
    spec = importlib.util.find_spec("osrm")
    if spec is None or spec.origin is None:
        raise BuildFailed("the package osrm-bindings is not installed")
    return Path(spec.origin).parent


def _run(tool: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    command: Sequence[str] = [str(_wheel() / "bin" / f"osrm-{tool}"), *arguments]
    done = subprocess.run(
        [*command, "-l", "WARNING", "-t", "2"], capture_output=True, text=True, env=env, check=False
    )
    if done.returncode:
        raise BuildFailed(f"osrm-{tool} failed:\n{done.stdout}{done.stderr}")
