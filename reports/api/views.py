"""Reports: compliance and congestion, as JSON or CSV."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.scopes import REPORTS_READ
from foundation import codes
from foundation.api.openapi import schema
from foundation.api.query import choice
from foundation.api.views import HubView
from kernel.refusals import Refusal
from reports.api import shapes
from reports.api.tables import csv_response
from reports.models import FindingCount
from reports.selectors import compliance, congestion
from reports.selectors.days import local_day
from roads.models import SegmentSpeed

TAGS = ["reports"]
FORMAT = {"format": "`json` (default) or `csv`."}


class _ReportView(HubView):
    """A report over local days."""

    scope = REPORTS_READ
    columns: ClassVar[tuple[str, ...]] = ()

    def answer(self, report: dict[str, Any], name: str) -> Any:
        """Return the report in the format asked for."""
        if choice(self.request, "format", ("json", "csv")) == "csv":
            return csv_response(report["items"], self.columns, name)
        return Response(report)

    def day(self, name: str) -> date | None:
        """Return a parameter as a local day. Raises `request.invalid`."""
        text = self.request.GET.get(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            detail = _("Give a day, such as 2026-05-12.")
            raise Refusal(codes.REQUEST_INVALID, detail, parameter=name) from None

    @property
    def today(self) -> date:
        return local_day(self.now, self.actor.city.tz)


class ComplianceView(_ReportView):
    """Findings by zone, carrier, rule, hour, day or kind."""

    scope = REPORTS_READ
    rows = FindingCount.objects
    columns = shapes.ComplianceLine.__struct_fields__

    @schema(
        response=shapes.ComplianceOut,
        refusals=(422,),
        summary="Count findings",
        parameters={
            "from": "First local day (default: today).",
            "to": "The day after the last (default: the day after `from`).",
            "by": "zone (default), carrier, rule, hour, day or kind.",
            **FORMAT,
        },
        tags=TAGS,
    )
    def get(self, request: Any) -> Any:
        start = self.day("from") or self.today
        end = self.day("to") or start + timedelta(days=1)
        by = choice(request, "by", compliance.BY) or "zone"
        report = compliance.compliance(actor=self.actor, start_on=start, end_on=end, by=by)
        return self.answer(shapes.compliance(report), f"compliance-{start}-by-{by}")


class CongestionView(_ReportView):
    """Speeds against free flow."""

    scope = REPORTS_READ
    rows = SegmentSpeed.objects
    columns = shapes.CongestionLine.__struct_fields__

    @schema(
        response=shapes.CongestionOut,
        refusals=(422,),
        summary="Compare speeds with free flow",
        parameters={
            "on": "Local day (default: today).",
            "by": "street_quarter (default), street or quarter.",
            "street": "Only the street of this name.",
            **FORMAT,
        },
        tags=TAGS,
    )
    def get(self, request: Any) -> Any:
        on = self.day("on") or self.today
        by = choice(request, "by", congestion.BY) or "street_quarter"
        street = request.GET.get("street", "")
        report = congestion.congestion(actor=self.actor, on=on, by=by, street=street)
        return self.answer(shapes.congestion(report), f"congestion-{on}-by-{by}")
