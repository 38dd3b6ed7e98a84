"""A draft is written: its period, and a form for every row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import scopes
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from portal import fields
from portal.people import Page
from portal.rulebook import calendars, editing, permits, rows, versions
from zones.models import RegulationVersion
from zones.services import regulations
from zones.services.versions import content_hash

MOST_ROWS = 200
PLACES = {"/legal_until": "until", "/legal_from": "since"}


class EditVersion(Page):
    """`/rules/versions/<id>/edit/`: POST `do=save`, `do=add` or `do=remove-<row>`."""

    scope = scopes.RULES_WRITE

    def get(self, request: HttpRequest, version_id: UUID, **more: Any) -> HttpResponse:
        version = versions.version_of(self.actor, version_id)
        if version.state != RegulationVersion.State.DRAFT:
            return redirect("portal:rule-version", version.id)
        wrong = more.get("wrong", {})
        given = more.get("given", [rows.split(row) for row in version.rows])
        head = more.get("head") or editing.head(version, self.actor.city.tz)
        known = calendars.choices(self.actor)
        of_head = editing.head_fields(head, wrong)
        of_rows = [
            editing.row_fields(number, row, wrong, known)
            for number, row in enumerate(given, start=1)
        ]
        return self.show(
            "portal/rules/edit.html",
            more.get("status", 200),
            version=version,
            seen=fields.text(request.POST, "seen", 64) or content_hash(version),
            shown=versions.shown(version, self.actor.city.tz),
            head=of_head,
            rows=of_rows,
            permit_kinds=permits.kinds(self.actor),
            errors=editing.errors(of_head, of_rows, wrong),
        )

    def post(self, request: HttpRequest, version_id: UUID) -> HttpResponse:
        sent, do = request.POST, request.POST.get("do", "save")
        head = {name: fields.text(sent, name, 600) for name in editing.HEAD}
        count = fields.whole(fields.text(sent, "rows"), MOST_ROWS) or 0
        given = [editing.row_given(sent, number) for number in range(1, count + 1)]
        if do == "add":
            given.append(dict.fromkeys((*rows.PLACES, rows.REST), ""))
        elif do.startswith("remove-"):
            gone = fields.whole(do.removeprefix("remove-"), count)
            given = [row for number, row in enumerate(given, start=1) if number != gone]
        if do != "save":
            return self.get(request, version_id, head=head, given=given)
        return self._save(version_id, head, given)

    def _save(
        self, version_id: UUID, head: dict[str, str], given: list[dict[str, str]]
    ) -> HttpResponse:
        version = versions.version_of(self.actor, version_id)
        wrong: dict[str, Any] = {}
        said = editing.said(given, wrong)
        since, until, vacate_s = self._head(head, version, wrong)
        if not wrong and since is not None:
            try:
                regulations.revise(
                    actor=self.actor,
                    version_id=version_id,
                    rows=said,
                    legal_from=since,
                    legal_until=until,
                    vacate_by_s=vacate_s,
                    title=head["title"][:200],
                    legal_reference=head["legal_reference"][:500],
                    seen=fields.text(self.request.POST, "seen", 64),
                    now=self.now,
                )
            except Refusal as refusal:
                wrong = fields.wrong_of(refusal, PLACES, "main")
        if wrong:
            return self.get(
                self.request, version_id, head=head, given=given, wrong=wrong, status=422
            )
        messages.success(self.request, _("The draft is saved."))
        return redirect("portal:rule-version", version_id)

    def _head(
        self, head: dict[str, str], version: RegulationVersion, wrong: dict[str, Any]
    ) -> tuple[datetime | None, datetime | None, int]:
        """Return the legal period and the minutes to leave in; a day that was not touched keeps
        its time of day."""
        tz = self.actor.city.tz
        known = editing.head(version, tz)
        found: dict[str, datetime | None] = {}
        for name, stands in (("since", version.legal_from), ("until", version.legal_until)):
            day = fields.day(head[name])
            if head[name] == known[name]:
                found[name] = stands
                continue
            found[name] = None if day is None else local_midnight(day, tz)
            if day is None and (head[name] or name == "since"):
                wrong[name] = _("This is no day of the calendar.")
        vacate_s = fields.minutes(head["vacate"] or "0", 24 * 60)
        if vacate_s is None:
            wrong["vacate"] = _("Give minutes, at most those of a day.")
        return found["since"], found["until"], vacate_s or 0
