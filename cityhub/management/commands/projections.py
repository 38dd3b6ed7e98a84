"""How the consumers fare, rebuilding what they derive, and mending what stands still."""

import json
from argparse import SUPPRESS
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import City, StandingStill
from accounts.services import setup
from foundation import clock, overview, rebuilding, stopped
from foundation.models import Rebuild
from kernel.identifiers import SHARDS
from kernel.refusals import Refusal


class Command(BaseCommand):
    help = "Show how far consumers are behind and what stands still; rebuild; retry; skip."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, last line")
        verbs = parser.add_subparsers(dest="verb")
        rebuild = verbs.add_parser("rebuild", help="derive one projection anew, or all")
        rebuild.add_argument("name", nargs="?", help="its consumer; without: all")
        rebuild.add_argument("--json", action="store_true", default=SUPPRESS)
        for verb, text in (
            ("retry", "try stopped subjects again at once"),
            ("skip", "take the event at which a subject stopped out of its way"),
        ):
            mend = verbs.add_parser(verb, help=text)
            mend.add_argument("ids", nargs="+" if verb == "skip" else "*", help="ids of the list")
            mend.add_argument("--json", action="store_true", default=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        found = {
            None: self._show,
            "rebuild": self._rebuild,
            "retry": self._mend,
            "skip": self._mend,
        }[verb](options)
        if options["json"]:
            self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder))

    def _show(self, options: Any) -> dict[str, Any]:
        found = overview.of(clock.now())
        if not options["json"]:
            self.stdout.write("\n".join(_table(found)))
        return found

    def _rebuild(self, options: Any) -> dict[str, Any]:
        names = rebuilding.names()
        if options["name"] is not None and options["name"] not in names:
            raise CommandError(f"{options['name']} cannot be rebuilt; there are: {names}")
        as_of = clock.now()
        done = {}
        for name in [options["name"]] if options["name"] else names:
            for row in rebuilding.run(rebuilding.begin(name), as_of=as_of):
                self._tell(f"\r{_progress(row)}")
                done[name] = {"done": row.done, "frozen": row.frozen, "failed": row.failed}
            self._tell("\n")
        if not options["json"]:
            for name, count in done.items():
                self.stdout.write(f"{name}: {count['done']} rebuilt, {count['frozen']} frozen,"
                                  f" {count['failed']} failed")  # fmt: skip
        return done

    def _tell(self, text: str) -> None:
        """Write progress, which overwrites itself, where somebody watches: not into a file."""
        if self.stderr.isatty():
            self.stderr.write(text, ending="")
            self.stderr.flush()

    def _mend(self, options: Any) -> dict[str, Any]:
        verb = options["verb"]
        rows = StandingStill.objects.order_by("id")
        ids = options["ids"] or [str(row.id) for row in rows]
        known = {str(row.id): row for row in rows}
        unknown = sorted(set(ids) - known.keys())
        if unknown:
            raise CommandError(f"nothing stands still under {', '.join(unknown)}")
        if not ids and not options["json"]:
            self.stdout.write("Nothing stands still.")
        for stopped_id in ids:
            city = City.objects.get(pk=known[stopped_id].city_id)
            actor = setup.system_actor(city)
            try:
                getattr(stopped, verb)(
                    actor=actor, stopped_id=known[stopped_id].id, now=clock.now()
                )
            except Refusal as refusal:
                raise CommandError(str(refusal)) from refusal
            if not options["json"]:
                self.stdout.write(f"{verb}: {known[stopped_id]}")
        return {verb: ids}


def _progress(row: Rebuild) -> str:
    seconds = max((row.moved_at - row.started_at).total_seconds(), 0.001)
    shard = min(row.shard + 1, SHARDS)
    return (
        f"{row.consumer}: shard {shard} of {SHARDS}, {row.done} done,"
        f" {row.frozen} frozen, {row.failed} failed, {row.done / seconds:.0f}/s"
    )


def _table(found: dict[str, Any]) -> list[str]:
    lines = [f"{'stream':<11} {'consumer':<22} {'behind':>10} {'oldest':>9} {'stopped':>8}  error"]
    for one in found["consumers"]:
        lines.append(
            f"{one['stream']:<11} {one['consumer']:<22} {one['lag_rows']:>10,}"
            f" {one['lag_s']:>7.1f} s {one['stopped']:>8}  {one['error'][:60]}"
        )
        lines += [
            f"{'':<11} {'shard ' + str(shard['shard']):>22} {shard['lag_rows']:>10,}"
            f" {shard['lag_s']:>7.1f} s"
            for shard in one["shards"]
        ]
    for row in found["stopped"]:
        lines.append(
            f"stopped {row['id']}: {row['consumer']} {row['subject_id']} at {row['event_type']}"
            f" {row['event_id']} since {row['first_failed_at']:%Y-%m-%d %H:%M:%S} UTC,"
            f" {row['failures']} attempts: {row['error']}"
        )
    for row in found["rebuilds"]:
        lines.append(f"rebuild of {row['consumer']}: shard {row['shard']}, {row['done']} done")
    xmin = found["xmin"]
    holder = f" by process {xmin['pid']} ({xmin['state']}, {xmin['name']}, {xmin['database']})"
    lines.append(f"xmin: {xmin['age_s']:.1f} s{holder if xmin['age_s'] else ''}")
    return lines
