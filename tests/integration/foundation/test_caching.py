"""With Redis away nothing but speed is lost."""

import pytest
from django.core.cache import caches

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def _redis_is_away(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "foundation.caching.ForgivingRedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


@pytest.mark.usefixtures("_redis_is_away")
def test_every_answer_of_the_cache_is_not_cached():
    cache = caches["default"]
    cache.set("a", 1)
    assert cache.get("a") is None
    assert cache.get("a", "default") == "default"
    assert cache.get_many(["a"]) == {}
    assert cache.add("a", 1) is True
    assert cache.incr("a") == 1
    assert cache.get_or_set("a", lambda: 7) == 7
    assert "a" not in cache


@pytest.mark.usefixtures("_redis_is_away")
def test_the_api_and_the_sign_in_go_on(client, carrier):
    answer = factories.api_client(carrier).get("/api/v1/me")
    assert answer.status_code == 200
    person = factories.person(carrier, password="correct horse battery")
    answer = client.post(
        "/accounts/login/", {"login": person.email, "password": "correct horse battery"}
    )
    assert answer.status_code == 302
    assert client.get("/api/v1/me").json()["user_id"] == str(person.id)


@pytest.mark.usefixtures("_redis_is_away")
def test_readiness_reports_it_and_stays_ready(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "redis": "unreachable"}
