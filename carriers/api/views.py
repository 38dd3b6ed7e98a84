"""Vehicles, facilities and routes."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts import scopes
from carriers import codes
from carriers.api import bodies, shapes
from carriers.models import Facility, RoutePlan, Vehicle
from carriers.selectors.vehicles import vehicle_of
from carriers.services import facilities, routes, vehicles
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView


class VehiclesView(HubView):
    """Vehicles of the organisations that the sender acts for."""

    scope = {"GET": scopes.VEHICLES_READ, "POST": scopes.VEHICLES_WRITE}
    rows = Vehicle.objects

    @schema(response=shapes.VehicleOut, paged=True, summary="List vehicles")
    def get(self, request: Any) -> Response:
        return self.page(shapes.vehicle)

    @schema(
        request=shapes.VehicleIn,
        response=shapes.VehicleOut,
        status=201,
        summary="Register a vehicle; with a known ref, update it",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.VehicleIn)
        vehicle, is_new = vehicles.register(actor=self.actor, wish=wish, now=self.now)
        return Response(shapes.vehicle(vehicle), status=201 if is_new else 200)


class VehicleView(HubView):
    """One vehicle."""

    scope = {"GET": scopes.VEHICLES_READ, "PATCH": scopes.VEHICLES_WRITE}
    rows = Vehicle.objects

    @schema(response=shapes.VehicleOut, summary="Read a vehicle")
    def get(self, request: Any, vehicle_id: UUID) -> Response:
        scope = self.needed_scope or scopes.VEHICLES_READ
        vehicle = self.noted(vehicle_of(actor=self.actor, vehicle_id=vehicle_id, scope=scope))
        return Response(shapes.vehicle(vehicle))

    @schema(
        request=shapes.VehiclePatch, response=shapes.VehicleOut, summary="Correct a vehicle's facts"
    )
    def patch(self, request: Any, vehicle_id: UUID) -> Response:
        wish = body(request, shapes.VehiclePatch)
        vehicle = vehicles.correct(actor=self.actor, vehicle_id=vehicle_id, wish=wish, now=self.now)
        return Response(shapes.vehicle(vehicle))


class FacilitiesView(HubView):
    """Facilities of the organisations that the sender acts for."""

    scope = {"GET": scopes.VEHICLES_READ, "POST": scopes.FACILITIES_WRITE}
    rows = Facility.objects

    @schema(response=shapes.FacilityOut, paged=True, summary="List facilities")
    def get(self, request: Any) -> Response:
        return self.page(shapes.facility)

    @schema(
        request=shapes.FacilityIn,
        response=shapes.FacilityOut,
        status=201,
        summary="Register a facility; with a known ref, update it",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.FacilityIn)
        facility, is_new = facilities.register(actor=self.actor, wish=wish, now=self.now)
        return Response(shapes.facility(facility), status=201 if is_new else 200)


class RoutesView(HubView):
    """Routes; the list holds current revisions only."""

    scope = {"GET": scopes.ROUTES_READ, "POST": scopes.ROUTES_WRITE}
    rows = RoutePlan.objects

    @schema(response=shapes.RouteOut, paged=True, summary="List current routes")
    def get(self, request: Any) -> Response:
        return self.page(shapes.route, RoutePlan.objects.current().prefetch_related("stops"))

    @schema(
        request=shapes.RouteIn,
        response=shapes.RouteOut,
        status=201,
        summary="Publish a route, or the next revision of a trip's route",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.RouteIn, limit=bodies.ROUTE_LIMIT)
        route = routes.publish(actor=self.actor, route=wish, now=self.now)
        return Response(shapes.route(route), status=201)


class RouteView(HubView):
    """One revision of a route."""

    scope = scopes.ROUTES_READ
    missing = codes.ROUTE_NOT_FOUND
    rows = RoutePlan.objects

    @schema(response=shapes.RouteOut, summary="Read a route")
    def get(self, request: Any, route_id: UUID) -> Response:
        return Response(shapes.route(self.one(route_id)))
