"""What was kept but not taken into the log, and the replays that take it after mending."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from carriers import codes
from kernel.identifiers import uuid7


class QuarantinedQuerySet(TenantQuerySet):
    """Verbs over quarantined events."""

    def open(self) -> Self:
        """Return what still waits for somebody: neither taken into the log nor dismissed."""
        return self.filter(resolved_at=None)

    def in_state(self, state: str) -> Self:
        """Return the rows in one state: `open`, `accepted` or `dismissed`."""
        if state == "open":
            return self.open()
        return self.filter(resolution=state, resolved_at__isnull=False)

    def replayable(self) -> Self:
        """Return what can be replayed: what is open and no conflict."""
        return self.open().exclude(code=str(codes.CONFLICT))

    def received(self, start: datetime | None, end: datetime | None) -> Self:
        """Return what was first received in [start, end); None is no limit."""
        rows = self
        if start is not None:
            rows = rows.filter(received_at__gte=start)
        return rows if end is None else rows.filter(received_at__lt=end)


class Quarantined(models.Model):
    """An item that was kept but not taken into the log: visible, and replayable after mending.

    Also conflicts (the same id came with other content), which are kept for inspection only.
    `received_at` is the first receipt: what came in time stays in time, however long mending takes.
    """

    class Resolution(models.TextChoices):
        ACCEPTED = "accepted", _("Taken into the log")
        DISMISSED = "dismissed", _("Dismissed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="quarantined")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="quarantined"
    )
    event_id = models.UUIDField(_("event"))
    content_hash = models.BinaryField(max_length=32, editable=False)
    event_type = models.CharField(_("event type"), max_length=32)
    vehicle_id = models.UUIDField(_("vehicle"), null=True)
    code = models.CharField(_("reason"), max_length=80)
    reasons = models.JSONField(_("reasons"), default=list)
    payload = models.JSONField(_("event as sent, in canonical form"))
    client_id = models.UUIDField(_("transmitted by"), null=True)
    received_at = models.DateTimeField(_("received at"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolution = models.CharField(
        _("resolution"), max_length=9, choices=Resolution.choices, blank=True, default=""
    )
    note = models.TextField(_("why it was dismissed"), blank=True, default="")

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = QuarantinedQuerySet.as_manager()

    class Meta:
        verbose_name = _("quarantined event")
        verbose_name_plural = _("quarantined events")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "event_id", "content_hash"], name="quarantine_once"
            )
        ]
        indexes = [
            models.Index(fields=["city", "received_at"], name="quarantine_received"),
            models.Index(
                fields=["city", "id"], condition=Q(resolved_at=None), name="quarantine_open"
            ),
            models.Index(
                fields=["organisation", "id"],
                condition=Q(resolved_at=None),
                name="quarantine_open_own",
            ),
            models.Index(
                fields=["organisation", "event_id"],
                condition=~Q(resolution="accepted"),
                name="quarantine_untaken",
            ),
            models.Index(
                fields=["resolved_at"],
                condition=Q(resolved_at__isnull=False),
                name="quarantine_resolved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"

    @property
    def state(self) -> str:
        """Return `open`, `accepted` or `dismissed`."""
        return "open" if self.resolved_at is None else self.resolution

    def named(self) -> list[tuple[str, str]]:
        """Return the kinds of what is unknown (`vehicle`, `stop`, `facility`), each with the name
        that the sender gave it."""
        return [
            (one["pointer"].rpartition("/")[2].removesuffix("_id"), one["named"])
            for one in self.reasons
            if one.get("named")
        ]

    @property
    def is_conflict(self) -> bool:
        """Return whether this is kept for inspection only."""
        return self.code == codes.CONFLICT

    @property
    def is_replayable(self) -> bool:
        """Return whether the event can be replayed."""
        return self.resolved_at is None and not self.is_conflict


class Replay(models.Model):
    """A bulk replay: who asked for it, how far it is, and what came of it by status."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", help_text=_("Who asked for it.")
    )
    user_id = models.UUIDField(_("person"), null=True)
    client_id = models.UUIDField(_("client"), null=True)
    chosen = models.JSONField(_("what was chosen"), default=dict)
    total = models.PositiveIntegerField(_("items"))
    left_out = models.PositiveIntegerField(_("left for another replay"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    counts = models.JSONField(_("by status"), default=dict)
    asked_at = models.DateTimeField(_("asked for at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    tenancy = Tenancy()
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        indexes = [
            models.Index(fields=["organisation", "id"], name="replay_organisation"),
            models.Index(fields=["id"], condition=Q(finished_at=None), name="replay_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.done}/{self.total}"

    @property
    def state(self) -> str:
        """Return `running` or `finished`."""
        return "running" if self.finished_at is None else "finished"


class ReplayedItem(models.Model):
    """One quarantined event in a replay, and what came of it; `status` is empty before its turn."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="items")
    quarantined = models.ForeignKey(Quarantined, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(_("status"), max_length=11, blank=True, default="")
    code = models.CharField(_("reason"), max_length=80, blank=True, default="")
    detail = models.TextField(_("detail"), blank=True, default="")

    tenancy = Tenancy(
        city="replay__city_id",
        organisation="replay__organisation_id",
        vehicle="quarantined__vehicle_id",
    )
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("replayed event")
        verbose_name_plural = _("replayed events")
        constraints = [
            models.UniqueConstraint(fields=["replay", "quarantined"], name="replay_item_once")
        ]
        indexes = [
            models.Index(
                fields=["replay", "id"], condition=Q(status=""), name="replay_item_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.quarantined_id} {self.status}"
