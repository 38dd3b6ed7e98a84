"""From visits to a driven line: every second of a route, with its position. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from routing.jobs import PlannedRoute, PlannedStop
from routing.setting import Setting
from routing.solver.problem import END, START, Visit
from routing.ways import TimedPath, timed


class NoWay(Exception):
    """The table promised a way that the router does not find."""


def drive(setting: Setting, visits: Sequence[Visit], epoch: datetime) -> PlannedRoute:
    """Return the route of a vehicle over its visits.

    Who would have to wait in a zone of limited hours, or at a booked curb, waits where it is and
    sets out later. Raises NoWay.
    """
    path, driven, metres = _out(setting)
    here, now = START, epoch + timedelta(seconds=setting.truck.start_s)
    stops = []
    for visit in visits:
        stop = next(stop for stop in setting.stops if str(stop.id) == visit.task)
        place = setting.place(stop.id)
        seconds = visit.arrive_s - (now - epoch).total_seconds()
        wait = visit.start_s - visit.arrive_s
        if wait and (setting.ways.holding(place) or stop.booking is not None):
            now += timedelta(seconds=wait)
        leg, length = _leg(setting, here, place, now, seconds)
        path += leg
        arrive_at = now + timedelta(seconds=seconds)
        start_at = epoch + timedelta(seconds=visit.start_s)
        now = epoch + timedelta(seconds=visit.depart_s)
        stops.append(PlannedStop(stop.id, setting.ways.places[place], arrive_at, start_at, now))
        path.append((now, *setting.ways.places[place]))
        driven, metres, here = driven + seconds, metres + length, place
    if setting.truck.home and visits:
        seconds = float(setting.travel[here, END])
        leg, length = _leg(setting, here, END, now, seconds)
        path += leg
        driven, metres, now = driven + seconds, metres + length, now + timedelta(seconds=seconds)
    return PlannedRoute(
        setting.vehicle.id, tuple(stops), tuple(path), setting.begins_at, now, metres, driven
    )


def stand(setting: Setting) -> PlannedRoute:
    """Return the route of a vehicle that stays where it is."""
    here = setting.vehicle.at
    at = setting.vehicle.starts_at
    return PlannedRoute(setting.vehicle.id, (), ((at, *here),), at, at, 0.0, 0.0)


def _out(setting: Setting) -> tuple[TimedPath, float, float]:
    """Return the way out of a zone in which the vehicle stands, else just where it stands."""
    leave = setting.ways.exit
    if leave is None:
        return [(setting.begins_at, *setting.ways.places[START])], 0.0, 0.0
    out = timed(leave, setting.begins_at, leave.duration_s)
    return out, leave.duration_s, leave.distance_m


def _leg(
    setting: Setting, here: int, place: int, leave_at: datetime, seconds: float
) -> tuple[TimedPath, float]:
    found = setting.ways.path(here, place)
    if found is None:
        raise NoWay(f"no way for vehicle {setting.vehicle.id}")
    return timed(found, leave_at, seconds), found.distance_m
