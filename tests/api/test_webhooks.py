from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from foundation.models import AuditEntry
from kernel.clock import wall
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

URL = "https://127.0.0.1/hook"
HOOKS = "/api/v1/webhooks"


@pytest.fixture(autouse=True)
def _clock(domain_clock, settings):
    """Domain time stands on TUESDAY; this machine counts as public, so that nobody is asked."""
    settings.HUB_WEBHOOK_NETWORKS = ("127.0.0.0/8",)


def register(client, url=URL, topics=("finding.created",)):
    return client.post(HOOKS, {"url": url, "topics": list(topics)}, format="json")


def made(client, **changes):
    answer = register(client, **changes)
    assert answer.status_code == 201, answer.content
    return answer.json()


def problems(answer):
    return [(error["code"], error.get("pointer", "")) for error in answer.json()["errors"]]


def delivery(webhook_id, **changes):
    endpoint = WebhookEndpoint.objects.get(pk=webhook_id)
    facts = {
        "city": endpoint.city, "organisation": endpoint.organisation, "endpoint": endpoint,
        "message_id": uuid4(), "topic": "finding.created", "at": TUESDAY, "body": "{}",
        "queued_at": wall(), "state": "dead", "attempts": 9,
    }  # fmt: skip
    return WebhookDelivery.objects.create(**(facts | changes))


def test_an_endpoint_is_registered_listed_and_read_and_its_secret_shown_once(api, carrier):
    client = api()
    answer = made(client, topics=["regulation.published", "finding.created", "finding.created"])
    assert answer["secret"].startswith("whsec_")
    assert answer["topics"] == ["finding.created", "regulation.published"]
    listed = client.get(HOOKS)
    assert [item["url"] for item in listed.json()["items"]] == [URL]
    read = client.get(f"{HOOKS}/{answer['id']}")
    assert read.json()["active"] is True
    for shown in (listed, read):
        assert "whsec_" not in shown.content.decode()
    assert AuditEntry.objects.get(action="webhook.registered").organisation_id == carrier.id


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.8/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/",
     "https://[::ffff:10.0.0.8]/", "https://user:pw@127.0.0.1/", "ftp://127.0.0.1/", "nonsense"],
)  # fmt: skip
def test_a_target_in_our_network_or_of_another_form_is_refused(api, url):
    answer = register(api(), url=url)
    assert answer.status_code == 422
    assert problems(answer) == [("webhook.target_refused", "/url")]
    assert not WebhookEndpoint.objects.exists()


def test_outside_of_a_demo_a_target_speaks_https(api, monkeypatch):
    client = api()
    assert register(client, url="http://127.0.0.1/hook").status_code == 201
    monkeypatch.setattr("foundation.clock.is_demo", lambda: False)
    answer = register(client, url="http://127.0.0.1/hook")
    assert problems(answer) == [("webhook.target_refused", "/url")]


def test_all_that_is_wrong_is_said_at_once(api):
    client = api(["webhooks:write"])
    answer = register(
        client, url="nonsense", topics=["finding.created", "x", "regulation.published"]
    )
    assert answer.status_code == 422
    assert problems(answer) == [
        ("webhook.target_refused", "/url"),
        ("webhook.topic_needs_scope", "/topics/0"),
        ("webhook.topic_unknown", "/topics/1"),
    ]
    errors = answer.json()["errors"]
    assert errors[1]["scope"] == "findings:read"
    assert errors[2]["topics"] == [
        "booking.changed", "finding.changed", "finding.created", "regulation.published",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sent", [{}, {"url": URL}, {"url": URL, "topics": []}, {"url": 1, "topics": ["x"]}, [], "x"]
)
def test_a_body_of_another_shape_is_refused(api, sent):
    answer = api().post(HOOKS, sent, format="json")
    assert answer.status_code == 422
    assert answer.json()["code"] == "request.invalid"


def test_an_organisation_has_twenty_endpoints_at_most(api):
    client = api()
    for _ in range(20):
        made(client)
    answer = register(client)
    assert answer.status_code == 409
    assert (
        answer.json()["errors"][0] | {"code": "webhook.too_many_endpoints", "at_most": 20}
        == (answer.json()["errors"][0])
    )


def test_an_endpoint_is_changed_and_switched_off(api):
    client = api()
    at = f"{HOOKS}/{made(client)['id']}"
    sent = {"topics": ["regulation.published"], "active": False}
    changed = client.patch(at, sent, format="json").json()
    assert (changed["topics"], changed["active"], changed["url"]) == (
        ["regulation.published"],
        False,
        URL,
    )
    refused = client.patch(at, {"url": "https://10.0.0.8/"}, format="json")
    assert problems(refused) == [("webhook.target_refused", "/url")]
    assert client.get(at).json()["url"] == URL
    assert client.patch(at, {"secret": "x"}, format="json").status_code == 422


def test_a_new_secret_is_another_and_says_how_long_the_old_one_signs(api):
    client = api()
    first = made(client)
    rotated = client.post(f"{HOOKS}/{first['id']}/rotate", {"overlap_s": 60}, format="json").json()
    assert rotated["secret"] != first["secret"]
    row = WebhookEndpoint.objects.get()
    assert row.previous_secret == first["secret"]
    assert row.previous_secret_until - wall() < timedelta(seconds=60)
    # Without a body, and so without a media type: a day.
    assert client.post(f"{HOOKS}/{first['id']}/rotate").status_code == 200
    row.refresh_from_db()
    assert row.previous_secret == rotated["secret"]
    assert timedelta(hours=23) < row.previous_secret_until - wall() < timedelta(hours=24)
    typed = client.post(f"{HOOKS}/{first['id']}/rotate", b"", content_type="application/json")
    assert typed.status_code == 200
    xml = client.post(f"{HOOKS}/{first['id']}/rotate", b"<xml/>", content_type="application/xml")
    assert xml.status_code == 415
    too_long = client.post(f"{HOOKS}/{first['id']}/rotate", {"overlap_s": 604_801}, format="json")
    assert problems(too_long) == [("request.invalid", "/overlap_s")]


def test_the_log_shows_deliveries_and_their_attempts_and_is_narrowed(api):
    client = api()
    webhook = made(client)
    dead = delivery(webhook["id"])
    done = delivery(
        webhook["id"], state="delivered", topic="finding.changed", at=TUESDAY + timedelta(hours=1)
    )
    for status in (500, None):
        WebhookAttempt.objects.create(
            delivery=dead, at=wall(), status=status, error="" if status else "timeout",
            milliseconds=7,
        )  # fmt: skip
    log = f"{HOOKS}/{webhook['id']}/deliveries"

    def ids(**query):
        return [item["id"] for item in client.get(log, query).json()["items"]]

    assert ids() == [str(done.id), str(dead.id)]
    assert ids(state="dead") == [str(dead.id)]
    assert ids(topic="finding.changed") == [str(done.id)]
    assert ids(**{"from": (TUESDAY + timedelta(minutes=1)).isoformat()}) == [str(done.id)]
    assert ids(to=(TUESDAY + timedelta(minutes=1)).isoformat()) == [str(dead.id)]
    assert client.get(log, {"state": "lost"}).status_code == 422
    detail = client.get(f"{HOOKS}/deliveries/{dead.id}").json()
    assert [(entry["status"], entry["error"]) for entry in detail["log"]] == [
        (None, "timeout"),
        (500, ""),
    ]
    assert "body" not in detail


def test_deliveries_are_replayed_by_one_and_by_a_range_of_time(api):
    client = api()
    webhook = made(client)
    one, other = delivery(webhook["id"]), delivery(webhook["id"], at=TUESDAY + timedelta(hours=2))
    answer = client.post(f"{HOOKS}/deliveries/{one.id}/replay", {}, format="json")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (
        202,
        "pending",
        0,
    )
    replay = f"{HOOKS}/{webhook['id']}/replay"
    sent = {"from": "2026-05-12T10:00:00+03:00", "until": "2026-05-12T12:00:00+03:00"}
    assert client.post(replay, sent, format="json").json() == {"queued": 0}  # it waits already
    sent = {"from": "2026-05-12T12:00:00+03:00", "until": "2026-05-12T12:00:01+03:00"}
    assert client.post(replay, sent | {"states": ["dead"]}, format="json").json() == {"queued": 1}
    other.refresh_from_db()
    assert other.state == "pending"
    backwards = client.post(replay, sent | {"until": sent["from"]}, format="json")
    assert problems(backwards) == [("webhook.period_invalid", "/until")]
    unknown = client.post(replay, sent | {"states": ["lost"]}, format="json")
    assert problems(unknown) == [("request.invalid", "/states/0")]


def test_neither_another_carrier_nor_the_city_reaches_an_endpoint(api, carrier, hel_city):
    webhook = made(api())
    row = delivery(webhook["id"])
    one = f"{HOOKS}/{webhook['id']}"
    span = {"from": "2026-05-12T10:00:00+03:00", "until": "2026-05-12T12:00:00+03:00"}
    for stranger in (factories.organisation(carrier.city), hel_city):
        client = api(organisation=stranger)
        assert client.get(HOOKS).json()["items"] == []
        assert client.get(one).status_code == 404
        assert client.patch(one, {"active": False}, format="json").status_code == 404
        assert client.post(f"{one}/rotate", {}, format="json").status_code == 404
        assert client.post(f"{one}/replay", span, format="json").status_code == 404
        assert client.get(f"{one}/deliveries").status_code == 404
        assert client.get(f"{HOOKS}/deliveries/{row.id}").status_code == 404
        assert client.post(f"{HOOKS}/deliveries/{row.id}/replay").status_code == 404
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.active, endpoint.secret) == (True, webhook["secret"])
    row.refresh_from_db()
    assert row.state == "dead"


def test_endpoints_are_no_matter_of_mandates(api, tpl):
    sent = {"agent_id": str(tpl.id), "scopes": ["webhooks:write"]}
    answer = api().post("/api/v1/mandates", sent, format="json")
    assert problems(answer) == [("accounts.scope_not_grantable", "/scopes/0")]


def test_an_endpoint_is_removed_with_its_log(api, carrier):
    client = api()
    hook = made(client)["id"]
    WebhookAttempt.objects.create(delivery=delivery(hook), at=wall(), status=500, milliseconds=7)
    assert client.delete(f"{HOOKS}/{hook}").status_code == 204
    assert client.get(f"{HOOKS}/{hook}").status_code == 404
    assert not WebhookDelivery.objects.exists()
    assert AuditEntry.objects.get(action="webhook.removed").subject == hook
