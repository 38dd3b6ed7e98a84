"""The physical curb, what is said about it, who holds its metres, and who stood there.

The truth about bookings is the constraint `curbs_booking_no_metre_twice`: no metre of a curb line
is held twice at one time. Lines never change (a trigger refuses it), so that a new zone cannot open
a second ledger for the same metres. Zones and policy versions are append-only: only the end of
their recorded period may be written, and once the end of a zone that had none.
"""

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    DateTimeRangeField,
    DecimalRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from curbs.querysets import BookingQuerySet, CurbSessionQuerySet, RecordedQuerySet
from curbs.states import HOLDING, State
from foundation.ranges import TsTzRange
from kernel.identifiers import uuid7


def _lifetime(start: str, end: str) -> TsTzRange:
    return TsTzRange(start, end, RangeBoundary())


class CurbLine(models.Model):
    """One side of one street between two corners, as it lies on the ground. Immutable."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=64)
    street_name = models.CharField(max_length=200)
    side = models.CharField(max_length=2, blank=True)
    geometry = models.LineStringField(srid=4326)
    length_m = models.DecimalField(max_digits=9, decimal_places=2)
    created_at = models.DateTimeField()

    tenancy = Tenancy(organisation=None, public=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("curb line")
        verbose_name_plural = _("curb lines")
        constraints = [
            models.UniqueConstraint(fields=["city", "code"], name="curbs_line_code"),
            models.CheckConstraint(condition=Q(length_m__gt=0), name="curbs_line_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.street_name} {self.side}".strip()


class CurbZone(models.Model):
    """A stretch of a curb line under one policy at a time. Other metres make another zone.

    A zone that was laid without an end may be given one, once; `end_recorded_at` says when.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    curb_line = models.ForeignKey(CurbLine, on_delete=models.PROTECT, related_name="zones")
    code = models.CharField(max_length=64, help_text=_("The code on signs and in apps"))
    name = models.CharField(max_length=200)
    metres = DecimalRangeField()
    geometry = models.LineStringField(srid=4326)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    legal_from = models.DateTimeField()
    legal_until = models.DateTimeField(null=True, blank=True)
    end_recorded_at = models.DateTimeField(null=True, blank=True)
    recorded_from = models.DateTimeField()
    recorded_until = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField()

    tenancy = Tenancy(organisation=None, public=True)
    objects = RecordedQuerySet.as_manager()

    class Meta:
        verbose_name = _("curb zone")
        verbose_name_plural = _("curb zones")
        constraints = [
            models.CheckConstraint(
                condition=Q(metres__isempty=False)
                & Q(metres__lower_inf=False)
                & Q(metres__upper_inf=False),
                name="curbs_zone_has_metres",
            ),
            models.CheckConstraint(
                condition=Q(legal_until__isnull=True) | Q(legal_until__gt=F("legal_from")),
                name="curbs_zone_legal_period",
            ),
            models.CheckConstraint(
                condition=Q(end_recorded_at__isnull=True) | Q(legal_until__isnull=False),
                name="curbs_zone_end_is_known",
            ),
            ExclusionConstraint(
                name="curbs_zone_no_metre_twice",
                expressions=[
                    ("curb_line", RangeOperators.EQUAL),
                    ("metres", RangeOperators.OVERLAPS),
                    (_lifetime("legal_from", "legal_until"), RangeOperators.OVERLAPS),
                    (_lifetime("recorded_from", "recorded_until"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Another curb zone covers these metres."),
            ),
        ]
        indexes = [models.Index(fields=["city", "code"])]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CurbPolicyVersion(models.Model):
    """What is allowed in a curb zone: rows of the rule language, the stay and the slot price.

    Of the versions on record the one with the highest number rules wherever its legal period lies.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    curb_zone = models.ForeignKey(CurbZone, on_delete=models.PROTECT, related_name="policies")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    rows = models.JSONField()
    max_stay_min = models.PositiveIntegerField(null=True, blank=True)
    no_return_min = models.PositiveIntegerField(null=True, blank=True)
    grace_s = models.PositiveIntegerField(default=0)
    vacate_by_s = models.PositiveIntegerField(default=0)
    slot_price = models.PositiveIntegerField(
        default=0, help_text=_("Smallest unit of money for each started quarter of an hour")
    )
    currency = models.CharField(max_length=3)
    bookable = models.BooleanField(default=True)
    legal_reference = models.CharField(max_length=200, blank=True)
    legal_from = models.DateTimeField()
    legal_until = models.DateTimeField(null=True, blank=True)
    recorded_from = models.DateTimeField()
    recorded_until = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)

    tenancy = Tenancy(organisation=None, public=True)
    objects = RecordedQuerySet.as_manager()

    class Meta:
        verbose_name = _("curb policy")
        verbose_name_plural = _("curb policies")
        constraints = [
            models.UniqueConstraint(fields=["curb_zone", "number"], name="curbs_policy_number"),
            models.CheckConstraint(
                condition=Q(legal_until__isnull=True) | Q(legal_until__gt=F("legal_from")),
                name="curbs_policy_legal_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


class Booking(models.Model):
    """Metres of a curb for a time that nobody else holds. Written by `services.bookings` only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    booked_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    mandate_id = models.UUIDField(null=True, blank=True)
    vehicle_id = models.UUIDField()
    plate = models.CharField(max_length=16)
    length_m = models.DecimalField(max_digits=6, decimal_places=2)
    stop_id = models.UUIDField(null=True, blank=True)
    curb_line = models.ForeignKey(
        CurbLine, on_delete=models.PROTECT, related_name="+", db_column="curb_line"
    )
    curb_zone = models.ForeignKey(CurbZone, on_delete=models.PROTECT, related_name="bookings")
    metres = DecimalRangeField()
    during = DateTimeRangeField()
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State])
    moving = models.BooleanField(default=False)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=16)
    price_amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    policy_version = models.ForeignKey(
        CurbPolicyVersion, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_for = models.JSONField(
        null=True, blank=True, help_text="Why the city cancelled it, and alternatives."
    )

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        constraints = [
            ExclusionConstraint(
                name="curbs_booking_no_metre_twice",
                expressions=[
                    ("curb_line", RangeOperators.EQUAL),
                    ("metres", RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=sorted(s.value for s in HOLDING), moving=False),
                violation_error_message=_("Others hold these metres at that time."),
            ),
            models.CheckConstraint(
                condition=Q(metres__isempty=False)
                & Q(metres__lower_inf=False)
                & Q(metres__upper_inf=False),
                name="curbs_booking_has_metres",
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False)
                & Q(during__lower_inf=False)
                & Q(during__upper_inf=False),
                name="curbs_booking_has_period",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in State)), name="curbs_booking_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.HELD.value) | Q(hold_expires_at__isnull=False),
                name="curbs_booking_hold_expires",
            ),
            models.UniqueConstraint(fields=["city", "reference"], name="curbs_booking_reference"),
        ]
        indexes = [
            models.Index(fields=["city", "organisation", "-created_at", "-id"]),
            models.Index(fields=["vehicle_id", "created_at"]),
            models.Index(
                fields=["hold_expires_at"],
                condition=Q(state=State.HELD.value),
                name="curbs_booking_held",
            ),
            models.Index(
                fields=["city"],
                condition=Q(state=State.CONFIRMED.value),
                name="curbs_booking_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class CurbSession(models.Model):
    """A stay at the curb as the events tell it. Written through `services.sessions` only.

    The id is a uuid5 of city, vehicle, curb and first event, so that a rebuild gives the same rows.
    """

    id = models.UUIDField(primary_key=True)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    organisation_id = models.UUIDField()
    vehicle_id = models.UUIDField()
    curb_line = models.ForeignKey(CurbLine, on_delete=models.PROTECT, related_name="+")
    curb_zone = models.ForeignKey(CurbZone, on_delete=models.PROTECT, related_name="stays")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    activity = models.CharField(max_length=16, default="loading")
    evidence = models.JSONField(default=dict)

    tenancy = Tenancy(vehicle="vehicle_id")
    objects = CurbSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("stay at the curb")
        verbose_name_plural = _("stays at the curb")
        indexes = [
            models.Index(fields=["vehicle_id", "started_at"]),
            models.Index(fields=["curb_zone", "started_at"]),
            models.Index(fields=["city", "organisation_id", "-started_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.curb_zone_id} {self.started_at:%Y-%m-%d %H:%M}"


class CurbEdition(models.Model):
    """A counter per city that moves with every change of lines, zones and policies.

    A process keeps its snapshot of the curbs for as long as the counter stands still.
    """

    city = models.OneToOneField(City, on_delete=models.CASCADE, primary_key=True, related_name="+")
    number = models.PositiveBigIntegerField(default=0)

    tenancy = Tenancy(organisation=None, public=True)
    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.city_id} {self.number}"
