"""Load the streets of a city from an `.osm.pbf`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import City
from foundation import clock
from roads.services import streets


class Command(BaseCommand):
    help = "Load a city's streets from an .osm.pbf (idempotent)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help="the city's code")
        parser.add_argument("pbf", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        city = City.objects.filter(code=options["city"]).first()
        if city is None:
            raise CommandError(f"no city with the code {options['city']!r}")
        if not options["pbf"].is_file():
            raise CommandError(f"no such file: {options['pbf']}")
        network = streets.load(city=city, pbf=options["pbf"], now=clock.now())
        self.stdout.write(f"streets of {city.name}: {network.content}")
