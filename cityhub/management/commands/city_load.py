"""Load a city pack: the city, its people and clients, streets, zones, rules and curbs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cityhub.packs.loading import load
from cityhub.packs.reading import PackInvalid, read
from foundation import clock


class Command(BaseCommand):
    help = "Load a city pack from a folder (idempotent); see docs/city-packs.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the folder with city.toml")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pack = read(options["path"])
            loaded = load(pack, now=clock.now(), say=lambda text: self.stdout.write(f"  {text}"))
        except PackInvalid as invalid:
            lines = "\n".join(f"  {fault}" for fault in invalid.faults)
            raise CommandError(f"the pack {options['path']} was not loaded:\n{lines}") from invalid
        self.stdout.write(f"{loaded.city.name} is loaded.")
        given = {client.id for client in pack.file.clients if client.secret}
        for client_id, secret in loaded.secrets.items():
            if client_id not in given:
                self.stdout.write(f"  secret of {client_id}, shown this once: {secret}")
