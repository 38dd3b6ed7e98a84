"""The ground on which the simulated days play: zones with rules, a curb, a street, two senders."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from kernel.geometry import projection
from tests import curb_factories, factories, fleet
from tests.curb_factories import LONG_AGO
from tests.factories import TUESDAY

ORIGIN = (24.9400, 60.1700)
_PLACE = projection(3879)
_X0, _Y0 = _PLACE.point_to_metric(*ORIGIN)
STOPS = ("s1", "s2")
CURB = (90.0, 55.0, 30.0)
"""West end and metres of the curb at which vans stop; the street runs along y = 50."""


def lnglat(x: float, y: float) -> tuple[float, float]:
    """Return the position of a point so many metres east and north of ORIGIN."""
    return _PLACE.point_to_wgs84(_X0 + x, _Y0 + y)


@dataclass(frozen=True)
class Sender:
    """A carrier with its vehicles and facilities, and who transmits for it."""

    organisation: Any
    actor: Any
    vehicles: tuple[Any, ...]
    station: Any
    locker: Any


@dataclass(frozen=True)
class World:
    """One city, two carriers. The second's events are transmitted by its logistics provider."""

    city: Any
    senders: tuple[Sender, ...]
    curb_zone: Any


def build() -> World:
    """Lay the ground and drop the news of it: before the day nobody has anything to read."""
    from accounts.services import setup
    from foundation.models import AuditEntry, Checkpoint, OutboxMessage

    city = factories.helsinki()
    official = factories.actor_of(setup.city_organisation(city))
    _zone(official, "lorries", (0, -100, 200, 200), {"gross_weight_over_kg": 7500})
    _zone(official, "diesels", (60, 20, 400, 80), {"fuel": ["diesel"]})
    _streets(city)
    curb_zone = _curb(city)
    blue = factories.organisation(city, "blue-vans")
    red = factories.organisation(city, "red-trucks")
    provider = factories.organisation(city, "harbour-3pl", kind="logistics_provider")
    factories.mandate(red, provider, "events:write")
    senders = (
        _sender(blue, factories.actor_of(blue), ("van-1", "van-2")),
        _sender(red, factories.actor_of(provider), ("lorry-1",)),
    )
    for model in (AuditEntry, Checkpoint, OutboxMessage):
        model.objects.all().delete()
    return World(city, senders, curb_zone)


def _zone(official: Any, code: str, box: tuple[int, int, int, int], who: dict[str, Any]) -> None:
    from zones.services import grounds, regulations

    west, south, east, north = box
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = [list(lnglat(x, y)) for x, y in corners]
    since = {"legal_from": LONG_AGO, "now": LONG_AGO}
    zone = grounds.create(
        actor=official,
        code=code,
        name=code,
        kind="low_emission",
        geometry={"type": "Polygon", "coordinates": [ring]},
        grace_s=30,
        **since,
    )
    rule = regulations.create(
        actor=official, zone_id=zone.id, code=f"no-{code}", title=code, now=LONG_AGO
    )
    rows = [{"what": {"effect": "prohibit"}, "who": who}]
    draft = regulations.add_version(actor=official, regulation_id=rule.id, rows=rows, **since)
    regulations.publish(actor=official, version_id=draft.id, now=LONG_AGO)


def _streets(city: Any) -> None:
    """Load a grid of three streets: along y = 50, and north of it and across."""
    from roads.services import streets

    places = {1: (-600, 50), 2: (230, 50), 3: (600, 50), 4: (-600, 210), 5: (230, 210)}
    nodes = []
    for number, point in places.items():
        lng, lat = lnglat(*point)
        nodes.append(f"n{number} v1 x{lng:.7f} y{lat:.7f}")
    ways = [
        f"w{number} v1 Thighway=residential,maxspeed=30,name=street-{number} N{refs}"
        for number, refs in ((7, "n1,n2,n3"), (8, "n4,n5"), (9, "n2,n5"))
    ]
    with TemporaryDirectory() as folder:
        extract = Path(folder) / "grid.opl"
        extract.write_text("\n".join([*nodes, *ways]) + "\n")
        streets.load(city=city, pbf=extract, now=LONG_AGO)


def _curb(city: Any) -> Any:
    from curbs.services import setup

    x, y, metres = CURB
    line = setup.create_line(
        city=city,
        code="curb",
        street_name="Testikatu",
        coordinates=[lnglat(x, y), lnglat(x + metres, y)],
        now=LONG_AGO,
    )
    return curb_factories.zone(line, 0, int(metres) - 1)


def _sender(organisation: Any, actor: Any, refs: tuple[str, ...]) -> Sender:
    facts = {"category": "N1", "fuels": ["diesel"], "gross_weight_kg": 3500}
    heavy = {"category": "N3", "fuels": ["electricity"], "gross_weight_kg": 18_000}
    vehicles = tuple(
        fleet.vehicle(organisation, ref, **(heavy if ref.startswith("lorry") else facts))
        for ref in refs
    )
    sender = Sender(
        organisation,
        actor,
        vehicles,
        fleet.facility(organisation, "station"),
        fleet.facility(organisation, "locker", kind="locker"),
    )
    own = factories.actor_of(organisation)
    for vehicle in vehicles:
        _route(own, vehicle)
    return sender


def _route(actor: Any, vehicle: Any) -> None:
    from carriers.api.shapes import RouteIn
    from carriers.services import routes

    lng, lat = lnglat(100, 50)
    stops = [
        {"stop_id": f"ref:{vehicle.ref}-{stop}", "location": {"lng": lng, "lat": lat}}
        for stop in STOPS
    ]
    wish = {
        "trip_id": f"ref:trip-{vehicle.ref}",
        "vehicle_id": str(vehicle.id),
        "service_on": "2026-05-12",
        "stops": stops,
    }
    routes.publish(actor=actor, route=msgspec.convert(wish, RouteIn), now=TUESDAY)
