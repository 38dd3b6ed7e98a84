"""Checks of plates for the vehicle's organisation, and the check of oneself before fines."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import scopes
from carriers.models import RoutePlan, Vehicle
from compliance import selfcheck
from compliance.selfcheck import Stop
from curbs.evaluator import AtCurb, InZone
from foundation.api import mandate_use
from kernel.periods import Period
from kernel.refusals import Refusal
from portal import checks, fields, patrol, words
from portal.booking_day import local_day
from portal.fields import Field
from portal.people import Page
from portal.tables import table
from portal.views.slots import as_uuid
from zones.selectors import books

ROUTES = 100
LONGEST_MIN = 24 * 60
NAMES = ("vehicle", "where", "on", "time", "minutes", "route")


class Checks(Page):
    """`/checks/`: the latest checks first; narrowed by `vehicle, on` (the local day)."""

    scope = scopes.FINDINGS_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = {name: fields.text(request.GET, name, 80) for name in ("vehicle", "on")}
        return self.show(
            "portal/checks/list.html",
            table=table(
                request, self._rows(chosen), checks.COLUMNS, default="-at", prepare=self._in_words
            ),
            plates=checks.plates(self.actor),
            chosen=chosen,
            may_check_self=not self.actor.is_city and self.actor.may(scopes.DECISIONS_READ),
        )

    def _rows(self, chosen: dict[str, str]) -> Any:
        """Return the checks that are asked for; what is no vehicle and no day finds nothing."""
        rows = checks.visible(self.actor)
        if chosen["vehicle"]:
            vehicle_id = as_uuid(chosen["vehicle"])
            rows = rows.filter(vehicle_id=vehicle_id) if vehicle_id else rows.none()
        if chosen["on"]:
            on = fields.day(chosen["on"])
            day = local_day(on, self.actor.city.tz) if on else None
            rows = rows.between(day.start, day.end) if day else rows.none()
        return rows

    def _in_words(self, page: Any) -> list[checks.Listed]:
        rows = list(page)
        mandate_use.note(self.actor, rows, scope=self.scope, at=self.now)
        return checks.listed(rows, self.actor)


class OneCheck(Page):
    """`/checks/<id>/`: what was answered."""

    scope = scopes.FINDINGS_READ

    def get(self, request: HttpRequest, check_id: UUID) -> HttpResponse:
        row = checks.visible(self.actor).filter(pk=check_id).first()
        if row is None:
            raise Http404(_("There is no such check."))
        mandate_use.note(self.actor, [row], scope=self.scope, at=self.now)
        (listed,) = checks.listed([row], self.actor)
        return self.show("portal/checks/detail.html", check=listed.check, office=listed.office)


class SelfCheck(Page):
    """`/checks/self/`: `?vehicle=&where=&on=&time=&minutes=` a stop, or `?route=` the planned
    stops of a route: what would become findings, and what would help."""

    scope = scopes.DECISIONS_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.actor.is_city:  # it is for who drives
            raise PermissionDenied(_("Your role does not include this page."))
        given = {name: fields.text(request.GET, name, 80) for name in NAMES}
        self.wrong: dict[str, Any] = {}
        outcome = None
        if given["route"]:
            outcome = self._of_route(given["route"])
        elif given["vehicle"]:
            outcome = self._of_stop(given)
        return self.show(
            "portal/checks/self.html",
            422 if self.wrong else 200,
            stop_form=self._stop_form(given),
            route_form=self._route_form(given),
            errors=fields.errors(self.wrong),
            outcome=outcome,
        )

    def _of_route(self, chosen: str) -> checks.Outcome | None:
        rows = RoutePlan.objects.visible_to(self.actor, self.scope).select_related("vehicle")
        route = rows.filter(pk=as_uuid(chosen)).first()
        if route is None:
            self.wrong["route"] = _("Choose a route.")
            return None
        stops, untimed = selfcheck.stops_of(route)
        return self._judged(route.vehicle, stops, len(untimed), "route")

    def _of_stop(self, given: dict[str, str]) -> checks.Outcome | None:
        rows = Vehicle.objects.visible_to(self.actor, self.scope)
        vehicle = rows.filter(pk=as_uuid(given["vehicle"])).first()
        if vehicle is None:
            self.wrong["vehicle"] = _("Choose a vehicle.")
        period = self._period(given)
        stop = self._stop(given["where"], period) if period is not None else None
        if vehicle is None or stop is None:
            return None
        return self._judged(vehicle, [stop], 0, "where")

    def _period(self, given: dict[str, str]) -> Period | None:
        on, start = fields.day(given["on"]), _clock(given["time"])
        minutes = fields.whole(given["minutes"], LONGEST_MIN)
        if on is None:
            self.wrong["on"] = _("This is no day of the calendar.")
        if start is None:
            self.wrong["time"] = _("Give a time of day, such as 09:30.")
        if not minutes:
            self.wrong["minutes"] = _("Give whole minutes, at most a day.")
        if on is None or start is None or not minutes:
            return None
        at = datetime.combine(on, start, self.actor.city.tz)
        return Period(at, at + timedelta(minutes=minutes))

    def _stop(self, where: str, period: Period) -> Stop | None:
        place = patrol.place_of(where, "", "")
        if isinstance(place, AtCurb):
            return Stop(period, curb_zone_id=place.curb_zone_id)
        if isinstance(place, InZone):
            ground = books.book(self.actor.city_id).geometry(place.zone_id, period.start)
            if ground is not None:
                inside = ground.representative_point()
                return Stop(period, at=(inside.x, inside.y))
        self.wrong["where"] = _("Choose a curb or a zone that is there at that time.")
        return None

    def _judged(
        self, vehicle: Vehicle, stops: list[Stop], untimed: int, field: str
    ) -> checks.Outcome | None:
        mandate_use.note(self.actor, [vehicle], scope=self.scope, at=self.now)
        try:
            found = selfcheck.check(
                city=self.actor.city,
                organisation_id=vehicle.organisation_id,
                vehicle_id=vehicle.id,
                stops=stops,
            )
        except Refusal as refusal:
            self.wrong |= fields.wrong_of(refusal, {}, field)
            return None
        return checks.outcome(found, untimed, vehicle.id, self.actor, self.now)

    def _stop_form(self, given: dict[str, str]) -> list[Field]:
        local = self.now.astimezone(self.actor.city.tz)
        spots = patrol.spots(self.actor.city, self.now)
        fleet = Vehicle.objects.visible_to(self.actor, self.scope).filter(active=True)
        vehicles = [(str(one.pk), str(one)) for one in fleet.order_by("plate", "id")]
        places = [(spot.value, spot.label) for kind in ("curbs", "zones") for spot in spots[kind]]
        specs: list[tuple[str, Any, str, Any, str]] = [
            ("vehicle", _("Vehicle"), "select", vehicles, ""),
            ("where", _("Where it stops"), "select", places, ""),
            ("on", _("Day"), "date", (), f"{local:%Y-%m-%d}"),
            ("time", _("From"), "time", (), f"{local:%H:%M}"),
            ("minutes", _("For how many minutes"), "text", (), "15"),
        ]
        return [
            Field(name, label, kind, given[name] or default, "", self.wrong.get(name, ""), options)
            for name, label, kind, options, default in specs
        ]

    def _route_form(self, given: dict[str, str]) -> list[Field]:
        today = self.now.astimezone(self.actor.city.tz).date()
        rows = RoutePlan.objects.visible_to(self.actor, self.scope).current()
        rows = rows.filter(service_on__gte=today).select_related("vehicle")[:ROUTES]
        options = [(str(one.pk), _route(one)) for one in rows]
        wrong = self.wrong.get("route", "")
        return [Field("route", _("Route"), "select", given["route"], "", wrong, options)]


def _route(row: RoutePlan) -> str:
    return f"{words.weekday(row.service_on)}, {row.trip_ref or row.trip_id}, {row.vehicle}"


def _clock(typed: str) -> time | None:
    """Return a time of day without a zone, None for what is none."""
    try:
        return time.fromisoformat(typed).replace(tzinfo=None)
    except ValueError:
        return None
