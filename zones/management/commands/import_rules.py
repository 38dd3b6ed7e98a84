"""`./hub manage import_rules`: rules in other people's formats, as drafts."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from accounts.actors import Actor
from accounts.models import City
from accounts.scopes import CITY
from accounts.services import setup
from foundation import clock
from zones import telling
from zones.exchange.formats import FILE_LIMIT, READERS
from zones.services import importing

SOMETHING_REFUSED = 3
_FIGURES = ("files", "zones", "regulations", "repaired", "not_understood", "refused")


class Command(BaseCommand):
    help = (
        "Take zones and rules from files as drafts that an official confirms. Exit code 0: nothing"
        " was refused; 3: a file or an item was; 2: wrong arguments; 1: it could not be done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", required=True, choices=READERS)
        parser.add_argument("--city", metavar="CODE", help="when there are several cities")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        city = _city(options["city"])
        actor = Actor(city=city, organisation=setup.city_organisation(city), scopes=CITY)
        figures = importing.take(
            actor=actor,
            files=_contents(options["files"]),
            form=options["format"],
            now=clock.now(),
            dry_run=options["dry_run"],
        )
        figures.items = telling.items(figures.items)
        figures.notes = [telling.note(one) for one in figures.notes]
        told = {name: getattr(figures, name) for name in _FIGURES}
        if options["json"]:
            content = told | {"items": figures.items, "notes": figures.notes}
            self.stdout.write(json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False))
        else:
            self._print(figures, options["dry_run"])
            self.stdout.write(", ".join(f"{name} {count}" for name, count in told.items()))
        if figures.refused:
            sys.exit(SOMETHING_REFUSED)

    def _print(self, figures: importing.Figures, dry_run: bool) -> None:
        for item in figures.items:
            self.stdout.write(f"{item['file']}: {item['name']} ({item['code']}): {item['outcome']}")
            for regulation in item["regulations"]:
                for version in regulation["versions"]:
                    self.stdout.write(f"  {regulation['code']} {version['number']}")
                    for sentence in version["sentences"]:
                        self.stdout.write(f"    {sentence}")
            for kind, note in telling.loud(item):
                self.stdout.write(f"  {kind}: {note['detail']} ({note['code']}) {note['at']}")
        for note in figures.notes:
            self.stdout.write(
                f"{note['file']} {note['at']}: {note['kind']}: {note['detail']} ({note['code']})"
            )
        if dry_run:
            self.stdout.write("Nothing was written.")


def _contents(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file; of one that is too large, enough to see that it is."""
    for path in paths:
        try:
            with path.open("rb") as file:
                yield path.name, file.read(FILE_LIMIT + 1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error


def _city(code: str | None) -> City:
    cities = City.objects.order_by("code")
    found = list(cities.filter(code=code) if code else cities[:2])
    if len(found) != 1:
        known = ", ".join(cities.values_list("code", flat=True)) or "none"
        raise CommandError(f"Which city? --city CODE; there are: {known}", returncode=2)
    return found[0]
