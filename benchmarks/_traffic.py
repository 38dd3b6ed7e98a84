"""A city's traffic for measurements: vans on the streets of central Helsinki, as they report it.

Each drives a random walk over the real street graph at 5 to 10 m/s and reports every 5 s (5 m of
noise, one axis); every ten minutes or so it stands for four minutes, reports once a minute and
tells a delivery. The city has zones, rules, curbs and streets.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import hypot
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.gis.geos import Point
from django.db import connection

from accounts.actors import Actor
from accounts.models import City, Organisation
from accounts.scopes import CARRIER
from accounts.services import setup
from carriers.models import RoutePlan, Stop, Vehicle
from carriers.services import intake, partitions
from cityhub.packs import loading, reading
from kernel.geometry import projection
from kernel.identifiers import ref_id, uuid7
from roads.models import Street

START = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)
STOPS = 4
_DERIVED = (
    "foundation_checkpoint", "foundation_outboxmessage", "foundation_stoppedsubject",
    "foundation_rebuild", "carriers_identity", "carriers_position", "carriers_event",
    "carriers_quarantined", "tracking_foldstate", "tracking_snapshot", "tracking_vehiclestate",
    "tracking_tripstate", "tracking_stopprogress", "tracking_zonevisit", "curbs_curbsession",
    "roads_segmentspeed", "compliance_finding", "reports_findingcount",
)  # fmt: skip


@dataclass
class Town:
    """Helsinki with a carrier of so many vans, and nothing told yet."""

    city: City
    actor: Actor
    carrier: Organisation
    vans: list[UUID]
    stops: list[list[UUID]]
    streets: "Streets"


class Streets:
    """The street graph in metres: who drives it goes on at each corner where it pleases."""

    def __init__(self, city: City) -> None:
        self.place = projection(city.srid)
        rows = Street.objects.filter(city=city, drivable=True).order_by("way_id")
        self.ways: dict[tuple[float, float], list[tuple[float, float]]] = defaultdict(list)
        for line in rows.values_list("geometry", flat=True):
            corners = [self._metric(lng, lat) for lng, lat in line.coords]
            for a, b in itertools.pairwise(corners):
                self.ways[a].append(b)
                self.ways[b].append(a)
        self.corners = sorted(self.ways)

    def _metric(self, lng: float, lat: float) -> tuple[float, float]:
        x, y = self.place.point_to_metric(lng, lat)
        return round(x, 2), round(y, 2)

    def next(self, rng: random.Random, before: Any, corner: Any) -> Any:
        """Return the corner that a van at `corner`, come from `before`, drives to."""
        ways = self.ways[corner]
        onward = [way for way in ways if way != before]
        return rng.choice(onward or ways)


@dataclass
class Van:
    """One van on its way: `due` is when it reports next, in seconds after the start."""

    number: int
    rng: random.Random
    streets: Streets
    due: float
    corner: Any = None
    to: Any = None
    along: float = 0.0
    speed: float = 7.0
    stands_until: float = 0.0
    stop_at: float = 0.0
    stop: int = 0
    told: list[tuple[str, int | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.corner = self.rng.choice(self.streets.corners)
        self.to = self.streets.next(self.rng, None, self.corner)
        self.stop_at = self.rng.uniform(60, 600)
        self.told.append(("trip.started", None))

    def report(self) -> tuple[float, float, float]:
        """Return x, y and speed at `due`, and move on to the next report."""
        now = self.due
        if now < self.stands_until:
            self.due += 60
            return (*self._here(), 0.0)
        if self.stands_until:
            self.told.append(("stop.departed", self.stop))
            self.stands_until, self.stop_at = 0.0, now + self.rng.uniform(400, 800)
            self.stop = (self.stop + 1) % STOPS
        if now >= self.stop_at:
            self.stands_until = now + 240
            self.told += [("stop.arrived", self.stop), ("delivery.succeeded", self.stop)]
            self.due += 60
            return (*self._here(), 0.0)
        self._drive(5 * self.speed)
        self.due += 5
        return (*self._here(), self.speed)

    def _drive(self, metres: float) -> None:
        self.along += metres
        while self.along > (length := self._length()):
            self.along -= length
            following = self.streets.next(self.rng, self.corner, self.to)
            self.corner, self.to = self.to, following
            self.speed = self.rng.uniform(5, 10)

    def _length(self) -> float:
        return max(hypot(self.to[0] - self.corner[0], self.to[1] - self.corner[1]), 0.1)

    def _here(self) -> tuple[float, float]:
        share = self.along / self._length()
        x = self.corner[0] + share * (self.to[0] - self.corner[0]) + self.rng.gauss(0, 5)
        y = self.corner[1] + share * (self.to[1] - self.corner[1]) + self.rng.gauss(0, 5)
        return x, y


def empty() -> None:
    """Empty the log and all that is derived from it, in the benchmark's own database only."""
    if connection.settings_dict["NAME"] != "cityhub_bench":
        raise SystemExit("this benchmark empties the log: run it by ./hub bench")
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s)", [list(_DERIVED)])
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")


def town(vans: int) -> Town:
    """Return the town, loaded where it is not yet, with so many vans, each with a route."""
    empty()
    now = START - timedelta(days=1)
    pack = reading.read(Path(__file__).resolve().parents[1] / "cities" / "helsinki")
    loaded = loading.load(pack, now=now, say=lambda text: None)
    carrier = setup.create_organisation(
        city=loaded.city, code=f"bench-{uuid7().hex[-8:]}", name="Bench", kind="carrier"
    )
    ids = [_van(carrier, number) for number in range(vans)]
    Vehicle.objects.bulk_create(ids, batch_size=1000)
    stops = _routes(carrier, ids)
    actor = Actor(loaded.city, carrier, client_id=uuid7(), scopes=frozenset(CARRIER))
    return Town(loaded.city, actor, carrier, [v.id for v in ids], stops, Streets(loaded.city))


def _van(carrier: Organisation, number: int) -> Vehicle:
    return Vehicle(
        id=ref_id(carrier.id, "vehicle", f"v{number}"), city_id=carrier.city_id,
        organisation=carrier, ref=f"v{number}", plate=f"B{number}", category="N1",
        euro_class="5" if number % 10 == 0 else "6d", fuels=["diesel"], registered_at=START,
    )  # fmt: skip


def _routes(carrier: Organisation, vans: list[Vehicle]) -> list[list[UUID]]:
    plans = [
        RoutePlan(
            city_id=carrier.city_id, organisation=carrier, vehicle=van, revision=1,
            trip_id=ref_id(carrier.id, "trip", van.ref), service_on=START.date(),
            source="carrier", published_at=START,
        )
        for van in vans
    ]  # fmt: skip
    RoutePlan.objects.bulk_create(plans, batch_size=1000)
    ids = [[uuid7() for _ in range(STOPS)] for _ in vans]
    here = Point(24.94, 60.17, srid=4326)
    Stop.objects.bulk_create(
        [
            Stop(route=plan, seq=seq, stop_id=stop_id, location=here)
            for plan, own in zip(plans, ids, strict=True)
            for seq, stop_id in enumerate(own)
        ],
        batch_size=2000,
    )
    return ids


def events(
    town: Town, *, seed: int = 1, batch: int = 1000, start: datetime = START
) -> Iterator[tuple[bytes, datetime]]:
    """Yield batches of events as a carrier sends them, in the order of time, each with the domain
    time at which it was all over; without end."""
    rng = random.Random(seed)
    vans = [
        Van(number, random.Random(rng.random()), town.streets, rng.uniform(0, 5))
        for number in range(len(town.vans))
    ]
    waiting: list[dict[str, Any]] = []
    second = 0.0
    while True:
        second += 1
        due = [van for van in vans if van.due < second]
        xs, ys, ats, speeds = [], [], [], []
        for van in due:
            ats.append(start + timedelta(seconds=van.due))
            x, y, speed = van.report()
            xs.append(x)
            ys.append(y)
            speeds.append(speed)
        for van, x, y, at, speed in zip(due, xs, ys, ats, speeds, strict=True):
            lng, lat = town.streets.place.point_to_wgs84(x, y)
            waiting += _told(town, van, at)
            waiting.append(_fix(town, van, at, lng, lat, speed))
        while len(waiting) >= batch:
            yield msgspec.json.encode(waiting[:batch]), start + timedelta(seconds=second)
            waiting = waiting[batch:]


def _fix(
    town: Town, van: Van, at: datetime, lng: float, lat: float, speed: float
) -> dict[str, Any]:
    place = {"lat": round(lat, 6), "lng": round(lng, 6), "accuracy_m": 8.0, "speed_mps": speed}
    return _event(town, van, "telemetry.position", at) | {"place": place}


def _told(town: Town, van: Van, at: datetime) -> list[dict[str, Any]]:
    trip = str(ref_id(town.carrier.id, "trip", f"v{van.number}"))
    found = []
    for event_type, stop in van.told:
        event = _event(town, van, event_type, at) | {"trip_id": trip}
        if stop is not None:
            event["stop_id"] = str(town.stops[van.number][stop])
        if event_type == "delivery.succeeded":
            event["outcome"] = {"status": "succeeded"}
        found.append(event)
    van.told = []
    return found


def _event(town: Town, van: Van, event_type: str, at: datetime) -> dict[str, Any]:
    return {
        "event_id": str(uuid7()),
        "event_type": event_type,
        "classifier": "actual",
        "carrier_id": str(town.carrier.id),
        "occurred_at": at,
        "vehicle": {"vehicle_id": str(town.vans[van.number])},
    }


def send(town: Town, body: bytes, now: datetime) -> int:
    """Take a batch into the log; return how many events were accepted."""
    partitions.ensure(now)
    result = intake.take(actor=town.actor, body=body, now=now)
    if result.accepted != result.received:
        raise SystemExit(f"not everything was accepted: {result.counts} {result.results[:2]}")
    return result.accepted
