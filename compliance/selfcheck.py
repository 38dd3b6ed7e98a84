"""What would be found if a vehicle drove or stopped as it plans: judged as findings are.

A decision says what the rules are at a place and time. This says what becomes of it: acts judged
over their whole length, with the grace of the place, the permits and bookings held, and the
protection of acts. Nothing is written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import City
from carriers.models import RoutePlan
from carriers.models import Stop as PlannedStop
from compliance import codes, judging
from compliance.rules import Act, ActKind, Found
from curbs import decisions
from curbs.codes import ZONE_NOT_FOUND
from curbs.evaluator import AT_THE_CURB_M, Evaluator
from kernel.identifiers import derived
from kernel.periods import Period
from kernel.refusals import Reason, Refusal

Path = Sequence[tuple[datetime, float, float]]
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class Stop:
    """A stand from one time to another: at a curb zone, or somewhere (lng, lat)."""

    period: Period
    curb_zone_id: UUID | None = None
    at: tuple[float, float] | None = None


@dataclass(frozen=True)
class Checked:
    """The visits and stays that would be, and the findings of them."""

    acts: Sequence[Act]
    findings: Sequence[Found]


def check(
    *,
    city: City,
    organisation_id: UUID,
    vehicle_id: UUID,
    path: Path = (),
    stops: Sequence[Stop] = (),
    base: str = "",
) -> Checked:
    """Return what would be found of a vehicle on a timed path (time, lng, lat) and at stops.

    With a path the zones are those it runs through; without one, those in which it stops. Eight
    queries, however long. Raises a Refusal (422) with pointers below `base` for times out of
    order, more than 31 days, unknown curb zones, and when nothing is asked.
    """
    evaluator = decisions.evaluator(city)
    against = [*_against_times(path, stops, base), *_against_places(evaluator, stops, base)]
    if against:
        raise Refusal.of(against)
    places = [
        *_crossed(evaluator, path),
        *_stood(evaluator, stops, asking_zones=not path),
    ]
    acts = [
        Act(
            kind=kind,
            id=derived(vehicle_id, "self-check", str(number)),
            city_id=city.id,
            organisation_id=organisation_id,
            vehicle_id=vehicle_id,
            place_id=place_id,
            period=period,
            running=False,
        )
        for number, (kind, place_id, period) in enumerate(places)
    ]
    return Checked(acts, judging.judge(city, acts))


def stops_of(route: RoutePlan) -> tuple[list[Stop], list[UUID]]:
    """Return the stops of a route as they are planned, and the ids of those without a time."""
    planned, untimed = [], []
    for stop in route.stops.order_by("seq"):
        if stop.planned_arrival_at is None:
            untimed.append(stop.stop_id)
        else:
            planned.append(_planned(stop, stop.planned_arrival_at))
    return planned, untimed


def _planned(stop: PlannedStop, arrival: datetime) -> Stop:
    period = Period(arrival, arrival + timedelta(seconds=stop.service_s))
    return Stop(period, stop.curb_zone_id, (stop.location.x, stop.location.y))


Place = tuple[ActKind, UUID, Period]


def _crossed(evaluator: Evaluator, path: Path) -> Iterable[Place]:
    for crossing in evaluator.zones.geography_of_acts.crossings(path):
        yield ActKind.VISIT, crossing.zone_id, Period(crossing.entered_at, crossing.left_at)


def _stood(evaluator: Evaluator, stops: Sequence[Stop], *, asking_zones: bool) -> Iterable[Place]:
    for stop in stops:
        curb_id, at = stop.curb_zone_id, stop.at
        if curb_id is None and at is not None:
            near = evaluator.curbs.nearest(*at, AT_THE_CURB_M, at=stop.period.start)
            curb_id = near.zone.id if near else None
        curb = evaluator.curbs.zone(curb_id) if curb_id is not None else None
        if curb is not None:
            yield ActKind.STAY, curb.id, stop.period
        here = at or (curb.middle if curb is not None else None)
        if asking_zones and here is not None:
            zones = evaluator.zones.geography_of_acts.zones_at(*here, stop.period.start)
            for zone_id in zones:
                yield ActKind.VISIT, zone_id, stop.period


def _against_times(path: Path, stops: Sequence[Stop], base: str) -> Iterable[Reason]:
    if not path and not stops:
        yield Reason(codes.CHECK_EMPTY, _("Give a path, stops or a route."), base)
        return
    for number, (here, there) in enumerate(pairwise(path), start=1):
        if there[0] < here[0]:
            detail = _("A path runs forward in time.")
            yield Reason(codes.CHECK_ORDER, detail, f"{base}/path/{number}/at")
            break
    starts = [*(fix[0] for fix in path), *(stop.period.start for stop in stops)]
    ends = [*(fix[0] for fix in path), *(stop.period.end or stop.period.start for stop in stops)]
    if max(ends) - min(starts) > LONGEST:
        yield Reason(codes.CHECK_TOO_LONG, _("At most 31 days at once."), base)


def _against_places(evaluator: Evaluator, stops: Sequence[Stop], base: str) -> Iterable[Reason]:
    for number, stop in enumerate(stops):
        if stop.curb_zone_id is None or stop.at is not None:
            continue  # a planned stop names its curb as its plan knew it, and has its own place
        if evaluator.curbs.zone(stop.curb_zone_id) is None:
            detail = _("This city has no such curb zone.")
            yield Reason(ZONE_NOT_FOUND, detail, f"{base}/stops/{number}/curb_zone_id")
