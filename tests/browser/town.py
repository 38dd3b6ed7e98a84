"""A small city for the browser: streets that can be drawn, one zone, one curb, people."""

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import LineString

from accounts.models import City, Organisation, User
from accounts.services import setup
from carriers.models import Vehicle
from curbs.models import CurbZone
from roads.models import Street, StreetNetwork
from tests import curb_factories, factories, zone_factories
from zones.models import AccessZone

WEST, SOUTH, EAST, NORTH = 24.936, 60.166, 24.952, 60.174
PEDESTRIANS = [
    {
        "id": "no-goods",
        "who": {"category": ["N1", "N2", "N3"]},
        "what": {"effect": "prohibit"},
        "sentence": "No goods vehicles at any time.",
    }
]


@dataclass(frozen=True)
class Town:
    city: City
    official: User
    carrier: Organisation
    planner: User
    other_carrier: Organisation
    other_planner: User
    zone: AccessZone
    curb: CurbZone
    van: Vehicle
    other_van: Vehicle


def build() -> Town:
    """Return the town, as the services make it."""
    city = factories.helsinki()
    _streets(city)
    carrier = factories.organisation(city, "blue-vans")
    other = factories.organisation(city, "red-trucks")
    official = factories.person(setup.city_organisation(city), "city_official")
    zone = zone_factories.zone(city, rows=PEDESTRIANS, west=24.943, south=60.1695, side=0.002)
    here = [(24.9400, 60.1690), (24.9400 + 40 / 55_490, 60.1690)]  # where the map looks at first
    line = curb_factories.line(city, metres=40, coordinates=here)
    return Town(
        city=city,
        official=official,
        carrier=carrier,
        planner=factories.person(carrier),
        other_carrier=other,
        other_planner=factories.person(other),
        zone=zone,
        curb=curb_factories.zone(line, 0, 9),  # one van of 6.5 m and its gap, and no other
        van=curb_factories.van(carrier),
        other_van=curb_factories.van(other),
    )


def _streets(city: City) -> None:
    """Draw a grid of streets, so that the base map has something to show."""
    StreetNetwork.objects.create(
        city=city, content="drawn", loaded_at=factories.TUESDAY,
        west=WEST, south=SOUTH, east=EAST, north=NORTH,
    )  # fmt: skip
    lines: list[Any] = []
    for n in range(9):
        lng, lat = WEST + (EAST - WEST) * n / 8, SOUTH + (NORTH - SOUTH) * n / 8
        lines.append((f"Avenue {n}", LineString((lng, SOUTH), (lng, NORTH), srid=4326)))
        lines.append((f"Street {n}", LineString((WEST, lat), (EAST, lat), srid=4326)))
    Street.objects.bulk_create(
        Street(
            city=city, way_id=number, name=name, street_class="residential", drivable=True,
            length_m=800, free_flow_mps=8.3, geometry=line, drawn=line.transform(3857, clone=True),
        )
        for number, (name, line) in enumerate(lines, start=1)
    )  # fmt: skip
