"""Run test vectors of access schemes through the evaluator; nothing is read from the database."""

import os
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from kernel.verdicts import rule_json
from zones import cases
from zones.selectors.books import public_holidays


class Command(BaseCommand):
    help = "Run vectors (scheme, vehicle, local time, expected decision) against the templates."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=_path, help='[{"zone", "vehicle", "at", "expect"}, …]')
        parser.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        outcomes = cases.evaluate(_read(options["file"]), public_holidays)
        missed = [outcome for outcome in outcomes if not outcome.matched]
        counts = {"cases": len(outcomes), "matched": len(outcomes) - len(missed)}
        if options["json"]:
            told = counts | {"mismatches": [_told(outcome) for outcome in missed]}
            self.stdout.write(msgspec.json.encode(told).decode())
            return
        for outcome in missed:
            self.stdout.write(f"{outcome.index:>4} {outcome.zone}: {outcome.fault}")
            for rule in _told(outcome)["rules"]:
                self.stdout.write(f"       {rule['effect']}: {rule['sentence']}")
        for name, count in counts.items():
            self.stdout.write(f"{name:<9}{count}")


def _read(path: Path) -> list[Any]:
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as fault:
        told = {"path": path, "reason": fault}
        raise CommandError(_("%(path)s cannot be read: %(reason)s") % told) from None
    if not isinstance(found, list):
        raise CommandError(_("%s is no list of vectors.") % path)
    return found


def _told(outcome: cases.Outcome) -> dict[str, Any]:
    reasons = () if outcome.verdict is None else outcome.verdict.reasons
    return {
        "index": outcome.index,
        "zone": outcome.zone,
        "expected": outcome.expected,
        "got": outcome.got,
        "fault": outcome.fault,
        "rules": [
            {
                "rule": rule_json(reason.rule),
                "effect": reason.effect,
                "sentence": reason.sentence,
                "missing": reason.missing,
            }
            for reason in reasons
        ],
    }


def _path(text: str) -> Path:
    """Return a path as the caller means it: the launcher runs this elsewhere."""
    return Path(os.environ.get("PWD") or ".") / text
