"""Reads for the simulator what it may not read itself: the map and the city pack."""

import itertools
import json
import tomllib
from pathlib import Path

import numpy as np
import osmium

from roads.osm.places import read_places
from simulation import places
from simulation.day import City
from simulation.ground import Plane
from simulation.places import Address
from simulation.streets import Segments

CENTRE = (24.9443, 60.1716)
RACE_BAYS = {"rauhankatu", "hallituskatu", "fabianinkatu", "kirkkokatu"}


def segments(pbf: Path) -> Segments:
    """All pieces of streets between two nodes."""
    a, b, start, end = [], [], [], []
    streets = osmium.FileProcessor(str(pbf)).with_locations()
    for way in streets.with_filter(osmium.filter.KeyFilter("highway")):
        if not way.is_way():
            continue
        nodes = [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
        for first, second in itertools.pairwise(nodes):
            a.append(first[0])
            b.append(second[0])
            start.append(first[1:])
            end.append(second[1:])
    return Segments(
        np.array(a, dtype=np.int64), np.array(b, dtype=np.int64), np.array(start), np.array(end)
    )


def addresses(pbf: Path) -> list[Address]:
    """Shops and addresses of the map, in its own order."""
    return [
        Address(place.name, place.address, place.lng, place.lat)
        for place in read_places(pbf)
        if place.kind in ("shop", "address")
    ]


def city(pack: Path, pbf: Path) -> City:
    """What the simulator knows of the city: the outlines of zones, bays and addresses."""
    plane = Plane(*CENTRE)
    zones = json.loads((pack / "zones.geojson").read_text())["features"]
    curbs = json.loads((pack / "curbs.geojson").read_text())["features"]
    bays = places.bays(curbs, plane)
    return City(
        plane=plane,
        polygons={
            zone["properties"]["code"]: plane.polygon(zone["geometry"]["coordinates"][0])
            for zone in zones
        },
        bays=[bay for bay in bays if bay.code not in RACE_BAYS],
        race_bays=[bay for bay in bays if bay.code in RACE_BAYS],
        addresses=addresses(pbf),
    )


def secrets(pack: Path) -> dict[str, str]:
    """The pack's machine clients and their secrets."""
    facts = tomllib.loads((pack / "city.toml").read_text())
    return {client["id"]: client["secret"] for client in facts["clients"]}


def logins(pack: Path) -> list[tuple[str, str, str]]:
    """People of the pack: role, address, password."""
    facts = tomllib.loads((pack / "city.toml").read_text())
    return [(person["role"], person["email"], person["password"]) for person in facts["people"]]


def city_code(pack: Path) -> str:
    """The code of the pack's city."""
    return str(tomllib.loads((pack / "city.toml").read_text())["city"]["code"])
