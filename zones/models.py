"""Zones, regulations, calendars and permits. Geometries and regulations are immutable versions.

Two times stand on every version: the *legal* period says when it holds, the *recorded* period
since when (and until when) the city's books say so. What is recorded never changes but for the
end of its record; the database refuses anything else.
"""

from datetime import datetime
from typing import Self

from django.contrib.gis.db.models import MultiPolygonField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.models import City
from accounts.querysets import Tenancy, TenantQuerySet
from accounts.scopes import RULES_READ
from kernel.identifiers import uuid7
from zones.switches import CalendarEntryQuerySet, CalendarSwitch  # noqa: F401


class AccessZone(models.Model):
    """A place with rules: its ground and its rules are versions of their own."""

    class Kind(models.TextChoices):
        LOW_EMISSION = "low_emission", _("Low-emission zone")
        ZERO_EMISSION = "zero_emission", _("Zero-emission zone")
        CHARGING = "charging", _("Charging zone")
        PEDESTRIAN = "pedestrian", _("Pedestrian zone")
        WEIGHT = "weight", _("Weight or size limit")
        TIME_WINDOW = "time_window", _("Delivery windows")
        OTHER = "other", _("Other")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="zones")
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)

    tenancy = Tenancy(organisation=None, public=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("access zone")
        verbose_name_plural = _("access zones")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "code"],
                name="zone_code_once",
                violation_error_message=_("This city has a zone with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name


def _period_in_order(prefix: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{prefix}_until__isnull": True})
        | Q(
            **{
                f"{prefix}_until__gte" if prefix == "recorded" else f"{prefix}_until__gt": F(
                    f"{prefix}_from"
                )
            }
        ),
        name=name,
        violation_error_message=_("The period ends before it begins."),
    )


class ZoneGeometry(models.Model):
    """The ground of a zone for a legal period, and the grace granted on it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    zone = models.ForeignKey(AccessZone, on_delete=models.PROTECT, related_name="geometries")
    number = models.PositiveIntegerField(_("number"))
    geometry = MultiPolygonField(_("geometry"), srid=4326)
    grace_s = models.PositiveIntegerField(
        _("grace"), default=0, help_text=_("Seconds that a stay in breach may last unpunished.")
    )
    legal_from = models.DateTimeField(_("holds from"))
    legal_until = models.DateTimeField(_("holds until"), null=True, blank=True)
    recorded_from = models.DateTimeField(_("recorded from"))
    recorded_until = models.DateTimeField(_("recorded until"), null=True, blank=True)

    tenancy = Tenancy(city="zone__city_id", organisation=None, public=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("ground of a zone")
        verbose_name_plural = _("grounds of zones")
        ordering = ["zone", "number"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "number"], name="zone_geometry_number_once"),
            _period_in_order("legal", "zone_geometry_legal_order"),
            _period_in_order("recorded", "zone_geometry_recorded_order"),
        ]

    def __str__(self) -> str:
        return f"{self.zone} {self.number}"


class Regulation(models.Model):
    """A rule of a zone as people know it; what it says is in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="regulations")
    zone = models.ForeignKey(AccessZone, on_delete=models.PROTECT, related_name="regulations")
    code = models.SlugField(_("code"), max_length=60)
    title = models.CharField(_("title"), max_length=200)

    tenancy = Tenancy(organisation=None, public=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("regulation")
        verbose_name_plural = _("regulations")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "code"],
                name="regulation_code_once",
                violation_error_message=_("This city has a regulation with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class RegulationVersionQuerySet(TenantQuerySet):
    """Verbs over versions."""

    def recorded(self) -> Self:
        """Return versions that were ever published."""
        return self.filter(recorded_from__isnull=False)

    def shown_to(self, actor: Actor) -> Self:
        """Return the versions an actor may read: everybody what was published, the city drafts."""
        rows = self.visible_to(actor, None)
        return rows if actor.is_city and actor.may(RULES_READ) else rows.recorded()


class RegulationVersion(models.Model):
    """What a regulation says, for a legal period: rows of the rule language."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEWED = "reviewed", _("Reviewed")
        PUBLISHED = "published", _("Published")
        SUSPENDED = "suspended", _("Suspended")
        ANNULLED = "annulled", _("Annulled")
        SUPERSEDED = "superseded", _("Superseded")

    class Bookings(models.TextChoices):
        GRANDFATHER = "grandfather", _("Earlier bookings are honoured")
        CANCEL = "cancel", _("Earlier bookings are cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    regulation = models.ForeignKey(Regulation, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200, blank=True, default="")
    rows = models.JSONField(_("rows"), encoder=DjangoJSONEncoder)
    legal_reference = models.CharField(_("legal reference"), max_length=500, blank=True, default="")
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    legal_from = models.DateTimeField(_("in force from"))
    legal_until = models.DateTimeField(_("in force until"), null=True, blank=True)
    recorded_from = models.DateTimeField(_("recorded from"), null=True, blank=True)
    recorded_until = models.DateTimeField(_("recorded until"), null=True, blank=True)
    vacate_by_s = models.PositiveIntegerField(
        _("time to leave"),
        default=0,
        help_text=_("Seconds in which to leave for who is inside when the version begins."),
    )
    created_at = models.DateTimeField(_("written at"))
    created_by = models.UUIDField(_("written by"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    changed_by = models.UUIDField(_("changed by"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    reviewed_by = models.UUIDField(_("reviewed by"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.UUIDField(_("published by"), null=True, blank=True)
    content_hash = models.CharField(_("hash"), max_length=64, blank=True, default="")
    impact_id = models.UUIDField(
        _("impact"), null=True, blank=True, help_text=_("The impact it was published on.")
    )
    bookings = models.CharField(
        _("bookings"), max_length=12, choices=Bookings.choices, blank=True, default=""
    )

    tenancy = Tenancy(city="regulation__city_id", organisation=None, public=True)
    objects = RegulationVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a regulation")
        verbose_name_plural = _("versions of regulations")
        ordering = ["regulation", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["regulation", "number"], name="regulation_version_number_once"
            ),
            _period_in_order("legal", "regulation_version_legal_order"),
            _period_in_order("recorded", "regulation_version_recorded_order"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "reviewed"], recorded_from__isnull=True)
                | Q(recorded_from__isnull=False) & ~Q(state__in=["draft", "reviewed"]),
                name="regulation_version_recorded_when_published",
                violation_error_message=_("What is published is recorded, and nothing else."),
            ),
            models.CheckConstraint(
                condition=~Q(state="annulled") | Q(recorded_until__isnull=False),
                name="regulation_version_annulled_is_closed",
                violation_error_message=_("An annulled version's record has an end."),
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | (Q(created_by__isnull=True) | ~Q(created_by=F("reviewed_by")))
                & (Q(changed_by__isnull=True) | ~Q(changed_by=F("reviewed_by"))),
                name="regulation_version_reviewed_by_another",
                violation_error_message=_("Who wrote a draft does not review it."),
            ),
            models.CheckConstraint(
                condition=~Q(state="reviewed") | Q(reviewed_at__isnull=False),
                name="regulation_version_reviewed_at",
                violation_error_message=_("A review has a time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.regulation} {self.number}"


class Calendar(models.Model):
    """Days and times that the city names and its rules ask for, such as an episode of bad air."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="calendars")
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=160)

    tenancy = Tenancy(organisation=None, public=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "code"],
                name="calendar_code_once",
                violation_error_message=_("This city has a calendar with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class CalendarDay(models.Model):
    """A day in a calendar. To take it out again ends its record; it is not deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="days")
    on = models.DateField(_("day"))
    recorded_from = models.DateTimeField(_("recorded from"))
    recorded_until = models.DateTimeField(_("recorded until"), null=True, blank=True)

    tenancy = Tenancy(city="calendar__city_id", organisation=None, public=True)
    objects = CalendarEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "on"],
                condition=Q(recorded_until__isnull=True),
                name="calendar_day_once",
                violation_error_message=_("This day is in the calendar."),
            ),
            _period_in_order("recorded", "calendar_day_recorded_order"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.on}"


class PermitQuerySet(TenantQuerySet):
    """Verbs over permits."""

    def valid_between(self, start: datetime, end: datetime) -> Self:
        """Return permits that are valid at some instant of `[start, end)`."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=start),
            Q(revoked_at__isnull=True) | Q(revoked_at__gt=start),
            starts_at__lt=end,
        )


class Permit(models.Model):
    """Leave to do what a rule forbids or binds: for one plate, or for a class of vehicles."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="permits")
    kind = models.CharField(_("kind"), max_length=80)
    plate = models.CharField(
        _("plate"), max_length=20, blank=True, default="", help_text=_("Normalised.")
    )
    vehicle_class = models.JSONField(
        _("vehicle class"), null=True, blank=True, help_text=_("“who” of the rule language.")
    )
    zones = models.ManyToManyField(
        AccessZone, blank=True, related_name="permits", help_text=_("Empty: every zone.")
    )
    organisation_id = models.UUIDField(_("organisation"), null=True, blank=True)
    starts_at = models.DateTimeField(_("valid from"))
    ends_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued at"))
    issued_by = models.UUIDField(_("issued by"), null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=120, blank=True, default="")

    tenancy = Tenancy(organisation="organisation_id")
    objects = PermitQuerySet.as_manager()

    class Meta:
        verbose_name = _("permit")
        verbose_name_plural = _("permits")
        constraints = [
            models.CheckConstraint(
                condition=Q(plate="", vehicle_class__isnull=False)
                | (~Q(plate="") & Q(vehicle_class__isnull=True)),
                name="permit_for_plate_or_class",
                violation_error_message=_("A permit is for a plate or for a class of vehicles."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="permit_period_order",
                violation_error_message=_("The permit ends before it begins."),
            ),
        ]
        indexes = [models.Index(fields=["city", "plate", "starts_at"], name="permit_plate")]

    def __str__(self) -> str:
        return f"{self.kind} {self.plate}".strip()


class RuleBookChange(models.Model):
    """Counts the changes of a city's rules, so that a process knows when its book is stale."""

    city = models.OneToOneField(City, on_delete=models.PROTECT, primary_key=True)
    counter = models.BigIntegerField(default=0)

    tenancy = Tenancy(organisation=None, public=True)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of rules")
        verbose_name_plural = _("changes of rules")

    def __str__(self) -> str:
        return str(self.counter)


# Their modules stand apart; Django finds their models here.
from zones.imports import RuleImport, RuleImportPart  # noqa: E402, F401
from zones.interruptions import Suspension  # noqa: E402, F401
