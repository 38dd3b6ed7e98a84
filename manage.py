#!/usr/bin/env python
"""Django's command line for CityHub; `./hub manage …` calls it with the right environment."""

import os
import sys


def main() -> None:
    """Do what the arguments say; of a database without tables, say what it lacks."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError, connection

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError:
        if connection.introspection.table_names():
            raise
        sys.exit("The database has no tables yet. Load a city first: ./hub city load PATH")


if __name__ == "__main__":
    main()
