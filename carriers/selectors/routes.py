"""Reads of routes and stops."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from carriers.models import RoutePlan, Stop


def route_of(trip_id: UUID) -> RoutePlan | None:
    """Return the current route of a trip with its stops, or None."""
    rows = RoutePlan.objects.current().of_trip(trip_id).prefetch_related("stops")
    return rows.order_by("published_at").last()


def current_routes(vehicle_ids: Collection[UUID], on: date) -> dict[UUID, list[RoutePlan]]:
    """Return the current routes of vehicles on a local date, with stops, in order of start."""
    found: dict[UUID, list[RoutePlan]] = {vehicle_id: [] for vehicle_id in vehicle_ids}
    rows = RoutePlan.objects.current().filter(vehicle_id__in=vehicle_ids, service_on=on)
    for route in rows.order_by("start_at", "id").prefetch_related("stops"):
        found[route.vehicle_id].append(route)
    return found


def stops_of(stop_ids: Collection[UUID]) -> dict[UUID, Stop]:
    """Return stops of current routes by their stop id."""
    rows = Stop.objects.filter(stop_id__in=stop_ids, route__is_current=True)
    return {stop.stop_id: stop for stop in rows.select_related("route")}


class Promise(NamedTuple):
    """What one revision of a route says of a stop. `window_end_at` None: at any time."""

    published_at: datetime
    revision: int
    seq: int
    window_end_at: datetime | None
    service_s: int


def promises_of(
    stop_ids: Collection[UUID], organisation_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], list[Promise]]:
    """Return what every revision says of stops, by organisation and stop, oldest first."""
    rows = Stop.objects.filter(stop_id__in=stop_ids, route__organisation_id__in=organisation_ids)
    rows = rows.order_by("route__published_at", "route__revision", "route_id")
    found: dict[tuple[UUID, UUID], list[Promise]] = defaultdict(list)
    for organisation_id, stop_id, *promise in rows.values_list(
        "route__organisation_id", "stop_id", "route__published_at", "route__revision", "seq",
        "window_end_at", "service_s",
    ):  # fmt: skip
        found[organisation_id, stop_id].append(Promise(*promise))
    return found
