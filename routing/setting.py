"""One vehicle, ready for the solver: its ways, its windows, and what it can never serve. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curbs.evaluator import Evaluator
from kernel.periods import Period
from routing.closures import Closure, arrival_spans, closures, vacate_until
from routing.jobs import StopJob, VehicleJob
from routing.solver.problem import FIRST_TASK, Truck, Window
from routing.ways import Streets, Ways

# How long before and after a stop in a zone of limited hours the vehicle is taken to be inside, by
# how often certification has found that too short; then the zone is closed to the vehicle.
MARGINS = (timedelta(minutes=4), timedelta(minutes=12))
SHUT = len(MARGINS)
LEAVE_EARLY = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)

Strictness = Mapping[UUID, int]


@dataclass(frozen=True)
class Setting:
    """What the solver and the path maker need of one vehicle; stops in the order of the matrix."""

    vehicle: VehicleJob
    stops: tuple[StopJob, ...]
    ways: Ways
    truck: Truck
    travel: NDArray[np.float64]
    metres: NDArray[np.float64]
    windows: Mapping[UUID, tuple[Window, ...]]
    causes: Mapping[UUID, tuple[str, Mapping[str, str]]]
    begins_at: datetime

    def place(self, stop_id: UUID) -> int:
        """Return the row of a stop in the matrix."""
        return FIRST_TASK + next(i for i, stop in enumerate(self.stops) if stop.id == stop_id)


def setting(
    *,
    evaluator: Evaluator,
    streets: Streets,
    vehicle: VehicleJob,
    stops: Sequence[StopJob],
    epoch: datetime,
    strictness: Strictness,
    barred: frozenset[UUID] = frozenset(),
) -> Setting:
    """Return a vehicle's setting. `barred` are stops that certification has found impossible."""
    horizon = Period(vehicle.free_from, max(vehicle.ends_at, vehicle.starts_at + MINUTE))
    shut = [zone for zone, level in strictness.items() if level >= SHUT]
    closed = closures(evaluator, vehicle.question, horizon, shut)
    leaving = frozenset(
        n for n, each in enumerate(closed)
        if each.holds(vehicle.at) and each.closed_at(vehicle.starts_at)
    )  # fmt: skip
    home = vehicle.home
    if home is not None and any(each.holds(home) for each in closed):
        home = None  # it may not be let in at the hour it returns
    wanted = [vehicle.at, home or vehicle.at, *(stop.at for stop in stops)]
    ways = Ways(streets, vehicle.profile, closed, wanted, leaving)
    travel, metres = ways.table()
    begins_at = _begins(evaluator, vehicle, ways, [closed[n] for n in sorted(leaving)])
    out_s = ways.exit.duration_s if ways.exit else 0.0
    truck = Truck(
        id=str(vehicle.id),
        start_s=ceil((begins_at - epoch).total_seconds() + out_s),
        end_s=floor((vehicle.ends_at - epoch).total_seconds()),
        home=home is not None,
        capacity_kg=vehicle.capacity_kg,
        capacity_units=vehicle.capacity_units,
    )
    windows: dict[UUID, tuple[Window, ...]] = {}
    causes: dict[UUID, tuple[str, Mapping[str, str]]] = {}
    for number, stop in enumerate(stops, start=FIRST_TASK):
        spans, cause = _spans(stop, ways, number, horizon, strictness, stop.id in barred)
        if spans:
            windows[stop.id] = tuple(_seconds(span, epoch) for span in spans)
        if cause is not None:
            causes[stop.id] = cause
    return Setting(vehicle, tuple(stops), ways, truck, travel, metres, windows, causes, begins_at)


def _begins(
    evaluator: Evaluator, vehicle: VehicleJob, ways: Ways, leaving: Sequence[Closure]
) -> datetime:
    """Return when the vehicle sets out: earlier than it is free where it has to leave a zone.

    A vehicle that is serving a stop in a zone that closes meanwhile leaves before it does, or in
    the time that `vacate_by` grants, never before now.
    """
    if not leaving or ways.exit is None:
        return vehicle.starts_at
    granted = min(vacate_until(evaluator, each, vehicle.starts_at) for each in leaving)
    latest = granted - timedelta(seconds=ways.exit.duration_s) - LEAVE_EARLY
    return max(min(vehicle.starts_at, latest), vehicle.free_from)


def _spans(
    stop: StopJob,
    ways: Ways,
    number: int,
    horizon: Period,
    strictness: Strictness,
    barred: bool,
) -> tuple[list[tuple[datetime, datetime]], tuple[str, Mapping[str, str]] | None]:
    """Return when service may begin, and what limits it: (code, facts), None when nothing does."""
    holding = ways.holding(number)
    zones = {"zone_id": str(holding[0].zone_id)} if holding else {}
    if barred or any(each.throughout for each in holding):
        return [], ("routing.zone_prohibits", zones)
    if not ways.reached[number]:
        return [], ("routing.unreachable_for_vehicle", {})
    level = max((strictness.get(each.zone_id, 0) for each in holding), default=0)
    service = timedelta(seconds=stop.service_s)
    margin = MARGINS[min(level, len(MARGINS) - 1)]
    admitted = arrival_spans(holding, horizon, service, margin)
    if not admitted:
        return [], ("routing.zone_prohibits", zones)
    spans = _within(admitted, *stop.window)
    if stop.booking is not None:
        assert stop.booking.end is not None
        spans = _within(spans, stop.booking.start, stop.booking.end - service)
    if spans:
        return spans, ("routing.window_closed", zones) if holding else None
    unruled = _within([(horizon.start, horizon.end or horizon.start)], *stop.window)
    return [], (("routing.zone_prohibits", zones) if unruled else ("routing.window_closed", {}))


def _within(
    spans: Sequence[tuple[datetime, datetime]], first: datetime | None, last: datetime | None
) -> list[tuple[datetime, datetime]]:
    """Return the parts of spans between two instants, both included."""
    cut = [(max(a, first) if first else a, min(b, last) if last else b) for a, b in spans]
    return [(a, b) for a, b in cut if a <= b]


def _seconds(span: tuple[datetime, datetime], epoch: datetime) -> Window:
    first, last = ((instant - epoch).total_seconds() for instant in span)
    return ceil(first), floor(last)
