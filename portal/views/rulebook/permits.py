"""Permits: the list, a new one, and one taken back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.models import Organisation
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from portal import fields
from portal.fields import Field
from portal.people import Page
from portal.rulebook import editing, permits
from portal.tables import Column, table
from portal.views.slots import as_uuid
from zones.models import AccessZone
from zones.services import permits as issuing

COLUMNS = (
    Column("kind", gettext_lazy("Kind"), ("kind",)),
    Column("holder", gettext_lazy("For"), ("plate",)),
    Column("zones", gettext_lazy("Zones")),
    Column("valid", gettext_lazy("Valid"), ("starts_at",)),
    Column("state", gettext_lazy("State")),
)
NAMES = ("kind", "plate", "vehicle_class", "organisation", "since", "until", "reference")
PLACES = {
    "/vehicle_class": "vehicle_class",
    "/zone_ids": "zones",
    "/organisation_id": "organisation",
    "/legal_until": "until",
}


class Permits(Page):
    """`/rules/permits/`: all permits; POST (`kind, plate | vehicle_class, zones, organisation,
    since, until, reference`) issues one. Plates are sent in the body, never in an address."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        wrong, sent = more.pop("wrong", {}), more.pop("sent", {})
        return self.show(
            "portal/rules/permits.html",
            more.pop("status", 200),
            table=table(
                request,
                permits.visible(self.actor),
                COLUMNS,
                default="-valid",
                prepare=lambda page: permits.shown(page, self.actor, self.now),
            ),
            may_write=self.actor.may(scopes.RULES_WRITE),
            form=self._form(sent, wrong),
            permit_kinds=permits.kinds(self.actor),
            errors=fields.errors(wrong),
        )

    def _form(self, sent: Any, wrong: Any) -> list[Field]:
        city = self.actor.city
        today = f"{self.now.astimezone(city.tz):%Y-%m-%d}"
        given = {name: fields.text(sent, name, 2000) for name in NAMES}
        zones = AccessZone.objects.of_city(city.id).order_by("name")
        companies = Organisation.objects.of_city(city.id).order_by("name")
        chosen = sent.getlist("zones") if sent else []
        specs: list[tuple[str, str, str, Any, str, Any, int | None]] = [
            ("kind", _("Kind"), "text", given["kind"], _("As the rules name it."), (), 80),
            ("plate", _("Number plate"), "text", given["plate"], "", (), 20),
            ("vehicle_class", _("Or a class of vehicles, as “who” of the rule language"),
             "textarea", given["vehicle_class"], _("Such as {\"fuel_only\": [\"electric\"]}."),
             (), 2000),
            ("zones", _("Zones"), "checks", chosen, _("None chosen: every zone."),
             [(str(zone.id), zone.name) for zone in zones], None),
            ("organisation", _("Organisation"), "select", given["organisation"], "",
             [("", _("None")), *((str(one.id), one.name) for one in companies)], None),
            ("since", _("Valid from"), "date", given["since"] or today, "", (), None),
            ("until", _("Valid until the end of"), "date", given["until"],
             _("Empty: without an end."), (), None),
            ("reference", _("Reference"), "text", given["reference"], "", (), 120),
        ]  # fmt: skip
        return [
            Field(
                name,
                label,
                kind,
                value,
                hint,
                wrong.get(name, ""),
                options,
                most,
                known=editing.KINDS if name == "kind" else "",
            )
            for name, label, kind, value, hint, options, most in specs
        ]

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = request.POST
        self.needs_writer()
        wrong: dict[str, Any] = {}
        facts = self._facts(sent, wrong)
        if not wrong:
            try:
                issuing.issue(actor=self.actor, now=self.now, **facts)
            except Refusal as refusal:
                wrong = fields.wrong_of(refusal, PLACES, "plate")
        if wrong:
            return self.get(request, sent=sent, wrong=wrong, status=422)
        messages.success(request, _("The permit is issued."))
        return redirect("portal:permits")

    def needs_writer(self) -> None:
        """Refuse who may only look."""
        if not self.actor.may(scopes.RULES_WRITE):
            raise PermissionDenied(_("Your role does not include this page."))

    def _facts(self, sent: Any, wrong: dict[str, Any]) -> dict[str, Any]:
        given = {name: fields.text(sent, name, 2000) for name in NAMES}
        tz = self.actor.city.tz
        since, until = fields.day(given["since"]), fields.day(given["until"])
        if not 0 < len(given["kind"]) <= 80:
            wrong["kind"] = _("Name the kind of permit, in at most 80 characters.")
        if len(given["plate"]) > 20:
            wrong["plate"] = _("A plate has at most 20 characters.")
        if since is None:
            wrong["since"] = _("Give the first day.")
        if given["until"] and until is None:
            wrong["until"] = _("This is no day of the calendar.")
        return {
            "kind": given["kind"],
            "plate": given["plate"],
            "vehicle_class": self._class(given["vehicle_class"], wrong),
            "zone_ids": self._ids(sent.getlist("zones"), wrong),
            "organisation_id": as_uuid(given["organisation"]),
            "starts_at": since and local_midnight(since, tz),
            "ends_at": until and local_midnight(until + timedelta(days=1), tz),
            "reference": given["reference"][:120],
        }

    def _class(self, typed: str, wrong: dict[str, Any]) -> Any:
        if not typed:
            return None
        try:
            found = msgspec.json.decode(typed)
        except (msgspec.DecodeError, RecursionError):
            found = None
        if not isinstance(found, dict):
            wrong["vehicle_class"] = _("This is no JSON object.")
        return found

    def _ids(self, sent: list[str], wrong: dict[str, Any]) -> list[UUID]:
        ids = [one for text in sent if (one := as_uuid(text))]
        if len(ids) != len(sent):
            wrong["zones"] = _("Choose zones of the list.")
        return ids


class RevokePermit(Permits):
    """`POST /rules/permits/<id>/revoke/`."""

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, permit_id: UUID) -> HttpResponse:
        issuing.revoke(actor=self.actor, permit_id=permit_id, now=self.now)
        messages.success(request, _("The permit is revoked."))
        return redirect("portal:permits")
