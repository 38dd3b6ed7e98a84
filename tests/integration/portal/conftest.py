"""What the tests of pages share."""

import pytest

from tests import factories


@pytest.fixture
def as_person(client, domain_clock):
    """Return `as_person(organisation, role)`: a test client of somebody who is signed in."""

    def sign_in(organisation, role="carrier_planner"):
        client.force_login(factories.person(organisation, role))
        return client

    return sign_in
