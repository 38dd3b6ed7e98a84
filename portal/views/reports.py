"""Reports: a filter, a chart, and the table that carries the same numbers."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import scopes
from kernel.refusals import Refusal
from portal import drawn, refusals
from portal.people import Page
from portal.views.slots import as_date
from reports.selectors import compliance, congestion

MOST_STREETS = 24


class Reports(Page):
    """`/reports/`: which reports there are."""

    scope = scopes.REPORTS_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("portal/reports/index.html", city_only=not self.actor.is_city)


class _Report(Page):
    """What both reports share: days of the city, the page, the links to the same as data."""

    scope = scopes.REPORTS_READ

    @property
    def today(self) -> date:
        return self.now.astimezone(self.actor.city.tz).date()

    def day(self, name: str, default: date) -> date:
        return as_date(self.request.GET.get(name)) or default

    def page(self, report: drawn.Report) -> HttpResponse:
        return self.show("portal/reports/report.html", report=report, island=report.chart)


class Compliance(_Report):
    """`/reports/compliance/`: `?from=&to=&by=`; days of the city, both ends counted."""

    def get(self, request: HttpRequest) -> HttpResponse:
        last = self.day("to", self.today)
        first = min(self.day("from", last - timedelta(days=6)), last)
        by = request.GET.get("by", "zone")
        by = by if by in compliance.BY else "zone"
        found = compliance.compliance(
            actor=self.actor, start_on=first, end_on=last + timedelta(days=1), by=by
        )
        query = urlencode({"from": first, "to": last + timedelta(days=1), "by": by})
        return self.page(
            drawn.compliance(found, first, last, f"/api/v1/reports/compliance?{query}")
        )


class Congestion(_Report):
    """`/reports/congestion/`: `?on=&street=`; without a day the last one that was measured,
    without a street the streets that were slowest."""

    def get(self, request: HttpRequest) -> HttpResponse:
        on = as_date(request.GET.get("on")) or congestion.latest_day(self.actor) or self.today
        street = request.GET.get("street", "")
        try:
            by_street = congestion.congestion(actor=self.actor, on=on, by="street")
            quarters = congestion.congestion(
                actor=self.actor, on=on, by="street_quarter", street=street
            )
        except Refusal as refusal:
            note = refusals.sentence(refusal.reasons[0])
            return self.show("portal/reports/refused.html", 403, note=note, title=_("Congestion"))
        query = urlencode(
            {"on": on, "by": "street_quarter", **({"street": street} if street else {})}
        )
        address = f"/api/v1/reports/congestion?{query}"
        return self.page(drawn.congestion(by_street, quarters, self.actor.city.tz, address))
