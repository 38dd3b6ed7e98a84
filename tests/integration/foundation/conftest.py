"""A second connection to the test's database, for what only shows between two transactions."""

import psycopg
import pytest


@pytest.fixture
def second_connection(transactional_db):
    """A connection of its own, outside of Django."""
    from django.db import connection

    params = connection.get_connection_params()
    with psycopg.connect(
        **{
            name: params[name]
            for name in ("dbname", "user", "host", "port", "password")
            if name in params
        }
    ) as other:
        yield other


@pytest.fixture
def consumers_of_test(monkeypatch):
    """An empty registry of consumers."""
    from foundation import consumers

    monkeypatch.setattr(consumers, "_consumers", {})
    return consumers
