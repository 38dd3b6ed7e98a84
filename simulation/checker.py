"""Replays a proposed plan and looks for what is wrong with it.

Shares no code with the hub's planner or evaluator: zones and hours are the simulator's own table,
streets its own build, and every check is plain geometry over the timed path.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shapely.geometry import Polygon

from simulation import rulebook
from simulation.day import AfternoonStop
from simulation.fleet import Vehicle
from simulation.ground import Plane, Point, metres
from simulation.motion import Track
from simulation.streets import Streets

FASTEST_MPS = 25.0
OFF_STREET_M = 15.0
# A stop in a garage that is too low for a van is served from the street above.
OFF_STOP_M = 45.0
OFF_START_M = 150.0
STANDS_STILL_M = 3.0
SAMPLE_M = 40.0
SECOND = 1.0


@dataclass(frozen=True)
class Task:
    """What a vehicle had left to do when the plan was asked for."""

    vehicle: Vehicle
    at: Point
    stops: Sequence[AfternoonStop]
    window: tuple[float, float]


@dataclass
class Checked:
    """The outcome: what is wrong, and which stops go unserved with and without a reason."""

    wrong: list[str] = field(default_factory=list)
    with_reason: int = 0
    without_reason: int = 0


class PlanChecker:
    """Checks plans of one city; `seconds` turns an instant into seconds of the day."""

    def __init__(
        self,
        *,
        plane: Plane,
        polygons: Mapping[str, Polygon],
        streets: Streets | None,
        seconds: Callable[[datetime], float],
    ) -> None:
        self._plane, self._polygons, self._streets = plane, polygons, streets
        self._seconds = seconds

    def check(
        self,
        plan: Mapping[str, Any],
        *,
        tasks: Mapping[str, Task],
        stop_refs: Mapping[str, str],
        asked_at: float,
    ) -> Checked:
        """Check a plan; `tasks` by the hub's vehicle id, `stop_refs` from its stop ids to ours."""
        found = Checked()
        wanted = {stop.stop: ref for ref, task in tasks.items() for stop in task.stops}
        served: list[str] = []
        for route in plan["routes"]:
            task = tasks.get(str(route["vehicle_id"]))
            if task is None:
                found.wrong.append(f"an unknown vehicle {route['vehicle_id']}")
                continue
            own = [stop_refs.get(str(stop["stop_id"]), "?") for stop in route["stops"]]
            served += own
            found.wrong += [
                f"{task.vehicle.ref}: {fault}" for fault in self._route(route, task, own, asked_at)
            ]
        unserved = [stop_refs.get(str(one["stop_id"]), "?") for one in plan["unserved"]]
        for one in plan["unserved"]:
            if one.get("code"):
                found.with_reason += 1
            else:
                found.without_reason += 1
        for name in {*served, *unserved} - set(wanted):
            found.wrong.append(f"a stop that nobody asked for: {name}")
        for name in wanted:
            times = served.count(name) + unserved.count(name)
            if times == 0:
                found.without_reason += 1
            elif times > 1:
                found.wrong.append(f"{name} stands in the plan {times} times")
        return found

    def _route(
        self, route: Mapping[str, Any], task: Task, own: Sequence[str], asked_at: float
    ) -> list[str]:
        track = self.track(route)
        if not track.times:
            return ["no path"] if own else []
        faults = []
        if track.times[0] < asked_at - SECOND:
            faults.append("starts before it was asked for")
        if metres(track.points[0], task.at) > OFF_START_M:
            faults.append(f"starts {metres(track.points[0], task.at):.0f} m from the vehicle")
        faults += self._motion(track)
        faults += self._rules(track, task)
        faults += self._stops(route, task, own, track)
        return faults

    def track(self, route: Mapping[str, Any]) -> Track:
        """The plan's path as a track in seconds of the day and metres."""
        start = self._seconds(datetime.fromisoformat(route["start_at"]))
        track = Track()
        for offset, lng, lat in route["path"]:
            track.add(start + float(offset), self._plane.to_plane(float(lng), float(lat)))
        return track

    def _motion(self, track: Track) -> list[str]:
        faults = []
        for t0, t1, a, b in track.pieces():
            length = metres(a, b)
            if length > FASTEST_MPS * (t1 - t0) + 5.0:
                faults.append(f"drives {length / (t1 - t0):.0f} m/s at {t0:.0f}")
            if self._streets is None:
                continue
            for k in range(int(length // SAMPLE_M) + 1):
                share = k * SAMPLE_M / length if length else 0.0
                point = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
                off = self._streets.off(point)
                if off > OFF_STREET_M:
                    faults.append(f"is {off:.0f} m off every street at {t0:.0f}")
        return faults

    def _rules(self, track: Track, task: Task) -> list[str]:
        facts = task.vehicle.facts
        return [
            f"is in {visit.zone} for {visit.forbidden_s(facts):.0f} s against its rules"
            for visit in rulebook.visits(track, self._polygons)
            if visit.forbidden_s(facts) > SECOND
        ]

    def _stops(
        self, route: Mapping[str, Any], task: Task, own: Sequence[str], track: Track
    ) -> list[str]:
        faults = []
        known = {stop.stop: stop for stop in task.stops}
        load = 0
        for entry, name in zip(route["stops"], own, strict=True):
            stop = known.get(name)
            if stop is None:
                faults.append(f"serves {name}, whose goods are on another vehicle")
                continue
            load += stop.units
            start = self._seconds(datetime.fromisoformat(entry["start_at"]))
            depart = self._seconds(datetime.fromisoformat(entry["depart_at"]))
            if depart - start < stop.service_s - SECOND:
                faults.append(f"gives {name} {depart - start:.0f} s of {stop.service_s}")
            if not task.window[0] - SECOND <= start <= task.window[1] + SECOND:
                faults.append(f"serves {name} outside its window")
            here, there = track.position(start + 0.5), track.position(depart - 0.5)
            if metres(here, stop.place.at) > OFF_STOP_M:
                faults.append(f"serves {name} from {metres(here, stop.place.at):.0f} m away")
            if metres(here, there) > STANDS_STILL_M:
                faults.append(f"moves {metres(here, there):.0f} m while it serves {name}")
        if load > task.vehicle.capacity_units:
            faults.append(f"carries {load} of {task.vehicle.capacity_units}")
        return faults
