"""Curbs and bookings in the back office, to look at: lines never change, zones are append-only,
and bookings are made in the portal or over the API."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.scopes import CURBS_READ
from curbs.models import Booking, CurbLine, CurbPolicyVersion, CurbSession, CurbZone
from foundation.office import GeometryWidget, LookInline, ReadOnlyAdmin, geometry_to_look_at


@admin.register(CurbLine)
class CurbLineAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    city_path = "city"
    list_display = ("street_name", "side", "code", "length_m")
    search_fields = ("street_name", "code")
    fields = ("street_name", "side", "code", "length_m", "shown", "created_at")
    readonly_fields = ("shown",)
    shown = geometry_to_look_at("geometry", _("geometry"))

    class Media(GeometryWidget.Media):
        pass


class PolicyInline(LookInline):
    """The policy versions of a curb zone."""

    model = CurbPolicyVersion
    fields = ("number", "title", "max_stay_min", "slot_price", "bookable", "legal_from")
    show_change_link = True


@admin.register(CurbZone)
class CurbZoneAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    city_path = "city"
    list_display = ("name", "code", "curb_line", "length", "legal_from", "legal_until")
    list_select_related = ("curb_line",)
    search_fields = ("name", "code", "curb_line__street_name")
    fields = (
        "name",
        "code",
        "curb_line",
        "length",
        "shown",
        "legal_from",
        "legal_until",
        "recorded_from",
        "recorded_until",
    )
    readonly_fields = ("shown", "length")
    inlines = (PolicyInline,)
    shown = geometry_to_look_at("geometry", _("geometry"))

    class Media(GeometryWidget.Media):
        pass

    @admin.display(description=_("metres of the line"))
    def length(self, row: CurbZone) -> str:
        return f"{row.metres.lower}–{row.metres.upper} m"


@admin.register(CurbPolicyVersion)
class CurbPolicyVersionAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    city_path = "city"
    list_display = ("title", "curb_zone", "number", "max_stay_min", "slot_price", "legal_from")
    list_select_related = ("curb_zone",)
    list_filter = ("bookable",)
    search_fields = ("title", "curb_zone__name", "curb_zone__code")


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    city_path = "city"
    list_display = ("reference", "state", "curb_zone", "when", "plate", "organisation", "price")
    list_select_related = ("curb_zone", "organisation")
    list_filter = ("state", "organisation")
    search_fields = ("reference", "plate")
    ordering = ("-created_at", "-id")

    @admin.display(description=_("when"), ordering="during")
    def when(self, row: Booking) -> str:
        from django.utils import timezone

        start, end = (timezone.localtime(at) for at in (row.during.lower, row.during.upper))
        return f"{start:%Y-%m-%d %H:%M}–{end:%H:%M}"

    @admin.display(description=_("price"), ordering="price_amount")
    def price(self, row: Booking) -> Any:
        return f"{row.currency} {row.price_amount / 100:.2f}"


@admin.register(CurbSession)
class CurbSessionAdmin(ReadOnlyAdmin):
    view_scope = CURBS_READ
    city_path = "city"
    list_display = ("curb_zone", "vehicle_id", "started_at", "ended_at", "activity")
    list_select_related = ("curb_zone",)
    ordering = ("-started_at",)
