"""Statements that the server plans once for each connection."""

import pytest
from django.db import NotSupportedError, connection, transaction
from django.test.utils import CaptureQueriesContext

from foundation.rows import planned


@pytest.fixture
def elsewhere(transactional_db):
    """A table `said`, and another connection: what changes tables on ours, our driver sees."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("CREATE TABLE said (word varchar(5)); INSERT INTO said VALUES ('a')")
        yield cursor
        cursor.execute("DROP TABLE said")
    other.close()


def words(least="a"):
    with planned() as cursor:
        cursor.execute("SELECT word FROM said WHERE word >= %s", [least])
        return cursor.fetchall()


def plans():
    """How often a plan for any values ran, and one that was made for one time's values."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%% said %%'"
        )
        return cursor.fetchall()


def test_a_statement_is_planned_once_whatever_its_values(elsewhere):
    # The first is sent as it is; a statement that comes again is prepared.
    assert [words(), words("b"), words(), words("a")] == [[("a",)], [], [("a",)], [("a",)]]
    assert plans() == [(3, 0)]


def test_the_log_of_queries_knows_a_planned_statement(elsewhere):
    words(), words()
    with CaptureQueriesContext(connection) as seen:
        words()
    assert [query["sql"] for query in seen] == ["SELECT word FROM said WHERE word >= $1"]


def test_a_column_may_change_its_type_under_a_planned_statement(elsewhere):
    words(), words()
    elsewhere.execute("ALTER TABLE said ALTER word TYPE varchar(9)")
    assert words() == [("a",)]
    words(), words()
    elsewhere.execute("ALTER TABLE said ALTER word TYPE varchar(11)")
    with pytest.raises(NotSupportedError), transaction.atomic():
        words()  # nothing can be tried again within a transaction
    assert words() == [("a",)]
