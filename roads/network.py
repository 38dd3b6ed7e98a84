"""Ways and travel times over one view of the streets, in process.

Coordinates are (lng, lat) in WGS84, durations seconds, distances metres. The binding holds the
interpreter's lock: large tables belong into worker processes, single routes run anywhere.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import osrm
from numpy.typing import NDArray

from kernel.geometry import metres_between, metres_between_near

NAME = "streets.osrm"
OPEN_VIEWS = 12
# How far from its place in the free view a stop may snap in a closed one before it counts as
# unreachable: a driver walks across the street, not to the next quarter.
WALK_M = 30.0
# How many of the nearest street segments are tried for one that is connected.
NEARBY = 8

LngLat = tuple[float, float]


@dataclass(frozen=True)
class RoutePath:
    """A driven line: `coords` (n, 2) and the seconds since the start at each of its points."""

    duration_s: float
    distance_m: float
    coords: NDArray[np.float64]
    offsets_s: NDArray[np.float64]


@dataclass(frozen=True)
class Snap:
    """Where a point meets the network: position, metres from the point, name of the street."""

    lng: float
    lat: float
    distance_m: float
    street: str


@dataclass(frozen=True)
class TravelTable:
    """Durations and distances, rows = origins; NaN where no way exists (never zero)."""

    durations_s: NDArray[np.float64]
    distances_m: NDArray[np.float64]
    origins: tuple[Snap, ...]
    destinations: tuple[Snap, ...]


@dataclass(frozen=True)
class MatchedWay:
    """A stretch that a matched trace drove without a break: its line `coords` (n, 2), the metres
    along it of each, and (number of the input point, metres along) of the points that lie on it."""

    coords: NDArray[np.float64]
    along_m: NDArray[np.float64]
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Matched:
    """A matched trace: the snapped position per input point, None where it matched nothing, and
    the ways driven between them."""

    points: tuple[Snap | None, ...]
    ways: tuple[MatchedWay, ...]


class Network:
    """One view, opened. It never changes, because view directories never do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._engine = osrm.OSRM(
            algorithm="MLD", storage_config=str(folder / NAME), use_shared_memory=False
        )
        self.hub = read_hub(folder)

    def route(self, points: Sequence[LngLat]) -> RoutePath | None:
        """Return the way through `points` in order, or None when there is none."""
        parameters = osrm.RouteParameters(
            coordinates=[*map(tuple, points)],
            geometries="geojson",
            overview="full",
            annotations=["duration"],
            generate_hints=False,
        )
        try:
            answer = self._engine.Route(parameters)
        except RuntimeError:  # NoRoute
            return None
        return _path(answer["routes"][0])

    def table(
        self, origins: Sequence[LngLat], destinations: Sequence[LngLat] | None = None
    ) -> TravelTable:
        """Return durations and distances from each origin to each destination.

        Every point snaps to the large connected part of the streets, as `route` between two of
        the returned positions does. A point in a closed area snaps to the nearest open street:
        `unreachable` tells such points apart.
        """
        ends = origins if destinations is None else destinations
        coordinates = [*map(tuple, origins), *map(tuple, ends), self.hub]
        count = len(origins)
        answer = self._engine.Table(
            osrm.TableParameters(
                coordinates=coordinates,
                sources=[*range(count), len(coordinates) - 1],
                destinations=list(range(count, len(coordinates))),
                annotations=["duration", "distance"],
                generate_hints=False,
            )
        )
        return TravelTable(
            _matrix(answer["durations"])[:-1, :-1],
            _matrix(answer["distances"])[:-1, :-1],
            tuple(_snap(point) for point in answer["sources"])[:-1],
            tuple(_snap(point) for point in answer["destinations"])[:-1],
        )

    def snap(self, points: Sequence[LngLat]) -> tuple[Snap, ...]:
        """Return where each point meets the large connected part of the network."""
        return self.table([], points).destinations

    def snap_connected(self, points: Sequence[LngLat]) -> tuple[Snap, ...]:
        """Return where each point meets a street from which one comes and goes in this view.

        What a closed area cuts off (a one-way street that leads into it) is passed over for the
        next street, among the NEARBY nearest; where none is connected, the nearest stays.
        """
        snaps = self.snap(points)
        joined = self.connected([(snap.lng, snap.lat) for snap in snaps])
        return tuple(
            snap if ok else self._connected_near(point, snap)
            for point, snap, ok in zip(points, snaps, joined.tolist(), strict=True)
        )

    def connected(self, points: Sequence[LngLat]) -> NDArray[np.bool_]:
        """Return which points have a way from and to the large part of this view."""
        there = self.table([self.hub], points).durations_s[0]
        back = self.table(points, [self.hub]).durations_s[:, 0]
        return np.asarray(~(np.isnan(there) | np.isnan(back)), dtype=bool)

    def _connected_near(self, point: LngLat, nearest: Snap) -> Snap:
        parameters = osrm.NearestParameters(coordinates=[tuple(point)])
        parameters.number_of_results = NEARBY
        found = [_snap(each) for each in self._engine.Nearest(parameters)["waypoints"]]
        joined = self.connected([(snap.lng, snap.lat) for snap in found])
        return next((snap for snap, ok in zip(found, joined, strict=True) if ok), nearest)

    def speed_along(self, points: Sequence[LngLat]) -> tuple[float, float] | None:
        """Return m/s without turns, and the metres driven, from the first point to the last."""
        parameters = osrm.RouteParameters(
            coordinates=[*map(tuple, points)],
            overview="false",
            annotations=["duration", "distance"],
            generate_hints=False,
        )
        try:
            route = self._engine.Route(parameters)["routes"][0]
        except RuntimeError:  # NoRoute
            return None
        notes = [leg["annotation"] for leg in route["legs"]]
        seconds = sum(float(value) for note in notes for value in note["duration"])
        metres = sum(float(value) for note in notes for value in note["distance"])
        return (metres / seconds, metres) if seconds > 0 else None

    def nearest(self, lng: float, lat: float) -> Snap:
        """Return where one point meets any street of the network, islands included."""
        answer = self._engine.Nearest(osrm.NearestParameters(coordinates=[(lng, lat)]))
        return _snap(answer["waypoints"][0])

    def match(self, points: Sequence[LngLat], sigmas_m: Sequence[float] | None = None) -> Matched:
        """Return the most plausible way through the streets for a trace.

        `sigmas_m` is the noise of each point (1 sigma); streets within three of them are tried.
        A trace over a reporting gap is one trace: the way between its ends is the shortest.
        """
        parameters = osrm.MatchParameters(
            coordinates=[*map(tuple, points)],
            radiuses=[] if sigmas_m is None else [*map(float, sigmas_m)],
            geometries="geojson",
            overview="full",
            gaps="ignore",
            tidy=False,
            generate_hints=False,
        )
        try:
            answer = self._engine.Match(parameters)
        except RuntimeError:  # NoMatch
            return Matched((None,) * len(points), ())
        traced = list(answer["tracepoints"])
        ways = tuple(
            _matched_way(matching, number, traced)
            for number, matching in enumerate(answer["matchings"])
        )
        return Matched(tuple(_snap(p) if p is not None else None for p in traced), ways)


def length_m(coords: Sequence[LngLat]) -> float:
    """Return the length of a line in metres."""
    pairs = itertools.pairwise(coords)
    return sum(metres_between(*here, *there) for here, there in pairs)


def unreachable(free: Sequence[Snap], view: Sequence[Snap]) -> NDArray[np.bool_]:
    """Return which points a vehicle bound to `view` cannot serve (trap: OSRM snaps silently).

    Compares where the same points meet the free network and the view: a stop that moved more than
    WALK_M stands at a street that is closed to the vehicle.
    """
    moved = [metres_between(a.lng, a.lat, b.lng, b.lat) for a, b in zip(free, view, strict=True)]
    return np.array(moved, dtype=float) > WALK_M


@lru_cache(maxsize=OPEN_VIEWS)
def open_view(folder: Path) -> Network:
    """Return the view in `folder`, opened; a process keeps the last OPEN_VIEWS."""
    return Network(folder)


def read_hub(folder: Path) -> LngLat:
    """Return the position in the large connected part that the build has noted for the view."""
    lng, lat = json.loads((folder / "hub.json").read_text())
    return lng, lat


def find_hub(folder: Path, candidates: NDArray[np.float64]) -> LngLat:
    """Return the candidate (k, 2) that most others reach and are reached from."""
    engine = osrm.OSRM(algorithm="MLD", storage_config=str(folder / NAME), use_shared_memory=False)
    points = [(float(lng), float(lat)) for lng, lat in candidates]
    answer = engine.Table(
        osrm.TableParameters(coordinates=points, annotations=["duration"], generate_hints=False)
    )
    reached = ~np.isnan(_matrix(answer["durations"]))
    return points[int((reached & reached.T).sum(axis=1).argmax())]


def _path(route: osrm.Object) -> RoutePath:
    """Turn OSRM's answer into a path whose last offset is the route's duration.

    OSRM's per-segment durations leave out turns, so each leg's are stretched to the leg's duration.
    """
    offsets = [np.zeros(1)]
    for leg in route["legs"]:
        steps = np.array(list(leg["annotation"]["duration"]), dtype=float)
        driven, total = steps.sum(), float(leg["duration"])
        share = np.cumsum(steps) / driven if driven else np.linspace(0, 1, len(steps) + 1)[1:]
        offsets.append(offsets[-1][-1] + share * total)
    coords = np.array([list(point) for point in route["geometry"]["coordinates"]], dtype=float)
    times = np.concatenate(offsets)
    return RoutePath(float(route["duration"]), float(route["distance"]), coords, times)


def _matched_way(matching: osrm.Object, number: int, traced: Sequence[osrm.Object]) -> MatchedWay:
    """Turn one of OSRM's matchings into a way; its legs' metres are spread over its line."""
    coords = np.array([list(point) for point in matching["geometry"]["coordinates"]], dtype=float)
    pairs = itertools.pairwise(coords.tolist())
    steps = [metres_between_near(*here, *there) for here, there in pairs]
    along = np.concatenate([np.zeros(1), np.cumsum(steps)])
    driven = np.cumsum([0.0] + [float(leg["distance"]) for leg in matching["legs"]])
    scale = along[-1] / driven[-1] if driven[-1] else 0.0
    mine = [
        (index, float(driven[int(point["waypoint_index"])] * scale))
        for index, point in enumerate(traced)
        if point is not None and int(point["matchings_index"]) == number
    ]
    return MatchedWay(coords, along, tuple(mine))


def _matrix(rows: osrm.Array) -> NDArray[np.float64]:
    return np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=float)


def _snap(waypoint: osrm.Object) -> Snap:
    lng, lat = waypoint["location"]
    return Snap(float(lng), float(lat), float(waypoint["distance"]), str(waypoint["name"]))
