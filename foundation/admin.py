"""The books of the machinery, to look at."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from foundation.models import AuditEntry, OutboxMessage
from foundation.office import ReadOnlyAdmin

# Who may read drafts of rules may read the books.
READ = "rules:read"


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    view_scope = READ
    city_path = "city_id"
    list_display = ("at", "action", "subject", "who", "on_behalf_of")
    list_filter = ("action",)
    search_fields = ("subject",)
    ordering = ("-at", "-id")

    @admin.display(description=_("actor"))
    def who(self, row: AuditEntry) -> Any:
        return row.actor.get("organisation") or row.actor.get("machine") or ""


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    view_scope = READ
    city_path = "city_id"
    list_display = ("at", "topic", "key", "id")
    list_filter = ("topic",)
    ordering = ("-id",)
