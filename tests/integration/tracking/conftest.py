import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _fresh_books(db):
    """Books are cached per process by counters that a rolled-back test repeats."""
    from curbs.selectors import snapshots
    from tracking.services import grounds
    from zones.selectors import books

    def forget():
        books.forget()
        snapshots.forget()
        grounds._grounds.clear()

    forget()
    yield
    forget()


@pytest.fixture
def van(carrier):
    from tests import fleet

    return fleet.vehicle(carrier, "van-7")


@pytest.fixture
def sender(carrier):
    from tests import factories

    return factories.actor_of(carrier)


@pytest.fixture
def tracking(drain):
    """Return `tracking(as_of=…)`: run the projections alone until nothing is left."""
    from tracking.services.projection import FacilityProjection, Projection

    consumers = [Projection(), FacilityProjection()]

    def run(as_of=None):
        from tests.factories import TUESDAY

        return drain(as_of=as_of or TUESDAY, consumers=consumers)

    return run
