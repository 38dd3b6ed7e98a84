"""A database that was given: the demo empties it only if nobody's data are in it."""

import subprocess
import sys
import uuid

import psycopg
import pytest
from django.conf import settings

from launcher import given_database


@pytest.fixture
def given(monkeypatch):
    """A database of its own beside the tests', with the address in DATABASE_URL."""
    default = settings.DATABASES["default"]
    name = f"given_{uuid.uuid4().hex[:8]}"
    server = {key.lower(): default[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    where = {name: value for name, value in server.items() if value}

    def connect(database: str) -> psycopg.Connection:
        return psycopg.connect(dbname=database, autocommit=True, **where)

    with connect("postgres") as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    address = f"postgis://{where['user']}:{where.get('password', '')}@/{name}"
    monkeypatch.setenv(
        "DATABASE_URL", f"{address}?host={where.get('host', '')}&port={where.get('port', 5432)}"
    )
    with connect(name) as connection:
        yield connection
    with connect("postgres") as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def tables(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in connection.execute(given_database.TABLES)]


def test_an_empty_database_is_taken(given):
    assert given_database.main() == 0


def test_a_database_with_somebodys_rows_stays_untouched(given):
    given.execute("CREATE TABLE people (name text)")
    given.execute("INSERT INTO people VALUES ('Aino')")
    assert given_database.main() == 3
    assert given.execute("SELECT name FROM people").fetchall() == [("Aino",)]


def test_a_database_that_was_left_half_migrated_is_emptied(given):
    given.execute("CREATE TABLE django_migrations (app text)")
    given.execute("INSERT INTO django_migrations VALUES ('accounts')")
    given.execute("CREATE TABLE people (name text)")
    given.execute("CREATE FUNCTION greet() RETURNS text LANGUAGE sql AS 'SELECT ''hello'''")
    assert given_database.main() == 0
    assert tables(given) == []
    assert given.execute("SELECT count(*) FROM pg_proc WHERE proname = 'greet'").fetchone() == (0,)


def test_a_demos_database_is_emptied_with_its_rows(given):
    given.execute("CREATE TABLE foundation_domainclock (id int)")
    given.execute("INSERT INTO foundation_domainclock VALUES (1)")
    given.execute("CREATE TABLE people (name text)")
    given.execute("INSERT INTO people VALUES ('Aino')")
    assert given_database.main() == 0
    assert tables(given) == []


def test_what_extensions_own_stays(given):
    given.execute("CREATE EXTENSION postgis")
    given.execute("CREATE TABLE foundation_domainclock (id int)")
    given.execute("INSERT INTO foundation_domainclock VALUES (1)")
    assert given_database.main() == 0
    assert given.execute("SELECT count(*) > 0 FROM spatial_ref_sys").fetchone() == (True,)


def test_a_command_on_a_database_without_tables_says_what_to_do(given, tmp_path):
    call = [
        sys.executable,
        "manage.py",
        "import_rules",
        "--format",
        "zfe",
        str(tmp_path / "a.json"),
    ]
    told = subprocess.run(call, capture_output=True, text=True, cwd=settings.BASE_DIR, check=False)
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "The database has no tables yet. Load a city first: ./hub city load PATH"
    ]
