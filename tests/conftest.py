"""Fixtures for all tests. Django is imported inside of fixtures only: unit tests never load it."""

import gc

import pytest


def pytest_collection_finish(session):
    """Modules and collected tests stay until the end: no collection of garbage walks over them."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _fast_and_forgetful(request):
    """Tests with a database: cheap password hashes, and whether it is a demo is asked anew."""
    if not {"db", "transactional_db", "live_server"} & set(request.fixturenames):
        yield
        return
    from django.core.cache import cache

    from foundation import clock

    settings = request.getfixturevalue("settings")
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "accounts.hashers.SecretHasher",
    ]
    clock.forget()
    cache.clear()
    yield
    clock.forget()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """The database of the tests. What a test committed is deleted after it, not truncated."""
    from tests import emptying

    emptying.install()


@pytest.fixture
def hel(db):
    """Helsinki."""
    from tests import factories

    return factories.helsinki()


@pytest.fixture
def hd(db):
    """Heidelberg, the other city."""
    from tests import factories

    return factories.heidelberg()


@pytest.fixture
def hel_city(hel):
    """The organisation that is the city of Helsinki."""
    from accounts.services import setup

    return setup.city_organisation(hel)


@pytest.fixture
def carrier(hel):
    """A carrier in Helsinki."""
    from tests import factories

    return factories.organisation(hel, "blue-vans")


@pytest.fixture
def other_carrier(hel):
    """Another carrier in Helsinki, which must not see the first one's rows."""
    from tests import factories

    return factories.organisation(hel, "red-trucks")


@pytest.fixture
def tpl(hel):
    """A logistics provider in Helsinki."""
    from tests import factories

    return factories.organisation(hel, "harbour-3pl", kind="logistics_provider")


@pytest.fixture
def hd_carrier(hd):
    """A carrier in the other city."""
    from tests import factories

    return factories.organisation(hd, "neckar-logistik")


@pytest.fixture
def api(request):
    """Return `api(client_scopes=…, organisation=…)`: a test client with a token.

    Without an organisation the fixture `carrier` is used, without scopes all a carrier can hold.
    """
    from tests import factories

    def make(client_scopes=None, organisation=None):
        organisation = organisation or request.getfixturevalue("carrier")
        return factories.api_client(organisation, client_scopes)

    return make


@pytest.fixture
def actor(request):
    """Return `actor(*scopes, organisation=…)`: an actor with these scopes (default: all)."""
    from tests import factories

    def make(*client_scopes, organisation=None):
        organisation = organisation or request.getfixturevalue("carrier")
        return factories.actor_of(organisation, *client_scopes)

    return make


@pytest.fixture
def domain_clock(db):
    """A settable domain clock: `domain_clock(instant)` moves it, also back. Starts on TUESDAY."""
    from foundation import clock
    from foundation.models import DomainClock
    from tests import factories

    def at(instant):
        DomainClock.objects.update_or_create(
            pk=1, defaults={"instant": instant, "anchor_wall": None}
        )
        clock.forget()
        return instant

    at(factories.TUESDAY)
    yield at
    clock.forget()


@pytest.fixture
def drain(monkeypatch):
    """Return `drain(as_of=…, consumers=…)`: run consumers until nothing is left, errors raised.

    Inside a test's own transaction nothing is older than the horizon, so streams read it all.
    """
    from foundation import clock, streams
    from foundation import consumers as runner

    monkeypatch.setattr(streams, "HORIZON", "'18446744073709551615'::xid8")

    def run(as_of=None, consumers=None):
        at = as_of or clock.now()
        handled = 0
        while done := runner.run_once(as_of=at, consumers=consumers, strict=True):
            handled += done
        return handled

    return run
