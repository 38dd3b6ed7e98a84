"""Scenes for planner tests: rules, streets and jobs without a database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from curbs.book import CurbBook
from curbs.evaluator import Evaluator, Question
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from roads.builds import build_base, build_view
from roads.network import open_view
from routing.jobs import Job, StopJob, VehicleJob, profile_of
from zones.book import RuleBook, ZoneCard
from zones.compiled import compile_regulation
from zones.geography import Shape

CITY = UUID(int=1)
HELSINKI_TIME = ZoneInfo("Europe/Helsinki")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 5, 12, 12, 0, tzinfo=HELSINKI_TIME)
EVENING = NOON + timedelta(hours=6)
DIESEL_VAN = VehicleFacts(category="N1", fuels=frozenset({"diesel"}), gross_weight_kg=3500)
ELECTRIC_VAN = VehicleFacts(category="N1", fuels=frozenset({"electric"}), gross_weight_kg=3500)
# Kluuvi: the blocks between Kaisaniemenkatu and Unioninkatu.
KLUUVI = shapely.box(24.9462, 60.1686, 24.9508, 60.1716)


def rule(*, days=(), hours=None, fuel="diesel"):
    row = {"id": "r1", "who": {"fuel": [fuel]}, "what": {"effect": "prohibit"}}
    if hours:
        row["when"] = [{"from": hours[0], "to": hours[1]}]
    return row


def evaluator(*zones, vacate=timedelta(), start=LONG_AGO, tz=HELSINKI_TIME) -> Evaluator:
    """Each zone is (shape, row)."""
    ids = [UUID(int=100 + number) for number in range(len(zones))]
    ever = Period(LONG_AGO)
    book = RuleBook(
        city_id=CITY,
        tz=tz,
        change=1,
        cards={one: ZoneCard(one, f"zone-{one.int}", "", "") for one in ids},
        shapes=[
            Shape(one, 1, shape, ever, ever) for one, (shape, _) in zip(ids, zones, strict=True)
        ],
        versions={
            one: [
                compile_regulation(
                    regulation_id=UUID(int=one.int + 1000),
                    version_id=UUID(int=one.int + 2000),
                    number=1,
                    code="r",
                    zone_id=one,
                    rows=[row],
                    legal=Period(start),
                    recorded=ever,
                    vacate_by=vacate,
                )
            ]
            for one, (_, row) in zip(ids, zones, strict=True)
        },
    )
    return Evaluator(book, CurbBook(CITY, 1, 3879, []))


class Streets:
    """Networks of one extract by what they close, and how often each was asked for."""

    def __init__(self, pbf: Path, root: Path) -> None:
        self.pbf, self.root = pbf, root

    def __call__(self, profile, closed):
        base = build_base(self.pbf, profile, self.root / "base")
        return open_view(build_view(base, shapely.union_all(list(closed)), self.root / "views"))


def vehicle(number: int, at, facts=DIESEL_VAN, **changes) -> VehicleJob:
    known = {
        "route_id": UUID(int=3000 + number),
        "trip_id": UUID(int=4000 + number),
        "profile": profile_of(facts),
        "question": Question(facts),
        "at": at,
        "starts_at": NOON,
        "free_from": NOON,
        "ends_at": EVENING,
        "home": None,
        "begun": True,
    }
    return VehicleJob(id=UUID(int=number), **(known | changes))


def stop(number: int, vehicle_number: int, at, **changes) -> StopJob:
    known = {"service_s": 300}
    return StopJob(
        id=UUID(int=10_000 + number),
        vehicle_id=UUID(int=vehicle_number),
        at=at,
        **(known | changes),
    )


def job(vehicles, stops, **changes) -> Job:
    return Job(CITY, NOON, tuple(vehicles), tuple(stops), **changes)


def inside(path, area) -> list[datetime]:
    """Return the times of the path's vertices and legs that lie in `area`: a check of its own."""
    found = []
    for (at, *a), (_, *b) in pairwise(path):
        shape = shapely.Point(a) if a == b else shapely.LineString([a, b])
        if shape.intersects(area):
            found.append(at)
    return found


def spread(points, count: int, seed: int):
    """Return `count` of the points, drawn without repetition."""
    chosen = np.random.default_rng(seed).permutation(len(points))[:count]
    return [points[index] for index in chosen]
