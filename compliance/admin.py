"""Findings and their journal in the back office, to look at: rules decide, not people."""

from django.contrib import admin

from accounts.scopes import FINDINGS_READ
from compliance.models import Finding, FindingJournal, PlateCheck
from foundation.office import LookInline, ReadOnlyAdmin


class JournalInline(LookInline):
    """What became of a finding."""

    model = FindingJournal
    fields = ("at", "entry", "before", "after", "because")


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    view_scope = FINDINGS_READ
    list_display = ("from_at", "rule_code", "kind", "severity", "state", "organisation")
    list_select_related = ("organisation",)
    list_filter = ("state", "severity", "kind", "organisation")
    search_fields = ("rule_code",)
    ordering = ("-from_at", "-id")
    inlines = (JournalInline,)


@admin.register(PlateCheck)
class PlateCheckAdmin(ReadOnlyAdmin):
    view_scope = FINDINGS_READ
    list_display = ("checked_at", "plate", "access", "admissible", "organisation")
    list_select_related = ("organisation",)
    list_filter = ("access",)
    search_fields = ("plate",)
    ordering = ("-checked_at", "-id")
