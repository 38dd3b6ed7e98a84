"""How every endpoint answers: problems, limits, paging, request ids, health."""

import json
import re
from uuid import UUID

import pytest
from django.db import OperationalError
from django.http import HttpResponse

from accounts.models import Mandate
from foundation.middleware import RequestMiddleware
from tests import factories

pytestmark = pytest.mark.django_db

MANDATES = "/api/v1/mandates"


def problem(answer):
    assert answer["Content-Type"] == "application/problem+json", answer.content
    document = answer.json()
    assert set(document) >= {"type", "title", "status", "detail", "code", "errors"}
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:cityhub:problem:{document['code']}"
    assert document["errors"]
    return document


def test_a_body_that_is_no_json_is_400(api):
    answer = api().post(MANDATES, b"{nonsense", content_type="application/json")
    assert (answer.status_code, problem(answer)["code"]) == (400, "request.not_json")


def test_a_body_that_is_not_utf_8_is_400(api):
    answer = api().post(MANDATES, b'{"a": "\xff"}', content_type="application/json")
    assert (answer.status_code, problem(answer)["code"]) == (400, "request.not_json")


def test_a_body_of_another_type_is_415(api):
    answer = api().post(MANDATES, b"<xml/>", content_type="application/xml")
    assert (answer.status_code, problem(answer)["code"]) == (415, "request.media_type")


def test_a_body_that_is_too_large_is_413(api, settings):
    settings.HUB_BODY_LIMIT = 10
    answer = api().post(MANDATES, b'{"agent_id": 1234567}', content_type="application/json")
    assert (answer.status_code, problem(answer)["code"]) == (413, "request.too_large")
    assert answer.json()["errors"][0]["limit_bytes"] == 10


def test_all_errors_of_shape_come_at_once_with_their_pointers(api):
    answer = api().post(
        MANDATES,
        {"agent_id": "nobody", "vehicle_ids": ["x", 3], "ends_at": "tomorrow", "extra": 1},
        format="json",
    )
    assert answer.status_code == 422
    found = {(error["code"], error.get("pointer", "")) for error in problem(answer)["errors"]}
    assert found == {
        ("request.invalid", "/agent_id"),
        ("request.invalid", "/scopes"),  # is missing
        ("request.invalid", "/extra"),  # is unknown
        ("request.invalid", "/vehicle_ids/0"),
        ("request.invalid", "/vehicle_ids/1"),
        ("request.invalid", "/ends_at"),
    }
    assert len(answer.json()["errors"]) == 6


def test_a_method_that_is_not_there_is_405_and_names_those_that_are(api):
    answer = api().delete(MANDATES)
    assert (answer.status_code, problem(answer)["code"]) == (405, "request.method_not_allowed")
    assert set(answer["Allow"].split(", ")) >= {"GET", "POST"}


def test_a_representation_that_is_not_there_is_406(api):
    answer = api().get(MANDATES, headers={"Accept": "text/csv"})
    assert (answer.status_code, problem(answer)["code"]) == (406, "request.not_acceptable")


def test_an_unknown_path_of_the_api_is_a_problem_document(client):
    answer = client.get("/api/v1/nothing-here")
    assert (answer.status_code, problem(answer)["code"]) == (404, "request.not_found")


def test_an_error_of_ours_is_500_with_the_request_id_and_nothing_else(api, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret insides")

    monkeypatch.setattr(Mandate.objects, "visible_to", broken)
    answer = api().get(MANDATES, headers={"X-Request-Id": "my-request-1"})
    document = problem(answer)
    assert (answer.status_code, document["code"]) == (500, "server.error")
    assert document["request_id"] == answer["X-Request-Id"] == "my-request-1"
    assert "secret insides" not in answer.content.decode()


def test_a_database_that_is_away_is_503_with_retry_after(api, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(Mandate.objects, "visible_to", away)
    answer = api().get(MANDATES)
    assert (answer.status_code, problem(answer)["code"]) == (503, "server.unavailable")
    assert answer["Retry-After"] == "5"


def test_a_database_that_is_away_before_any_view_is_503_too(client, monkeypatch):
    from foundation import clock

    def away():
        raise OperationalError("the connection is closed")

    client.raise_request_exception = False
    monkeypatch.setattr(clock, "now", away)
    answer = client.get("/api/v1/clock")
    assert (answer.status_code, problem(answer)["code"]) == (503, "server.unavailable")


@pytest.mark.parametrize("given", ["with blank", "x" * 65, "a;b", ""])
def test_a_request_id_that_could_harm_logs_is_replaced(client, hel, given):
    answer = client.get("/api/v1/clock", headers={"X-Request-Id": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-Id"])


def test_too_many_requests_are_429_with_retry_after(api, settings):
    settings.HUB_RATE_CLIENT = 2
    client = api()
    statuses = [client.get("/api/v1/me").status_code for _ in range(3)]
    # A new window may begin in between; then a fourth request meets the limit at the latest.
    answer = client.get("/api/v1/me")
    if 429 not in statuses:
        answer = [client.get("/api/v1/me") for _ in range(2)][-1]
    assert (answer.status_code, problem(answer)["code"]) == (429, "rate.exceeded")
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_the_limit_of_one_client_is_not_that_of_another(api, settings, other_carrier):
    settings.HUB_RATE_CLIENT = 1
    first, second = api(), api(organisation=other_carrier)
    first.get("/api/v1/me")
    assert second.get("/api/v1/me").status_code == 200


def test_pages_are_walked_by_cursor_without_loss_or_repetition(api, carrier, tpl):
    written = [factories.mandate(carrier, tpl, "curbs:book") for _ in range(7)]
    client, seen, url = api(), [], f"{MANDATES}?limit=3"
    pages = 0
    while url:
        answer = client.get(url)
        seen += [item["id"] for item in answer.json()["items"]]
        url = answer.json()["next"]
        assert answer.has_header("Link") == bool(url)
        if url:
            assert answer["Link"] == f'<{url}>; rel="next"'
        if pages == 0:
            factories.mandate(carrier, tpl, "curbs:read")
        pages += 1
    assert pages == 3
    assert seen[:7] == [str(mandate.id) for mandate in written]
    assert len(set(seen)) == len(seen) == 8


@pytest.mark.parametrize("cursor", ["nonsense", "WyJ4Il0", "W10", "eyJhIjoxfQ", "%FF"])
def test_a_cursor_that_is_not_ours_is_400(api, cursor):
    answer = api().get(f"{MANDATES}?cursor={cursor}")
    assert (answer.status_code, problem(answer)["code"]) == (400, "request.cursor_invalid")


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "١"])
def test_a_page_size_out_of_range_is_refused(api, limit):
    answer = api().get(MANDATES, {"limit": limit})
    assert (answer.status_code, problem(answer)["code"]) == (422, "request.invalid")


def test_a_token_that_is_unknown_or_has_expired_is_401(client, carrier):
    from datetime import timedelta

    from kernel.clock import wall

    expired = factories.token(carrier, expires=wall() - timedelta(seconds=1))
    for token in ("nonsense", expired, "two words"):
        answer = client.get("/api/v1/clock", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, problem(answer)["code"]) == (401, "auth.invalid_token")


def test_a_public_request_belongs_to_the_city_of_its_host(client, hel, hd, settings):
    settings.ALLOWED_HOSTS = ["*"]
    answer = client.get("/api/v1/clock", headers={"Host": "heidelberg.test"})
    assert answer.json()["time_zone"] == "Europe/Berlin"
    answer = client.get("/api/v1/clock", headers={"Host": "elsewhere.test"})
    assert (answer.status_code, problem(answer)["code"]) == (404, "city.unknown")


def test_an_answer_carries_a_strict_security_policy(client, hel):
    policy = client.get("/api/v1/clock")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy


def test_health_asks_nobody_and_readiness_asks_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (200, "ok")


def test_figures_are_for_this_machine_or_the_holder_of_the_token(client, hel, settings):
    client.get("/api/v1/clock")
    text = client.get("/metrics").content.decode()
    assert 'hub_request_seconds_count{method="GET",route="/api/v1/clock",status="200"}' in text
    assert "hub_xmin_age_seconds" in text
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 404
    settings.HUB_METRICS_TOKEN = "figures"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer \xff"}).status_code == 404
    granted = client.get("/metrics", headers={"Authorization": "Bearer figures"})
    assert granted.status_code == 200


def test_logs_name_the_route_and_never_the_path_or_a_token(api, carrier, tpl, capsys):
    import logging

    mandate = factories.mandate(carrier, tpl, "curbs:book")
    records = []

    class Keep(logging.Handler):
        def emit(self, record):
            records.append(record.getMessage())

    keep = Keep()
    logging.getLogger("hub.request").addHandler(keep)
    try:
        api().get(f"{MANDATES}/{mandate.id}?plate=ABC-1")
    finally:
        logging.getLogger("hub.request").removeHandler(keep)
    text = json.dumps(records)
    assert "mandates/<uuid:mandate_id>" in text
    assert str(mandate.id) not in text
    assert "ABC-1" not in text
    assert "Bearer" not in text


def test_the_api_describes_itself_without_another_host(client, hel):
    page = client.get("/api/docs")
    assert page.status_code == 200
    text = page.content.decode()
    assert "https://" not in text
    assert not re.search(r"<script(?![^>]*src=)[^>]*>\s*\S", text)
    assert client.get("/api/schema").status_code == 200


def test_the_character_that_no_database_can_store_is_refused(api):
    answer = api().get(f"{MANDATES}?state=a%00b")
    assert (answer.status_code, problem(answer)["code"]) == (422, "request.invalid")
    assert answer.json()["errors"][0]["parameter"] == "state"


def test_a_problem_speaks_the_language_of_the_request_and_its_code_does_not(client, hel):
    titles = {}
    for language in ("en", "de", "fr"):
        document = problem(client.get("/api/v1/me", headers={"Accept-Language": language}))
        assert document["code"] == "auth.required"
        titles[language] = document["title"]
    assert titles["en"] == "Sign in or send a token"
    assert len(set(titles.values())) == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (HttpResponse(status=202), None),
        (HttpResponse(status=204), None),
        (HttpResponse(b"{}", status=202, content_type="application/json"), "application/json"),
        (HttpResponse(b"<p>", status=200), "text/html; charset=utf-8"),
    ],
)
def test_what_says_nothing_names_no_media_type(rf, answer, kind):
    answered = RequestMiddleware(lambda request: answer)(rf.delete("/otm/v5/events/1"))
    assert answered.get("Content-Type") == kind


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("mandates/{}", "accounts.mandate_not_found"),
        ("webhooks/{}", "webhook.not_found"),
        ("webhooks/{}/deliveries", "webhook.not_found"),
        ("webhooks/deliveries/{}", "webhook.delivery_not_found"),
        ("events/quarantine/{}", "quarantine.not_found"),
        ("events/originals/{}", "dialect.message_not_found"),
        ("backfill-windows/{}", "backfill.not_found"),
        ("bookings/{}", "curb.booking_not_found"),
    ],
)
def test_what_is_not_there_is_told_by_the_code_of_its_kind(api, path, code):
    answer = api().get(f"/api/v1/{path.format(UUID(int=404))}")
    assert (answer.status_code, problem(answer)["code"]) == (404, code)
