"""`./hub manage verify_evidence`: recomputes the hashes of frozen evidence."""

import json
import sys
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.models import Finding
from compliance.services import evidence

BROKEN = 3


class Command(BaseCommand):
    help = (
        "Verify the chains of frozen evidence: of findings named by id, else of all. Exit code 0:"
        " every link holds; 3: one does not, and the first of each finding is named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("findings", nargs="*", type=UUID, metavar="FINDING")
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Finding.objects.filter(bundles__isnull=False).order_by("id").distinct()
        if options["findings"]:
            rows = rows.filter(id__in=options["findings"])
            missing = set(options["findings"]) - set(rows.values_list("id", flat=True))
            if missing:
                named = ", ".join(sorted(map(str, missing)))
                raise CommandError(f"no frozen evidence of {named}")
        verified, broken = 0, []
        for finding_id, found in evidence.verified(rows):
            verified += 1
            if found is not None:
                broken.append({"finding_id": str(finding_id), **asdict(found)})
        if options["json"]:
            self.stdout.write(json.dumps({"verified": verified, "broken": broken}))
        else:
            for one in broken:
                told = "{finding_id}: bundle {bundle}, entry {entry} {kind}"
                self.stdout.write(told.format(**one).rstrip())
            self.stdout.write(f"{verified} findings verified, {len(broken)} broken")
        if broken:
            sys.exit(BROKEN)
