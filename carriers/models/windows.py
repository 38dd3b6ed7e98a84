"""Backfill windows: an official lets a sender send what is older than the log takes."""

from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from kernel.identifiers import uuid7


class BackfillWindowQuerySet(TenantQuerySet):
    """Verbs over backfill windows."""

    def open_at(self, at: datetime) -> Self:
        """Return the windows that are open at an instant of domain time."""
        return self.filter(
            Q(closed_at__isnull=True) | Q(closed_at__gt=at), open_from__lte=at, open_until__gt=at
        )

    def of_senders(self, senders: Collection[UUID]) -> Self:
        """Return the windows of some organisations."""
        return self.filter(organisation_id__in=senders)


class BackfillWindow(models.Model):
    """While it is open, an organisation may send events of a period that lies too far back.

    Both periods are half-open: `events_*` are effective times of events, `open_*` domain time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="backfill_windows")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="backfill_windows"
    )
    events_from = models.DateTimeField(_("events from"))
    events_until = models.DateTimeField(_("events until"))
    open_from = models.DateTimeField(_("open from"))
    open_until = models.DateTimeField(_("open until"))
    reason = models.TextField(_("reason"))
    opened_at = models.DateTimeField(_("opened at"))
    opened_by_user = models.UUIDField(_("opened by (person)"), null=True)
    opened_by_client = models.UUIDField(_("opened by (client)"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    tenancy = Tenancy()
    objects = BackfillWindowQuerySet.as_manager()

    class Meta:
        verbose_name = _("backfill window")
        verbose_name_plural = _("backfill windows")
        constraints = [
            models.CheckConstraint(
                condition=Q(events_until__gt=F("events_from")),
                name="backfill_events_not_empty",
                violation_error_message=_("The period of the events must end after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(open_until__gt=F("open_from")),
                name="backfill_open_not_empty",
                violation_error_message=_("A window must close after it opens."),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "open_until"], name="backfill_organisation"),
            models.Index(fields=["city", "id"], name="backfill_city"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.events_from:%Y-%m-%d}"

    def is_open(self, at: datetime) -> bool:
        """Return whether the window is open at an instant of domain time."""
        closes_at = self.open_until if self.closed_at is None else self.closed_at
        return self.open_from <= at < min(closes_at, self.open_until)
