"""Decisions under 1,000 zones and 5,000 rule rows: the API's server time, and the evaluator alone.

    ./hub bench decisions [--json] [--questions N]

Single questions go through all that the web server does once it has read a request: our ASGI
application with its threads, authentication, queries, evaluation, JSON. `p99_ms` and `p50_ms` are
of questions about a vehicle by id and about facts in turn, `queries` is the most that any of the
first 200 made, asked again to be counted.
`pure_us_per_decision` is the median of instant decisions in known zones of five rules each, without
sentences; `compile_s` reads and compiles the whole set; `remedies_ms` is the median of a question
that also names all that would help.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
os.environ.setdefault("CITYHUB_LOG_LEVEL", "WARNING")
django.setup()

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Organisation
from accounts.scopes import CARRIER
from accounts.services import setup as accounts
from carriers.models import Vehicle
from cityhub.asgi import application
from kernel.clock import wall
from kernel.identifiers import ref_id, uuid7
from kernel.vehicles import VehicleFacts
from zones import rules
from zones.models import AccessZone, Regulation, RegulationVersion, ZoneGeometry
from zones.selectors import books

PATH = "/api/v1/decisions"
ZONES = 1000
SIDE = 0.004
FUELS = ("diesel", "petrol", "electric")
CLASSES = ("3", "4", "5", "6", "6d-TEMP", "6d")


def rows(draw: random.Random) -> list[dict[str, Any]]:
    """Return five rules as cities write them."""
    weekdays = ["mon", "tue", "wed", "thu", "fri"]
    return [
        {
            "what": {"effect": "prohibit"},
            "who": {"fuel": ["diesel"], "euro_below": {"light": draw.choice("456"), "heavy": "V"}},
            "unless": {"permit": ["trade"]},
        },
        {
            "what": {"effect": "prohibit"},
            "who": {"category": ["N2", "N3"], "gross_weight_over_kg": draw.choice([3500, 7500])},
            "when": [{"days": weekdays, "from": "07:00", "to": "19:00", "holidays": "except"}],
        },
        {
            "what": {"effect": "charge", "amount": 750, "currency": "EUR", "per": "day"},
            "who": {"not": {"fuel_only": ["electric", "hydrogen"]}},
            "when": [{"from": "06:00", "to": "22:00"}],
        },
        {
            "what": {"effect": "require_permit", "permit": "night"},
            "who": {"length_over_m": 8.0},
            "when": [{"from": "22:00", "to": "06:00"}],
        },
        {
            "what": {"effect": "allow"},
            "who": {"special_purpose": ["emergency"]},
            "priority": 10,
        },
    ]


def prepare(draw: random.Random) -> Organisation:
    """Return a carrier in a city of its own with zones, rules and vehicles."""
    code = f"bench-{uuid7().hex[-8:]}"
    city = accounts.create_city(
        code=code, name=code, host=f"{code}.test",
        time_zone="Europe/Helsinki", currency="EUR", srid=3879, country="FI", languages=["en"],
    )  # fmt: skip
    carrier = accounts.create_organisation(city=city, code="c", name="Carrier", kind="carrier")
    since = datetime(2026, 1, 1, tzinfo=UTC)
    zones, grounds, regulations, versions = [], [], [], []
    for number in range(ZONES):
        zone = AccessZone(city=city, code=f"z-{number}", name=f"Zone {number}", kind="other")
        west, south = _corner(number)
        ring = (
            f"MULTIPOLYGON((({west} {south}, {west + SIDE} {south}, {west + SIDE} {south + SIDE},"
            f" {west} {south + SIDE}, {west} {south})))"
        )
        regulation = Regulation(city=city, zone=zone, code=f"r-{number}", title="Rule")
        zones.append(zone)
        regulations.append(regulation)
        grounds.append(
            ZoneGeometry(zone=zone, number=1, geometry=ring, legal_from=since, recorded_from=since)
        )
        versions.append(
            RegulationVersion(
                regulation=regulation,
                number=1,
                rows=rows(draw),
                state="published",
                legal_from=since,
                recorded_from=since,
                created_at=since,
                published_at=since,
            )
        )
    for made in (zones, grounds, regulations, versions):
        type(made[0]).objects.bulk_create(made)
    Vehicle.objects.bulk_create(
        Vehicle(
            id=ref_id(carrier.id, "vehicle", f"van-{n}"), city=city, organisation=carrier,
            ref=f"van-{n}", plate=f"B{n}", category="N1", fuels=[draw.choice(FUELS)],
            euro_class=draw.choice(CLASSES), gross_weight_kg=3500, registered_at=wall(),
        )
        for n in range(500)
    )  # fmt: skip
    return carrier


def _corner(number: int) -> tuple[float, float]:
    return 24.6 + (number % 40) * SIDE * 1.1, 60.1 + (number // 40) * SIDE * 1.1


def question(draw: random.Random, carrier: Organisation, number: int) -> dict[str, Any]:
    """Return a question about a point inside some zone, by vehicle or by facts."""
    west, south = _corner(draw.randrange(ZONES))
    moment = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=draw.randrange(7 * 1440))
    asked: dict[str, Any] = {
        "place": {"lng": west + SIDE / 2, "lat": south + SIDE / 2},
        "at": moment.isoformat(),
        "remedies": False,
    }
    if number % 2:
        return asked | {"vehicle_id": str(ref_id(carrier.id, "vehicle", f"van-{number % 500}"))}
    facts = {"category": "N2", "fuels": [draw.choice(FUELS)], "euro_class": "V"}
    return asked | {"facts": facts | {"gross_weight_kg": 7500}}


async def served(token: str, asked: list[dict[str, Any]]) -> list[float]:
    """Return milliseconds of server time per question."""
    times = []
    for one in asked:
        body = json.dumps(one).encode()
        headers = {
            "host": "localhost",
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "content-length": str(len(body)),
        }
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
            "method": "POST", "path": PATH, "raw_path": PATH.encode(), "query_string": b"",
            "root_path": "", "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 80),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        sent: list[Any] = []
        begun = perf_counter()
        await application(scope, _receiver(body), _sender(sent))
        times.append((perf_counter() - begun) * 1000)
        if sent[0]["status"] != 200:
            raise RuntimeError(f"{sent[0]['status']}: {sent[1]['body'][:300]!r}")
    return times


def _receiver(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _sender(sent: list[Any]) -> Any:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


def most_queries(client: APIClient, asked: list[dict[str, Any]]) -> int:
    """Return the most queries that a question made; apart from the times, for counting costs."""
    most = 0
    for one in asked:
        with CaptureQueriesContext(connection) as seen:
            client.post(PATH, one, format="json")
        most = max(most, len(seen))
    return most


def pure(carrier: Organisation, count: int, draw: random.Random) -> float:
    """Return the median microseconds of a decision whose zone is known."""
    book = books.book(carrier.city_id)
    zones = list(book.cards)
    days = book.days()
    facts = [
        VehicleFacts(
            category=draw.choice(["N1", "N2"]), fuels=frozenset({draw.choice(FUELS)}),
            euro_class=draw.choice(["5", "V", "6"]), gross_weight_kg=draw.choice([3500, 7500]),
        )
        for _ in range(50)
    ]  # fmt: skip
    times = []
    for number in range(count):
        at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=draw.randrange(7 * 1440))
        regulations = book.regulations(draw.choice(zones))
        asked = facts[number % 50]
        begun = perf_counter()
        rules.decide(regulations=regulations, facts=asked, at=at, tz=book.tz, days=days)
        times.append((perf_counter() - begun) * 1e6)
    return statistics.median(times)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hub bench decisions")
    parser.add_argument("--json", action="store_true", help="figures as JSON on the last line")
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    settings.HUB_RATE_CLIENT = 100_000_000
    draw = random.Random(wanted.seed)
    carrier = prepare(draw)
    made = accounts.create_client(organisation=carrier, name="bench", client_scopes=CARRIER)
    client = APIClient()
    token = _token(client, made)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    begun = perf_counter()
    books.book(carrier.city_id)
    compiled = perf_counter() - begun
    asked = [question(draw, carrier, number) for number in range(wanted.questions)]
    asyncio.run(served(token, asked[:100]))
    times = asyncio.run(served(token, asked))
    helped = asyncio.run(served(token, [one | {"remedies": True} for one in asked[:200]]))
    figures = {
        "p50_ms": round(statistics.median(times), 2),
        "p99_ms": round(statistics.quantiles(times, n=100)[98], 2),
        "queries": most_queries(client, asked[:200]),
        "pure_us_per_decision": round(pure(carrier, 10_000, draw), 1),
        "compile_s": round(compiled, 2),
        "remedies_ms": round(statistics.median(helped), 2),
        "zones": ZONES,
        "rows": ZONES * 5,
    }
    if wanted.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<24}{value:>12,}")


def _token(client: APIClient, made: Any) -> str:
    answer = client.post(
        "/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": made.client.client_id,
            "client_secret": made.secret,
        },
    )
    return str(answer.json()["access_token"])


if __name__ == "__main__":
    main()
