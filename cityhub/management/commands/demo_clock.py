"""Mark an empty database as a demo and set its clock to the day before the demo day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cityhub.demo.calendar import EVE
from foundation import clock


class Command(BaseCommand):
    help = "Start or release the clock of a demo database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["start", "release"])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["what"] == "start":
                clock.start_demo(EVE)
            else:
                clock.release()
        except (clock.HoldsData, clock.NotADemo) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"domain time is {clock.now().isoformat()}")
