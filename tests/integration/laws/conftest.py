"""The world of the laws, and a stage with its processes."""

from datetime import timedelta

import pytest

pytest.register_assert_rewrite("tests.integration.laws.judging", "tests.integration.laws.play")


@pytest.fixture
def world(transactional_db):
    """Two carriers in a city with zones, a curb and a street; nothing has happened yet."""
    from carriers.services import partitions
    from tests import factories
    from tests.integration.laws import world as laying

    forget_caches()
    made = laying.build()
    for day in range(8):  # a play does not depend on which were made before it
        partitions.make_ahead(factories.TUESDAY + timedelta(days=day))
    yield made
    forget_caches()


@pytest.fixture
def tables(world):
    """The tables that the law compares."""
    from tests import derived

    return derived.Tables()


@pytest.fixture
def days(world, tables):
    """Return `days(seed, **size)`: the events of a day, and the tables that it makes undisturbed.

    The first time that a day is asked for empties the log.
    """
    from tests.integration.laws import play, simulated

    known = {}

    def of(seed, **size):
        key = (seed, *size.items())
        if key not in known:
            tables.forget()
            sent = simulated.day(world, seed, **size)
            play.undisturbed(world, sent)
            known[key] = sent, tables.dump()
            tables.forget()
        return known[key]

    return of


@pytest.fixture
def quiet_server(world):
    """No autovacuum: its transactions would hold up readers at moments that no seed chooses.

    Only in the cluster that tests may lose; elsewhere a play may once differ from its replay.
    """
    from django.db import connection

    from launcher import postgres
    from launcher.checkout import Checkout

    here = Checkout.here()
    ours = (postgres.test_cluster(here), postgres.beside_cluster(here))
    if connection.settings_dict["HOST"] not in {str(cluster.sockets) for cluster in ours}:
        yield
        return

    def say(words):
        with connection.cursor() as cursor:
            cursor.execute(words)
            cursor.execute("SELECT pg_reload_conf()")

    say("ALTER SYSTEM SET autovacuum = off")
    yield
    say("ALTER SYSTEM RESET autovacuum")


@pytest.fixture
def stage(world, quiet_server):
    """Processes: two doors and up to four workers."""
    from tests.integration.laws.stage import Stage

    made = Stage()
    for name in ("door-1", "door-2", "worker-1", "worker-2", "worker-3", "worker-4"):
        made.hire(name)
    yield made
    made.close()


def forget_caches():
    """Forget what this process keeps of another database's ground."""
    from carriers.services import partitions
    from curbs.selectors import snapshots
    from zones.selectors import books

    books.forget()
    snapshots.forget()
    partitions.forget()
