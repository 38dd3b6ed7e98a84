"""Read the day of some vehicles: what is left, where they are, what binds them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from accounts.models import City
from carriers.models import RoutePlan, Stop, Vehicle
from carriers.selectors import routes as route_rows
from curbs import decisions
from curbs.evaluator import Question
from kernel.periods import Period
from routing.jobs import Job, LngLat, StopJob, VehicleJob, profile_of
from tracking.models import StopProgress, TripState, VehicleState
from tracking.selectors import vehicles as progress_rows

# A position older than this says nothing about where the vehicle is now.
POSITION_KEPT = timedelta(hours=12)
# What a route may run over its planned end where no shift is known.
OVERRUN = timedelta(hours=2)


@dataclass(frozen=True)
class _Day:
    """The current trip of one vehicle and how far it has come."""

    vehicle: Vehicle
    route: RoutePlan
    stops: Sequence[Stop]
    progress: Mapping[UUID, StopProgress]
    trip: TripState | None
    state: VehicleState | None
    next_start: datetime | None

    @property
    def left(self) -> list[Stop]:
        """The stops the vehicle has not come to yet."""
        return [stop for stop in self.stops if not self.behind(stop)]

    def behind(self, stop: Stop) -> bool:
        known = self.progress.get(stop.stop_id)
        return progress_rows.is_done(known) or (known is not None and known.arrived_at is not None)

    @property
    def begun(self) -> bool:
        started = self.trip is not None and self.trip.started_at is not None
        return started or any(self.behind(stop) for stop in self.stops)


def gather(
    *, city: City, vehicle_ids: Collection[UUID], on: date, now: datetime, exchange: bool = False
) -> Job:
    """Return what is left of a local day for vehicles that have something left, by plate and id.

    Of several trips a vehicle's first unfinished one is planned; a later one ends its time.
    """
    days = _days(vehicle_ids, on)
    asking = {day.vehicle.id: (day.vehicle.plate, day.vehicle.facts()) for day in days}
    horizon = Period(now - timedelta(days=1), now + timedelta(days=2))
    permits = decisions.permits_of(decisions.evaluator(city), asking, horizon)
    bookings = decisions.bookings_of(list(asking), horizon)
    questions = {
        vehicle_id: Question(facts, permits.get(vehicle_id, ()), bookings.get(vehicle_id, ()))
        for vehicle_id, (_, facts) in asking.items()
    }
    return Job(
        city_id=city.id,
        now=now,
        vehicles=tuple(_vehicle(city, day, questions[day.vehicle.id], on, now) for day in days),
        stops=tuple(
            _stop(stop, day.vehicle.id, questions[day.vehicle.id], now)
            for day in days
            for stop in day.left
        ),
        exchange=exchange,
    )


def _days(vehicle_ids: Collection[UUID], on: date) -> list[_Day]:
    routes = route_rows.current_routes(vehicle_ids, on)
    stops = {route.id: list(route.stops.all()) for found in routes.values() for route in found}
    owners = {route.organisation_id for found in routes.values() for route in found}
    stop_ids = [stop.stop_id for each in stops.values() for stop in each]
    progress = progress_rows.stops_of(stop_ids, owners)
    trips = progress_rows.trips_of([r.trip_id for found in routes.values() for r in found], owners)
    states = progress_rows.states_of(vehicle_ids)
    rows = Vehicle.objects.filter(id__in=vehicle_ids).select_related("depot")
    days = []
    for vehicle in rows.order_by("plate", "id"):
        own = routes.get(vehicle.id, [])
        for number, route in enumerate(own):
            later = own[number + 1].start_at if number + 1 < len(own) else None
            day = _Day(
                vehicle, route, stops[route.id], progress, trips.get(route.trip_id),
                states.get(vehicle.id), later,
            )  # fmt: skip
            if day.left:
                days.append(day)
                break
    return days


def _vehicle(city: City, day: _Day, question: Question, on: date, now: datetime) -> VehicleJob:
    vehicle, route = day.vehicle, day.route
    planned = route.start_at or now
    free_from = now if day.begun else max(now, planned)
    home = route.end_location or (vehicle.depot.location if vehicle.depot else None)
    return VehicleJob(
        id=vehicle.id,
        route_id=route.id,
        trip_id=route.trip_id,
        profile=profile_of(question.facts),
        question=question,
        at=_position(day, now),
        starts_at=max(free_from, _serving_until(day) or free_from),
        free_from=free_from,
        ends_at=_ends(city, day, on),
        home=None if home is None else (home.x, home.y),
        begun=day.begun,
        capacity_kg=vehicle.capacity_kg,
        capacity_units=vehicle.capacity_units,
        served=tuple((stop.stop_id, _arrival(day, stop)) for stop in day.stops if day.behind(stop)),
    )


def _arrival(day: _Day, stop: Stop) -> datetime | None:
    known = day.progress.get(stop.stop_id)
    return stop.planned_arrival_at if known is None else known.arrived_at


def _serving_until(day: _Day) -> datetime | None:
    """Return when the stop that is being served will be done, None when none is."""
    for stop in day.stops:
        known = day.progress.get(stop.stop_id)
        if known is not None and known.arrived_at and not progress_rows.is_done(known):
            return known.arrived_at + timedelta(seconds=stop.service_s)
    return None


def _position(day: _Day, now: datetime) -> LngLat:
    """Return where the vehicle is: last seen, else where its trip begins, else its depot."""
    state = day.state
    fresh = state is not None and state.fix_at is not None and state.fix_at > now - POSITION_KEPT
    if day.begun and fresh and state is not None and state.lng is not None:
        return state.lng, state.lat
    behind = [stop.location for stop in day.stops if day.behind(stop)]
    depot = day.vehicle.depot.location if day.vehicle.depot else None
    place = (behind[-1:] or [None])[0] or day.route.start_location or depot
    place = place or day.stops[0].location
    return place.x, place.y


def _ends(city: City, day: _Day, on: date) -> datetime:
    """Return when the vehicle has to be done: its shift, its next trip, or the local day."""
    midnight = datetime.combine(on, time(), city.tz)
    ends = [] if day.next_start is None else [day.next_start]
    first, last = day.vehicle.shift_start_min, day.vehicle.shift_end_min
    if last is not None:
        overnight = first is not None and last <= first
        day_of_end = on + timedelta(days=1) if overnight else on
        ends.append(datetime.combine(day_of_end, time(), city.tz) + timedelta(minutes=last))
    elif day.route.end_at is not None:
        ends.append(day.route.end_at + OVERRUN)
    return min(ends, default=midnight + timedelta(days=1))


def _stop(stop: Stop, vehicle_id: UUID, question: Question, now: datetime) -> StopJob:
    window = (stop.window_start_at, stop.window_end_at)
    return StopJob(
        id=stop.stop_id,
        vehicle_id=vehicle_id,
        at=(stop.location.x, stop.location.y),
        service_s=stop.service_s,
        window=window,
        kg=stop.demand_kg,
        units=stop.demand_units,
        pickup=stop.kind == Stop.Kind.PICKUP,
        curb_zone_id=stop.curb_zone_id,
        booking=_booking(stop, question, now),
    )


def _booking(stop: Stop, question: Question, now: datetime) -> Period | None:
    """Return the first booking of the stop's curb that is long enough and not over."""
    needed = timedelta(seconds=stop.service_s)
    held = sorted(
        period
        for curb_zone_id, period in question.bookings
        if curb_zone_id == stop.curb_zone_id
        and period.end is not None
        and period.end - max(period.start, now) >= needed
    )
    return held[0] if held else None
