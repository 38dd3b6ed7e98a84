"""Bookings under contention: clients that hold random times on one curb of 160 metres.

    ./hub bench bookings [CLIENTS [ATTEMPTS]]        (16 clients, 100 attempts each)

Twenty vans of 6.5 m fit at a time. Prints attempts per second, latencies, and how many pairs of
bookings share a metre and an instant, which must be none.
"""

import os
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from time import perf_counter
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
django.setup()

from django.db import connection, connections

from accounts.actors import Actor
from accounts.models import Organisation
from accounts.scopes import CARRIER
from accounts.services import setup as accounts
from carriers.models import Vehicle
from curbs.services import bookings, setup
from curbs.services.placing import HoldRequest
from kernel.identifiers import uuid7
from kernel.periods import Period
from kernel.refusals import Refusal

NOW = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)
DAY_MIN = 12 * 60


@dataclass(frozen=True)
class Client:
    """One process that books: for whom, where, how often, with which random numbers."""

    organisation_id: UUID
    curb_zone_id: UUID
    vehicle_ids: tuple[UUID, ...]
    attempts: int
    seed: int


def prepare(clients: int, attempts: int) -> list[Client]:
    """Return the clients, each with vehicles of its own, in a city of their own."""
    code = f"bench-{uuid7().hex[-8:]}"
    city = accounts.create_city(
        code=code, name=code, host=f"{code}.test", time_zone="Europe/Helsinki", currency="EUR",
        srid=3879, country="FI", languages=["en"],
    )  # fmt: skip
    carrier = accounts.create_organisation(city=city, code="c", name="Carrier", kind="carrier")
    line = setup.create_line(
        city=city, code="line", street_name="Long street", now=NOW,
        coordinates=[(24.94, 60.168), (24.94 + 160 / 55_490, 60.168)], surveyed_m=Decimal(160),
    )  # fmt: skip
    zone = setup.create_zone(
        line=line, code="Z", name="Zone", from_m=Decimal(0), to_m=Decimal(160),
        policy={"slot_price": 50}, legal_from=NOW - timedelta(days=1), now=NOW - timedelta(days=1),
    )  # fmt: skip
    return [
        Client(carrier.id, zone.id, _vehicles(carrier, number, attempts), attempts, number)
        for number in range(clients)
    ]


def _vehicles(carrier: Organisation, number: int, attempts: int) -> tuple[UUID, ...]:
    rows = Vehicle.objects.bulk_create(
        Vehicle(
            city_id=carrier.city_id, organisation=carrier, ref=f"v-{number}-{i}", category="N1",
            plate=f"B{number}X{i}", length_m=Decimal("6.5"), registered_at=NOW,
        )
        for i in range(attempts)
    )  # fmt: skip
    return tuple(row.id for row in rows)


def run(client: Client) -> tuple[int, list[float]]:
    """Return how many bookings one client got, and the seconds of each attempt."""
    connections.close_all()
    draw = random.Random(client.seed)
    carrier = Organisation.objects.select_related("city").get(pk=client.organisation_id)
    actor = Actor(carrier.city, carrier, client_id=uuid7(), scopes=frozenset(CARRIER))
    won, took = 0, []
    for vehicle_id in client.vehicle_ids:
        start = NOW + timedelta(minutes=draw.randrange(0, DAY_MIN, 5))
        period = Period(start, start + timedelta(minutes=draw.choice((15, 30, 45, 60))))
        begun = perf_counter()
        won += _attempt(actor, HoldRequest(client.curb_zone_id, vehicle_id, period))
        took.append(perf_counter() - begun)
    connections.close_all()
    return won, took


def _attempt(actor: Any, request: HoldRequest) -> int:
    try:
        bookings.hold(actor=actor, request=request, now=NOW)
    except Refusal:
        return 0
    return 1


def doubles(curb_zone_id: UUID) -> int:
    """Return how many pairs of bookings share a metre and an instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM curbs_booking a JOIN curbs_booking b ON a.id < b.id"
            " AND a.curb_line = b.curb_line AND a.metres && b.metres AND a.during && b.during"
            " WHERE a.curb_zone_id = %s",
            [curb_zone_id],
        )
        return int(cursor.fetchone()[0])


def main(clients: int = 16, attempts: int = 100) -> None:
    """Run the benchmark and print its figures."""
    work = prepare(clients, attempts)
    connections.close_all()
    begun = perf_counter()
    with get_context("fork").Pool(clients) as pool:
        answers = pool.map(run, work, chunksize=1)
    seconds = perf_counter() - begun
    took = sorted(one for _, times in answers for one in times)
    print(f"clients          {clients}")
    print(f"attempts/s       {len(took) / seconds:,.0f}")
    print(f"p50 ms           {took[len(took) // 2] * 1000:.0f}")
    print(f"p99 ms           {took[int(len(took) * 0.99)] * 1000:.0f}")
    print(f"bookings         {sum(won for won, _ in answers)}")
    print(f"double bookings  {doubles(work[0].curb_zone_id)}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
