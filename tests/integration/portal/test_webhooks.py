"""The pages of webhooks: endpoints, secrets shown once, deliveries and their replay."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.services import webhooks
from foundation.models import AuditEntry
from kernel.clock import wall
from kernel.identifiers import uuid7
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def _loopback(settings, domain_clock):
    """Domain time stands on TUESDAY; this machine may be a receiver."""
    settings.HUB_WEBHOOK_NETWORKS = ("127.0.0.0/8",)


@pytest.fixture
def planner(client, carrier):
    client.force_login(factories.person(carrier))
    return client


def endpoint(organisation, **changes):
    """Return an endpoint of an organisation that wants findings."""
    actor = factories.actor_of(organisation)
    facts = {"url": URL, "topics": ["finding.created"], "now": TUESDAY - timedelta(days=2)}
    return webhooks.register(actor=actor, **(facts | changes))


def delivery(to, state="dead", at=TUESDAY, **attempt):
    """Return a delivery in a state, after one attempt when there is something to say of it."""
    row = WebhookDelivery.objects.create(
        city=to.city, organisation=to.organisation, endpoint=to, message_id=uuid7(),
        topic="finding.created", at=at, body="{}", state=state, queued_at=wall(),
        next_try_at=wall() if state == "pending" else None, attempts=9,
    )  # fmt: skip
    if attempt:
        WebhookAttempt.objects.create(delivery=row, at=wall(), milliseconds=41, **attempt)
    return row


def page(client, name, *args, **query):
    return client.get(reverse(f"portal:{name}", args=args), query).content.decode()


def send(client, name, *args, **sent):
    return client.post(reverse(f"portal:{name}", args=args), sent)


def test_an_endpoint_is_registered_and_its_secret_is_shown_this_once(planner, carrier):
    answer = send(planner, "webhooks", url=URL, topics=["finding.created", "finding.changed"])
    row = WebhookEndpoint.objects.get(organisation=carrier)
    assert row.topics == ["finding.changed", "finding.created"]
    assert row.secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    for text in (page(planner, "webhooks"), page(planner, "webhook", row.id)):
        assert URL in text
        assert row.secret not in text


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"url": "", "topics": ["finding.created"]}, "url", "Give the address of the receiver."),
        ({"url": URL}, "topics", "Choose at least one topic."),
        ({"url": URL, "topics": ["no.such"]}, "topics", "There is no such topic."),
        ({"url": "https://10.1.2.3/", "topics": ["finding.created"]}, "url", "public"),
    ],
)
def test_what_cannot_be_registered_is_said_beside_its_field(planner, sent, field, sentence):
    answer = send(planner, "webhooks", **sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text.partition(f'id="{field}-error">')[2].partition("</span>")[0]
    assert not WebhookEndpoint.objects.exists()


def test_topics_of_findings_are_offered_to_who_may_read_findings(client, hel_city, carrier):
    client.force_login(factories.person(hel_city, "city_official"))
    assert 'value="finding.created"' in page(client, "webhooks")
    client.force_login(factories.person(hel_city, "enforcement_officer"))
    assert client.get(reverse("portal:webhooks")).status_code == 403


def test_a_new_secret_lets_the_one_before_sign_as_long_as_was_chosen(planner, carrier):
    row = endpoint(carrier)
    before = row.secret
    wrong = send(planner, "rotate-webhook", row.id, overlap="12")
    assert wrong.status_code == 422
    answer = send(planner, "rotate-webhook", row.id, overlap="3600").content.decode()
    row.refresh_from_db()
    assert row.secret != before
    assert row.secret in answer
    assert before not in answer
    assert row.secrets_at(wall() + timedelta(minutes=59)) == [row.secret, before]
    assert row.secrets_at(wall() + timedelta(minutes=61)) == [row.secret]


def test_the_log_says_what_came_of_each_delivery_and_narrows(planner, carrier):
    row = endpoint(carrier)
    dead = delivery(row, status=503)
    lost = delivery(row, error="timeout")
    delivery(row, "delivered", status=204)
    text = page(planner, "webhook", row.id)
    for said in ("HTTP 503", "HTTP 204", "no answer in time", "2 were given up"):
        assert said in text
    narrowed = page(planner, "webhook", row.id, state="dead")
    assert "HTTP 204" not in narrowed
    detail = page(planner, "webhook-delivery", dead.id)
    assert str(dead.message_id) in detail
    assert "HTTP 503" in detail
    assert "41" in detail
    assert str(lost.id) not in detail


def test_one_delivery_or_all_dead_ones_are_sent_again(planner, carrier):
    row = endpoint(carrier)
    old = delivery(row, at=TUESDAY - timedelta(days=1))
    dead, done = delivery(row), delivery(row, "delivered")
    send(planner, "replay-delivery", done.id)
    send(planner, "replay-webhook", row.id, states=["dead"], since="2026-05-12")
    states = dict(WebhookDelivery.objects.values_list("id", "state"))
    assert states == {old.id: "dead", dead.id: "pending", done.id: "pending"}
    send(planner, "replay-webhook", row.id, states=["dead"], until="2026-05-11")
    assert not WebhookDelivery.objects.filter(state="dead").exists()
    assert AuditEntry.objects.filter(action="webhook.replayed").count() == 3


def of(page):
    """Return what a page says of an endpoint and of the one delivery in its log."""
    endpoint = re.search(r'<h1 class="break">.*?<span class="tag [a-z]*">(.*?)</p>', page)[1]
    return endpoint, re.search(r'</span><div class="small quiet">(.*?)</div>', page)[1]


@pytest.fixture
def at_ten(monkeypatch):
    """Wall time stands at ten o'clock of the city on TUESDAY."""
    monkeypatch.setattr("portal.webhooks.wall", lambda: TUESDAY)
    return TUESDAY


def minutes(count):
    return TUESDAY + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("resumes", "tried", "endpoint_says", "delivery_says"),
    [
        (30, 2, "left alone until Tue 12 May 10:30",
         "next attempt from Tue 12 May 10:30: the endpoint is left alone until then"),
        (30, -7, "left alone until Tue 12 May 10:30",
         "next attempt from Tue 12 May 10:30: the endpoint is left alone until then"),
        (30, 45, "left alone until Tue 12 May 10:30", "next attempt Tue 12 May 10:45"),
        (-1, 45, "asked again with the next delivery", "next attempt Tue 12 May 10:45"),
        (-1, -7, "asked again with the next delivery", "the next attempt is due"),
    ],
)  # fmt: skip
def test_a_delivery_is_tried_when_its_endpoint_may_be_asked_and_no_page_says_another_time(
    planner, carrier, at_ten, resumes, tried, endpoint_says, delivery_says
):
    row = endpoint(carrier)
    WebhookEndpoint.objects.update(failures=4, resume_at=minutes(resumes))
    waiting = delivery(row, "pending")
    WebhookDelivery.objects.update(next_try_at=minutes(tried))
    told = f"failed 4 times in a row</span> {endpoint_says}"
    assert of(page(planner, "webhook", row.id)) == (told, delivery_says)
    assert f">{endpoint_says}</div>" in page(planner, "webhooks")
    assert f"</span> {delivery_says}</p>" in page(planner, "webhook-delivery", waiting.id)


@pytest.mark.parametrize(
    ("state", "one", "several"),
    [
        ({"active": False}, "It waits until the endpoint is switched on, for 3 days at most.",
         "They wait until the endpoint is switched on, for 3 days at most."),
        ({"failures": 4, "resume_at": minutes(30)},
         "It waits: the endpoint is left alone until Tue 12 May 10:30.",
         "They wait: the endpoint is left alone until Tue 12 May 10:30."),
        ({}, "It is delivered once more within a second or two.", ""),
    ],
)  # fmt: skip
def test_what_is_sent_again_says_what_it_waits_for(planner, carrier, at_ten, state, one, several):
    row = endpoint(carrier)
    WebhookEndpoint.objects.update(**state)
    alone, _dead, _dead_too = delivery(row), delivery(row), delivery(row)

    def said(answer):
        return [str(message) for message in get_messages(answer.wsgi_request)]

    assert said(send(planner, "replay-delivery", alone.id)) == [one]
    page_says = page(planner, "webhook", row.id)
    assert (">until the endpoint is switched on<" in page_says) == ("active" in state)
    text = f"2 deliveries are sent again. {several}".strip()
    assert said(send(planner, "replay-webhook", row.id, states=["dead"])) == [text]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "states"),
        ({"states": ["dead"], "since": "yesterday"}, "since"),
        ({"states": ["dead"], "since": "2026-05-12", "until": "2026-05-11"}, "until"),
    ],
)
def test_a_replay_that_cannot_be_is_said_beside_its_field(planner, carrier, sent, field):
    row = endpoint(carrier)
    delivery(row)
    answer = send(planner, "replay-webhook", row.id, **sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert WebhookDelivery.objects.get().state == "dead"


def test_an_endpoint_is_switched_off_changed_and_deleted(planner, carrier):
    row = endpoint(carrier)
    delivery(row, "pending")
    send(planner, "webhook", row.id, do="pause")
    row.refresh_from_db()
    assert not row.active
    changed = {"url": f"{URL}/2", "topics": ["regulation.published"]}
    send(planner, "webhook", row.id, do="save", **changed)
    send(planner, "webhook", row.id, do="resume")
    row.refresh_from_db()
    assert (row.url, row.topics, row.active) == (changed["url"], changed["topics"], True)
    assert "1 delivery in its log goes with it" in page(planner, "delete-webhook", row.id)
    send(planner, "delete-webhook", row.id)
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
    actions = AuditEntry.objects.filter(subject=str(row.id)).values_list("action", flat=True)
    assert actions.order_by("id").last() == "webhook.removed"


def test_nobody_reaches_the_endpoints_of_another_organisation(
    client, carrier, other_carrier, hel_city
):
    row = endpoint(carrier)
    dead = delivery(row)
    for organisation, role in ((other_carrier, "carrier_planner"), (hel_city, "city_official")):
        client.force_login(factories.person(organisation, role))
        assert URL not in page(client, "webhooks")
        for name, about in (
            ("webhook", row), ("rotate-webhook", row), ("replay-webhook", row),
            ("delete-webhook", row), ("webhook-delivery", dead), ("replay-delivery", dead),
        ):  # fmt: skip
            address = reverse(f"portal:{name}", args=[about.id])
            sent = {"do": "pause", "states": ["dead"], "overlap": "0"}
            answers = {client.get(address).status_code, client.post(address, sent).status_code}
            assert answers <= {404, 405}, address
    row.refresh_from_db()
    assert row.active
    assert row.previous_secret == ""
    assert WebhookDelivery.objects.get().state == "dead"
