"""Service exceptions: the list with a filter, the same as a file, and names that lead nowhere."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from accounts import scopes
from portal import exceptions
from portal.booking_day import local_day
from portal.people import Page
from portal.views.tower import companies_of
from reports.api.tables import csv_response
from tracking.models import ServiceException

MOST = 10_000
"""Rows of one file; narrower filters give the rest."""
IDENTIFIERS = {
    "organisation": "organisation_id",
    "vehicle": "vehicle_id",
    "trip": "trip_id",
    "facility": "facility_id",
}
CSV = (
    "id", "kind", "detail", "started_at", "ended_at", "organisation", "vehicle", "place", "trip_id",
    "stop_id", "facility_id", "sentence",
)  # fmt: skip


class Exceptions(Page):
    """`/exceptions/`: narrowed by `kind, open, organisation, vehicle, trip, facility, on`."""

    scope = scopes.VEHICLES_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = {
            name: request.GET.get(name, "") for name in ("kind", "open", "organisation", "on")
        }
        return self.show(
            "portal/exceptions/list.html",
            table=exceptions.listed(request, self.rows(), self.actor),
            kinds=ServiceException.Kind.choices,
            companies=companies_of(self.actor),
            chosen=chosen | {"any": bool(set(request.GET) - {"sort", "page"})},
            query=request.GET.urlencode(),
        )

    def rows(self) -> Any:
        """Return the exceptions that the filter leaves; what means nothing finds nothing."""
        rows = exceptions.visible(self.actor)
        try:
            return self._narrowed(rows)
        except ValueError:  # what is not an id or a day
            return rows.none()

    def _narrowed(self, rows: Any) -> Any:
        given = {name: value for name, value in self.request.GET.items() if value}
        for name, column in IDENTIFIERS.items():
            if name in given:
                rows = rows.filter(**{column: UUID(given[name])})
        if "kind" in given:
            rows = rows.filter(kind=given["kind"])
        if given.get("open") in {"true", "false"}:
            rows = rows.open(given["open"] == "true")
        if "on" in given:
            day = local_day(date.fromisoformat(given["on"]), self.actor.city.tz)
            rows = rows.between(day.start, day.end)
        return rows


class ExceptionsFile(Exceptions):
    """`/exceptions/list.csv`: the same rows, with the same filter, the latest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = list(self.rows().order_by("-started_at", "-pk")[:MOST])
        lines = [
            {
                "id": row.pk,
                "kind": row.kind,
                "detail": row.detail,
                "started_at": row.started_at.isoformat(),
                "ended_at": row.ended_at and row.ended_at.isoformat(),
                "organisation": one.organisation_name,
                "vehicle": one.plate,
                "place": one.place,
                "trip_id": row.trip_id,
                "stop_id": row.stop_id,
                "facility_id": row.facility_id,
                "sentence": one.sentence,
            }
            for row, one in zip(rows, exceptions.shown(rows, self.actor), strict=True)
        ]
        answer: HttpResponse = csv_response(lines, CSV, "exceptions")
        return answer


class References(Page):
    """`/exceptions/references/`: zones and curbs that events name and the city does not have."""

    scope = scopes.VEHICLES_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(
            "portal/exceptions/references.html",
            table=exceptions.unresolved(request, self.actor),
        )
