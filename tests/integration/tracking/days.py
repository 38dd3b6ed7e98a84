"""A day of two vans in Helsinki, made by hand: zones, a curb, drives, late and voided events."""

import itertools
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from kernel.geometry import projection
from tests import curb_factories, factories, fleet
from tests.factories import TUESDAY

ORIGIN = (24.9400, 60.1700)
SRID = 3879
_PLACE = projection(SRID)
_X0, _Y0 = _PLACE.point_to_metric(*ORIGIN)


def lnglat(x: float, y: float) -> tuple[float, float]:
    """Return the position of a point so many metres east and north of ORIGIN."""
    return _PLACE.point_to_wgs84(_X0 + x, _Y0 + y)


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Return a rectangle in metres around ORIGIN as GeoJSON."""
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [[list(lnglat(x, y)) for x, y in corners]]}


def zone(city_organisation: Any, geometry: dict[str, Any], code: str = "centre") -> Any:
    """Return a zone in force since January."""
    from zones.services import grounds

    return grounds.create(
        actor=factories.actor_of(city_organisation),
        code=code,
        name=code.title(),
        kind="low_emission",
        geometry=geometry,
        legal_from=curb_factories.LONG_AGO,
        now=curb_factories.LONG_AGO,
        grace_s=30,
    )


def curb(city: Any, x: float, y: float, metres: float = 30) -> Any:
    """Return a loading zone that runs so many metres east from a point."""
    from curbs.services import setup

    code = f"curb-{x:.0f}-{y:.0f}"
    line = setup.create_line(
        city=city,
        code=code,
        street_name="Testikatu",
        coordinates=[lnglat(x, y), lnglat(x + metres, y)],
        now=curb_factories.LONG_AGO,
    )
    return curb_factories.zone(line, 0, int(metres) - 1)


def position(van: Any, t: float, x: float, y: float, speed: float) -> dict[str, Any]:
    """Return a fix `t` seconds after TUESDAY at a point in metres."""
    lng, lat = lnglat(x, y)
    return fleet.position(van, TUESDAY + timedelta(seconds=t), lng, lat, speed_mps=speed)


def drive(
    van: Any, t: float, points: list[tuple[float, float]], speed: float, rng: Any
) -> tuple[list[dict[str, Any]], float]:
    """Return fixes every 5 s along a polyline with 3 m of noise, and when it ends."""
    events = []
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length = float(np.hypot(x1 - x0, y1 - y0))
        for s in np.arange(0, length / speed, 5.0):
            share = s * speed / length
            dx, dy = rng.normal(0, 3, 2)
            x, y = x0 + share * (x1 - x0) + dx, y0 + share * (y1 - y0) + dy
            events.append(position(van, t + s, x, y, speed))
        t += length / speed
    return events, t


def stand(
    van: Any, t: float, x: float, y: float, seconds: float, rng: Any
) -> tuple[list[dict[str, Any]], float]:
    """Return fixes every 60 s of a van that stands, and when it ends."""
    events = []
    for s in np.arange(0, seconds, 60.0):
        dx, dy = rng.normal(0, 3, 2)
        events.append(position(van, t + s, x + dx, y + dy, 0.0))
    return events, t + seconds


def day(van: Any, seed: int, stops: list[str]) -> list[dict[str, Any]]:
    """Return a van's day of three hours: into the zone, to the curb, out, and again; in the order
    in which it happened, two events voided."""
    rng = np.random.default_rng(seed)
    trip = {"trip_id": f"ref:trip-{van.ref}"}
    events = [fleet.event(van, "trip.started", TUESDAY, **trip)]
    t = 0.0
    for stop in stops:
        part, t = drive(van, t, [(-300, 50), (100, 50)], 8.0, rng)
        events += part
        at = TUESDAY + timedelta(seconds=t)
        named = trip | {"stop_id": f"ref:{stop}"}
        events.append(fleet.event(van, "stop.arrived", at, **named))
        part, t = stand(van, t, 100, 50, 700, rng)
        events += part
        at = TUESDAY + timedelta(seconds=t)
        events.append(fleet.event(van, "delivery.succeeded", at, **named))
        events.append(fleet.event(van, "stop.departed", at + timedelta(seconds=1), **named))
        part, t = drive(van, t, [(100, 50), (-300, 60)], 8.0, rng)
        events += part
        part, t = stand(van, t, -300, 60, 2400, rng)
        events += part
    events.append(fleet.event(van, "trip.ended", TUESDAY + timedelta(seconds=t), **trip))
    for number, event in enumerate(events):
        event["event_id"] = _id(van, seed, number)
    for number in (20, len(events) - 40):
        events.append(void(van, events[number], t) | {"event_id": _id(van, seed, -number)})
    return events


def _id(van: Any, seed: int, number: int) -> str:
    """Return the id of the number-th event: the same in every run, so that a failure repeats."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{van.ref} {seed} {number}"))


def service(van: Any, seed: int, stops: list[str], depot: Any) -> list[dict[str, Any]]:
    """Return what else is said of a van's day, in order: its station, units, a loss of contact, a
    curb that is blocked and one that nobody has, and steps that come out of turn."""
    rng = np.random.default_rng(seed)
    trip = {"trip_id": f"ref:trip-{van.ref}"}
    station = trip | {"facility_id": str(depot.id)}
    units = [{"scheme": "sscc", "id": f"0034012345678900{n:02d}"} for n in range(6)]
    load = station | {
        "units_expected": 5,
        "units_counted": int(rng.integers(4, 6)),
        "units": units[:5],
        "place": {"station_id": depot.ref},
    }
    said = [
        ("station.gate_in", -900.0, station),
        ("station.dock_arrival", -800.0, station),
        ("station.load_verified", -300.0, load),
        ("station.gate_out", -60.0, station),
        ("telemetry.comms_lost", 2000.0, {}),
        ("telemetry.comms_restored", 2400.0, {}),
        ("curb.blocked", 900.0, {"place": {"curb_zone_id": "nobody-has-this"}}),
        ("curb.claimed", 30.0, {"place": dict(zip(("lng", "lat"), ORIGIN, strict=True))}),
    ]
    for _ in range(16):
        named = trip | {"stop_id": f"ref:{rng.choice(stops)}", "stop_seq": int(rng.integers(1, 9))}
        name = str(rng.choice(["stop.arrived", "stop.departed", "delivery.succeeded"]))
        if name == "delivery.succeeded":
            named |= {"units": [units[int(n)] for n in rng.choice(6, 2, replace=False)]}
        said.append((name, float(rng.uniform(0, 7000)), named))
    said.append(("trip.paused", 5000.0, trip))
    said.sort(key=lambda one: one[1])
    events = [fleet.event(van, n, TUESDAY + timedelta(seconds=t), **more) for n, t, more in said]
    for number, event in enumerate(events):
        event["event_id"] = _id(van, seed, 10_000 + number)
    voids = [void(van, events[n], 7100 + n) for n in (3, 9, 12)]
    for number, event in enumerate(voids):
        event["event_id"] = _id(van, seed, 20_000 + number)
    return events + voids


def locker_day(senders: list[Any], locker: Any, seed: int) -> list[dict[str, Any]]:
    """Return a locker's day, in order, told by several organisations, some of it voided."""
    rng = np.random.default_rng(seed)
    events = []
    for number, t in enumerate(sorted(rng.uniform(0, 14_000, 40))):
        word = str(rng.choice(["deposited", "deposited", "ready", "collected", "expired"]))
        unit = {"scheme": "sscc", "id": f"00340123456789100{int(rng.integers(0, 3))}"}
        event = at_facility(
            senders[int(rng.integers(0, len(senders)))], locker, f"ooh.{word}", float(t), unit
        )
        events.append(event | {"event_id": str(uuid.uuid5(locker.id, f"{seed} {number}"))})
    for number in (5, 20):
        target = events[number]
        events.append(
            {
                "event_id": str(uuid.uuid5(locker.id, f"{seed} void {number}")),
                "event_type": "event.voided",
                "classifier": "actual",
                "carrier_id": target["carrier_id"],
                "occurred_at": (TUESDAY + timedelta(seconds=14_100)).isoformat(),
                "voids": {"event_id": target["event_id"], "reason": "did_not_occur"},
            }
        )
    return events


def at_facility(
    sender: Any, locker: Any, event_type: str, t: float, *units: dict[str, str], **members: Any
) -> dict[str, Any]:
    """Return what an organisation tells of units at a facility `t` seconds after TUESDAY."""
    place = {"ooh_point_id": str(locker.id)} | members.pop("place", {})
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": event_type,
        "classifier": "actual",
        "carrier_id": str(sender.id),
        "occurred_at": (TUESDAY + timedelta(seconds=t)).isoformat(),
        "place": place,
        "units": list(units),
    } | members


def void(van: Any, target: dict[str, Any], t: float) -> dict[str, Any]:
    """Return the void of an event, told `t` seconds after TUESDAY."""
    return fleet.event(
        van,
        "event.voided",
        TUESDAY + timedelta(seconds=t),
        voids={"event_id": target["event_id"], "reason": "incorrect_data"},
    )


def route(van: Any, actor: Any, stops: list[str], now: datetime = TUESDAY, **members: Any) -> None:
    """Publish the route that the day's stops belong to; `members` are those of every stop."""
    import msgspec

    from carriers.api.shapes import RouteIn
    from carriers.services import routes

    lng, lat = ORIGIN
    wish = {
        "trip_id": f"ref:trip-{van.ref}",
        "vehicle_id": str(van.id),
        "service_on": "2026-05-12",
        "stops": [
            {"stop_id": f"ref:{s}", "location": {"lng": lng, "lat": lat}} | members for s in stops
        ],
    }
    routes.publish(actor=actor, route=msgspec.convert(wish, RouteIn), now=now)


def send(actor: Any, events: list[dict[str, Any]], now: datetime) -> Any:
    """Take events as one batch."""
    from carriers.services import intake

    return intake.take(actor=actor, body=json.dumps(events).encode(), now=now)


TABLES = {
    "states": "tracking.foldstate",
    "snapshots": "tracking.snapshot",
    "vehicles": "tracking.vehiclestate",
    "trips": "tracking.tripstate",
    "stops": "tracking.stopprogress",
    "visits": "tracking.zonevisit",
    "stations": "tracking.stationvisit",
    "exceptions": "tracking.serviceexception",
    "references": "tracking.unresolvedreference",
    "curb reports": "tracking.curbreport",
    "units": "tracking.facilityunit",
    "stays": "curbs.curbsession",
    "speeds": "roads.segmentspeed",
}
"""What is derived from a day, by the names that tests use."""


def dump() -> dict[str, list[str]]:
    """Return every derived table in its canonical form, a text per row."""
    from tests import derived

    found = derived.Tables(TABLES.values()).dump()
    return {
        name: [", ".join(row) for row in found.get(label, ())] for name, label in TABLES.items()
    }


def forget() -> None:
    """Empty the log and everything derived from it."""
    from django.apps import apps
    from django.db import connection

    log = ("event", "position", "identity", "replayeditem", "replay", "quarantined")
    tables = ["foundation_checkpoint", "foundation_outboxmessage"]
    tables += [f"carriers_{name}" for name in log]
    tables += [apps.get_model(label)._meta.db_table for label in TABLES.values()]
    with connection.cursor() as cursor:
        cursor.execute(";".join(f"DELETE FROM {table}" for table in tables))
