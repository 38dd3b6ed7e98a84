"""The ground of a zone: drawn, loaded, looked at while it is drawn, and recorded."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import shapely
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import scopes
from foundation.office import editor
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from portal import fields
from portal.fields import Field
from portal.people import Page
from portal.rulebook import boundary, naming, versions
from portal.rulebook.boundary import Boundary, NoBoundary
from zones.models import AccessZone, ZoneGeometry
from zones.services import grounds

PLACES = {"/code": "code", "/geometry": "boundary", "/legal_until": "until"}
MOST_GRACE_MIN = 24 * 60


class LookAtBoundary(Page):
    """`POST /rules/boundary/` (`boundary` | `drawn`): what the editor says while one draws.

    Answers the size, what was mended, or every fault with its place; a file comes back as it is
    to be drawn.
    """

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> JsonResponse:
        upload = request.FILES.get("boundary")
        typed = fields.text(request.POST, "drawn", boundary.FILE_LIMIT)
        try:
            content = upload.read(boundary.FILE_LIMIT + 1) if upload else typed.encode()
            found = boundary.read(content, self.actor.city)
        except NoBoundary as wrong:
            faults = [{"text": one.sentence, "at": one.at} for one in wrong.faults]
            return JsonResponse({"faults": faults, "geometry": upload and wrong.drawn})
        geometry = found.geometry if upload else None
        mended = boundary.mended(found.mended)
        said = {"size": found.size, "mended": mended, "geometry": geometry}
        return JsonResponse({"faults": [], **said})


class _Ground(Page):
    """A form with a boundary in it, from a file or as text."""

    scope = scopes.RULES_WRITE
    shown: str = ""
    """What the map shows of a file that is no boundary."""

    def read(self, sent: Any, wrong: dict[str, Any]) -> Boundary | None:
        """Return the boundary that was sent; what is wrong with it stands beside its field."""
        upload = self.request.FILES.get("boundary")
        typed = fields.text(sent, "drawn", boundary.FILE_LIMIT)
        if upload is None and not typed:
            wrong["boundary"] = _("Choose a file, or write the boundary as GeoJSON.")
            return None
        content = upload.read(boundary.FILE_LIMIT + 1) if upload else typed.encode()
        try:
            return boundary.read(content, self.actor.city)
        except NoBoundary as fault:
            wrong["boundary" if upload else "drawn"] = fault.sentence
            if upload and fault.drawn:
                self.shown = msgspec.json.encode(fault.drawn).decode()
        return None

    def ground_fields(self, sent: Any, wrong: Any) -> list[Field]:
        """Return the fields of a boundary, its grace and its first day."""
        today = f"{self.now.astimezone(self.actor.city.tz):%Y-%m-%d}"
        drawn = self.shown or fields.text(sent, "drawn", boundary.FILE_LIMIT)
        file_hint = _("A polygon, a feature or a collection of them, in WGS84.")
        return [
            Field("boundary", _("Boundary as a GeoJSON file"), "file", "", file_hint,
                  wrong.get("boundary", "")),
            Field("drawn", _("Or the boundary as GeoJSON text, which the map writes too"),
                  "textarea", drawn, "", wrong.get("drawn", "")),
            Field("grace", _("Grace in minutes"), "text", fields.text(sent, "grace") or "0",
                  _("How long a stay in breach may last before it counts."),
                  wrong.get("grace", "")),
            Field("since", _("From when"), "date", fields.text(sent, "since") or today, "",
                  wrong.get("since", "")),
        ]  # fmt: skip

    def period_of(self, sent: Any, wrong: dict[str, Any]) -> tuple[int, date | None]:
        """Return grace in seconds and first day."""
        grace_s = fields.minutes(fields.text(sent, "grace") or "0", MOST_GRACE_MIN)
        if grace_s is None:
            wrong["grace"] = _("Give minutes, at most those of a day.")
        since = fields.day(fields.text(sent, "since"))
        if since is None:
            wrong["since"] = _("Give the first day.")
        return grace_s or 0, since

    def form(self, form: list[Field], wrong: Any, zone: AccessZone | None, **said: Any) -> Any:
        """Return the page of a boundary, with the neighbours to which the map snaps."""
        return self.show(
            "portal/rules/ground.html",
            422 if wrong else 200,
            zone=zone,
            form=form,
            errors=fields.errors(wrong),
            editor=editor(
                "MultiPolygon",
                readonly=False,
                look_url=reverse("portal:look-at-boundary"),
                neighbours_url=reverse("portal:map-zones"),
                own=str(zone.id) if zone else "",
                mended=boundary.mended(self.mended_before()),
            ),
            **said,
        )

    def mended_before(self) -> list[str]:
        """Return the codes of what was mended in the file that the map has drawn since."""
        return fields.text(self.request.POST, "mended", 200).split()

    def thank(self, drawn: Boundary, text: str) -> None:
        """Say that it is done, and what was mended on the way."""
        messages.success(self.request, text)
        for one in boundary.mended([*self.mended_before(), *drawn.mended]):
            messages.warning(self.request, one["text"])


class NewZone(_Ground):
    """`/rules/zones/new/`: POST `code, name, kind, boundary | drawn, grace, since` makes a zone."""

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        sent, wrong = more.get("sent", {}), more.get("wrong", {})
        kind = fields.text(sent, "kind") or "low_emission"
        about = [
            *naming.zone_fields(sent, wrong),
            Field("kind", _("Kind"), "select", kind, "", wrong.get("kind", ""),
                  AccessZone.Kind.choices),
        ]  # fmt: skip
        form = [*about, *self.ground_fields(sent, wrong)]
        return self.form(form, wrong, None, title=_("New zone"), button=_("Make the zone"))

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = request.POST
        wrong: dict[str, Any] = {}
        name, code = naming.zone_of(sent, wrong)
        if sent.get("kind") not in AccessZone.Kind.values:
            wrong["kind"] = _("Choose a kind.")
        drawn = self.read(sent, wrong)
        grace_s, since = self.period_of(sent, wrong)
        if wrong or drawn is None or since is None:
            return self.get(request, sent=sent, wrong=wrong)
        try:
            zone = grounds.create(
                actor=self.actor,
                code=code,
                name=name,
                kind=sent["kind"],
                geometry=drawn.geometry,
                grace_s=grace_s,
                legal_from=local_midnight(since, self.actor.city.tz),
                now=self.now,
            )
        except Refusal as refusal:
            wrong = fields.wrong_of(refusal, PLACES, "code")
            return self.get(request, sent=sent, wrong=wrong)
        self.thank(drawn, _("The zone is made. Nothing rules in it yet: load a template."))
        return redirect("portal:rule-zone", zone.id)


class NewGround(_Ground):
    """`/rules/zones/<id>/ground/`: POST `boundary | drawn, grace, since` draws it anew."""

    def get(self, request: HttpRequest, zone_id: UUID, **more: Any) -> HttpResponse:
        zone = versions.zone_of(self.actor, zone_id)
        sent, wrong = more.get("sent"), more.get("wrong", {})
        if sent is None:
            last = ZoneGeometry.objects.filter(zone=zone).order_by("-number").first()
            sent = {}
            if last is not None:
                shape = shapely.from_wkb(bytes(last.geometry.wkb))
                sent = {"drawn": boundary.as_text(shape), "grace": fields.as_minutes(last.grace_s)}
        form = self.ground_fields(sent, wrong)
        said = {"title": _("New ground"), "button": _("Record the ground")}
        return self.form(form, wrong, zone, **said)

    def post(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        sent = request.POST
        wrong: dict[str, Any] = {}
        drawn = self.read(sent, wrong)
        grace_s, since = self.period_of(sent, wrong)
        if wrong or drawn is None or since is None:
            return self.get(request, zone_id, sent=sent, wrong=wrong)
        grounds.set_ground(
            actor=self.actor,
            zone_id=zone_id,
            geometry=drawn.geometry,
            grace_s=grace_s,
            legal_from=local_midnight(since, self.actor.city.tz),
            now=self.now,
        )
        self.thank(drawn, _("The ground is recorded."))
        return redirect("portal:rule-zone", zone_id)
