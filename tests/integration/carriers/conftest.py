"""A carrier's van, the carrier as a sender of events, and what went by columns."""

import pytest


@pytest.fixture
def van(carrier):
    from tests import fleet

    return fleet.vehicle(carrier, "van-7")


@pytest.fixture
def sender(carrier):
    from tests import factories

    return factories.actor_of(carrier)


@pytest.fixture
def columns(monkeypatch):
    """Count the positions that go by columns."""
    from carriers import positions

    taken = []
    made = positions.columns

    def counted(*args):
        found = made(*args)
        taken.extend(index for run in found[0] for index in run.indexes)
        return found

    monkeypatch.setattr(positions, "columns", counted)
    return taken
