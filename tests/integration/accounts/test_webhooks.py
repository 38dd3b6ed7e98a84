"""News reaches whom it concerns: once it happened, again after failures, and nobody else.

A receiver listens on this machine; it checks signatures by the text of the standard.
"""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.services import deliveries, mandates, sending, webhooks
from compliance.models import Finding, FindingJournal
from foundation import outbox, ticks
from foundation.models import AuditEntry
from kernel.clock import wall
from tests import factories
from tests.factories import TUESDAY
from tests.receiver import is_signed, receiving
from zones.services import grounds, regulations

pytestmark = pytest.mark.django_db

VAN = UUID(int=71)
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
    ],
}


@pytest.fixture(autouse=True)
def _loopback(settings, domain_clock):
    """Domain time stands on TUESDAY; receivers on this machine may be reached, by http."""
    settings.HUB_WEBHOOK_NETWORKS = ("127.0.0.0/8",)


@pytest.fixture
def receiver():
    with receiving() as listening:
        yield listening


@pytest.fixture
def later(monkeypatch):
    """Return `later(pause)`: wall time moves on, for deliveries."""
    moved = [timedelta()]
    for module in (sending, deliveries, webhooks):
        monkeypatch.setattr(module, "wall", lambda: wall() + moved[0])

    def move(pause):
        moved[0] += pause

    return move


@pytest.fixture
def subscribe(actor, receiver):
    """Return `subscribe(organisation, *topics)`: an endpoint that leads to the receiver."""

    def make(organisation, *topics, url=None):
        return webhooks.register(
            actor=actor(organisation=organisation),
            url=url or receiver.url,
            topics=topics or ["finding.created", "finding.changed"],
            now=TUESDAY,
        )

    return make


def find(organisation, vehicle_id=VAN, topic="finding.created", at=TUESDAY):
    """Return a finding of an organisation that was just opened, and told."""
    finding = Finding.objects.create(
        id=uuid4(), city=organisation.city, organisation=organisation, vehicle_id=vehicle_id,
        act_kind="visit", act_id=uuid4(), zone_id=uuid4(), regulation_id=uuid4(),
        version_id=uuid4(), rule_row=0, rule_code="heavy", kind="prohibited",
        severity="violation", from_at=TUESDAY, until_at=None, seen_until_at=TUESDAY,
        seconds_over=60, sentence="No lorries.", opened_at=TUESDAY, changed_at=TUESDAY,
    )  # fmt: skip
    FindingJournal.objects.create(finding=finding, entry="opened", at=TUESDAY)
    return finding, tell(finding, topic, "opened", at)


def tell(finding, topic, change, at=TUESDAY):
    return outbox.add(
        city_id=finding.city_id, topic=topic, key=finding.vehicle_id,
        payload={"finding_id": finding.id, "change": change}, at=at,
    )  # fmt: skip


def send():
    return sending.send_due(TUESDAY)


def told(receiver):
    return [json.loads(body)["data"]["finding_id"] for _, _, body in receiver.got]


def test_a_finding_is_told_to_its_carrier_with_a_signature_that_holds(
    subscribe, receiver, carrier, drain
):
    endpoint = subscribe(carrier)
    finding, message = find(carrier)
    drain()
    assert receiver.got == []  # nothing is sent while consumers run
    assert send() == 1
    ((path, headers, body),) = receiver.got
    assert path == "/hook"
    assert headers["webhook-id"] == str(message.id)
    assert headers["Content-Type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - wall().timestamp()) < 10
    assert is_signed(headers, body, endpoint.secret)
    assert not is_signed(headers, body + b" ", endpoint.secret)
    said = json.loads(body)
    assert (said["type"], said["timestamp"]) == ("finding.created", "2026-05-12T07:00:00Z")
    assert said["data"] | {"version": 1, "change": "opened", "rule_code": "heavy"} == said["data"]
    assert said["data"]["finding_id"] == str(finding.id)
    assert said["data"]["sentence"] == "No lorries."
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("delivered", 1)
    assert send() == 0


def test_a_tick_reads_the_news_and_sends_it(subscribe, receiver, carrier, drain):
    subscribe(carrier)
    finding, _ = find(carrier)
    ticks.tick(TUESDAY, strict=True)
    assert told(receiver) == [str(finding.id)]


def test_nobody_hears_of_anothers_findings_and_the_city_of_all(
    subscribe, receiver, carrier, other_carrier, tpl, hel_city, hd_carrier, drain
):
    for organisation in (other_carrier, tpl, hd_carrier):
        subscribe(organisation)
    finding, _ = find(carrier)
    drain()
    assert (send(), receiver.got) == (0, [])
    subscribe(hel_city)
    tell(finding, "finding.changed", "adjusted")
    drain()
    send()
    assert told(receiver) == [str(finding.id)]


def test_a_mandate_lets_its_agent_hear_and_its_end_holds_back_what_still_waits(
    subscribe, receiver, carrier, tpl, actor, drain
):
    mandate = factories.mandate(carrier, tpl, "findings:read", vehicle_ids=[VAN])
    subscribe(tpl)
    of_the_van, _ = find(carrier)
    find(carrier, vehicle_id=UUID(int=72))
    drain()
    send()
    assert told(receiver) == [str(of_the_van.id)]
    tell(of_the_van, "finding.changed", "adjusted")
    drain()
    mandates.revoke(actor=actor(), mandate_id=mandate.id, now=TUESDAY)
    send()
    assert told(receiver) == [str(of_the_van.id)]
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == [
        "delivered", "withheld",
    ]  # fmt: skip


def test_a_mandate_for_other_things_lets_nobody_hear_findings(
    subscribe, receiver, carrier, tpl, drain
):
    factories.mandate(carrier, tpl, "curbs:book")
    subscribe(tpl)
    find(carrier)
    drain()
    assert (send(), receiver.got) == (0, [])


def test_every_organisation_of_the_city_that_wants_to_hears_of_a_regulation(
    subscribe, receiver, carrier, other_carrier, hd_carrier, hel_city, actor, drain
):
    for organisation in (carrier, other_carrier, hd_carrier):
        subscribe(organisation, "regulation.published")
    official = actor(organisation=hel_city)
    zone = grounds.create(
        actor=official, code="z", name="Z", kind="weight", geometry=SQUARE,
        legal_from=TUESDAY, now=TUESDAY,
    )  # fmt: skip
    rule = regulations.create(actor=official, zone_id=zone.id, code="heavy", title="H", now=TUESDAY)
    draft = regulations.add_version(
        actor=official, regulation_id=rule.id, rows=[{"what": {"effect": "prohibit"}}],
        legal_from=TUESDAY, now=TUESDAY,
    )  # fmt: skip
    regulations.publish(actor=official, version_id=draft.id, now=TUESDAY)
    drain()
    assert send() == 2
    one, other = (json.loads(body) for _, _, body in receiver.got)
    assert one == other
    assert one["type"] == "regulation.published"
    facts = {"version_id": str(draft.id), "version": 1, "state": "published", "change": "published"}
    assert one["data"] | facts == one["data"]


def test_what_happened_before_the_endpoint_was_registered_is_not_told(
    subscribe, receiver, carrier, drain
):
    find(carrier, at=TUESDAY - timedelta(seconds=1))
    subscribe(carrier)
    drain()
    assert send() == 0


def test_a_message_that_is_read_twice_is_delivered_once(subscribe, receiver, carrier, drain):
    subscribe(carrier)
    _, message = find(carrier)
    for _ in range(2):
        deliveries.queue(messages=[message], as_of=TUESDAY)
    assert send() == 1
    assert len(receiver.got) == 1


def test_failures_are_tried_again_after_growing_pauses_with_the_same_id_and_body(
    subscribe, receiver, carrier, drain, later
):
    endpoint = subscribe(carrier)
    receiver.answers = [500, 503, 204]
    _, message = find(carrier)
    drain()
    assert send() == 1
    assert send() == 0  # not before five seconds have passed
    later(timedelta(seconds=6))
    assert send() == 1
    later(timedelta(seconds=6))
    assert send() == 0  # the second pause is a minute
    later(timedelta(seconds=55))
    assert send() == 1
    assert receiver.ids() == [str(message.id)] * 3
    assert len({body for _, _, body in receiver.got}) == 1
    assert all(is_signed(headers, body, endpoint.secret) for _, headers, body in receiver.got)
    stamps = [int(headers["webhook-timestamp"]) for _, headers, _ in receiver.got]
    assert stamps[0] < stamps[1] < stamps[2]
    log = WebhookAttempt.objects.order_by("id")
    assert [entry.status for entry in log] == [500, 503, 204]
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.resume_at) == (0, None)


def test_after_nine_failures_it_is_given_up_and_a_replay_brings_it_back(
    subscribe, receiver, carrier, drain, later, actor
):
    subscribe(carrier)
    receiver.answers = [400]
    _, message = find(carrier)
    drain()
    for _ in range(12):
        send()
        later(timedelta(hours=5))  # the longest pause of ten hours takes two rounds
    assert len(receiver.got) == 9
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.next_try_at) == ("dead", 9, None)
    receiver.answers = [200]
    deliveries.replay_one(actor=actor(), delivery_id=delivery.id, now=TUESDAY)
    assert send() == 1
    assert receiver.ids() == [str(message.id)] * 10
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert AuditEntry.objects.filter(action="webhook.replayed").count() == 1


def test_an_endpoint_that_does_not_answer_costs_one_attempt_for_each_pause(
    subscribe, receiver, carrier, drain, later
):
    endpoint = subscribe(carrier)
    receiver.answers = [503]
    for _ in range(3):
        find(carrier)
    drain()
    assert send() == 3  # side by side, before anything is known of it
    endpoint.refresh_from_db()
    assert endpoint.failures == 1
    later(timedelta(seconds=6))
    assert send() == 1
    assert send() == 0
    receiver.answers = [204]
    later(timedelta(seconds=61))
    assert send() == 1  # one to see whether it is back
    assert send() == 2  # then the others
    assert WebhookDelivery.objects.filter(state="delivered").count() == 3


def test_a_receiver_in_trouble_keeps_nobody_elses_news_waiting(
    subscribe, receiver, carrier, other_carrier, drain
):
    with receiving() as broken:
        broken.answers = [503]
        subscribe(carrier, url=broken.url)
        subscribe(other_carrier)
        for _ in range(20):
            find(carrier)
        finding, _ = find(other_carrier)
        drain()
        assert send() == 17  # sixteen of one endpoint at most
    assert told(receiver) == [str(finding.id)]


def test_what_waited_for_three_days_is_given_up(subscribe, receiver, carrier, drain, later):
    subscribe(carrier)
    find(carrier)
    drain()
    later(timedelta(days=3, seconds=1))
    send()
    assert WebhookDelivery.objects.get().state == "dead"
    assert receiver.got == []


def test_gone_switches_the_endpoint_off(subscribe, receiver, carrier, drain):
    endpoint = subscribe(carrier)
    receiver.answers = [410]
    find(carrier)
    drain()
    send()
    endpoint.refresh_from_db()
    assert not endpoint.active
    assert WebhookDelivery.objects.get().state == "dead"


def test_while_the_secrets_overlap_both_sign_and_then_only_the_new_one(
    subscribe, receiver, carrier, drain, later, actor
):
    old = subscribe(carrier).secret
    new = webhooks.rotate_secret(
        actor=actor(), endpoint_id=WebhookEndpoint.objects.get().id,
        overlap=timedelta(hours=1), now=TUESDAY,
    ).secret  # fmt: skip
    finding, _ = find(carrier)
    drain()
    send()
    later(timedelta(hours=1, seconds=1))
    tell(finding, "finding.changed", "adjusted")
    drain()
    send()
    (_, first, one), (_, second, other) = receiver.got
    assert is_signed(first, one, new)
    assert is_signed(first, one, old)
    assert is_signed(second, other, new)
    assert not is_signed(second, other, old)


def test_a_range_of_time_is_replayed(subscribe, receiver, carrier, drain, actor):
    endpoint = subscribe(carrier)
    hour = timedelta(hours=1)
    _, early = find(carrier, at=TUESDAY)
    _, late = find(carrier, at=TUESDAY + hour)
    _, last = find(carrier, at=TUESDAY + 2 * hour)
    drain()
    send()
    receiver.got.clear()

    def replay(start, end, *states):
        return deliveries.replay(
            actor=actor(), endpoint=endpoint, start=start, end=end, states=states, now=TUESDAY
        )

    assert replay(TUESDAY, TUESDAY + 2 * hour, "dead") == 0
    assert replay(TUESDAY, TUESDAY + 2 * hour) == 2
    assert replay(TUESDAY, TUESDAY + 2 * hour) == 0  # they wait already
    send()
    assert sorted(receiver.ids()) == sorted([str(early.id), str(late.id)])
    assert replay(TUESDAY + 2 * hour, TUESDAY + 3 * hour, "delivered") == 1
    send()
    assert receiver.ids()[-1] == str(last.id)


def test_the_target_is_looked_at_again_before_each_attempt(
    subscribe, receiver, carrier, drain, settings
):
    subscribe(carrier)
    find(carrier)
    drain()
    settings.HUB_WEBHOOK_NETWORKS = ()
    send()
    assert receiver.got == []
    assert WebhookAttempt.objects.get().error == "target_refused"


def test_an_endpoint_that_is_switched_off_is_sent_nothing_until_it_is_on_again(
    subscribe, receiver, carrier, drain, actor
):
    endpoint = subscribe(carrier)
    waiting, _ = find(carrier)
    drain()
    switch = {"actor": actor(), "endpoint_id": endpoint.id, "now": TUESDAY}
    webhooks.change(**switch, active=False)
    find(carrier)  # happens while it is off: never told
    drain()
    assert send() == 0
    webhooks.change(**switch, active=True)
    assert send() == 1
    assert told(receiver) == [str(waiting.id)]


def test_a_finding_told_late_is_told_as_it_is_by_then(subscribe, receiver, carrier, drain):
    subscribe(carrier)
    finding, _ = find(carrier)
    Finding.objects.filter(pk=finding.id).update(state="withdrawn")
    FindingJournal.objects.create(finding=finding, entry="withdrawn", at=TUESDAY)
    tell(finding, "finding.changed", "withdrawn")
    drain()
    send()
    said = [json.loads(body)["data"] for _, _, body in receiver.got]
    assert {(data["version"], data["state"]) for data in said} == {(2, "withdrawn")}
    assert sorted(data["change"] for data in said) == ["opened", "withdrawn"]


def test_queueing_and_claiming_take_as_many_queries_for_many_as_for_one(
    subscribe, carrier, other_carrier, django_assert_max_num_queries
):
    for organisation in (carrier, other_carrier):
        subscribe(organisation)
    messages = [find(carrier)[1] for _ in range(30)]
    with django_assert_max_num_queries(5):  # endpoints, mandates, findings, written, written
        deliveries.queue(messages=messages, as_of=TUESDAY)
    assert WebhookDelivery.objects.count() == 30


def test_old_deliveries_are_forgotten_with_their_attempts(
    subscribe, receiver, carrier, drain, later
):
    subscribe(carrier)
    find(carrier)
    drain()
    send()
    later(timedelta(days=29))
    assert deliveries.forget_old(TUESDAY) == 0
    later(timedelta(days=2))
    assert deliveries.forget_old(TUESDAY) == 1
    assert WebhookAttempt.objects.count() == 0


def test_an_endpoint_that_is_removed_while_it_is_told_troubles_nobody_else(
    subscribe, receiver, carrier, actor, drain, monkeypatch
):
    gone, stays = subscribe(carrier), subscribe(carrier)
    find(carrier)
    drain()
    post_all = sending._post_all

    def removed_meanwhile(rows):
        sent = post_all(rows)
        webhooks.remove(actor=actor(organisation=carrier), endpoint_id=gone.id, now=TUESDAY)
        return sent

    monkeypatch.setattr(sending, "_post_all", removed_meanwhile)
    assert send() == 2
    delivery = WebhookDelivery.objects.get()
    assert (delivery.endpoint_id, delivery.state) == (stays.id, "delivered")
