"""`python -m launcher.given_database`: empty the database of DATABASE_URL if it is a demo's.

Runs in .venv (psycopg). Exit code 3: the database holds something and is not marked as demo.
What extensions own (PostGIS that an administrator installed) stays.
"""

import os
import sys

import psycopg
from psycopg import sql

TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""
ROUTINES = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = current_schema()
  AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""


def conninfo(url: str) -> str:
    """Return libpq's form of Django's `postgis://…` address."""
    return "postgresql" + url[url.index(":") :]


# Tables that migrations fill; they say nothing about whether a database is in use.
FURNITURE = {"django_migrations", "django_content_type", "auth_permission"}


def holds_data(connection: psycopg.Connection, tables: list[str]) -> bool:
    """Return whether any table that people's data go to has a row.

    A database without one is as good as empty: a demo was interrupted while it migrated.
    """
    for name in set(tables) - FURNITURE:
        query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(name))
        found = connection.execute(query).fetchone()
        if found and found[0]:
            return True
    return False


def marked_as_demo(connection: psycopg.Connection, tables: list[str]) -> bool:
    """Return whether the database has a demo's clock."""
    if "foundation_domainclock" not in tables:
        return False
    found = connection.execute("SELECT count(*) FROM foundation_domainclock").fetchone()
    return bool(found and found[0])


def main() -> int:
    """Empty the database, or return 3 and leave it alone."""
    with psycopg.connect(conninfo(os.environ["DATABASE_URL"])) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        if not marked_as_demo(connection, tables) and holds_data(connection, tables):
            return 3
        for name in tables:
            connection.execute(
                sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name))
            )
        for (signature,) in connection.execute(ROUTINES).fetchall():
            # regprocedure::text is quoted by the server itself
            connection.execute(sql.SQL("DROP ROUTINE IF EXISTS " + signature + " CASCADE"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
