"""`./hub manage ingest`: events and messages from files, through the same intake as the API."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import City, Organisation
from carriers.adapters.files import FORMATS
from carriers.services import ingesting
from foundation import clock

SOMETHING_REFUSED = 3
_FIGURES = (
    "files", "items", "accepted", "duplicate", "conflict", "quarantined", "refused",
    "files_accepted", "files_refused",
)  # fmt: skip


class Command(BaseCommand):
    help = (
        "Take files of events (JSON, NDJSON, gzip) for a carrier. Exit code 0: nothing was"
        " refused; 3: a file or a message was; 2: wrong arguments; 1: it could not be done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", required=True, choices=FORMATS)
        parser.add_argument("--carrier", required=True, metavar="CODE", help="who tells it")
        parser.add_argument("--city", metavar="CODE", help="when several cities know the carrier")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = _organisation(options["carrier"], options["city"])
        figures = ingesting.ingest(
            actor=ingesting.actor_of(organisation),
            paths=options["files"],
            form=options["format"],
            now=clock.now(),
            dry_run=options["dry_run"],
        )
        told = asdict(figures)
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            self._print(told, options["dry_run"])
        if figures.refused or figures.files_refused:
            sys.exit(SOMETHING_REFUSED)

    def _print(self, told: dict[str, Any], dry_run: bool) -> None:
        for name, word in (("refusals", "refused"), ("doubts", ""), ("notes", "kept")):
            for one in told[name]:
                place = "" if one["index"] is None else f" item {one['index']}"
                pointer = f" {one['pointer']}" if one["pointer"] else ""
                status = word or one["status"]
                self.stdout.write(
                    f"{one['file']}{place}{pointer}: {status}, {one['reason']} ({one['code']})"
                )
        if dry_run:
            self.stdout.write("Nothing was written.")
        self.stdout.write(", ".join(f"{name} {told[name]}" for name in _FIGURES))


def _organisation(code: str, city: str | None) -> Organisation:
    if city and not City.objects.filter(code=city).exists():
        known = ", ".join(City.objects.order_by("code").values_list("code", flat=True))
        raise CommandError(f"There is no city {city!r}; there are: {known or 'none'}", returncode=2)
    rows = Organisation.objects.select_related("city").filter(code=code)
    found = list(rows.filter(city__code=city) if city else rows)
    if not found:
        raise CommandError(f"There is no carrier {code!r}.", returncode=2)
    if len(found) > 1:
        cities = ", ".join(sorted(one.city.code for one in found))
        raise CommandError(f"Several cities know {code!r}: --city {cities}?", returncode=2)
    return found[0]
