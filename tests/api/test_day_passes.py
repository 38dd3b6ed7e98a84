"""POST /api/v1/day-passes: one local day, so many a year, in time, and one's own vehicles only."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from foundation import clock
from kernel.periods import Period
from tests import curb_factories, factories, zone_factories
from tests.factories import TUESDAY
from zones.models import Permit
from zones.selectors import books
from zones.services import permits

pytestmark = pytest.mark.django_db
URL = "/api/v1/day-passes"
ROWS = [
    {
        "what": {"effect": "prohibit"},
        "who": {"fuel": ["diesel"]},
        "unless": {
            "day_pass": [
                {"kind": "day", "per_year": 2, "lead_time_h": 24, "amount": 500, "currency": "EUR"}
            ]
        },
    }
]


@pytest.fixture(autouse=True)
def _tuesday(db):
    books.forget()
    clock.start_demo(TUESDAY)  # 12 May 2026


@pytest.fixture
def zone(hel):
    return zone_factories.zone(hel, rows=ROWS, west=24.93, south=60.165, side=0.02)


@pytest.fixture
def client(carrier):
    return factories.api_client(carrier)


def take(client, zone, vehicle, on="2026-05-20", **changes):
    sent = {"vehicle_id": str(vehicle.id), "zone_id": str(zone.id), "kind": "day", "on": on}
    return client.post(URL, sent | changes, format="json")


def codes(answer):
    return answer.status_code, answer.json()["code"]


def test_a_pass_opens_the_zone_for_its_local_day_and_says_price_and_rest(client, carrier, zone):
    van = curb_factories.van(carrier, plate="ABC-1", fuels=["diesel"])
    answer = take(client, zone, van)
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert (found["amount"], found["currency"], found["left"]) == (500, "EUR", 1)
    assert found["starts_at"] == "2026-05-19T21:00:00Z"  # midnight in Helsinki, UTC+3
    assert found["ends_at"] == "2026-05-20T21:00:00Z"

    def admissible(at):
        asked = {"vehicle_id": str(van.id), "zone_id": str(zone.id), "at": at}
        return client.post("/api/v1/decisions", asked, format="json").json()["admissible"]

    assert not admissible("2026-05-19T20:59:59Z")
    assert admissible("2026-05-19T21:00:00Z")
    assert admissible("2026-05-20T20:59:59Z")
    assert not admissible("2026-05-20T21:00:00Z")


@pytest.mark.parametrize(
    ("revoked", "protected", "left"),
    [
        ("2026-05-19T21:00:00Z", [False, False, False], 1),  # before its day: as if never taken
        ("2026-05-20T09:00:00Z", [True, False, False], 0),  # during it: for what came before
        ("2026-05-20T21:00:00Z", [True, True, True], 0),  # afterwards: for the whole day
    ],
)
def test_a_pass_protects_what_happened_while_it_was_active(
    client, hel, hel_city, carrier, zone, revoked, protected, left
):
    van = curb_factories.van(carrier, plate="ABC-1", fuels=["diesel"])
    assert take(client, zone, van).status_code == 201
    revoked_at = datetime.fromisoformat(revoked)
    official = factories.actor_of(hel_city)
    permits.revoke(actor=official, permit_id=Permit.objects.get().id, now=revoked_at)
    visits = [  # each an hour long, in UTC
        Period(start, start + timedelta(hours=1))
        for start in (datetime(2026, 5, 20, hour, tzinfo=UTC) for hour in (8, 9, 20))
    ]

    def admissible(at):
        asked = {"vehicle_id": str(van.id), "zone_id": str(zone.id), "at": at.isoformat()}
        return client.post("/api/v1/decisions", asked, format="json").json()["admissible"]

    def found(visit):
        sent = {
            "vehicle_id": str(van.id),
            "stops": [
                {"lng": 24.94, "lat": 60.175, "from": visit.start.isoformat(),
                 "until": visit.end.isoformat()}
            ],
        }  # fmt: skip
        answer = client.post("/api/v1/self-checks", sent, format="json")
        assert answer.status_code == 200, answer.content
        return answer.json()["findings"]

    assert [admissible(visit.start) for visit in visits] == protected
    assert [not found(visit) for visit in visits] == protected
    assert take(client, zone, van, "2026-06-01").json()["left"] == left


def test_the_quota_is_of_a_plate_and_a_local_year(client, carrier, zone):
    van = curb_factories.van(carrier, plate="ABC-1", fuels=["diesel"])
    other = curb_factories.van(carrier, plate="ABC-2", fuels=["diesel"])
    assert take(client, zone, van, "2026-05-20").status_code == 201
    assert codes(take(client, zone, van, "2026-05-20")) == (409, "zones.pass_taken")
    assert take(client, zone, van, "2026-12-31").json()["left"] == 0
    refused = take(client, zone, van, "2026-06-01")
    assert codes(refused) == (409, "zones.pass_quota")
    assert take(client, zone, van, "2027-01-01").json()["left"] == 1
    assert take(client, zone, other, "2026-06-01").status_code == 201


def test_the_lead_time_is_kept_to_the_second(client, carrier, zone):
    van = curb_factories.van(carrier, plate="ABC-1")
    midnight = TUESDAY.replace(hour=21, minute=0, second=0, microsecond=0)  # begins 13 May
    clock.start_demo(midnight - timedelta(hours=24))
    late = take(client, zone, van, "2026-05-13")
    assert codes(late) == (409, "zones.pass_too_late")
    clock.start_demo(midnight - timedelta(hours=24, seconds=1))
    assert take(client, zone, van, "2026-05-13").status_code == 201


def test_what_no_rule_offers_is_refused_where_it_stands(client, carrier, zone):
    van = curb_factories.van(carrier, plate="ABC-1")
    unknown = take(client, zone, van, kind="night")
    assert codes(unknown) == (422, "zones.pass_unknown")
    assert unknown.json()["errors"][0]["pointer"] == "/kind"
    elsewhere = take(client, zone, van, zone_id="00000000-0000-7000-8000-000000000000")
    assert codes(elsewhere) == (404, "zones.zone_not_found")
    nameless = curb_factories.van(carrier, plate="")
    assert codes(take(client, zone, nameless)) == (422, "curb.plate_missing")


def test_nobody_takes_a_pass_for_the_vehicle_of_another(client, other_carrier, zone):
    foreign = curb_factories.van(other_carrier, plate="XYZ-1")
    answer = take(client, zone, foreign)
    assert answer.status_code == 404
    assert not Permit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_get_two_passes(carrier, zone):
    van = curb_factories.van(carrier, plate="ABC-1")
    clients = [factories.api_client(carrier) for _ in range(10)]
    statuses = []

    def one(number):
        try:
            statuses.append(
                take(clients[number], zone, van, f"2026-06-{number + 1:02}").status_code
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] * 2 + [409] * 8
    assert Permit.objects.count() == 2
