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


def conninfo(url: str) -> str:
    """Return libpq's form of Django's `postgis://…` address."""
    return "postgresql" + url[url.index(":") :]


def may_be_emptied(tables: list[str], clock_rows: int) -> bool:
    """Return whether a database is empty or marked as demo (a row in the table of the clock)."""
    return not tables or clock_rows > 0


def main() -> int:
    """Empty the database, or return 3 and leave it alone."""
    with psycopg.connect(conninfo(os.environ["DATABASE_URL"])) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        rows = 0
        if "foundation_domainclock" in tables:
            found = connection.execute("SELECT count(*) FROM foundation_domainclock").fetchone()
            rows = found[0] if found else 0
        if not may_be_emptied(tables, rows):
            return 3
        for name in tables:
            connection.execute(
                sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name))
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
