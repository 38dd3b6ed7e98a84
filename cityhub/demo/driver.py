"""Drives the demo day: the clock steps on only when nothing is left to do.

From the first simulated minute everything goes through the HTTP API; this module writes nothing but
the clock. It calls the tick, which in production is fired by beat.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from cityhub.demo import calendar, mapdata
from foundation import clock, consumers, ticks
from simulation import day as days
from simulation import fleet, ledger, noon, rulebook, streets
from simulation.checker import PlanChecker
from simulation.client import Client
from simulation.ledger import Comparison, Found
from simulation.stage import CITY_CLIENT, OPENING, Stage

LONGER = timedelta(hours=25)
MOST_TICKS = 10_000


class Stuck(Exception):
    """The hub has work left that no tick finishes."""


@dataclass
class Outcome:
    """Everything the demo reports."""

    figures: dict[str, Any]
    comparison: Comparison
    near_misses: int
    stage: Stage
    noon: noon.Noon


class Driver:
    """One demo day."""

    def __init__(
        self,
        *,
        seed: int,
        pack: Path,
        pbf: Path,
        folder: Path,
        base_url: str,
        say: Callable[[str], None],
    ) -> None:
        self._say = say
        say("composing the day: routes on real streets, bookings, errands")
        city = mapdata.city(pack, pbf)
        ways = streets.Streets(
            streets.build(pbf, folder / "simulator"), city.plane, mapdata.segments(pbf)
        )
        self._day = days.compose(seed, city, ways)
        clients = {
            name: Client(base_url, name, secret, run=f"demo-{seed}")
            for name, secret in mapdata.secrets(pack).items()
        }
        self._stage = Stage(day=self._day, city=city, clients=clients, at=calendar.at, say=say)
        self._checker = PlanChecker(
            plane=city.plane, polygons=city.polygons, streets=ways, seconds=calendar.seconds
        )
        self._noon = noon.Noon()

    def run(self) -> Outcome:
        """Play the day to its end and compare."""
        stage = self._stage
        clock.step_to(calendar.at(OPENING))
        self._say("vehicles, permits, mandates and routes through the API")
        stage.open()
        stage.agenda.put(rulebook.NOON, self._at_noon)
        self._play()
        self._until(clock.now() + LONGER)
        self._say("reading findings back through the API")
        outcome = self._outcome()
        stage.close()
        return outcome

    # -- the clock

    def drain(self) -> None:
        """Tick until log, outbox and jobs have nothing left at this instant."""
        for _ in range(MOST_TICKS):
            if not ticks.tick(strict=True, wait=True) and not consumers.backlog():
                return
        raise Stuck("ticks do not come to an end")

    def _play(self) -> None:
        stage, told_hour = self._stage, -1
        while True:
            self.drain()
            plans = [t for t in (stage.agenda.next_at, stage.next_flush) if t is not None]
            if not plans:
                return
            planned = calendar.at(min(plans))
            then = min(planned, self._next_due() or planned)
            clock.step_to(then)
            t = calendar.seconds(then)
            if int(t // 3600) != told_hour:
                told_hour = int(t // 3600)
                self._say(f"{then:%H:%M}  {stage.figures.events_sent} events sent")
            stage.flush(t)
            stage.agenda.run_until(t)

    def _until(self, end: datetime) -> None:
        """Step from one due instant to the next, to the end."""
        self._say("one more day, so that findings are confirmed")
        while True:
            self.drain()
            due = self._next_due()
            if due is None or due > end:
                break
            clock.step_to(due)
        clock.step_to(end)
        self.drain()

    def _next_due(self) -> datetime | None:
        now = clock.now()
        due = ticks.next_due_at(now)
        return due if due is not None and due > now else None

    def _at_noon(self) -> None:
        self._say("12:00  the city publishes a stricter rule; routes are planned anew")
        self.drain()
        noon.publish(self._stage, drain=self.drain)
        self.drain()
        self._noon = noon.replan(
            self._stage, checker=self._checker, drain=self.drain, seconds=calendar.seconds
        )

    # -- the comparison

    def _outcome(self) -> Outcome:
        stage, figures = self._stage, self._stage.figures
        comparison = ledger.compare(self._day.truth(), self._findings())
        driven = len(comparison.pairs) + len(comparison.missed)
        return Outcome(
            figures={
                "events_sent": figures.events_sent,
                "events_stored": _events_stored(),
                "duplicates_sent": figures.duplicates_sent,
                "late_events": figures.late_events,
                "violations_driven": driven,
                "violations_found": len(comparison.pairs) + len(comparison.false),
                "violations_missed": len(comparison.missed),
                "violations_false": len(comparison.false),
                "bookings_confirmed": figures.bookings_confirmed,
                "bookings_refused": figures.bookings_refused,
                "double_bookings": _double_bookings(),
                "plans_proposed": self._noon.plans,
                "plan_violations": len(self._noon.wrong),
                "stops_unserved_with_reason": self._noon.with_reason,
                "stops_unserved_without_reason": self._noon.without_reason,
            },
            comparison=comparison,
            near_misses=len(self._day.near_misses()),
            stage=stage,
            noon=self._noon,
        )

    def _findings(self) -> list[Found]:
        """Confirmed violations, as the city's own client reads them."""
        stage = self._stage
        places = {v: k for k, v in (stage.zone_ids | stage.bay_ids).items()}
        found = []
        for one in stage.clients[CITY_CLIENT].pages("/api/v1/findings?state=confirmed"):
            if one["severity"] != "violation":
                continue
            place = str(one.get("zone_id") or one.get("curb_zone_id"))
            found.append(
                Found(
                    id=str(one["id"]),
                    vehicle=stage.refs.get(str(one["vehicle_id"]), "?"),
                    place=places.get(place, place),
                    start=calendar.seconds(datetime.fromisoformat(one["from_at"])),
                    end=calendar.seconds(datetime.fromisoformat(one["until_at"])),
                    kind=one["kind"],
                )
            )
        return found


def _events_stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM carriers_event)"
            " + (SELECT count(*) FROM carriers_position)"
        )
        return int(cursor.fetchone()[0])


def _double_bookings() -> int:
    """Count pairs of bookings that held the same metres at the same time.

    Independent of the constraint: it looks at every row that ever held metres, for as long as it
    held them (to its end, or to when it was checked out, cancelled or given up).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH held AS (
                SELECT id, curb_line, metres, lower(during) AS since,
                       least(upper(during), coalesce(ended_at, upper(during))) AS until
                FROM curbs_booking
            )
            SELECT count(*) FROM held a JOIN held b
              ON a.curb_line = b.curb_line AND a.id < b.id AND a.metres && b.metres
             AND a.since < b.until AND b.since < a.until
             AND a.since < a.until AND b.since < b.until
            """
        )
        return int(cursor.fetchone()[0])


__all__ = ["Driver", "Outcome", "fleet"]
