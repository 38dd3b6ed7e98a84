"""Reads of routes and stops."""

from collections.abc import Collection
from datetime import date
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
