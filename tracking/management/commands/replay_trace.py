"""Tell what the zone visits of a trace would be; nothing is stored."""

import os
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from roads.builds import BuildFailed
from tracking.services import replaying, traces


class Command(BaseCommand):
    help = "Tell which zones a trace visited, as the event log's projection would; stores nothing."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("trace", type=_path, help='[{"at", "lng", "lat", "accuracy_m"}, …]')
        parser.add_argument("--zones", type=_path, required=True, help="zones as GeoJSON")
        parser.add_argument("--streets", type=_path, help="streets as .osm.pbf, to decide edges")
        parser.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        streets = options["streets"]
        root = Path(settings.VAR_DIR) / "roads" / "replay"
        try:
            fixes, zones = traces.read_trace(options["trace"]), traces.read_zones(options["zones"])
            if streets is not None and not streets.is_file():
                raise traces.BadFile(_("%s cannot be read: there is no such file") % streets)
            found = replaying.replay(fixes, zones, streets, root)
        except traces.BadFile as fault:
            raise CommandError(str(fault)) from None
        except (BuildFailed, RuntimeError) as fault:
            reason = str(fault).strip() or type(fault).__name__
            told = {"path": streets, "reason": reason}
            message = _("%(path)s: no streets can be built from it: %(reason)s") % told
            raise CommandError(message) from None
        self.stdout.write(_line(found) if options["json"] else _text(found))


def _path(text: str) -> Path:
    """Return a path as the caller means it: the launcher runs this elsewhere."""
    return Path(os.environ.get("PWD") or ".") / text


def _line(found: Any) -> str:
    return msgspec.json.encode(found).decode()


def _text(found: Any) -> str:
    lines = [f"points         {found['points']}", f"points_inside  {found['points_inside']}"]
    for kind, start, end in (
        ("visits", "entered_at", "left_at"),
        ("unresolved", "started_at", "ended_at"),
    ):
        lines.append(f"{kind:<15}{len(found[kind])}")
        for row in found[kind]:
            until = row[end].isoformat() if row[end] else "…"
            told = [f"{row['metres']} m"] if "metres" in row else []
            told += [f"{row['points']} points", *([row["reason"]] if "reason" in row else [])]
            span = f"{row[start].isoformat()} – {until}"
            lines.append(f"  {row['zone']} ({row['zone_id']})  {span}  {', '.join(told)}")
    return "\n".join(lines)
