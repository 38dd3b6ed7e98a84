"""The curb in the back office: lines, zones and policies to publish; bookings and stays to read."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from accounts.scopes import CURBS_READ, RULES_WRITE
from curbs.models import Booking, CurbLine, CurbPolicyVersion, CurbSession, CurbZone
from curbs.services import inventory
from foundation.office import (
    GeometryWidget,
    LookInline,
    ReadOnlyAdmin,
    ServiceAdmin,
    ServiceForm,
    geometry_to_look_at,
)

POLICY_FIELDS = (
    "title",
    "rows",
    "max_stay_min",
    "no_return_min",
    "grace_s",
    "vacate_by_s",
    "slot_price",
    "bookable",
    "legal_reference",
)


class LineForm(ServiceForm):
    """One side of a street. It never changes: draw carefully, from where metres are counted."""

    surveyed_m = forms.DecimalField(
        label=_("surveyed length (m)"),
        required=False,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("Empty: as measured on the map."),
    )

    class Meta:
        model = CurbLine
        fields = ("code", "street_name", "side", "geometry")

    def perform(self, actor: Any, now: datetime) -> CurbLine:
        said = dict(self.cleaned_data)
        coordinates = [(lng, lat) for lng, lat in said.pop("geometry").coords]
        return inventory.draw_line(actor=actor, now=now, coordinates=coordinates, **said)


class ZoneInline(LookInline):
    """The curb zones on a line, to read."""

    model = CurbZone
    fields = ("code", "name", "metres", "legal_from", "legal_until")


class _Unchanging(ServiceAdmin):
    """What is written once: there is a form to add, none to change."""

    view_scope, write_scope = CURBS_READ, RULES_WRITE

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_inlines(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    class Media(GeometryWidget.Media):
        pass


@admin.register(CurbLine)
class CurbLineAdmin(_Unchanging):
    form = LineForm
    list_display = ("street_name", "side", "code", "length_m")
    search_fields = ("street_name", "code")
    ordering = ("street_name", "code")
    inlines = (ZoneInline,)
    shown = geometry_to_look_at("geometry", _("geometry"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("code", "street_name", "side", "surveyed_m", "geometry")
        return ("code", "street_name", "side", "length_m", "shown")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("length_m", "shown")


class PolicyForm(ServiceForm):
    """What is allowed in a curb zone: rows of the rule language as JSON, the stay and the price."""

    class Meta:
        model = CurbPolicyVersion
        fields = ("curb_zone", *POLICY_FIELDS, "legal_from", "legal_until")

    def perform(self, actor: Any, now: datetime) -> CurbPolicyVersion:
        said = self.cleaned_data
        return inventory.publish_policy(
            actor=actor,
            curb_zone_id=said["curb_zone"].pk,
            policy={name: said[name] for name in POLICY_FIELDS},
            legal_from=said["legal_from"],
            legal_until=said["legal_until"],
            now=now,
        )


@admin.register(CurbPolicyVersion)
class CurbPolicyVersionAdmin(_Unchanging):
    form = PolicyForm
    list_display = ("curb_zone", "number", "title", "slot_price", "legal_from", "recorded_from")
    list_select_related = ("curb_zone",)
    list_filter = ("curb_zone",)
    search_fields = ("title", "curb_zone__code")
    ordering = ("curb_zone__code", "-number")


class ZoneForm(ServiceForm):
    """Metres of a line, under a first policy."""

    from_m = forms.DecimalField(
        label=_("from metre"), decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    to_m = forms.DecimalField(
        label=_("to metre"), decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    legal_from = forms.SplitDateTimeField(
        label=_("holds from"), widget=UnfoldAdminSplitDateTimeWidget
    )
    slot_price = forms.IntegerField(
        label=_("slot price"),
        min_value=0,
        initial=0,
        help_text=_("Smallest unit of money for each started quarter of an hour."),
    )

    class Meta:
        model = CurbZone
        fields = ("curb_line", "code", "name", "legal_from")

    def perform(self, actor: Any, now: datetime) -> CurbZone:
        said = self.cleaned_data
        return inventory.lay_zone(
            actor=actor,
            line_id=said["curb_line"].pk,
            code=said["code"],
            name=said["name"],
            from_m=said["from_m"],
            to_m=said["to_m"],
            policy={"title": said["name"], "rows": [], "slot_price": said["slot_price"]},
            legal_from=said["legal_from"],
            now=now,
        )


class PolicyInline(LookInline):
    """The policy versions of a curb zone, to read."""

    model = CurbPolicyVersion
    fields = ("number", "title", "max_stay_min", "slot_price", "legal_from", "recorded_from")


@admin.register(CurbZone)
class CurbZoneAdmin(_Unchanging):
    form = ZoneForm
    list_display = ("code", "name", "curb_line", "metres", "legal_from", "legal_until")
    list_select_related = ("curb_line",)
    search_fields = ("code", "name", "curb_line__street_name")
    ordering = ("code",)
    inlines = (PolicyInline,)
    shown = geometry_to_look_at("geometry", _("geometry"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("curb_line", "code", "name", "from_m", "to_m", "slot_price", "legal_from")
        return ("curb_line", "code", "name", "metres", "legal_from", "legal_until", "shown")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("metres", "legal_until", "shown")


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    list_display = ("reference", "state", "organisation", "plate", "curb_zone", "during")
    list_select_related = ("organisation", "curb_zone")
    list_filter = ("state", "curb_zone")
    search_fields = ("reference", "plate")
    ordering = ("-created_at",)


@admin.register(CurbSession)
class CurbSessionAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    list_display = ("curb_zone", "vehicle_id", "started_at", "ended_at")
    list_select_related = ("curb_zone",)
    list_filter = ("curb_zone",)
    ordering = ("-started_at",)
