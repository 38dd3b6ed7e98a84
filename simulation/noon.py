"""Noon: the city publishes a stricter rule, and the affected routes are planned anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from simulation import rulebook
from simulation.checker import PlanChecker, Task
from simulation.client import Unexpected
from simulation.day import AfternoonStop
from simulation.events import Told
from simulation.fleet import CARRIERS
from simulation.ground import metres
from simulation.places import Place
from simulation.rulebook import NOON, NOON_ZONE, REGULATION, VACATE_S
from simulation.stage import CITY_CLIENT, Stage
from simulation.streets import NoWay
from simulation.tour import StopDone, Tour

WINDOW = (12 * 3600.0, 17 * 3600.0)
TITLE = "Kaartinkaupunki without diesel from noon on (illustrative)"
ROWS = [{"id": "diesel", "who": {"fuel": ["diesel"]}, "what": {"effect": "prohibit"}}]


@dataclass
class Noon:
    """What came of it."""

    plans: int = 0
    wrong: list[str] = field(default_factory=list)
    with_reason: int = 0
    without_reason: int = 0
    codes: dict[str, int] = field(default_factory=dict)


def publish(stage: Stage, *, drain: Callable[[], None]) -> None:
    """The city's rule through its own doors: regulation, version, impact, publication."""
    city = stage.clients[CITY_CLIENT]
    regulation = city.post(
        "/api/v1/regulations",
        {
            "zone_id": stage.zone_ids[NOON_ZONE],
            "code": REGULATION[NOON_ZONE],
            "title": TITLE,
        },
    )
    version = city.post(
        f"/api/v1/regulations/{regulation['id']}/versions",
        {
            "rows": ROWS,
            "legal_from": stage.iso(NOON),
            "vacate_by_s": int(VACATE_S),
            "title": TITLE,
            "legal_reference": "Illustrative demo rule",
        },
    )
    impact = city.get(f"/api/v1/reports/impact?draft={version['id']}")
    while impact["state"] == "computing":
        drain()
        impact = city.get(f"/api/v1/reports/impact/{impact['id']}")
    city.post(
        f"/api/v1/regulations/versions/{version['id']}/publish",
        {"impact_id": impact["id"], "bookings": "grandfather"},
    )


def replan(
    stage: Stage,
    *,
    checker: PlanChecker,
    drain: Callable[[], None],
    seconds: Callable[[datetime], float],
) -> Noon:
    """Reoptimize every carrier's planned vehicles, check each plan, accept it, drive it."""
    noon = Noon()
    rng = stage.rng(2)
    asked = {carrier.code: _ask(stage, carrier.code) for carrier in CARRIERS}
    drain()
    for carrier, run in asked.items():
        client = stage.clients[carrier]
        done = client.get(f"/api/v1/reoptimizations/{run}")
        if done["state"] != "proposed":
            raise Unexpected(f"reoptimization of {carrier} ended {done}")
        plan = client.get(f"/api/v1/plans/{done['plan_id']}")
        noon.plans += 1
        _check(stage, checker, plan, noon, carrier)
        client.post(f"/api/v1/plans/{plan['id']}/accept")
        _drive(stage, plan, checker, seconds, rng, carrier)
    drain()
    return noon


def _ask(stage: Stage, carrier: str) -> str:
    vehicles = [
        stage.vehicle_ids[ref]
        for ref in stage.day.afternoons
        if stage.tours[ref].vehicle.carrier == carrier
    ]
    run = stage.clients[carrier].post(
        "/api/v1/reoptimizations",
        {
            "service_on": stage.at(NOON).date().isoformat(),
            "vehicle_ids": vehicles,
            "reason": "New rule in Kaartinkaupunki",
        },
    )
    return str(run["id"])


def _stop_refs(stage: Stage, carrier: str) -> dict[str, str]:
    """The hub's stop ids and the refs we gave them, from the routes as the hub has them."""
    found = {}
    for route in stage.clients[carrier].pages(
        f"/api/v1/routes?service_on={stage.at(NOON).date().isoformat()}"
    ):
        for stop in route["stops"]:
            found[str(stop["stop_id"])] = stop["ref"].removeprefix("ref:")
    return found


def _check(
    stage: Stage, checker: PlanChecker, plan: dict[str, Any], noon: Noon, carrier: str
) -> None:
    tasks = {
        stage.vehicle_ids[ref]: Task(tour.vehicle, tour.at, stage.day.afternoons[ref], WINDOW)
        for ref, tour in stage.tours.items()
        if tour.vehicle.planned and tour.vehicle.carrier == carrier
    }
    checked = checker.check(plan, tasks=tasks, stop_refs=_stop_refs(stage, carrier), asked_at=NOON)
    noon.wrong += checked.wrong
    noon.with_reason += checked.with_reason
    noon.without_reason += checked.without_reason
    for one in plan["unserved"]:
        noon.codes[one.get("code", "")] = noon.codes.get(one.get("code", ""), 0) + 1


def _drive(
    stage: Stage,
    plan: dict[str, Any],
    checker: PlanChecker,
    seconds: Callable[[datetime], float],
    rng: np.random.Generator,
    carrier: str,
) -> None:
    """The vehicles drive what was accepted; who has nothing left drives home."""
    refs = _stop_refs(stage, carrier)
    routes = {str(route["vehicle_id"]): route for route in plan["routes"]}
    left_out = {refs.get(str(one["stop_id"]), "") for one in plan["unserved"]}
    told: list[Told] = []
    for ref, planned in stage.day.afternoons.items():
        tour = stage.tours[ref]
        if tour.vehicle.carrier != carrier:
            continue
        route = routes.get(stage.vehicle_ids[ref])
        if route is not None and route["path"]:
            _follow(tour, route, checker, seconds, refs, planned)
        else:
            _home(tour)
        trip = tour.trips[-1]
        tour.trips[-1] = replace(trip, end=tour.now)
        told += stage.teller.tell(tour, NOON, 3 * rulebook.DAY, rng)
        for stop in planned:
            if stop.stop in left_out:
                t = NOON + 60.0
                told.append(stage.teller.skipped(tour, trip.ref, stop.stop, stop.seq, t, rng))
    stage.queue(told)


def _home(tour: Tour) -> None:
    tour.stand(NOON + 300.0)
    try:
        tour.go(tour.depot)
    except NoWay:
        tour.stand(NOON + 600.0)


def _follow(
    tour: Tour,
    route: dict[str, Any],
    checker: PlanChecker,
    seconds: Callable[[datetime], float],
    refs: dict[str, str],
    planned: Sequence[AfternoonStop],
) -> None:
    """Drive the plan's path at the plan's times."""
    path = checker.track(route)
    begin = max(tour.now, path.times[0]) + 2.0
    for t, point in zip(path.times, path.points, strict=True):
        if t > begin:
            tour.track.add(t, point)
    _note_driving(tour)
    known = {stop.stop: stop for stop in planned}
    trip = tour.trips[-1].ref
    for entry in route["stops"]:
        name = refs.get(str(entry["stop_id"]), "")
        stop = known.get(name)
        arrived = seconds(datetime.fromisoformat(entry["arrive_at"]))
        departed = seconds(datetime.fromisoformat(entry["depart_at"]))
        place = stop.place if stop else Place(name, "", tour.track.position(arrived), None)
        tour.stops.append(
            StopDone(
                trip=trip,
                stop=name,
                seq=stop.seq if stop else 0,
                place=place,
                arrived=arrived,
                departed=departed,
                succeeded=bool(tour.rng.random() > 0.03),
            )
        )


def _note_driving(tour: Tour) -> None:
    """Find the periods of driving in the afternoon's track."""
    begun: float | None = None
    for t0, t1, a, b in tour.track.pieces():
        if t0 < NOON:
            continue
        moves = metres(a, b) / (t1 - t0) > 0.2
        if moves and begun is None:
            begun = t0
        if not moves and t1 - t0 >= 10.0 and begun is not None:
            tour.driven.append((begun, t0))
            begun = None
    if begun is not None:
        tour.driven.append((begun, tour.now))
