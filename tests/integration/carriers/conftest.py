"""A carrier's van, and the carrier as a sender of events."""

import pytest


@pytest.fixture
def van(carrier):
    from tests import fleet

    return fleet.vehicle(carrier, "van-7")


@pytest.fixture
def sender(carrier):
    from tests import factories

    return factories.actor_of(carrier)
