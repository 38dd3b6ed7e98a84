"""Zones, rules, permits and calendars in the back office. Every write goes through a service."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.gis.forms import MultiPolygonField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from accounts.scopes import RULES_READ, RULES_WRITE
from foundation.office import (
    GeometryWidget,
    LookInline,
    ReadOnlyAdmin,
    ServiceAdmin,
    ServiceForm,
    actor_and_now,
    geometry_to_look_at,
)
from kernel.refusals import Refusal
from zones.models import (
    AccessZone,
    Calendar,
    CalendarDay,
    CalendarSwitch,
    Permit,
    Regulation,
    RegulationVersion,
    ZoneGeometry,
)
from zones.services import grounds, permits, regulations, reviewing


def _moment(label: Any, *, required: bool = True, help_text: Any = "") -> Any:
    return forms.SplitDateTimeField(
        label=label,
        required=required,
        help_text=help_text,
        widget=UnfoldAdminSplitDateTimeWidget,
    )


class ZoneForm(ServiceForm):
    """A zone with its ground. Another geometry makes a new version of the ground."""

    geometry = MultiPolygonField(label=_("ground"), widget=GeometryWidget(), srid=4326)
    legal_from = _moment(_("this ground holds from"))
    grace_s = forms.IntegerField(
        label=_("grace (s)"),
        min_value=0,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Seconds that a stay in breach may last unpunished."),
    )

    class Meta:
        model = AccessZone
        fields = ("code", "name", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _actor, now = actor_and_now(self.office_request)
        self.fields["legal_from"].initial = now.replace(microsecond=0)
        if not self.instance._state.adding:
            ground = self.instance.geometries.order_by("number").last()
            for name in ("code", "name", "kind"):
                self.fields[name].disabled = True
            if ground is not None:
                self.fields["geometry"].initial = ground.geometry
                self.fields["grace_s"].initial = ground.grace_s

    def perform(self, actor: Any, now: datetime) -> AccessZone:
        ground = {name: self.cleaned_data[name] for name in ("geometry", "legal_from", "grace_s")}
        if self.instance._state.adding:
            named = {name: self.cleaned_data[name] for name in ("code", "name", "kind")}
            return grounds.create(actor=actor, now=now, **named, **ground)
        grounds.set_ground(actor=actor, zone_id=self.instance.pk, now=now, **ground)
        return self.instance


class GroundInline(LookInline):
    """The versions of a zone's ground, to read."""

    model = ZoneGeometry
    fields = ("number", "grace_s", "legal_from", "legal_until", "recorded_from")


@admin.register(AccessZone)
class AccessZoneAdmin(ServiceAdmin):
    view_scope, write_scope = RULES_READ, RULES_WRITE
    form = ZoneForm
    list_display = ("name", "code", "kind")
    list_filter = ("kind",)
    search_fields = ("name", "code")
    fields = ("name", "code", "kind", "geometry", "legal_from", "grace_s")
    inlines = (GroundInline,)


@admin.register(ZoneGeometry)
class ZoneGeometryAdmin(ReadOnlyAdmin):
    view_scope = RULES_READ
    list_display = ("zone", "number", "grace_s", "legal_from", "legal_until", "recorded_from")
    list_select_related = ("zone",)
    fields = (
        "zone",
        "number",
        "shown",
        "grace_s",
        "legal_from",
        "legal_until",
        "recorded_from",
        "recorded_until",
    )
    readonly_fields = ("shown",)
    shown = geometry_to_look_at("geometry", _("geometry"))

    class Media(GeometryWidget.Media):
        pass


class RegulationForm(ServiceForm):
    """A regulation: what it says is written in its versions."""

    class Meta:
        model = Regulation
        fields = ("zone", "code", "title")

    def perform(self, actor: Any, now: datetime) -> Regulation:
        said = self.cleaned_data
        return regulations.create(
            actor=actor, zone_id=said["zone"].pk, code=said["code"], title=said["title"], now=now
        )


class VersionInline(LookInline):
    """The versions of a regulation, to read."""

    model = RegulationVersion
    fields = ("number", "title", "state", "legal_from", "legal_until", "recorded_from")


@admin.register(Regulation)
class RegulationAdmin(ServiceAdmin):
    view_scope, write_scope = RULES_READ, RULES_WRITE
    form = RegulationForm
    list_display = ("title", "code", "zone")
    list_select_related = ("zone",)
    list_filter = ("zone",)
    search_fields = ("title", "code")
    inlines = (VersionInline,)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class VersionForm(ServiceForm):
    """A draft of what a regulation says: rows of the rule language, as JSON."""

    class Meta:
        model = RegulationVersion
        fields = (
            "regulation",
            "title",
            "rows",
            "legal_from",
            "legal_until",
            "vacate_by_s",
            "legal_reference",
        )

    def perform(self, actor: Any, now: datetime) -> RegulationVersion:
        said = dict(self.cleaned_data)
        regulation = said.pop("regulation")
        return regulations.add_version(actor=actor, regulation_id=regulation.pk, now=now, **said)


@admin.register(RegulationVersion)
class RegulationVersionAdmin(ServiceAdmin):
    view_scope, write_scope = RULES_READ, RULES_WRITE
    form = VersionForm
    list_display = ("regulation", "number", "state", "legal_from", "legal_until", "recorded_from")
    list_select_related = ("regulation",)
    list_filter = ("state", "regulation__zone")
    search_fields = ("regulation__title", "regulation__code", "title")
    ordering = ("-created_at",)
    actions = ("review",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Review the chosen drafts"), permissions=["add"])
    def review(self, request: HttpRequest, queryset: Any) -> None:
        actor, now = actor_and_now(request)
        for version in queryset.order_by("number"):
            try:
                reviewing.review(actor=actor, version_id=version.pk, now=now)
            except Refusal as refusal:
                text = f"{version}: {refusal.reasons[0].detail}"
                self.message_user(request, text, messages.ERROR)
            else:
                self.message_user(request, _("Reviewed: %s") % version, messages.SUCCESS)


class PermitForm(ServiceForm):
    """A permit for a plate or for a class of vehicles."""

    class Meta:
        model = Permit
        fields = ("kind", "plate", "vehicle_class", "zones", "starts_at", "ends_at", "reference")

    def perform(self, actor: Any, now: datetime) -> Permit:
        said = dict(self.cleaned_data)
        zones = said.pop("zones")
        return permits.issue(actor=actor, zone_ids=[zone.pk for zone in zones], now=now, **said)


@admin.register(Permit)
class PermitAdmin(ServiceAdmin):
    view_scope, write_scope = RULES_READ, RULES_WRITE
    form = PermitForm
    list_display = ("kind", "plate", "starts_at", "ends_at", "revoked_at")
    list_filter = ("kind",)
    search_fields = ("plate", "reference")
    ordering = ("-starts_at",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Revoke the chosen permits"), permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        actor, now = actor_and_now(request)
        for permit in queryset:
            permits.revoke(actor=actor, permit_id=permit.pk, now=now)


class CalendarDayInline(LookInline):
    """The days of a calendar, to read."""

    model = CalendarDay
    fields = ("on", "recorded_from", "recorded_until")


class CalendarSwitchInline(LookInline):
    """The times in which a calendar is on, to read."""

    model = CalendarSwitch
    fields = ("on_from", "on_until", "recorded_from", "recorded_until")


@admin.register(Calendar)
class CalendarAdmin(ReadOnlyAdmin):
    view_scope = RULES_READ
    list_display = ("name", "code")
    inlines = (CalendarDayInline, CalendarSwitchInline)
