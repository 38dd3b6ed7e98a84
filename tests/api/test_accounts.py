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


def test_a_mandate_is_given_and_revoked(api, carrier, tpl, domain_clock):
    principal, agent = api(), api(organisation=tpl)
    given = principal.post(
        "/api/v1/mandates",
        {"agent_id": str(tpl.id), "scopes": ["curbs:book"]},
        format="json",
    )
    assert given.status_code == 201, given.content
    mandate_id = given.json()["id"]
    assert given.json()["starts_at"] == "2026-05-12T07:00:00Z"
    assert [one["id"] for one in agent.get("/api/v1/me").json()["mandates"]] == [mandate_id]

    revoked = principal.post(f"/api/v1/mandates/{mandate_id}/revoke")
    assert revoked.status_code == 200
    assert agent.get("/api/v1/me").json()["mandates"] == []


def test_an_agent_cannot_revoke_the_mandate_it_holds(api, carrier, tpl, domain_clock):
    from tests import factories

    mandate = factories.mandate(carrier, tpl, "curbs:book")
    answer = api(organisation=tpl).post(f"/api/v1/mandates/{mandate.id}/revoke")
    assert answer.status_code == 404
    assert answer.json()["code"] == "accounts.mandate_not_found"


def test_all_reasons_against_a_mandate_come_at_once(api, carrier, domain_clock):
    answer = api().post(
        "/api/v1/mandates",
        {
            "agent_id": str(carrier.id),
            "scopes": ["curbs:book", "nonsense", "mandates:write"],
            "ends_at": "2026-05-12T07:00:00Z",
        },
        format="json",
    )
    assert answer.status_code == 422
    assert [(error["code"], error["pointer"]) for error in answer.json()["errors"]] == [
        ("accounts.mandate_self", "/agent_id"),
        ("accounts.mandate_period", "/ends_at"),
        ("accounts.scope_unknown", "/scopes/1"),
        ("accounts.scope_not_grantable", "/scopes/2"),
    ]


def test_a_mandate_to_an_organisation_of_another_city_names_nobody(api, hd_carrier, carrier):
    answer = api().post(
        "/api/v1/mandates",
        {"agent_id": str(hd_carrier.id), "scopes": ["curbs:book"]},
        format="json",
    )
    assert answer.status_code == 404
    assert answer.json()["code"] == "accounts.organisation_not_found"


def test_both_secrets_of_a_client_work_until_the_old_one_is_revoked(client, carrier):
    from accounts.services import clients, setup

    old = setup.create_client(organisation=carrier, name="fleet", client_scopes=["events:write"])
    new = clients.rotate_secret(client=old.client)

    def token_with(secret):
        return client.post(
            "/oauth/token",
            {
                "grant_type": "client_credentials",
                "client_id": old.client_id,
                "client_secret": secret,
            },
        ).status_code

    assert (token_with(old.secret), token_with(new.secret)) == (200, 200)
    clients.revoke_previous_secret(client=old.client)
    assert (token_with(old.secret), token_with(new.secret)) == (401, 200)


def test_a_client_gets_no_scope_beyond_its_own(client, carrier):
    from accounts.services import setup

    made = setup.create_client(organisation=carrier, name="fleet", client_scopes=["events:write"])
    answer = client.post(
        "/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": made.client_id,
            "client_secret": made.secret,
            "scope": "rules:write",
        },
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"


def test_a_deactivated_client_is_shut_out_at_the_next_call(api, carrier):
    from accounts.models import ApiClient
    from accounts.services import clients

    client = api()
    assert client.get("/api/v1/me").status_code == 200
    clients.deactivate(client=ApiClient.objects.get())
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="cityhub", error="invalid_token"'


def test_finding_out_who_acts_costs_one_query(api, carrier, django_assert_num_queries):
    client = api()
    client.get("/api/v1/me")
    with django_assert_num_queries(1):
        client.get("/api/v1/me")


def test_a_missing_scope_is_named(api, carrier):
    answer = api(client_scopes=["events:write"]).get("/api/v1/mandates")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["scope"] == "mandates:write"
    assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_guessing_secrets_is_slow(client, hel, monkeypatch, path):
    from foundation.api import throttles

    monkeypatch.setattr(throttles, "_count", lambda key, more: 121)
    answer = client.post(path, {"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate.exceeded")
    assert answer.has_header("Retry-After")


def test_a_session_acts_for_the_membership_that_was_chosen(client, hel, hd_carrier, carrier):
    from accounts.models import Membership
    from accounts.resolving import SESSION_KEY
    from tests import factories

    planner = factories.person(carrier)
    second = Membership.objects.create(
        user=planner, organisation=hd_carrier, role="carrier_planner"
    )
    client.force_login(planner)
    assert client.get("/api/v1/me").json()["organisation"]["code"] == "blue-vans"
    session = client.session
    session[SESSION_KEY] = str(second.id)
    session.save()
    me = client.get("/api/v1/me").json()
    assert (me["city"], me["organisation"]["code"]) == ("hd", "neckar-logistik")


def test_a_membership_that_was_taken_away_acts_no_more(client, carrier, other_carrier):
    from accounts.models import Membership
    from accounts.resolving import SESSION_KEY
    from tests import factories

    planner = factories.person(carrier)
    other = Membership.objects.create(
        user=factories.person(other_carrier), organisation=other_carrier, role="tpl_planner"
    )
    client.force_login(planner)
    session = client.session
    session[SESSION_KEY] = str(other.id)  # somebody else's
    session.save()
    assert client.get("/api/v1/me").json()["organisation"]["code"] == "blue-vans"
    planner.memberships.all().delete()
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_needs_its_csrf_token_to_change_anything(carrier, tpl):
    from rest_framework.test import APIClient

    from tests import factories

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(factories.person(carrier))
    wish = {"agent_id": str(tpl.id), "scopes": ["curbs:book"]}
    answer = client.post("/api/v1/mandates", wish, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {"Authorization": "Basic \xff"}}, 401),
        ({"content_type": "multipart/form-data"}, 400),
        ({"content_type": "multipart/form-data; boundary=\xff"}, 400),
    ],
)
def test_a_malformed_request_for_a_token_is_the_clients_fault(client, hel, changes, status):
    sent = {"content_type": "application/x-www-form-urlencoded"} | changes
    answer = client.post("/oauth/token", "grant_type=client_credentials", **sent)
    assert answer.status_code == status
