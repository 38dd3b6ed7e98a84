"""`./hub manage openapi`: write the description of the API to docs/openapi.yaml."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from foundation.api.openapi import document


class Command(BaseCommand):
    """Writes docs/openapi.yaml; with --check only says whether it is up to date."""

    help = "Write docs/openapi.yaml (OpenAPI 3.1); with --check compare only."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="compare, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
        made = document()
        if options["check"]:
            if not path.is_file() or path.read_text() != made:
                raise CommandError("docs/openapi.yaml is out of date: ./hub manage openapi")
            self.stdout.write("docs/openapi.yaml is up to date")
            return
        path.write_text(made)
        self.stdout.write(f"wrote {path}")
