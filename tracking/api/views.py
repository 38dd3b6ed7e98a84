"""What the events mean, to read: a carrier's own and those of its mandates, for the city all."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts.scopes import CURBS_READ, ROUTES_READ, VEHICLES_READ
from carriers.models import Facility
from foundation.api.openapi import schema
from foundation.api.query import choice, identifier, instant
from foundation.api.views import HubView
from tracking.api import shapes
from tracking.models import (
    CurbReport,
    FacilityUnit,
    ServiceException,
    StationVisit,
    TripState,
    UnresolvedReference,
)
from tracking.selectors import facilities, trips

WHOSE = {
    "vehicle": "Only those of this vehicle.",
    "organisation": "Only those of this organisation.",
}
TRIP_STATES = ("planned", "started", "paused", "ended", "cancelled")


class _List(HubView):
    """A list that query parameters narrow: `same` names those that a column equals."""

    scope = VEHICLES_READ
    same: dict[str, str] = {"vehicle": "vehicle_id", "organisation": "organisation_id"}

    def narrowed(self, rows: Any) -> Any:
        """Return the rows whose columns equal what the request names."""
        for name, column in self.same.items():
            wanted = identifier(self.request, name)
            if wanted is not None:
                rows = rows.filter(**{column: wanted})
        return rows

    def period(self, rows: Any, column: str) -> Any:
        """Return the rows whose time lies in [from, to)."""
        start, end = instant(self.request, "from"), instant(self.request, "to")
        rows = rows if start is None else rows.filter(**{f"{column}__gte": start})
        return rows if end is None else rows.filter(**{f"{column}__lt": end})

    def chosen(self, rows: Any, name: str, choices: Any) -> Any:
        """Return the rows that have one of some values, if the request names it."""
        wanted = choice(self.request, name, choices)
        return rows if wanted is None else rows.filter(**{name: wanted})


class ExceptionsView(_List):
    """Service exceptions, the latest first."""

    scope = VEHICLES_READ
    rows = ServiceException.objects
    same = _List.same | {"trip": "trip_id", "stop": "stop_id", "facility": "facility_id"}

    @schema(
        response=shapes.ExceptionOut,
        paged=True,
        summary="List service exceptions",
        parameters=WHOSE
        | {
            "kind": "late, out_of_sequence, dwell_spike, missing_scan, silent_vehicle or misload.",
            "open": "`true`: only those that last; `false`: only those that are over.",
            "trip": "Only those of this trip.",
            "stop": "Only those at this stop.",
            "facility": "Only those at this facility.",
            "from": "Only those that begin at this time or later.",
            "to": "Only those that begin before this time.",
        },
    )
    def get(self, request: Any) -> Response:
        rows = self.narrowed(ServiceException.objects.all())
        rows = self.chosen(rows, "kind", ServiceException.Kind.values)
        is_open = choice(request, "open", ("true", "false"))
        if is_open is not None:
            rows = rows.open(is_open == "true")
        rows = rows.between(instant(request, "from"), instant(request, "to"))
        return self.page(shapes.exception, rows, order=("-started_at", "-id"))


class ExceptionView(HubView):
    """One service exception."""

    scope = VEHICLES_READ
    rows = ServiceException.objects

    @schema(response=shapes.ExceptionOut, summary="Read a service exception")
    def get(self, request: Any, exception_id: UUID) -> Response:
        return Response(shapes.exception(self.one(exception_id)))


class TripsView(_List):
    """Trips, those last spoken of first."""

    scope = ROUTES_READ
    rows = TripState.objects

    @schema(
        response=shapes.TripOut,
        paged=True,
        summary="List trips",
        parameters=WHOSE
        | {
            "state": "planned, started, paused, ended or cancelled.",
            "from": "Only trips last spoken of at this time or later.",
            "to": "Only trips last spoken of before this time.",
        },
    )
    def get(self, request: Any) -> Response:
        rows = self.narrowed(TripState.objects.all())
        rows = self.period(self.chosen(rows, "state", TRIP_STATES), "touched_at")
        return self.page(shapes.trip, rows, order=("-touched_at", "-id"))


class TripView(HubView):
    """A trip with its stops and its visits to stations."""

    scope = ROUTES_READ
    rows = TripState.objects

    @schema(response=shapes.TripDetail, summary="Read a trip with its stops and station visits")
    def get(self, request: Any, trip_id: UUID) -> Response:
        trip = self.noted(trips.trip_of(actor=self.actor, scope=ROUTES_READ, trip_id=trip_id))
        return Response(shapes.trip_with(trip, trips.stops_of(trip), trips.stations_of(trip)))


class StationVisitsView(_List):
    """Visits of vehicles to stations, those last spoken of first."""

    scope = ROUTES_READ
    rows = StationVisit.objects
    same = _List.same | {"trip": "trip_id", "facility": "facility_id"}

    @schema(
        response=shapes.StationVisitOut,
        paged=True,
        summary="List visits to stations",
        parameters=WHOSE
        | {
            "trip": "Only those of this trip.",
            "facility": "Only those to this station.",
            "from": "Only visits last spoken of at this time or later.",
            "to": "Only visits last spoken of before this time.",
        },
    )
    def get(self, request: Any) -> Response:
        rows = self.period(self.narrowed(StationVisit.objects.all()), "touched_at")
        return self.page(shapes.station_visit, rows, order=("-touched_at", "-id"))


class FacilityUnitsView(_List):
    """The units at a facility: the sender's own, for its operator and the city all."""

    scope = VEHICLES_READ
    rows = FacilityUnit.objects
    same: dict[str, str] = {}

    @schema(
        response=shapes.UnitOut,
        paged=True,
        summary="List the units at a facility",
        parameters={
            "inside": "`true`: only units that are there; `false`: only those that left.",
            "state": "deposited, ready, collected, expired, rejected or handed_over.",
        },
    )
    def get(self, request: Any, facility_id: UUID) -> Response:
        rows = FacilityUnit.objects.filter(facility_id=facility_id)
        if not self.visible(rows).exists():
            self.one(facility_id, Facility.objects)
        rows = self.chosen(rows, "state", FacilityUnit.State.values)
        inside = choice(request, "inside", ("true", "false"))
        if inside is not None:
            rows = rows.filter(inside=inside == "true")
        return self.page(shapes.unit, rows, order=("-touched_at", "-id"))


class FacilityStateView(HubView):
    """What is inside a facility: of one's own units, for its operator and the city of all."""

    scope = VEHICLES_READ
    rows = FacilityUnit.objects

    @schema(response=shapes.FacilityStateOut, summary="Read what is inside a facility")
    def get(self, request: Any, facility_id: UUID) -> Response:
        rows = self.visible(FacilityUnit.objects.filter(facility_id=facility_id))
        first = rows.first()
        if first is None:
            self.one(facility_id, Facility.objects)
        else:
            self.noted(first)
        return Response(shapes.facility_state(facility_id, facilities.inside(rows)))


class UnresolvedReferencesView(_List):
    """Zones and curbs that events name and the city does not have, the latest first."""

    scope = VEHICLES_READ
    rows = UnresolvedReference.objects

    @schema(
        response=shapes.ReferenceOut,
        paged=True,
        summary="List references to unknown zones and curbs",
        parameters=WHOSE | {"kind": "zone or curb."},
    )
    def get(self, request: Any) -> Response:
        rows = self.narrowed(UnresolvedReference.objects.all())
        rows = self.chosen(rows, "kind", UnresolvedReference.Kind.values)
        return self.page(shapes.reference, rows, order=("-said_at", "-id"))


class CurbReportsView(_List):
    """What drivers say of curbs, the latest first."""

    scope = CURBS_READ
    rows = CurbReport.objects
    same = _List.same | {"curb_zone": "curb_zone_id"}

    @schema(
        response=shapes.CurbReportOut,
        paged=True,
        summary="List drivers' reports on curbs",
        parameters=WHOSE
        | {
            "curb_zone": "Only reports on this curb zone.",
            "kind": "claimed or blocked.",
            "from": "Only reports of this time or later.",
            "to": "Only reports before this time.",
        },
    )
    def get(self, request: Any) -> Response:
        rows = self.chosen(self.narrowed(CurbReport.objects.all()), "kind", CurbReport.Kind.values)
        return self.page(shapes.curb_report, self.period(rows, "at"), order=("-at", "-id"))
