"""An unsafe request that is sent twice has one effect and one answer."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Mandate
from accounts.services import mandates
from foundation.models import IdempotencyKey
from kernel.clock import wall
from tests import factories


@pytest.fixture
def wish(tpl):
    return {"agent_id": str(tpl.id), "scopes": ["curbs:book"]}


def post(client, wish, key, path="/api/v1/mandates"):
    return client.post(path, wish, format="json", headers={"Idempotency-Key": key})


@pytest.mark.django_db
def test_the_same_request_again_gets_the_first_answer_and_no_second_effect(api, wish):
    client = api()
    first, again = post(client, wish, "one"), post(client, wish, "one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert not first.has_header("Idempotency-Replayed")
    assert Mandate.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused(api, wish):
    client = api()
    post(client, wish, "one")
    answer = post(client, wish | {"scopes": ["curbs:read"]}, "one")
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency.reused"


@pytest.mark.django_db
def test_the_key_of_another_client_is_another_key(api, wish, other_carrier):
    post(api(), wish, "one")
    answer = post(api(organisation=other_carrier), wish, "one")
    assert answer.status_code == 201
    assert Mandate.objects.count() == 2


@pytest.mark.django_db
def test_a_refusal_is_an_answer_and_is_repeated(api, wish):
    client = api()
    bad = wish | {"scopes": ["nonsense"]}
    first, again = post(client, bad, "one"), post(client, bad, "one")
    assert (first.status_code, again.status_code) == (422, 422)
    assert first.json()["errors"] == again.json()["errors"]
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day(api, wish):
    client = api()
    post(client, wish, "one")
    IdempotencyKey.objects.update(created_at=wall() - timedelta(hours=24))
    assert post(client, wish, "one").status_code == 201
    assert Mandate.objects.count() == 2


@pytest.mark.django_db
def test_an_error_of_ours_is_not_kept(api, wish, monkeypatch):
    client = api()
    real = mandates.give

    def broken(**facts):
        real(**facts)
        raise RuntimeError("broken")

    monkeypatch.setattr(mandates, "give", broken)
    assert post(client, wish, "one").status_code == 500
    assert Mandate.objects.count() == 0
    monkeypatch.setattr(mandates, "give", real)
    assert post(client, wish, "one").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_the_same_time_one_has_an_effect(carrier, tpl, wish, monkeypatch):
    token = factories.token(carrier)
    real = mandates.give

    def slow(**facts):
        time.sleep(0.2)
        return real(**facts)

    monkeypatch.setattr(mandates, "give", slow)
    answers = []

    def send():
        from rest_framework.test import APIClient

        try:
            client = APIClient()
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
            answers.append(post(client, wish, "one"))
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert Mandate.objects.count() == 1
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(201) >= 1
    assert set(codes) <= {201, 409}
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency.running"
            assert answer["Retry-After"] == "1"
