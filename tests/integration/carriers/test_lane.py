"""The fast lane of event posts: one write for all that wait, one answer for each."""

import asyncio
import gzip
import json
import time
import uuid

import httpx
import pytest
from django.db import OperationalError, connection

from carriers.api import lane
from carriers.services import intake
from tests import factories, fleet
from tests.factories import TUESDAY
from tests.integration.carriers.poisoning import poison

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick_writers(monkeypatch):
    """Writers end at once when there is nothing to do: their connections must not stay."""
    monkeypatch.setattr(lane, "IDLE_S", 0.05)


@pytest.fixture
def van(carrier, domain_clock):
    return fleet.vehicle(carrier, "van-7")


@pytest.fixture
def token(carrier):
    return factories.token(carrier)


def post(token, body, media="application/json", encoding="", **changes):
    """Return a post as it waits at the desk."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    future = asyncio.new_event_loop().create_future()
    facts = {"began": time.perf_counter()} | changes
    return lane.Post(token.encode(), media, encoding, content, facts["began"], future)


def statuses(answers):
    """Return the status of each item of each answer; None where the ordinary view answers."""
    return [
        answer and [item["status"] for item in json.loads(answer)["results"]] for answer in answers
    ]


def stored():
    """Return how many positions the log holds and in how many transactions they were written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT xid::text) FROM carriers_position")
        return cursor.fetchone()


def test_posts_that_wait_share_a_write_and_each_gets_its_own_answer(van, token, carrier):
    events = [fleet.position(van, TUESDAY) for _ in range(20)]
    events[7]["place"]["lat"] = 91
    events[9] |= {"event_id": events[3]["event_id"], "trip_id": "ref:another"}
    events[11] = dict(events[5])
    other = factories.token(factories.organisation(carrier.city, "red-trucks"))
    posts = [post(token, event) for event in events]
    posts.append(post(other, [fleet.position(van, TUESDAY) | {"carrier_id": "ref:red-trucks"}]))
    expected = [["accepted"]] * 20 + [["quarantined"]]  # red-trucks has no such vehicle
    expected[7], expected[9], expected[11] = ["refused"], ["conflict"], ["duplicate"]
    assert statuses(lane.answers(posts)) == expected
    assert stored() == (17, 1)


def test_what_is_not_a_matter_of_course_is_left_to_the_ordinary_view(van, token, carrier):
    event = fleet.position(van, TUESDAY)
    reader = factories.token(carrier, ["vehicles:read"])
    posts = [
        post("no-such-token", event),
        post(reader, event),
        post(token, b"{"),
        post(token, event, media="text/plain"),
        post(token, event, encoding="br"),
        post(token, b'"text"'),
        post(token, gzip.compress(json.dumps(event).encode()), encoding="gzip"),
    ]
    assert statuses(lane.answers(posts)) == [None] * 6 + [["accepted"]]


def asked(messages, token, **headers):
    """Return whether the ordinary view was asked, and what was sent, of a post in messages."""
    seen, sent, waiting = [], [], list(messages)

    async def ordinary(scope, receive, send):
        seen.append(scope["path"])

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    told = {"authorization": f"Bearer {token}", "host": "localhost"} | headers
    pairs = [
        (name.encode(), each.encode())
        for name, value in told.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    pairs.append((b"content-type", b"application/x-ndjson"))
    scope = {"type": "http", "path": lane.PATH, "method": "POST", "headers": pairs}
    asyncio.run(lane.Lane(ordinary)(scope, receive, send))
    return bool(seen), [message.get("status") for message in sent if "status" in message]


def test_a_request_that_was_never_completed_is_not_taken(van, token):
    line = json.dumps(fleet.position(van, TUESDAY)).encode() + b"\n"
    part = {"type": "http.request", "body": line, "more_body": True}
    assert asked([part, {"type": "http.disconnect"}], token) == (False, [])
    assert stored()[0] == 0
    whole = {"type": "http.request", "body": line, "more_body": False}
    assert asked([part, whole | {"body": b""}], token) == (False, [200])
    assert stored()[0] == 1


def test_another_host_and_two_tokens_are_the_ordinary_views_business(van, token):
    whole = {"type": "http.request", "body": b"", "more_body": False}
    assert asked([whole], token, host="evil.example") == (True, [])
    both = ["Bearer nonsense", f"Bearer {token}"]
    assert asked([whole], token, authorization=both) == (True, [])


def test_a_client_beyond_its_limit_is_left_to_the_ordinary_view(van, token, settings):
    settings.HUB_RATE_CLIENT = 2
    posts = [post(token, fleet.position(van, TUESDAY)) for _ in range(3)]
    assert lane.answers(posts) == [None] * 3
    assert stored()[0] == 0


def test_an_item_that_the_database_cannot_store_is_refused_alone(van, token):
    events = [fleet.position(van, TUESDAY) for _ in range(4)]
    events[2]["place"]["lat"] = 60.5
    posts = [post(token, events[0]), post(token, events[1:3]), post(token, events[3])]
    with poison(60.5):
        answers = lane.answers(posts)
    assert statuses(answers) == [["accepted"], ["accepted", "refused"], ["accepted"]]
    assert json.loads(answers[1])["results"][1]["code"] == "event.unstorable"
    assert stored()[0] == 3


def test_a_post_that_fails_for_whatever_reason_harms_no_other(van, token, monkeypatch):
    write = intake.write

    def fails(batched, *args):
        if any(len(one._items) == 2 for one in batched):
            raise ZeroDivisionError("a fault of ours")
        write(batched, *args)

    monkeypatch.setattr(intake, "write", fails)
    posts = [post(token, fleet.position(van, TUESDAY)) for _ in range(3)]
    posts[1] = post(token, [fleet.position(van, TUESDAY) for _ in range(2)])
    assert statuses(lane.answers(posts)) == [["accepted"], None, ["accepted"]]
    assert stored()[0] == 2


def test_when_the_database_cannot_keep_up_every_post_is_told_to_come_again(van, token, monkeypatch):
    def fails(*args):
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(intake, "write", fails)
    answers = lane.answers([post(token, fleet.position(van, TUESDAY)) for _ in range(2)])
    assert [answer.status for answer in answers] == [503, 503]
    assert all(answer.reasons[0].facts["retry_after_s"] > 0 for answer in answers)


def test_a_connection_that_the_server_ended_costs_no_post_its_answer(van, token):
    lane.answers([post(token, fleet.position(van, TUESDAY))])
    other = connection.copy()
    with other.cursor() as cursor:
        ended = [connection.connection.info.backend_pid, 5000]
        cursor.execute("SELECT pg_terminate_backend(%s, %s)", ended)
    other.close()
    assert statuses(lane.answers([post(token, fleet.position(van, TUESDAY))])) == [["accepted"]]


def test_who_waited_too_long_is_told_to_come_again_and_nothing_of_it_is_taken(van, token):
    long_ago = time.perf_counter() - lane.PATIENCE_S - 1
    posts = [
        post(token, fleet.position(van, TUESDAY), began=long_ago),
        post(token, fleet.position(van, TUESDAY)),
    ]
    late, in_time = lane.answers(posts)
    assert (late.status, statuses([in_time])) == (503, [["accepted"]])
    assert stored()[0] == 1


async def _ask(application, requests):
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await asyncio.gather(*(client.post(lane.PATH, **one) for one in requests))


def ask(requests):
    """Post to the application as it is served, side by side; return the answers."""
    from cityhub import asgi

    return asyncio.run(_ask(lane.Lane(asgi.ordinary), requests))


def test_through_the_application_posts_are_accepted_once_and_faults_are_problems(van, token):
    signed = {"Authorization": f"Bearer {token}", "X-Request-Id": "mine-1"}
    events = [fleet.position(van, TUESDAY) for _ in range(30)]
    requests = [{"json": event, "headers": signed} for event in events]
    requests.append({"content": b"[", "headers": signed | {"Content-Type": "application/json"}})
    requests.append({"json": events[0], "headers": {"Authorization": "Bearer nobody"}})
    requests.append({"json": events[0]})
    *fine, broken, unknown, unsigned = ask(requests)
    assert {answer.json()["accepted"] for answer in fine} == {1}
    assert {answer.headers["X-Request-Id"] for answer in fine} == {"mine-1"}
    assert (broken.status_code, broken.json()["code"]) == (400, "request.not_json")
    assert (unknown.status_code, unknown.json()["code"]) == (401, "auth.invalid_token")
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "auth.required")
    count, transactions = stored()
    assert count == 30
    assert transactions < 30


def test_more_than_can_wait_is_turned_away_with_a_time_to_come_again(van, token, monkeypatch):
    monkeypatch.setattr(lane, "WAITING_POSTS", 0)
    signed = {"Authorization": f"Bearer {token}", "Accept-Language": "de", "X-Request-Id": "my-7"}
    (answer,) = ask([{"json": fleet.position(van, TUESDAY), "headers": signed}])
    told = answer.json()
    assert (answer.status_code, told["code"]) == (503, "server.unavailable")
    assert (told["request_id"], answer.headers["X-Request-Id"]) == ("my-7", "my-7")
    assert told["detail"].startswith("Es wartet mehr, als sich bald schreiben lässt.")
    assert answer.headers["Retry-After"] == str(lane.RETRY_AFTER_S)
    assert stored()[0] == 0


def test_a_body_beyond_the_limit_is_refused_as_by_the_ordinary_view(van, token, monkeypatch):
    from carriers.api import bodies

    monkeypatch.setattr(bodies, "EVENTS_LIMIT", 100)
    signed = {"Authorization": f"Bearer {token}"}
    (answer,) = ask([{"json": fleet.position(van, TUESDAY), "headers": signed}])
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def test_a_mandate_revoked_counts_at_once_and_its_use_is_audited(van, token, carrier, domain_clock):
    from datetime import timedelta

    from foundation.models import AuditEntry

    agent = factories.organisation(carrier.city, "agent", kind="logistics_provider")
    mandate = factories.mandate(carrier, agent, "events:write")
    theirs = factories.token(agent)
    event = fleet.position(van, TUESDAY)
    assert statuses(lane.answers([post(theirs, event)])) == [["accepted"]]
    (entry,) = AuditEntry.objects.filter(action="events.sent_by_mandate")
    assert (entry.inputs["items"], entry.outcome["accepted"]) == (1, 1)
    mandate.revoked_at = TUESDAY
    mandate.save()
    domain_clock(TUESDAY + timedelta(seconds=1))
    again = event | {"event_id": str(uuid.uuid4())}
    assert statuses(lane.answers([post(theirs, again)])) == [["refused"]]
