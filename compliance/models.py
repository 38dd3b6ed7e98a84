"""Findings, their journal, the evidence that is frozen of them, and disputes."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import ExtractHour
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from foundation.fields import CurrentTransaction, TransactionIdField
from kernel.identifiers import uuid7


class FindingQuerySet(TenantQuerySet):
    """Verbs over findings."""

    def standing(self) -> Self:
        """Return findings that are not taken back."""
        return self.exclude(state=Finding.State.WITHDRAWN)

    def settled_before(self, watermark: datetime) -> Self:
        """Return provisional findings that no event in time can change any more."""
        return self.filter(state=Finding.State.PROVISIONAL, seen_until_at__lte=watermark)

    def in_hour(self, hour: int, tz: ZoneInfo) -> Self:
        """Return findings that begin in an hour of the day on the clocks of `tz`."""
        local = ExtractHour("from_at", tzinfo=tz)
        return self.alias(local_hour=local).filter(local_hour=hour)

    def between(self, start: datetime | None, end: datetime | None) -> Self:
        """Return findings that begin in `[start, end)`; None leaves that side open."""
        rows = self if start is None else self.filter(from_at__gte=start)
        return rows if end is None else rows.filter(from_at__lt=end)


class Finding(models.Model):
    """A rule that a visit or a stay broke: provisional until the watermark, then confirmed.

    The id is minted and follows the incident, whatever the visit or stay is called by then.
    `until_at` is empty while the vehicle is still there; `seen_until_at` says until when it was
    seen there. What is confirmed changes by adjustments in the journal only.
    """

    class State(models.TextChoices):
        PROVISIONAL = "provisional", _("Provisional")
        CONFIRMED = "confirmed", _("Confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Severity(models.TextChoices):
        VIOLATION = "violation", _("Violation")
        WARNING = "warning", _("Warning")

    class Kind(models.TextChoices):
        PROHIBITED = "prohibited", _("No access")
        PERMIT = "permit", _("Permit missing")
        BOOKING = "booking", _("Booking missing")
        MAX_STAY = "max_stay", _("Stayed too long")
        WARNING = "warning", _("Warning")

    class ActKind(models.TextChoices):
        VISIT = "visit", _("Visit to a zone")
        STAY = "stay", _("Stay at the curb")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="findings")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="findings"
    )
    vehicle_id = models.UUIDField(_("vehicle"))
    act_kind = models.CharField(_("act"), max_length=8, choices=ActKind.choices)
    act_id = models.UUIDField(_("visit or stay"))
    zone_id = models.UUIDField(_("zone"), null=True, blank=True)
    curb_zone_id = models.UUIDField(_("curb zone"), null=True, blank=True)
    regulation_id = models.UUIDField(_("regulation"))
    version_id = models.UUIDField(_("version"))
    rule_row = models.SmallIntegerField(_("row"))
    rule_code = models.CharField(_("rule"), max_length=64)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    severity = models.CharField(_("severity"), max_length=12, choices=Severity.choices)
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)
    seen_until_at = models.DateTimeField(_("seen until"))
    seconds_over = models.PositiveIntegerField(_("seconds"))
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PROVISIONAL
    )
    sentence = models.TextField(_("rule"), default="", blank=True)
    evidence = models.JSONField(_("evidence"), default=dict, encoder=DjangoJSONEncoder)
    opened_at = models.DateTimeField(_("opened at"))
    changed_at = models.DateTimeField(_("changed at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    set_aside_at = models.DateTimeField(
        _("set aside at"), null=True, blank=True, help_text=_("A dispute of it was upheld.")
    )
    xid = TransactionIdField(db_default=CurrentTransaction())

    tenancy = Tenancy(organisation="organisation_id", vehicle="vehicle_id")
    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.CheckConstraint(
                condition=Q(zone_id__isnull=False, curb_zone_id__isnull=True, act_kind="visit")
                | Q(zone_id__isnull=True, curb_zone_id__isnull=False, act_kind="stay"),
                name="finding_has_one_place",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(confirmed_at__isnull=False, until_at__isnull=False),
                name="finding_confirmed_is_over",
            ),
            models.CheckConstraint(
                condition=Q(set_aside_at__isnull=True) | Q(state="withdrawn"),
                name="finding_set_aside_is_withdrawn",
            ),
        ]
        indexes = [
            models.Index(fields=["city", "-from_at", "-id"], name="finding_by_time"),
            models.Index(
                fields=["city", "organisation", "-from_at", "-id"], name="finding_by_organisation"
            ),
            models.Index(fields=["act_id"], name="finding_of_act"),
            models.Index(fields=["vehicle_id", "seen_until_at"], name="finding_of_vehicle"),
            models.Index(fields=["city", "xid"], name="finding_news"),
            models.Index(
                fields=["seen_until_at"],
                condition=Q(state="provisional"),
                name="finding_provisional",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.from_at:%Y-%m-%d %H:%M}"


class FindingJournal(models.Model):
    """What became of a finding, entry by entry: opened plus adjustments = current verdict.

    `before` and `after` hold the fields that changed, `because` what made them change: the topics
    of the news, and the versions of rules among it. Append-only.
    """

    class Entry(models.TextChoices):
        OPENED = "opened", _("Opened")
        ADJUSTED = "adjusted", _("Adjusted")
        CONFIRMED = "confirmed", _("Confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        DISPUTED = "disputed", _("Disputed")
        DISMISSED = "dismissed", _("Dispute dismissed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="journal")
    entry = models.CharField(_("entry"), max_length=12, choices=Entry.choices)
    at = models.DateTimeField(_("at"))
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    because = models.JSONField(_("because"), default=dict, encoder=DjangoJSONEncoder)

    tenancy = Tenancy(
        city="finding__city_id",
        organisation="finding__organisation_id",
        vehicle="finding__vehicle_id",
    )
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ["id"]
        indexes = [models.Index(fields=["finding", "id"], name="finding_journal_order")]

    def __str__(self) -> str:
        return f"{self.get_entry_display()} {self.at:%Y-%m-%d %H:%M}"


class EvidenceBundle(models.Model):
    """What a finding rests on, frozen when it was confirmed and at every adjustment since.

    `document` is the list of entries as text, to the letter as it was hashed; `head` is the hash of
    its last entry and, as each entry's hash holds the one before it, the address of all content.
    The bundles of a finding form one chain: the first entry of each holds `previous`, the head of
    the bundle before (empty for the first). A row never changes; it goes with its own retention.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="bundles")
    number = models.PositiveIntegerField(_("number"))
    frozen_at = models.DateTimeField(_("frozen at"))
    previous = models.CharField(_("head of the bundle before"), max_length=64, blank=True)
    head = models.CharField(_("head"), max_length=64, unique=True)
    document = models.TextField(_("entries"))

    tenancy = Tenancy(
        city="finding__city_id",
        organisation="finding__organisation_id",
        vehicle="finding__vehicle_id",
    )
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence bundle")
        verbose_name_plural = _("evidence bundles")
        ordering = ["finding", "number"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "number"], name="evidence_bundle_number")
        ]
        indexes = [models.Index(fields=["frozen_at"], name="evidence_bundle_age")]

    def __str__(self) -> str:
        return f"{self.number} {self.head[:12]}"


class DisputeQuerySet(TenantQuerySet):
    """Verbs over disputes."""

    def open(self) -> Self:
        """Return disputes that wait for a decision."""
        return self.filter(state=Dispute.State.OPEN)


class Dispute(models.Model):
    """A carrier's word against a finding, and what the city decided.

    `upheld`: the carrier is right and the finding is set aside. `moot`: the finding was withdrawn
    for another reason before anybody decided.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        UPHELD = "upheld", _("Upheld")
        DISMISSED = "dismissed", _("Dismissed")
        MOOT = "moot", _("Settled otherwise")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    reason = models.CharField(_("reason"), max_length=200)
    statement = models.TextField(_("statement"), blank=True, default="")
    opened_at = models.DateTimeField(_("opened at"))
    opened_by_user = models.UUIDField(null=True, blank=True, editable=False)
    opened_by_client = models.UUIDField(null=True, blank=True, editable=False)
    decide_by_at = models.DateTimeField(_("to be decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by_user = models.UUIDField(null=True, blank=True, editable=False)
    decided_by_client = models.UUIDField(null=True, blank=True, editable=False)
    decision = models.TextField(_("reasons of the decision"), blank=True, default="")

    tenancy = Tenancy(
        city="finding__city_id",
        organisation="finding__organisation_id",
        vehicle="finding__vehicle_id",
    )
    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(state="open"),
                name="dispute_one_open",
                violation_error_message=_("This finding is disputed already."),
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="dispute_decided_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["decide_by_at"], condition=Q(state="open"), name="dispute_waiting"
            ),
            models.Index(fields=["finding", "-opened_at"], name="dispute_of_finding"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.opened_at:%Y-%m-%d %H:%M}"


from compliance.models_checks import PlateCheck  # noqa: E402, F401
