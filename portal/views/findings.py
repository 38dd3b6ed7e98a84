"""Findings: the list with a filter, and one with its rule, journal and evidence on a map."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import ExtractHour
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import scopes
from compliance.models import Finding
from compliance.services import disputes as services
from curbs.models import CurbPolicyVersion
from foundation.api import mandate_use
from kernel.refusals import Refusal
from portal import disputes, evidence, findings, maps, places, words
from portal.booking_day import local_day
from portal.people import Page
from portal.views.tower import companies_of
from zones.models import RegulationVersion

# What narrows the list: a parameter and the column it is compared with.
SAME = {
    "state": "state",
    "severity": "severity",
    "kind": "kind",
    "organisation": "organisation_id",
    "zone": "zone_id",
    "curb_zone": "curb_zone_id",
    "regulation": "regulation_id",
    "vehicle": "vehicle_id",
}
IDENTIFIERS = {"organisation", "zone", "curb_zone", "regulation", "vehicle"}


class Findings(Page):
    """`/findings/`: narrowed by `state, severity, kind, organisation, zone, curb_zone, regulation,
    vehicle, on, from, to, hour, standing`, the same as behind the rows of a report."""

    scope = scopes.FINDINGS_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = request.GET
        try:
            rows = self._narrowed(findings.visible(self.actor))
        except ValueError:  # what is not an id, a day or an hour finds nothing
            rows = Finding.objects.none()
        return self.show(
            "portal/findings/list.html",
            table=findings.listed(request, rows, self.actor),
            states=[(value, label) for value, (label, _tone) in findings.STATES.items()],
            companies=companies_of(self.actor),
            chosen={
                "state": chosen.get("state", ""),
                "organisation": chosen.get("organisation", ""),
                "on": chosen.get("on", ""),
                "any": bool(set(chosen) - {"sort", "page"}),
            },
        )

    def _narrowed(self, rows: Any) -> Any:
        given = {name: value for name, value in self.request.GET.items() if value}
        for name, column in SAME.items():
            if name in given:
                value = UUID(given[name]) if name in IDENTIFIERS else given[name]
                rows = rows.filter(**{column: value})
        if "on" in given:
            day = local_day(date.fromisoformat(given["on"]), self.actor.city.tz)
            rows = rows.between(day.start, day.end)
        rows = rows.between(*(_instant(given.get(name)) for name in ("from", "to")))
        if "hour" in given:
            local = ExtractHour("from_at", tzinfo=self.actor.city.tz)
            rows = rows.alias(hour=local).filter(hour=int(given["hour"]))
        return rows.standing() if given.get("standing") == "true" else rows


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant has an offset")
    return at


def _errors(refusal: Refusal | None) -> list[dict[str, str]]:
    """Return the reasons of a refusal, each with the field that it belongs to."""
    if refusal is None:
        return []
    return [
        {"field": reason.pointer.strip("/") or "disputes", "text": reason.detail}
        for reason in refusal.reasons
    ]


class OneFinding(Page):
    """`/findings/<id>/`."""

    scope = scopes.FINDINGS_READ

    def get(self, request: HttpRequest, finding_id: UUID) -> HttpResponse:
        return self.shown(finding_id)

    def found(self, finding_id: UUID) -> Finding:
        """Return a finding that the reader may see. Raises Http404."""
        row: Finding | None = findings.visible(self.actor).filter(pk=finding_id).first()
        if row is None:
            raise Http404(_("No such finding."))
        mandate_use.note(self.actor, [row], scope=self.scope, at=self.now)
        return row

    def shown(
        self,
        finding_id: UUID,
        refusal: Refusal | None = None,
        given: dict[str, str] | None = None,
        errors: Sequence[dict[str, str]] = (),
    ) -> HttpResponse:
        """Return the page of a finding, with what was wrong with a form that was sent."""
        row = self.found(finding_id)
        wrong = [*errors, *_errors(refusal)]
        status = refusal.status if refusal else 422 if wrong else 200
        found = findings.shown([row], self.actor)[0]
        fixes = evidence.fixes(row, self.actor.city.tz)
        disputed = disputes.of_finding(row, self.actor, self.now)
        return self.show(
            "portal/findings/detail.html",
            status,
            errors=wrong,
            wrong={error["field"]: error["text"] for error in wrong},
            given=given or {},
            disputes=disputed,
            may_dispute=self.actor.may(scopes.FINDINGS_DISPUTE)
            and services.may_dispute(row, self.now),
            disputable_until=self._until(row),
            may_decide=self.actor.may(scopes.FINDINGS_DECIDE),
            decidable=row.state == Finding.State.CONFIRMED,
            finding=found,
            fixes=fixes,
            facts=self._facts(row, found),
            rule=self._rule(row),
            journal=evidence.journal(row, self.actor.city.tz),
            island=self._island(row, fixes),
        )

    def _until(self, row: Finding) -> str:
        until = services.disputable_until(row)
        return "" if until is None else words.moment(until, self.actor.city.tz)

    def _facts(self, row: Finding, found: findings.Shown) -> list[tuple[str, str]]:
        return [
            (_("Vehicle"), found.plate),
            (_("Carrier"), found.organisation_name),
            (_("Place"), found.place),
            (_("When"), found.when),
            (_("Over the limit"), found.over),
            (_("Grace of the place"), words.seconds(row.evidence.get("grace_s"))),
        ]

    def _rule(self, row: Finding) -> list[tuple[str, Any]]:
        rows: Any = RegulationVersion.objects.select_related("regulation")
        if row.curb_zone_id:
            rows = CurbPolicyVersion.objects
        version = rows.filter(pk=row.version_id).first()
        if version is None:
            return [(_("Code"), row.rule_code), (_("Row"), row.rule_row + 1)]
        tz = self.actor.city.tz
        title = version.title if row.curb_zone_id else version.regulation.title
        return [
            (_("Title"), title),
            (_("Code"), row.rule_code),
            (_("Version"), version.number),
            (_("Row"), row.rule_row + 1),
            (_("In force"), words.period(version.legal_from, version.legal_until, tz)),
            (_("Recorded"), words.recorded(version.recorded_from, tz)),
            (_("Legal reference"), version.legal_reference or "–"),
        ]

    def _island(self, row: Finding, fixes: list[evidence.Fix]) -> dict[str, Any]:
        city = self.actor.city
        zones = [zone for zone in places.zones_now(city, row.from_at) if zone.id == row.zone_id]
        curbs = [
            curb for curb in places.curbs_now(city, row.from_at) if curb.id == row.curb_zone_id
        ]
        return {
            "base": maps.base_map(city),
            "label": _("Map of the evidence; the table below says the same"),
            "zones": maps.collection(map(maps.zone_feature, zones)),
            "curbs": maps.collection(maps.curb_feature(curb, bookable=False) for curb in curbs),
            "track": evidence.track(fixes),
        }
