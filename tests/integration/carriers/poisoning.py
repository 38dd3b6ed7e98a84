"""A position that JSON can say and the database cannot store."""

from contextlib import contextmanager

from django.db import connection


@contextmanager
def poison(lat):
    """Have the database refuse, as data that it cannot store, every position at a latitude."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.lat = {lat} THEN RAISE EXCEPTION 'no' USING ERRCODE = '22000'; END IF;"
            " RETURN NEW; END $$;"
            "CREATE TRIGGER poison BEFORE INSERT ON carriers_position FOR EACH ROW"
            " EXECUTE FUNCTION poison()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER poison ON carriers_position; DROP FUNCTION poison()")
