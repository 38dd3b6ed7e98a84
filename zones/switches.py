"""Switches: times in which a calendar of the city is switched on, such as an episode of bad air.

A time is recorded like a version: what is recorded never changes but for the end of its record. To
switch off is to record the time anew with an end.
"""

from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.querysets import Tenancy, TenantQuerySet
from foundation.ranges import TsTzRange
from kernel.identifiers import uuid7
from kernel.periods import Period


class CalendarEntryQuerySet(TenantQuerySet):
    """Verbs over days of a calendar and times in which one is on."""

    def known(self) -> Self:
        """Return what stands in the books."""
        return self.filter(recorded_until__isnull=True)


class CalendarSwitch(models.Model):
    """A time in which a calendar is switched on; without an end until it is switched off."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    calendar = models.ForeignKey(
        "zones.Calendar", on_delete=models.PROTECT, related_name="switches"
    )
    on_from = models.DateTimeField(_("on from"))
    on_until = models.DateTimeField(_("on until"), null=True, blank=True)
    recorded_from = models.DateTimeField(_("recorded from"))
    recorded_until = models.DateTimeField(_("recorded until"), null=True, blank=True)

    tenancy = Tenancy(city="calendar__city_id", organisation=None, public=True)
    objects = CalendarEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("time in which a calendar is on")
        verbose_name_plural = _("times in which a calendar is on")
        ordering = ["on_from", "id"]
        constraints = [
            ExclusionConstraint(
                name="calendar_switch_on_once",
                expressions=[
                    ("calendar", RangeOperators.EQUAL),
                    (TsTzRange("on_from", "on_until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(recorded_until__isnull=True),
                violation_error_message=_("The calendar is on at that time already."),
            ),
            models.CheckConstraint(
                condition=Q(on_until__isnull=True) | Q(on_until__gt=F("on_from")),
                name="calendar_switch_order",
                violation_error_message=_("The period ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(recorded_until__isnull=True)
                | Q(recorded_until__gte=F("recorded_from")),
                name="calendar_switch_recorded_order",
                violation_error_message=_("The period ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.on_from}"

    @property
    def on(self) -> Period:
        """Return the time."""
        return Period(self.on_from, self.on_until)
