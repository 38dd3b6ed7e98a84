"""Nobody sees or touches another tenant's rows: every URL, every stranger."""

import pytest

from foundation.api.views import HubView
from tests import factories
from tests.api import tenants
from tests.api.tenants import BODIES, NOT_ABOUT_ROWS, OWNERS

pytestmark = pytest.mark.django_db

ENDPOINTS = tenants.endpoints()
WITH_IDS = [
    pytest.param(endpoint, method, id=f"{method} {endpoint}")
    for endpoint in ENDPOINTS
    for method in endpoint.methods
    if endpoint.parameters
]
LISTS = [
    pytest.param(endpoint, id=str(endpoint))
    for endpoint in ENDPOINTS
    if not endpoint.parameters and "get" in endpoint.methods and endpoint.name not in NOT_ABOUT_ROWS
]


@pytest.fixture
def world(hel, hd, domain_clock):
    return tenants.build(hel, hd)


def send(client, endpoint, method, ids, **extra):
    sent = BODIES.get(endpoint.name)
    sent = sent(ids) if callable(sent) else sent
    kind = {} if method == "get" else {"data": {} if sent is None else sent, "format": "json"}
    return getattr(client, method)(endpoint.path(ids), **kind, **extra)


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
    rows = getattr(endpoint.view, "rows", None)
    if endpoint.name in NOT_ABOUT_ROWS:
        return
    assert rows is not None, "name the rows: `rows = Model.objects`"
    assert hasattr(rows.all(), "visible_to")
    assert hasattr(rows.model, "tenancy")


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if one.parameters], ids=str)
def test_every_parameter_has_an_owner_here(endpoint):
    for parameter in endpoint.parameters:
        assert parameter in OWNERS, "give it an owner and an id in tests/api/tenants.py"


@pytest.mark.parametrize(("endpoint", "method"), WITH_IDS)
def test_the_owner_reaches_its_own_row(world, endpoint, method):
    owners = {OWNERS[parameter] for parameter in endpoint.parameters}
    owner = world.hel_city if "city" in owners else world.owner
    answer = send(tenants.everything(owner), endpoint, method, world.ids)
    assert answer.status_code < 500, answer.content
    assert answer.status_code not in (401, 403, 404, 405, 415, 422), answer.content


@pytest.mark.parametrize(("endpoint", "method"), WITH_IDS)
def test_a_stranger_of_another_city_finds_nothing(world, endpoint, method):
    for stranger in (factories.organisation(world.hd), world.hd_city):
        client = tenants.everything(stranger)
        answer = send(client, endpoint, method, world.ids)
        assert answer.status_code in refusals(endpoint, method, stranger), answer.content
        assert "secret" not in answer.content.decode().lower()


@pytest.mark.parametrize(("endpoint", "method"), WITH_IDS)
def test_a_stranger_of_the_same_city_finds_nothing_private(world, endpoint, method):
    if "carrier" not in {OWNERS[parameter] for parameter in endpoint.parameters}:
        return
    stranger = factories.organisation(world.hel)
    answer = send(tenants.everything(stranger), endpoint, method, world.ids)
    assert answer.status_code in refusals(endpoint, method, stranger), answer.content


@pytest.mark.parametrize(("endpoint", "method"), WITH_IDS)
def test_the_public_of_another_city_finds_nothing(world, client, settings, endpoint, method):
    settings.ALLOWED_HOSTS = ["*"]
    client.raise_request_exception = False
    sent = BODIES.get(endpoint.name) or {}
    sent = sent(world.ids) if callable(sent) else sent
    kind = {} if method == "get" else {"data": sent, "content_type": "application/json"}
    answer = getattr(client, method)(
        endpoint.path(world.ids), **kind, headers={"Host": "heidelberg.test"}
    )
    assert answer.status_code == (404 if endpoint.scope(method) is None else 401), answer.content


def refusals(endpoint, method, stranger):
    """Return what a stranger may be answered: 404, or 403 for a scope that it cannot hold."""
    scope = endpoint.scope(method)
    cannot = scope is not None and scope not in tenants.scopes_of(stranger)
    return {403} if cannot else {404}


@pytest.mark.parametrize("endpoint", LISTS)
def test_a_list_shows_nothing_of_another_city(world, client, settings, endpoint):
    settings.ALLOWED_HOSTS = ["*"]
    foreign = {str(row.pk) for row in tenants.rows_of(world.hel)}
    assert foreign >= {str(one) for one in world.ids.values()}
    answers = [
        tenants.everything(stranger).get(endpoint.path({}), endpoint_query(endpoint))
        for stranger in (factories.organisation(world.hd), world.hd_city)
    ]
    answers.append(
        client.get(endpoint.path({}), endpoint_query(endpoint), headers={"Host": "heidelberg.test"})
    )
    assert any(answer.status_code == 200 for answer in answers), answers[0].content
    for answer in answers:
        assert answer.status_code in (200, 401, 403), answer.content
        text = answer.content.decode()
        assert not [one for one in foreign if one in text]
        assert "secret" not in text.lower()


@pytest.mark.parametrize("endpoint", LISTS)
def test_a_list_shows_a_stranger_nothing_private(world, endpoint):
    stranger = tenants.everything(factories.organisation(world.hel))
    answer = stranger.get(endpoint.path({}), endpoint_query(endpoint))
    assert answer.status_code in (200, 403), answer.content
    text = answer.content.decode()
    private = [
        str(world.ids[parameter]) for parameter, owner in OWNERS.items() if owner == "carrier"
    ]
    assert not [one for one in private if one in text]


@pytest.mark.parametrize("endpoint", LISTS)
def test_a_list_shows_the_owner_something_of_its_own(world, endpoint):
    """Else the tests above would prove nothing."""
    texts = [
        tenants.everything(owner).get(endpoint.path({}), endpoint_query(endpoint)).content.decode()
        for owner in (world.owner, world.hel_city)
    ]
    own = [str(row.pk) for row in tenants.rows_of(world.hel)]
    assert any(one in text for one in own for text in texts), texts


def endpoint_query(endpoint):
    return tenants.QUERIES.get(endpoint.name, {})
