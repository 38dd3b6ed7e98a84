"""A zone is split: a line is drawn, its parts are looked at, and each gets its fate."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import scopes
from foundation.office import editor
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from portal import fields
from portal.fields import Field
from portal.people import Page
from portal.rulebook import boundary, naming, splitting, versions
from portal.rulebook.boundary import NoBoundary
from zones import codes
from zones.models import AccessZone
from zones.selectors import dividing as cuts
from zones.selectors.dividing import Cut
from zones.services import dividing
from zones.services.dividing import Fate, NewZone

PLACES = {"/code": "code", "/line": "drawn", "/legal_from": "since", "/fates": "fate-1"}
RULES = "rules"


class SplitZone(Page):
    """`/rules/zones/<id>/split/`: POST `drawn, since` shows the parts; with `do=split`, what
    becomes of each (`fate-<n>`), `seen`, and `name, code, take` of the new zone, it is done.
    """

    scope = scopes.RULES_WRITE

    def get(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        return self.form(versions.zone_of(self.actor, zone_id), {}, {}, None)

    def post(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        zone, sent = versions.zone_of(self.actor, zone_id), request.POST
        wrong: dict[str, Any] = {}
        line, since = self.line(sent, wrong), self.since(sent, wrong)
        if line is None or since is None:
            return self.form(zone, sent, wrong, None)
        cut = None
        try:
            cut = cuts.cut(city=self.actor.city, zone_id=zone.id, line=line, legal_from=since)
            if sent.get("do") == "split":
                return self.split(zone, cut, line, since)
        except Refusal as refusal:
            otherwise = "drawn" if refusal.code == codes.GROUND_DIFFERS else "code"
            wrong = fields.wrong_of(refusal, PLACES, otherwise)
        return self.form(zone, sent, wrong, cut)

    def line(self, sent: Any, wrong: dict[str, Any]) -> Any:
        """Return the line that was drawn, or None with what is wrong beside its field."""
        try:
            typed = fields.text(sent, "drawn", boundary.FILE_LIMIT)
            return boundary.line(typed.encode(), self.actor.city)
        except NoBoundary as fault:
            wrong["drawn"] = fault.sentence
        return None

    def since(self, sent: Any, wrong: dict[str, Any]) -> datetime | None:
        """Return the first instant of the day that was given."""
        day = fields.day(fields.text(sent, "since"))
        if day is None:
            wrong["since"] = _("Give the first day.")
            return None
        return local_midnight(day, self.actor.city.tz)

    def split(self, zone: AccessZone, cut: Cut, line: Any, since: datetime) -> HttpResponse:
        """Do it, or show the page again with what is wrong beside its field. Raises Refusal."""
        sent = self.request.POST
        wrong: dict[str, Any] = {}
        fates = splitting.fates_of(sent, len(cut.pieces))
        new = None
        if Fate.NEW_ZONE in fates:
            name, code = naming.zone_of(sent, wrong)
            new = NewZone(code=code, name=name, with_rules=RULES in sent.getlist("take"))
        if wrong:
            return self.form(zone, sent, wrong, cut)
        made = dividing.split(
            actor=self.actor,
            zone_id=zone.id,
            line=line,
            legal_from=since,
            fates=fates,
            new=new,
            seen=fields.text(sent, "seen", 64),
            now=self.now,
        )
        if made is None:
            messages.success(self.request, _("The part is given up from that day on."))
            return redirect("portal:rule-zone", zone.id)
        messages.success(
            self.request,
            _("The zone is split. Nothing rules in the new one until a draft is published."),
        )
        return redirect("portal:rule-zone", made.id)

    def form(self, zone: AccessZone, sent: Any, wrong: dict[str, Any], cut: Cut | None) -> Any:
        """Return the page: the line and the day, and the parts as soon as there are some."""
        return self.show(
            "portal/rules/split.html",
            422 if wrong else 200,
            zone=zone,
            errors=fields.errors(wrong),
            form=self.line_fields(sent, wrong),
            parts=splitting.part_fields(cut, self.actor.city, sent, wrong) if cut else [],
            new_zone=self.new_zone_fields(sent, wrong) if cut else [],
            seen=cut.seen if cut else "",
            editor=editor("LineString", readonly=False, parts=self.parts(zone, cut)),
        )

    def parts(self, zone: AccessZone, cut: Cut | None) -> dict[str, Any]:
        """Return what the map shows: the parts, or the ground that holds at the moment."""
        if cut is not None:
            return splitting.on_the_map(cut)
        return splitting.ground_on_the_map(versions.last_ground(zone), zone.name)

    def line_fields(self, sent: Any, wrong: Any) -> list[Field]:
        today = f"{self.now.astimezone(self.actor.city.tz):%Y-%m-%d}"
        drawn = fields.text(sent, "drawn", boundary.FILE_LIMIT)
        return [
            Field("since", _("From when"), "date", fields.text(sent, "since") or today,
                  _("Until then the zone stays as it is."), wrong.get("since", "")),
            Field("drawn", _("The line as GeoJSON text, which the map writes too"), "textarea",
                  drawn, "", wrong.get("drawn", "")),
        ]  # fmt: skip

    def new_zone_fields(self, sent: Any, wrong: Any) -> list[Field]:
        chosen = sent.getlist("take") if "do" in sent and sent["do"] == "split" else [RULES]
        rules = _("Draft the rules of this zone for the new one, and let its permits hold in both")
        return [
            *naming.zone_fields(sent, wrong),
            Field("take", _("Rules"), "checks", chosen, "", "", [(RULES, rules)]),
        ]
