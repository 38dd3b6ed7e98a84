"""Empties the database after a test that committed.

Django truncates every table, which makes hundreds of files anew, and then writes content types and
permissions again: most of a second, to be rid of a few rows. They are deleted sooner.
"""

from django.db import connection
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}
"""Written by `migrate`; no test of ours changes them."""

_truncate = TransactionTestCase._fixture_teardown


def install():
    """Have every test that commits followed by `_empty`."""
    TransactionTestCase._fixture_teardown = _empty


def _empty(case):
    """Delete all rows, once nobody writes any more (a truncation waits for that as well).

    Without triggers, since some refuse to delete what is on record; that is the superuser's right.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        if not cursor.fetchone()[0]:  # a database that we were given
            _truncate(case)
            return
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        names = [connection.ops.quote_name(name) for name in sorted({*tables} - KEPT)]
        steps = [
            "BEGIN",
            "SET LOCAL session_replication_role = replica",
            f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE",
            *(f"DELETE FROM {name}" for name in names),
            "COMMIT",
        ]
        cursor.execute(";".join(steps))
