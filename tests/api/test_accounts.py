import pytest

pytestmark = pytest.mark.django_db


def test_the_clock_is_public_and_gives_domain_time(client, hel, domain_clock):
    answer = client.get("/api/v1/clock")
    assert answer.status_code == 200
    assert answer.json()["now"] == "2026-05-12T10:00:00+03:00"
    assert answer.json()["standing"] is True


def test_a_client_gets_a_token_and_is_recognised(client, carrier):
    from accounts.services import setup

    made = setup.create_client(
        organisation=carrier, name="fleet", client_scopes=["events:write", "vehicles:read"]
    )
    answer = client.post(
        "/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": made.client_id,
            "client_secret": made.secret,
            "scope": "vehicles:read",
        },
    )
    assert answer.status_code == 200, answer.content
    me = client.get(
        "/api/v1/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}
    )
    assert me.status_code == 200
    assert me.json()["organisation"]["code"] == "blue-vans"
    assert me.json()["scopes"] == ["vehicles:read"]


def test_who_am_i_needs_a_token(client, hel):
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == 'Bearer realm="cityhub"'
    assert answer.json()["code"] == "auth.required"
