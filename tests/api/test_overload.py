"""When the database cannot keep up the door says so: 503 with Retry-After, and nothing is lost.

Each fault is the server's own: a trigger on the log raises it, or the connection really ends.
"""

import json
import time

import pytest
from rest_framework.test import APIClient

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db(transaction=True)

FULL = ("53000", "53100", "53200", "53300", "53400")  # resources, disk, memory, connections, limit
AWAY = ("57014", "57P01", "57P03", "58000", "58030", "55P03")  # cancelled, shut down, I/O, lock


@pytest.fixture(autouse=True)
def _tuesday(domain_clock):
    """Domain time is TUESDAY."""


@pytest.fixture
def client(api):
    return api()


@pytest.fixture(params=["view", "lane"])
def door(request, carrier, client):
    """A client of the ordinary view, and one of the fast lane that stands before it."""
    from tests import factories

    return client if request.param == "view" else Lane(factories.token(carrier))


class Lane:
    def __init__(self, token):
        self.token = token

    def post(self, _path, body, content_type):
        from carriers.api import lane

        post = lane.Post(
            self.token.encode(), content_type, "identity", body.encode(), time.perf_counter(), None
        )
        (answer,) = lane.answers([post])
        response = lane._response(answer, {}, "a-request")
        response.json = lambda: json.loads(response.content)
        return response


@pytest.fixture
def van(carrier):
    from tests import fleet

    return fleet.vehicle(carrier, "van-7")


@pytest.fixture
def batch(van):
    from tests import fleet

    return [fleet.position(van, fleet.minutes(-n)) for n in range(20)]


@pytest.fixture
def fault():
    """Return `fault(body)`: from now on the log's identity table runs this PL/pgSQL per row."""
    yield make
    query("DROP TRIGGER IF EXISTS test_fault ON carriers_identity")
    query("DROP FUNCTION IF EXISTS test_fault()")


def make(body):
    query(
        "CREATE OR REPLACE FUNCTION test_fault() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {body}; RETURN NEW; END $$"
    )
    query(
        "CREATE OR REPLACE TRIGGER test_fault BEFORE INSERT ON carriers_identity"
        " FOR EACH ROW EXECUTE FUNCTION test_fault()"
    )


def query(sql):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


def send(client, batch):
    return client.post("/api/v1/events", json.dumps(batch), content_type="application/json")


def assert_says_come_back(answer):
    assert answer.status_code == 503, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "server.unavailable"
    assert 1 <= int(answer["Retry-After"]) <= 60


def assert_nothing_was_stored():
    from carriers.models import EventIdentity, LoggedPosition, Quarantined

    assert LoggedPosition.objects.count() == 0
    assert EventIdentity.objects.count() == 0
    assert Quarantined.objects.count() == 0


def assert_taken_when_sent_again(client, batch):
    from carriers.models import LoggedPosition

    assert send(client, batch).json()["accepted"] == len(batch)
    assert LoggedPosition.objects.count() == len(batch)


def test_a_database_that_is_full_or_away_is_no_loss(door, batch, fault):
    for state in (*FULL, *AWAY):
        fault(f"RAISE EXCEPTION 'for the test' USING ERRCODE = '{state}'")
        assert_says_come_back(send(door, batch))
        assert_nothing_was_stored()
    fault("NULL")
    assert_taken_when_sent_again(door, batch)


def test_a_fault_in_the_middle_of_a_batch_stores_no_part_of_it(client, batch, fault):
    fault(
        "IF (SELECT count(*) FROM carriers_stage) >= 20"
        f" AND NEW.event_id = '{batch[7]['event_id']}'"
        " THEN RAISE EXCEPTION 'for the test' USING ERRCODE = '53100'; END IF"
    )
    assert_says_come_back(send(client, batch))
    assert_nothing_was_stored()


def test_a_statement_that_takes_too_long_is_given_up(client, batch, fault, monkeypatch):
    from carriers.services import log

    fault("PERFORM pg_sleep(2)")
    with monkeypatch.context() as impatient:
        impatient.setattr(log, "PATIENCE", "200ms")
        began = time.monotonic()
        assert_says_come_back(send(client, batch))
        assert time.monotonic() - began < 2 * len(batch)  # given up, not waited out
    assert_nothing_was_stored()
    fault("NULL")
    assert_taken_when_sent_again(client, batch)


def test_a_read_only_database_takes_nothing(client, batch):
    query("SET default_transaction_read_only = on")
    try:
        assert_says_come_back(send(client, batch))
    finally:
        query("RESET default_transaction_read_only")
    assert_nothing_was_stored()
    assert_taken_when_sent_again(client, batch)


def test_a_connection_that_is_lost_between_two_statements_acknowledges_nothing(door, batch, fault):
    fault("PERFORM pg_terminate_backend(pg_backend_pid())")
    assert_says_come_back(send(door, batch))
    assert_nothing_was_stored()
    fault("NULL")
    assert_taken_when_sent_again(door, batch)


@pytest.fixture
def no_connection(monkeypatch):
    """The database takes no more connections."""
    from django.db import OperationalError, connections

    connection = connections["default"]

    def refused(*_args, **_kwargs):
        raise OperationalError("FATAL:  sorry, too many clients already")

    def exhaust():
        connection.close()
        monkeypatch.setattr(type(connection), "get_new_connection", refused)

    yield exhaust
    monkeypatch.undo()


def test_a_database_without_a_free_connection_is_told_before_anything_is_read(
    door, batch, no_connection
):
    no_connection()
    assert_says_come_back(send(door, batch))


def test_the_token_endpoint_and_pages_say_so_too(hel, no_connection):
    no_connection()
    client = APIClient(raise_request_exception=False)
    token = client.post("/oauth/token", {"grant_type": "client_credentials"})
    assert_says_come_back(token)
    page = client.get("/findings/")
    assert (page.status_code, page["Retry-After"]) == (503, "5")


def test_a_replay_that_meets_a_full_disk_keeps_its_place(api, carrier, fault):
    from carriers.models import LoggedPosition
    from carriers.services import replays
    from tests import fleet

    client = api()
    gone = fleet.position(fleet.vehicle(carrier, "van-7"), TUESDAY)
    gone["vehicle"] = {"vehicle_id": "ref:van-8"}
    assert send(client, [gone]).json()["quarantined"] == 1
    fleet.vehicle(carrier, "van-8")
    (item,) = client.get("/api/v1/events/quarantine").json()["items"]
    fault("RAISE EXCEPTION 'for the test' USING ERRCODE = '53100'")
    assert_says_come_back(client.post(f"/api/v1/events/quarantine/{item['id']}/replay"))
    run = client.post("/api/v1/events/quarantine/replay", {"filter": {}}, format="json").json()
    from django.db import OperationalError

    with pytest.raises(OperationalError):
        replays.work(TUESDAY)
    where = f"/api/v1/events/quarantine/replays/{run['id']}"
    assert client.get(where).json()["done"] == 0
    fault("NULL")
    assert replays.work(TUESDAY) == 1
    assert client.get(where).json()["counts"] == {"accepted": 1}
    assert LoggedPosition.objects.count() == 1
