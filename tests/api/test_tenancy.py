"""Nobody sees or touches another tenant's rows: every URL, every stranger."""

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from accounts.scopes import GRANTABLE
from accounts.services import mandates
from foundation import clock
from foundation.api.views import HubView
from foundation.models import AuditEntry
from tests import factories
from tests.api import tenants
from tests.api.tenants import BODIES, NOT_ABOUT_ROWS, OWNERS, QUERIES

ENDPOINTS = tenants.endpoints()
WITH_IDS = [
    (endpoint, method)
    for endpoint in ENDPOINTS
    for method in endpoint.methods
    if endpoint.parameters and not set(endpoint.parameters) - set(OWNERS)
]
LISTS = [
    (endpoint, "get")
    for endpoint in ENDPOINTS
    if not endpoint.parameters and "get" in endpoint.methods and endpoint.name not in NOT_ABOUT_ROWS
]


@pytest.fixture
def world(hel, hd, domain_clock, settings):
    settings.ALLOWED_HOSTS = ["*"]
    return tenants.build(hel, hd)


def faults(world, check, cases):
    """Return what is wrong, case by case; what one does to the world is undone for the next."""
    found = {}
    for endpoint, method in cases:
        with transaction.atomic():
            try:
                check(world, endpoint, method)
            except AssertionError as error:
                found[f"{method} {endpoint}"] = str(error).splitlines()[0]
            transaction.set_rollback(True)
    return found


def send(client, endpoint, method, ids, **extra):
    sent = BODIES.get(endpoint.name)
    sent = sent(ids) if callable(sent) else sent
    if method == "get":
        return client.get(endpoint.path(ids), QUERIES.get(endpoint.name, {}), **extra)
    return getattr(client, method)(endpoint.path(ids), sent or {}, format="json", **extra)


def from_heidelberg(endpoint, method, ids):
    return send(APIClient(), endpoint, method, ids, headers={"Host": "heidelberg.test"})


def owners(endpoint):
    return {OWNERS[parameter] for parameter in endpoint.parameters}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_every_endpoint_is_a_hub_view_that_names_its_scope(endpoint):
    if endpoint.name in ("schema", "api-docs"):
        return
    assert issubclass(endpoint.view, HubView)
    for method in endpoint.methods:
        rule = endpoint.view.scope
        assert not isinstance(rule, dict) or method.upper() in rule, f"{method} names no scope"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_what_a_view_reads_it_reads_through_visible_to(endpoint):
    if endpoint.name in NOT_ABOUT_ROWS:
        return
    rows = getattr(endpoint.view, "rows", None)
    assert rows is not None, "name the rows: `rows = Model.objects`"
    assert hasattr(rows.all(), "visible_to")
    assert hasattr(rows.model, "tenancy")


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if one.parameters], ids=str)
def test_every_parameter_has_an_owner_here(endpoint):
    for parameter in endpoint.parameters:
        assert parameter in OWNERS, "give it an owner and an id in tests/api/tenants.py"


@pytest.mark.django_db
def test_the_owner_reaches_its_own_rows(world):
    def check(world, endpoint, method):
        owner = world.hel_city if "city" in owners(endpoint) else world.owner
        answer = send(tenants.everything(owner), endpoint, method, world.ids)
        assert answer.status_code < 500, answer.content
        assert answer.status_code not in (401, 403, 404, 405, 415, 422), answer.content

    assert faults(world, check, WITH_IDS) == {}


@pytest.mark.django_db
def test_a_stranger_finds_nothing(world):
    def check(world, endpoint, method):
        strangers = [factories.organisation(world.hd), world.hd_city]
        if "carrier" in owners(endpoint):
            strangers.append(factories.organisation(world.hel))
        for stranger in strangers:
            answer = send(tenants.everything(stranger), endpoint, method, world.ids)
            assert answer.status_code == refusal(endpoint, method, stranger), answer.content
            assert "secret" not in answer.content.decode().lower()
        answer = from_heidelberg(endpoint, method, world.ids)
        expected = 404 if endpoint.scope(method) is None else 401
        assert answer.status_code == expected, answer.content

    assert faults(world, check, WITH_IDS) == {}


def refusal(endpoint, method, stranger):
    """Return what a stranger is answered: 404, or 403 for a scope that it cannot hold."""
    scope = endpoint.scope(method)
    return 404 if scope is None or scope in tenants.scopes_of(stranger) else 403


@pytest.mark.django_db
def test_a_mandate_opens_rows_and_its_end_closes_them_on_the_next_call(world):
    def check(world, endpoint, method):
        scope = endpoint.scope(method)
        mandate = factories.mandate(world.owner, world.agent, scope)
        agent = factories.api_client(world.agent, [scope])
        answer = send(agent, endpoint, method, world.ids)
        assert answer.status_code not in (401, 403, 404, 422), answer.content
        used = AuditEntry.objects.filter(
            on_behalf_of=world.owner.id, organisation_id=world.agent.id
        )
        assert answer.status_code >= 400 or used.exists(), "no audit row names both"

        principal = factories.actor_of(world.owner, "mandates:write")
        mandates.revoke(actor=principal, mandate_id=mandate.id, now=clock.now())
        answer = send(agent, endpoint, method, world.ids)
        assert answer.status_code == 404, answer.content

    cases = [
        (endpoint, method)
        for endpoint, method in WITH_IDS
        if "carrier" in owners(endpoint) and endpoint.scope(method) in GRANTABLE
    ]
    assert faults(world, check, cases) == {}


@pytest.mark.django_db
def test_lists_show_nothing_of_another_city(world):
    foreign = tenants.marks_of(world.hel)
    foreign.add(world.ids["event_id"])  # the sender's id of it
    assert foreign >= {str(one) for one in world.ids.values()}

    def check(world, endpoint, method):
        answers = [
            send(tenants.everything(stranger), endpoint, method, {})
            for stranger in (factories.organisation(world.hd), world.hd_city)
        ]
        answers.append(from_heidelberg(endpoint, method, {}))
        assert any(answer.status_code == 200 for answer in answers), answers[0].content
        for answer in answers:
            assert answer.status_code in (200, 401, 403), answer.content
            text = answer.content.decode()
            assert [one for one in foreign if one in text] == []
            assert "secret" not in text.lower()

    assert faults(world, check, LISTS) == {}


@pytest.mark.django_db
def test_lists_show_a_stranger_of_the_same_city_nothing_private(world):
    private = [str(world.ids[name]) for name, owner in OWNERS.items() if owner == "carrier"]

    def check(world, endpoint, method):
        stranger = tenants.everything(factories.organisation(world.hel))
        answer = send(stranger, endpoint, method, {})
        assert answer.status_code in (200, 403), answer.content
        text = answer.content.decode()
        assert [one for one in private if one in text] == []

    assert faults(world, check, LISTS) == {}


@pytest.mark.django_db
def test_lists_show_the_owner_something_of_its_own(world):
    """Else the tests above would prove nothing."""
    own = tenants.marks_of(world.hel)

    def check(world, endpoint, method):
        texts = [
            send(tenants.everything(owner), endpoint, method, {}).content.decode()
            for owner in (world.owner, world.hel_city)
        ]
        assert any(one in text for one in own for text in texts), texts

    assert faults(world, check, LISTS) == {}
