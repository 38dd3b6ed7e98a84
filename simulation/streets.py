"""Real streets for the simulator: its own OSRM build and its own closed views.

The builds use the car profile of the `osrm` wheel, not the hub's profiles: what a vehicle truly
drove must not depend on what the hub's planner believes about streets.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osrm
import shapely
from shapely.geometry import Polygon

from simulation.ground import Plane, Point, metres

_WHEEL = Path(osrm.__file__).parent
_REWRITTEN = {
    "geometry",
    "datasource_names",
    "turn_weight_penalties",
    "turn_duration_penalties",
}
_DERIVED = {"cell_metrics", "mldgr", "datasource_names"}


@dataclass(frozen=True)
class Segments:
    """All pieces of ways between two nodes: node ids and positions (lng, lat)."""

    a: np.ndarray
    b: np.ndarray
    start: np.ndarray
    end: np.ndarray


@dataclass(frozen=True)
class Way:
    """A way through the streets: vertices in metres, m/s per piece at free flow."""

    points: tuple[Point, ...]
    speeds: tuple[float, ...]

    @property
    def length_m(self) -> float:
        return sum(metres(a, b) for a, b in zip(self.points, self.points[1:], strict=False))

    @property
    def duration_s(self) -> float:
        lengths = [metres(a, b) for a, b in zip(self.points, self.points[1:], strict=False)]
        return sum(d / v for d, v in zip(lengths, self.speeds, strict=True))


class NoWay(Exception):
    """There is no way between the points on the streets that are open."""


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-500:]}{done.stderr[-500:]}")


def build(pbf: Path, folder: Path) -> Path:
    """Extract, partition and customize the streets into `folder`; the OSRM base path."""
    base = folder / "base" / "city.osrm"
    if (folder / "base" / "done").exists():
        return base
    shutil.rmtree(folder, ignore_errors=True)
    base.parent.mkdir(parents=True)
    copy = base.parent / "city.osm.pbf"
    shutil.copyfile(pbf, copy)
    tool = _WHEEL / "bin"
    profile = _WHEEL / "share" / "profiles" / "car.lua"
    _run(str(tool / "osrm-extract"), "-p", str(profile), str(copy), "-l", "ERROR")
    _run(str(tool / "osrm-partition"), str(base), "-l", "ERROR")
    (base.parent / "done").touch()
    return base


class Streets:
    """Routes on the streets, with any set of areas closed."""

    def __init__(self, base: Path, plane: Plane, segments: Segments) -> None:
        self.base = base
        self.plane = plane
        self._segments = segments
        self._views: dict[tuple[str, ...], osrm.OSRM] = {}
        self._areas: dict[str, Polygon] = {}
        lines = np.stack(
            [
                np.column_stack(_many(plane, segments.start)),
                np.column_stack(_many(plane, segments.end)),
            ],
            axis=1,
        )
        self._lines = shapely.linestrings(lines)
        self._tree = shapely.STRtree(self._lines)

    def close(self, name: str, area: Polygon) -> None:
        """Name an area (metres) that routes may be asked to avoid."""
        self._areas[name] = area

    def _view(self, closed: frozenset[str]) -> osrm.OSRM:
        key = tuple(sorted(closed))
        if key not in self._views:
            self._views[key] = osrm.OSRM(
                algorithm="MLD",
                storage_config=str(self._customize(key)),
                use_shared_memory=False,
            )
        return self._views[key]

    def _customize(self, closed: tuple[str, ...]) -> Path:
        folder = self.base.parent.parent / ("-".join(closed) or "free")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file in self.base.parent.glob("city.osrm.*"):
            suffix = file.name.removeprefix("city.osrm.")
            if suffix in _DERIVED:
                continue
            (shutil.copyfile if suffix in _REWRITTEN else os.link)(file, folder / file.name)
        command = [str(_WHEEL / "bin" / "osrm-customize"), str(folder / "city.osrm")]
        if closed:
            command += ["--segment-speed-file", str(self._speed_file(folder, closed))]
        _run(*command, "-l", "ERROR")
        return folder / "city.osrm"

    def _speed_file(self, folder: Path, closed: tuple[str, ...]) -> Path:
        area = shapely.union_all([self._areas[name] for name in closed])
        shapely.prepare(area)
        hit = shapely.intersects(area, self._lines)
        rows = []
        for a, b in zip(
            self._segments.a[hit].tolist(), self._segments.b[hit].tolist(), strict=True
        ):
            rows += [f"{a},{b},0", f"{b},{a},0"]
        path = folder / "closed.csv"
        path.write_text("\n".join(rows) + "\n")
        return path

    def snap(self, point: Point) -> tuple[Point, float]:
        """The nearest point of a street and how many metres off it is."""
        lng, lat = self.plane.to_wgs84(*point)
        answer = self._view(frozenset()).Nearest(osrm.NearestParameters(coordinates=[(lng, lat)]))
        location = answer["waypoints"][0]["location"]
        found = self.plane.to_plane(float(location[0]), float(location[1]))
        return found, metres(point, found)

    def off(self, point: Point) -> float:
        """How many metres a point is off the nearest way of any kind: bicycles use paths too."""
        here = shapely.Point(point)
        return float(shapely.distance(here, self._lines[self._tree.nearest(here)]))

    def route(self, via: Sequence[Point], *, closed: frozenset[str] = frozenset()) -> Way:
        """The fastest way through the points in turn; raises NoWay where streets are closed.

        A point on a closed street would be moved silently to an open one: that raises too.
        """
        coordinates = [self.plane.to_wgs84(*point) for point in via]
        try:
            answer = self._view(closed).Route(
                osrm.RouteParameters(
                    coordinates=coordinates,
                    geometries="geojson",
                    overview="full",
                    annotations=["speed"],
                )
            )
        except RuntimeError as error:
            raise NoWay(str(error)) from error
        for waypoint in answer["waypoints"]:
            if float(waypoint["distance"]) > 30.0:
                raise NoWay(f"{float(waypoint['distance']):.0f} m off the open streets")
        return self._path(answer["routes"][0])

    def _path(self, route: object) -> Way:
        coordinates = route["geometry"]["coordinates"]  # type: ignore[index]
        points = [self.plane.to_plane(float(c[0]), float(c[1])) for c in coordinates]
        speeds: list[float] = []
        for leg in route["legs"]:  # type: ignore[index]
            speeds += [max(1.5, float(v)) for v in leg["annotation"]["speed"]]
        pieces = len(points) - 1
        speeds = (speeds + [speeds[-1] if speeds else 5.0] * pieces)[:pieces]
        return Way(points=tuple(points), speeds=tuple(speeds))

    def reachable(self, hub: Point, points: Sequence[Point]) -> list[bool]:
        """Which points can be driven to from the hub and back on the free streets."""
        coordinates = [self.plane.to_wgs84(*p) for p in [hub, *points]]
        others = list(range(1, len(coordinates)))
        view = self._view(frozenset())
        there = view.Table(
            osrm.TableParameters(
                coordinates=coordinates, sources=[0], destinations=others, annotations=["duration"]
            )
        )["durations"]
        back = view.Table(
            osrm.TableParameters(
                coordinates=coordinates, sources=others, destinations=[0], annotations=["duration"]
            )
        )["durations"]
        return [there[0][i] is not None and back[i][0] is not None for i in range(len(points))]


def _many(plane: Plane, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x0, y0 = plane.to_plane(0.0, 0.0)
    x1, y1 = plane.to_plane(1.0, 1.0)
    return x0 + positions[:, 0] * (x1 - x0), y0 + positions[:, 1] * (y1 - y0)
