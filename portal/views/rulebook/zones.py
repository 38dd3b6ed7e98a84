"""Access zones: the list with its map, a new one, one with all that belongs to it."""

from datetime import date
from typing import Any
from uuid import UUID

import shapely
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from foundation.office import editor
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from portal import fields, maps, places
from portal.fields import Field
from portal.people import Page
from portal.rulebook import boundary, permits, versions
from portal.rulebook.boundary import Boundary, NoBoundary
from portal.tables import Column, table
from zones import codes
from zones.models import AccessZone, ZoneGeometry
from zones.services import grounds, regulations

COLUMNS = (
    Column("name", gettext_lazy("Zone"), ("name",)),
    Column("code", gettext_lazy("Code"), ("code",)),
    Column("kind", gettext_lazy("Kind"), ("kind",)),
    Column("rules", gettext_lazy("Versions of its rules")),
)
PLACES = {"/code": "code", "/geometry": "boundary", "/legal_until": "until"}
MOST_GRACE_MIN = 24 * 60


class Rules(Page):
    """`/rules/`: the entry of the navigation."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("portal:rule-zones")


class Zones(Page):
    """`/rules/zones/`: all zones with the states of their rules, and what waits for the reader."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = AccessZone.objects.of_city(self.actor.city_id)
        shown = table(request, rows, COLUMNS, default="name", prepare=self._in_words)
        now = places.zones_now(self.actor.city, self.now)
        return self.show(
            "portal/rules/zones.html",
            table=shown,
            waiting=versions.waiting(self.actor),
            may_write=self.actor.may(scopes.RULES_WRITE),
            island=_island(self.actor.city, [maps.zone_feature(zone) for zone in now]),
        )

    def _in_words(self, page: Any) -> list[dict[str, Any]]:
        zones = list(page)
        states = versions.states_of([zone.id for zone in zones])
        return [
            {
                "url": reverse("portal:rule-zone", args=[zone.id]),
                "name": zone.name,
                "code": zone.code,
                "kind": zone.get_kind_display(),
                "states": states.get(zone.id, []),
            }
            for zone in zones
        ]


def _island(city: Any, shapes: Any, points: Any = ()) -> dict[str, Any]:
    """Return what the small map shows: areas, and dots on top of them."""
    return {
        "base": maps.base_map(city),
        "label": _("Map of zones; the table beside it says the same"),
        "zones": maps.collection(shapes),
        "curbs": maps.collection([]),
        "track": maps.collection(points),
    }


class OneZone(Page):
    """`/rules/zones/<id>/`: ground, regulations with their versions, permits in force."""

    scope = scopes.RULES_READ

    def get(self, request: HttpRequest, zone_id: UUID, **more: Any) -> HttpResponse:
        zone = versions.zone_of(self.actor, zone_id)
        tz = self.actor.city.tz
        last = ZoneGeometry.objects.filter(zone=zone).order_by("-number").first()
        drawn = shapely.from_wkb(bytes(last.geometry.wkb)) if last else None
        shapes = [maps.feature(drawn, id=str(zone.id), name=zone.name)] if drawn else []
        return self.show(
            "portal/rules/zone.html",
            more.pop("status", 200),
            zone=zone,
            kind=zone.get_kind_display(),
            grounds=versions.grounds_of(zone, tz),
            regulations=versions.regulations_of(zone, tz),
            permits=permits.in_force(self.actor, self.now, zone),
            may_write=self.actor.may(scopes.RULES_WRITE),
            island=_island(self.actor.city, shapes),
            regulation_fields=more.pop("regulation_fields", _regulation_fields({}, {})),
            **more,
        )


class _Ground(Page):
    """A form with a boundary in it, from a file or as text."""

    scope = scopes.RULES_WRITE

    def read(self, sent: Any, wrong: dict[str, Any]) -> Boundary | None:
        """Return the boundary that was sent; what is wrong with it stands beside its field."""
        upload = self.request.FILES.get("boundary")
        typed = fields.text(sent, "drawn", boundary.FILE_LIMIT)
        if upload is None and not typed:
            wrong["boundary"] = _("Choose a file, or write the boundary as GeoJSON.")
            return None
        name = "boundary" if upload is not None else "drawn"
        try:
            if upload is not None and upload.size > boundary.FILE_LIMIT:
                raise NoBoundary(_("The file is too large."))
            return boundary.read(upload.read() if upload else typed.encode(), self.actor.city)
        except NoBoundary as fault:
            wrong[name] = fault.sentence
            self.fault = fault
        return None

    def ground_fields(self, sent: Any, wrong: Any) -> list[Field]:
        """Return the fields of a boundary, its grace and its first day."""
        today = f"{self.now.astimezone(self.actor.city.tz):%Y-%m-%d}"
        file_hint = _("A polygon, a feature or a collection of them, in WGS84.")
        return [
            Field("boundary", _("Boundary as a GeoJSON file"), "file", "", file_hint,
                  wrong.get("boundary", "")),
            Field("drawn", _("Or the boundary as GeoJSON text, which the map writes too"),
                  "textarea", fields.text(sent, "drawn", boundary.FILE_LIMIT), "",
                  wrong.get("drawn", "")),
            Field("grace", _("Grace in minutes"), "text", fields.text(sent, "grace") or "0",
                  _("How long a stay in breach may last before it counts."),
                  wrong.get("grace", "")),
            Field("since", _("From when"), "date", fields.text(sent, "since") or today, "",
                  wrong.get("since", "")),
        ]  # fmt: skip

    def period_of(self, sent: Any, wrong: dict[str, Any]) -> tuple[int, date | None]:
        """Return grace in seconds and first day."""
        grace = fields.whole(fields.text(sent, "grace") or "0", MOST_GRACE_MIN)
        if grace is None:
            wrong["grace"] = _("Give whole minutes, at most a day.")
        since = fields.day(fields.text(sent, "since"))
        if since is None:
            wrong["since"] = _("Give the first day.")
        return (grace or 0) * 60, since

    def fault_island(self) -> Any:
        """Return the map of a boundary that is not valid, with a dot where it is not."""
        fault = getattr(self, "fault", None)
        if fault is None or fault.at is None:
            return None
        drawn = boundary.island(fault)
        return _island(self.actor.city, drawn["shape"], drawn["fault"])

    def thank(self, drawn: Boundary, text: str) -> None:
        """Say that it is done, and what was mended on the way."""
        messages.success(self.request, text)
        for sentence in drawn.mended:
            messages.warning(self.request, sentence)


class NewZone(_Ground):
    """`/rules/zones/new/`: POST `code, name, kind, boundary | drawn, grace, since` makes a zone."""

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        sent, wrong = more.get("sent", {}), more.get("wrong", {})
        about = [
            Field("name", _("Name"), "text", fields.text(sent, "name", 160), "",
                  wrong.get("name", ""), most=160),
            Field("code", _("Code"), "text", fields.text(sent, "code", 60),
                  _("Letters, digits, hyphens; other systems know the zone by it."),
                  wrong.get("code", ""), most=60),
            Field("kind", _("Kind"), "select", fields.text(sent, "kind") or "low_emission", "",
                  wrong.get("kind", ""), AccessZone.Kind.choices),
        ]  # fmt: skip
        return self.show(
            "portal/rules/ground.html",
            422 if wrong else 200,
            title=_("New zone"),
            button=_("Make the zone"),
            form=[*about, *self.ground_fields(sent, wrong)],
            errors=fields.errors(wrong),
            island=self.fault_island(),
            editor=editor("MultiPolygon", readonly=False),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = request.POST
        wrong: dict[str, Any] = {}
        name, code = fields.text(sent, "name", 200), fields.text(sent, "code", 100)
        if not 0 < len(name) <= 160:
            wrong["name"] = _("Give the zone a name of at most 160 characters.")
        if not _is_slug(code):
            wrong["code"] = _("Give a code of letters, digits and hyphens.")
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
                sent = {"drawn": boundary.as_text(last.geometry), "grace": str(last.grace_s // 60)}
        return self.show(
            "portal/rules/ground.html",
            422 if wrong else 200,
            zone=zone,
            title=_("New ground"),
            button=_("Record the ground"),
            form=self.ground_fields(sent, wrong),
            errors=fields.errors(wrong),
            island=self.fault_island(),
            editor=editor("MultiPolygon", readonly=False),
        )

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


class NewRegulation(OneZone):
    """`POST /rules/zones/<id>/regulations/` (`code, title`): a regulation with an empty draft."""

    scope = scopes.RULES_WRITE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, zone_id: UUID) -> HttpResponse:
        sent = request.POST
        code, title = fields.text(sent, "code", 100), fields.text(sent, "title", 300)
        wrong: dict[str, Any] = {}
        if not _is_slug(code):
            wrong["code"] = _("Give a code of letters, digits and hyphens.")
        if not 0 < len(title) <= 200:
            wrong["title"] = _("Give a title of at most 200 characters.")
        if not wrong:
            try:
                return self._drafted(zone_id, code, title)
            except Refusal as refusal:
                if refusal.code != codes.CODE_TAKEN:
                    raise
                wrong = fields.wrong_of(refusal, PLACES, "code")
        return self.get(
            request,
            zone_id,
            status=422,
            errors=fields.errors(wrong),
            regulation_fields=_regulation_fields(sent, wrong),
        )

    def _drafted(self, zone_id: UUID, code: str, title: str) -> HttpResponse:
        made = regulations.create(
            actor=self.actor, zone_id=zone_id, code=code, title=title, now=self.now
        )
        today = self.now.astimezone(self.actor.city.tz).date()
        version = regulations.add_version(
            actor=self.actor,
            regulation_id=made.id,
            rows=[],
            legal_from=local_midnight(today, self.actor.city.tz),
            title=title,
            now=self.now,
        )
        return redirect("portal:edit-version", version.id)


def _regulation_fields(sent: Any, wrong: Any) -> list[Field]:
    return [
        Field("code", _("Code"), "text", fields.text(sent, "code", 60), "",
              wrong.get("code", ""), most=60),
        Field("title", _("Title"), "text", fields.text(sent, "title", 200), "",
              wrong.get("title", ""), most=200),
    ]  # fmt: skip


def _is_slug(code: str) -> bool:
    try:
        validate_slug(code)
    except ValidationError:
        return False
    return len(code) <= 60
