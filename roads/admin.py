"""Streets in the back office, to look at: what is loaded, and the views that were built."""

from django.contrib import admin

from accounts.scopes import REPORTS_READ
from foundation.office import ReadOnlyAdmin
from roads.models import Street, StreetNetwork, View


@admin.register(StreetNetwork)
class StreetNetworkAdmin(ReadOnlyAdmin):
    view_scope = REPORTS_READ
    list_display = ("city", "content", "loaded_at")
    ordering = ("-loaded_at",)


@admin.register(View)
class ViewAdmin(ReadOnlyAdmin):
    view_scope = REPORTS_READ
    list_display = ("profile", "key", "content", "created_at")
    list_filter = ("profile",)
    exclude = ("closed",)
    ordering = ("-created_at",)


@admin.register(Street)
class StreetAdmin(ReadOnlyAdmin):
    view_scope = REPORTS_READ
    list_display = ("name", "street_class", "length_m", "free_flow_mps", "drivable")
    list_filter = ("drivable", "street_class")
    search_fields = ("name",)
    exclude = ("geometry",)
    ordering = ("name", "way_id")
