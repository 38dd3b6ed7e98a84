"""The door for events under load: batches of 1,000 and single posts, over HTTP with OAuth.

    ./hub bench intake [--json] [--seconds N]

One web worker of the real server takes what clients in processes of their own send. Prints
events per second by HTTP (`http_events_per_s`) beside what the same two-table write carries in
process (`ceiling_events_per_s`) and their ratio; the CPU time that the web worker spends on an
event (`web_cpu_us_per_event`; `web_cpu_us_per_clocked_event` where positions carry a device's
clock, a trip and the schema's version), and how many times more an endpoint with serializers
spends before the same write (`speedup_over_serializers`); and how many times more single posts
of 64 clients are carried when posts that wait share a write (`coalescing_speedup`).
"""

import argparse
import json
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from multiprocessing import get_context
from time import perf_counter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
django.setup()

from django.db import connections, transaction

from accounts.models import Organisation
from accounts.resolving import actor_of_token
from accounts.scopes import CARRIER
from accounts.services import setup as accounts
from accounts.tokens import Token
from benchmarks import web
from carriers import decoding, positions, rules
from carriers.models import Vehicle
from carriers.services import log, partitions
from kernel.clock import wall
from kernel.identifiers import ref_id, uuid7

BATCH = 1000
VEHICLES = 500
CLIENTS = 64
EVENTS = "/api/v1/events"


@dataclass(frozen=True)
class Sender:
    """A carrier's machine client."""

    organisation: Organisation
    client: Any
    secret: str


def prepare() -> Sender:
    """Return the client of a carrier with vehicles, in a city of its own."""
    code = f"bench-{uuid7().hex[-8:]}"
    city = accounts.create_city(
        code=code, name=code, host=f"{code}.test",
        time_zone="Europe/Helsinki", currency="EUR", srid=3879, country="FI", languages=["en"],
    )  # fmt: skip
    carrier = accounts.create_organisation(city=city, code="c", name="Carrier", kind="carrier")
    made = accounts.create_client(organisation=carrier, name="bench", client_scopes=CARRIER)
    Vehicle.objects.bulk_create(
        Vehicle(
            id=ref_id(carrier.id, "vehicle", f"van-{number}"), city=city,
            organisation=carrier, ref=f"van-{number}", plate=f"B-{number}", category="N1",
            registered_at=wall(),
        )
        for number in range(VEHICLES)
    )  # fmt: skip
    return Sender(carrier, made.client, made.secret)


def events(count: int, draw: random.Random, *, clocked: bool = False) -> list[dict[str, Any]]:
    """Return positions as devices send them, each with an id of its own; `clocked` ones say their
    number, the trip and the schema's version as well."""
    now = wall()
    return [
        (_clocked(number) if clocked else {})
        | {
            "event_id": str(uuid7()),
            "event_type": "telemetry.position",
            "classifier": "actual",
            "carrier_id": "ref:c",
            "occurred_at": (now - timedelta(seconds=draw.uniform(0, 60))).isoformat(),
            "vehicle": {"vehicle_id": f"ref:van-{draw.randrange(VEHICLES)}"},
            "place": {
                "lat": round(60.16 + draw.random() / 50, 6),
                "lng": round(24.92 + draw.random() / 25, 6),
                "accuracy_m": 8.0,
                "speed_mps": round(draw.uniform(0, 14), 1),
                "heading_deg": round(draw.uniform(0, 359), 1),
            },
        }
        for number in range(count)
    ]


def _clocked(number: int) -> dict[str, Any]:
    clock = {"source": "gnss", "session_id": "day", "seq": number}
    return {"schema_version": "1.0", "clock": clock, "trip_id": f"ref:trip-{number % VEHICLES}"}


def post(port: int, token: str, bodies: list[bytes]) -> int:
    """Post bodies one after the other; return how many events were accepted."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    accepted = 0
    for body in bodies:
        connection.request("POST", EVENTS, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {text[:300]!r}")
        accepted += json.loads(text)["accepted"]
    connection.close()
    return accepted


def load(port: int, token: str, clients: int, bodies: list[list[bytes]]) -> tuple[int, float]:
    """Let clients post their bodies side by side; return events accepted and seconds."""
    connections.close_all()
    begun = perf_counter()
    with get_context("fork").Pool(min(clients, 8)) as pool:
        taken = pool.starmap(post_all, [(port, token, part) for part in _dealt(bodies, 8)])
    return sum(taken), perf_counter() - begun


def _dealt(bodies: list[list[bytes]], hands: int) -> list[list[list[bytes]]]:
    return [bodies[hand::hands] for hand in range(min(hands, len(bodies)))]


def post_all(port: int, token: str, parts: list[list[bytes]]) -> int:
    """Be several clients at once, a thread each."""
    with ThreadPoolExecutor(len(parts)) as threads:
        return sum(threads.map(lambda bodies: post(port, token, bodies), parts))


def batches(
    clients: int, each: int, draw: random.Random, *, clocked: bool = False
) -> list[list[bytes]]:
    """Return the bodies of clients that send batches."""
    return [
        [json.dumps(events(BATCH, draw, clocked=clocked)).encode() for _ in range(each)]
        for _ in range(clients)
    ]


def singles(clients: int, each: int, draw: random.Random) -> list[list[bytes]]:
    """Return the bodies of clients that send one event at a time."""
    return [[json.dumps(event).encode() for event in events(each, draw)] for _ in range(clients)]


def ceiling(sender: Sender, count: int, draw: random.Random) -> float:
    """Return events per second of the same two-table write in process, statements made before."""
    now = wall()
    partitions.ensure(now)
    actor = actor_of_token(Token(sender.client, frozenset(sender.client.scopes), True), now)
    receipt = log.Receipt(actor.city_id, actor.client_id, now)
    seconds = 0.0
    for number in range(count + 1):
        names, ages = rules.Names(sender.organisation.id), rules.Ages(now)
        items = decoding.items(json.dumps(events(BATCH, draw)).encode())
        made, _ = positions.columns(items.positions, names, ages)
        begun = perf_counter()
        with transaction.atomic():
            log.store([log.Lot(receipt, [], made)])
        seconds += perf_counter() - begun if number else 0.0  # the first one warms up
    return count * BATCH / seconds


def http(
    sender: Sender,
    application: str,
    clients: int,
    each: int,
    draw: random.Random,
    *,
    clocked: bool = False,
    **settings: str,
) -> tuple[float, float]:
    """Return events per second and the web worker's CPU microseconds per event, in batches."""
    with web.serving(application, settings) as server:
        token = server.token(sender.client.client_id, sender.secret)
        load(server.port, token, clients, batches(clients, 2, draw, clocked=clocked))
        bodies = batches(clients, each, draw, clocked=clocked)
        before = server.cpu_s()
        taken, seconds = load(server.port, token, clients, bodies)
        return taken / seconds, (server.cpu_s() - before) / taken * 1e6


def single(sender: Sender, coalesce: bool, each: int, draw: random.Random) -> float:
    """Return single posts per second of 64 clients."""
    with web.serving(environment={"CITYHUB_COALESCE": str(int(coalesce))}) as server:
        token = server.token(sender.client.client_id, sender.secret)
        load(server.port, token, CLIENTS, singles(CLIENTS, 2, draw))
        bodies = singles(CLIENTS, each, draw)
        before = server.cpu_s()
        taken, seconds = load(server.port, token, CLIENTS, bodies)
        print(
            f"single posts, coalescing {'on' if coalesce else 'off'}: {taken / seconds:,.0f}/s,"
            f" {(server.cpu_s() - before) / taken * 1e6:,.0f} us CPU each",
            file=sys.stderr,
        )
        return taken / seconds


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hub bench intake")
    parser.add_argument("--json", action="store_true", help="figures as JSON on the last line")
    parser.add_argument("--batches", type=int, default=40, help="batches of each client")
    parser.add_argument("--singles", type=int, default=40, help="single posts of each client")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    draw = random.Random(wanted.seed)
    sender = prepare()
    top = ceiling(sender, wanted.batches, draw)
    rate, cpu = http(sender, "cityhub.asgi:application", 4, wanted.batches, draw)
    _, clocked = http(
        sender, "cityhub.asgi:application", 4, wanted.batches // 2, draw, clocked=True
    )
    _, slow = http(
        sender, "benchmarks.serializers:application", 4, max(3, wanted.batches // 8), draw,
        CITYHUB_COALESCE="0",
    )  # fmt: skip
    alone = single(sender, False, wanted.singles, draw)
    together = single(sender, True, wanted.singles * 3, draw)
    figures = {
        "http_events_per_s": round(rate),
        "ceiling_events_per_s": round(top),
        "ratio_to_ceiling": round(rate / top, 2),
        "web_cpu_us_per_event": round(cpu, 1),
        "web_cpu_us_per_clocked_event": round(clocked, 1),
        "serializers_cpu_us_per_event": round(slow, 1),
        "speedup_over_serializers": round(slow / cpu, 1),
        "single_posts_per_s": round(alone),
        "coalesced_posts_per_s": round(together),
        "coalescing_speedup": round(together / alone, 1),
    }
    if wanted.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<30}{value:>12,}")


if __name__ == "__main__":
    main()
