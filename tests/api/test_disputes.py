"""Disputes: the carrier's word, the city's decision, and what both mean for the finding."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from accounts.models import WebhookDelivery
from accounts.services import webhooks
from compliance.models import Dispute, Finding
from compliance.services import findings
from foundation.models import AuditEntry, OutboxMessage
from tests import factories
from tests.api.test_compliance import finding
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
REASON = {"reason": "The street was closed", "statement": "Police sent us through the zone."}


@pytest.fixture(autouse=True)
def _clock(domain_clock):
    """Domain time stands on TUESDAY."""


@pytest.fixture
def mine(carrier):
    return finding(carrier, state="confirmed", confirmed_at=TUESDAY, changed_at=TUESDAY)


def dispute(client, row, body=REASON):
    return client.post(f"/api/v1/findings/{row.id}/disputes", body, format="json")


def decide(client, dispute_id, outcome, reasons="We saw the closure."):
    body = {"outcome": outcome, "reasons": reasons}
    return client.post(f"/api/v1/disputes/{dispute_id}/decision", body, format="json")


def test_a_carrier_disputes_its_finding_and_both_sides_see_it(api, mine, hel_city, settings):
    settings.HUB_DECISION_DAYS = 14
    answer = dispute(api(), mine)
    assert answer.status_code == 201
    opened = answer.json()
    assert (opened["state"], opened["reason"]) == ("open", REASON["reason"])
    assert opened["decide_by_at"] == "2026-05-26T07:00:00Z"  # TUESDAY and 14 days
    for client in (api(), api(organisation=hel_city)):
        (listed,) = client.get(f"/api/v1/findings/{mine.id}/disputes").json()["items"]
        assert listed == opened
        assert client.get(f"/api/v1/disputes/{opened['id']}").json() == opened
        assert client.get("/api/v1/disputes", {"state": "open"}).json()["items"] == [opened]
    entry = mine.journal.get()
    assert (entry.entry, entry.because) == (
        "disputed",
        {"dispute_id": opened["id"], "dispute": "open"},
    )
    told = OutboxMessage.objects.get(topic="finding.changed").payload
    assert (told["change"], told["dispute_id"]) == ("disputed", opened["id"])
    assert AuditEntry.objects.filter(action="dispute.opened", subject=opened["id"]).exists()


def test_an_upheld_dispute_withdraws_the_finding_by_an_adjustment(api, mine, hel_city):
    opened = dispute(api(), mine).json()
    answer = decide(api(organisation=hel_city), opened["id"], "upheld")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["decision"]) == ("upheld", "We saw the closure.")
    mine.refresh_from_db()
    assert (mine.state, mine.set_aside_at) == ("withdrawn", TUESDAY)
    entry = mine.journal.last()
    assert (entry.entry, entry.before["state"], entry.after) == (
        "withdrawn",
        "confirmed",
        {"state": "withdrawn"},
    )
    assert entry.because == {"dispute_id": opened["id"], "dispute": "upheld"}
    told = OutboxMessage.objects.filter(topic="finding.changed").last().payload
    assert (told["change"], told["dispute_id"]) == ("withdrawn", opened["id"])
    assert told["evidence_head"] == mine.bundles.get().head


def test_webhooks_tell_every_head_and_the_dispute_that_changed_a_finding(
    api, carrier, hel_city, domain_clock, settings, drain
):
    settings.HUB_WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    wanted = {"url": "https://127.0.0.1/hook", "topics": ["finding.changed"], "now": TUESDAY}
    webhooks.register(actor=factories.actor_of(carrier), **wanted)
    mine, city = finding(carrier), api(organisation=hel_city)
    findings.confirm(domain_clock(TUESDAY + 2 * DAY))
    first = dispute(api(), mine).json()["id"]
    decide(city, first, "dismissed")
    Finding.objects.filter(pk=mine.pk).update(changed_at=TUESDAY + 3 * DAY)
    domain_clock(TUESDAY + 3 * DAY)
    second = dispute(api(), mine).json()["id"]
    decide(city, second, "upheld")
    drain()
    bodies = WebhookDelivery.objects.order_by("at", "message_id").values_list("body", flat=True)
    told = [json.loads(body)["data"] for body in bodies]
    names = ("change", "evidence_head", "dispute_id")
    confirmed, withdrawn = mine.bundles.order_by("number").values_list("head", flat=True)
    assert [tuple(one.get(name) for name in names) for one in told] == [
        ("confirmed", confirmed, None),
        ("disputed", None, first),
        ("dismissed", None, first),
        ("disputed", None, second),
        ("withdrawn", withdrawn, second),
    ]
    assert told[-1]["set_aside_at"] == "2026-05-15T07:00:00Z"
    fields = set(api().get(f"/api/v1/findings/{mine.id}").json()) - {"evidence", "journal"}
    assert set(told[-1]) == fields - {"id", "seconds_over"} | {"finding_id", "version", *names}


def test_a_dismissed_dispute_leaves_the_finding_and_gives_the_reasons(api, mine, hel_city):
    opened = dispute(api(), mine).json()
    decide(api(organisation=hel_city), opened["id"], "dismissed", "There was no closure.")
    mine.refresh_from_db()
    assert (mine.state, mine.changed_at) == ("confirmed", TUESDAY)
    assert api().get(f"/api/v1/disputes/{opened['id']}").json()["decision"] == (
        "There was no closure."
    )
    assert [entry.entry for entry in mine.journal.order_by("id")] == ["disputed", "dismissed"]


def test_what_was_decided_is_not_disputed_again_until_the_finding_changes(
    api, mine, hel_city, domain_clock
):
    opened = dispute(api(), mine).json()
    decide(api(organisation=hel_city), opened["id"], "dismissed")
    answer = dispute(api(), mine)
    assert (answer.status_code, answer.json()["code"]) == (409, "finding.dispute_decided")
    Finding.objects.filter(pk=mine.pk).update(changed_at=TUESDAY + DAY)
    domain_clock(TUESDAY + DAY)
    assert dispute(api(), mine).status_code == 201


def test_a_finding_is_disputed_once_at_a_time(api, mine):
    opened = dispute(api(), mine).json()
    answer = dispute(api(), mine)
    assert (answer.status_code, answer.json()["code"]) == (409, "finding.already_disputed")
    assert answer.json()["errors"][0]["dispute_id"] == opened["id"]
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(("late", "status"), [(timedelta(seconds=-1), 201), (timedelta(), 409)])
def test_the_time_for_a_dispute_ends_28_days_after_the_confirmation(
    api, mine, domain_clock, late, status
):
    domain_clock(TUESDAY + 28 * DAY + late)
    assert dispute(api(), mine).status_code == status


def test_a_provisional_finding_may_be_disputed_and_is_decided_when_it_is_confirmed(
    api, carrier, hel_city
):
    early = finding(carrier)
    opened = dispute(api(), early).json()
    answer = decide(api(organisation=hel_city), opened["id"], "upheld")
    assert (answer.status_code, answer.json()["code"]) == (409, "finding.not_confirmed")
    Finding.objects.filter(pk=early.pk).update(state="confirmed", confirmed_at=TUESDAY)
    assert decide(api(organisation=hel_city), opened["id"], "upheld").status_code == 200


def test_what_does_not_stand_is_not_disputed(api, carrier):
    answer = dispute(api(), finding(carrier, state="withdrawn"))
    assert (answer.status_code, answer.json()["code"]) == (409, "finding.not_standing")


def test_a_dispute_is_decided_once(api, mine, hel_city):
    opened = dispute(api(), mine).json()
    city = api(organisation=hel_city)
    decide(city, opened["id"], "dismissed")
    answer = decide(city, opened["id"], "upheld")
    assert (answer.status_code, answer.json()["code"]) == (409, "finding.dispute_decided")
    mine.refresh_from_db()
    assert mine.state == "confirmed"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/reason"),
        ({"reason": "   "}, "/reason"),
        ({"reason": "x" * 201}, "/reason"),
        ({"reason": "x", "statement": "y" * 4001}, "/statement"),
        ({"reason": "x", "attachment": "z"}, "/attachment"),
        ({"reason": 7}, "/reason"),
    ],
)
def test_a_dispute_says_why_and_nothing_else(api, mine, body, pointer):
    answer = dispute(api(), mine, body)
    assert answer.status_code == 422
    assert [error.get("pointer", "") for error in answer.json()["errors"]] == [pointer]
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    "body", [{"outcome": "perhaps", "reasons": "x"}, {"outcome": "upheld", "reasons": " "}]
)
def test_a_decision_is_one_of_two_and_has_reasons(api, mine, hel_city, body):
    opened = dispute(api(), mine).json()
    path = f"/api/v1/disputes/{opened['id']}/decision"
    assert api(organisation=hel_city).post(path, body, format="json").status_code == 422


def test_a_carrier_does_not_decide(api, mine):
    opened = dispute(api(), mine).json()
    assert decide(api(), opened["id"], "upheld").status_code == 403


def test_another_organisation_neither_reads_nor_guesses_nor_opens(
    api, mine, other_carrier, hd_carrier
):
    opened = dispute(api(), mine).json()
    for organisation in (other_carrier, hd_carrier):
        client = api(organisation=organisation)
        nothing = client.get(f"/api/v1/disputes/{uuid4()}")
        for answer in (
            client.get(f"/api/v1/disputes/{opened['id']}"),
            client.get(f"/api/v1/findings/{mine.id}/disputes"),
            client.get(f"/api/v1/findings/{mine.id}/evidence"),
            client.get(f"/api/v1/findings/{mine.id}/evidence.pdf"),
            dispute(client, mine),
        ):
            assert answer.status_code == 404
            said = {name: answer.json()[name] for name in ("title", "detail", "code")}
            assert said == {name: nothing.json()[name] for name in said}
        assert client.get("/api/v1/disputes").json()["items"] == []


def test_an_agent_disputes_by_mandate_and_the_audit_names_both(api, mine, carrier, tpl):
    client = api(organisation=tpl)
    assert dispute(client, mine).status_code == 404
    factories.mandate(carrier, tpl, "findings:dispute", vehicle_ids=[UUID(int=9)])
    assert dispute(api(organisation=tpl), mine).status_code == 404  # another vehicle
    factories.mandate(carrier, tpl, "findings:dispute", vehicle_ids=[UUID(int=1)])
    assert dispute(api(organisation=tpl), mine).status_code == 201
    entry = AuditEntry.objects.get(action="dispute.opened")
    assert (entry.on_behalf_of, entry.organisation_id) == (carrier.id, tpl.id)


def test_the_evidence_is_read_as_json_and_as_a_pdf(api, mine):
    read = api().get(f"/api/v1/findings/{mine.id}/evidence").json()
    assert (read["number"], read["frozen_at"], read["broken"]) == (0, None, None)
    assert read["entries"][0]["content"]["id"] == str(mine.id)
    answer = api().get(
        f"/api/v1/findings/{mine.id}/evidence.pdf", headers={"Accept": "application/pdf"}
    )
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")


def test_evidence_that_is_kept_no_longer_is_gone(api, mine, domain_clock):
    domain_clock(TUESDAY + 1095 * DAY)
    assert api().get(f"/api/v1/findings/{mine.id}/evidence").status_code == 200
    domain_clock(TUESDAY + 1095 * DAY + timedelta(seconds=1))
    for name in ("evidence", "evidence.pdf"):
        answer = api().get(f"/api/v1/findings/{mine.id}/{name}")
        assert (answer.status_code, answer.json()["code"]) == (410, "finding.evidence_gone")


def test_the_same_key_opens_one_dispute(api, mine):
    client = api()
    path, key = f"/api/v1/findings/{mine.id}/disputes", {"Idempotency-Key": "once"}
    first = client.post(path, REASON, format="json", headers=key)
    again = client.post(path, REASON, format="json", headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
