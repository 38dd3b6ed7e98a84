"""Read models: counts kept by consumers, so that a month costs what its rows cost."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Organisation
from accounts.querysets import Tenancy, TenantQuerySet
from foundation.jobs import Job
from kernel.identifiers import uuid7

CELL = (
    "city_id",
    "on",
    "hour",
    "place_kind",
    "place_id",
    "organisation_id",
    "regulation_id",
    "rule_code",
    "kind",
    "severity",
    "state",
)
"""The columns that make a cell of the count."""

_FIELD_OF = {"city_id": "city", "organisation_id": "organisation"}


class FindingCount(models.Model):
    """How many findings began in an hour, by place, carrier, rule, kind, severity and state.

    Days and hours are those of the city's clocks. A cell may be empty: what was counted and taken
    back leaves a zero.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(_("day"))
    hour = models.PositiveSmallIntegerField(_("hour"))
    place_kind = models.CharField(_("place"), max_length=10)
    place_id = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    regulation_id = models.UUIDField(_("regulation"))
    rule_code = models.CharField(_("rule"), max_length=64)
    kind = models.CharField(_("kind"), max_length=12)
    severity = models.CharField(_("severity"), max_length=12)
    state = models.CharField(_("state"), max_length=12)
    findings = models.IntegerField(_("findings"), default=0)
    seconds = models.BigIntegerField(_("seconds over"), default=0)

    tenancy = Tenancy()
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("count of findings")
        verbose_name_plural = _("counts of findings")
        constraints = [
            models.UniqueConstraint(
                fields=[_FIELD_OF.get(name, name) for name in CELL],
                name="finding_count_cell",
            )
        ]
        indexes = [models.Index(fields=["city", "on"], name="finding_count_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.hour}:00 {self.rule_code}: {self.findings}"


class CountedFinding(models.Model):
    """In which cell a finding was counted last, and with how many seconds.

    With it counting is exact, however often and in whatever order the news of a finding arrives.
    """

    finding_id = models.UUIDField(primary_key=True)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    cell = models.JSONField()
    seconds = models.BigIntegerField()

    tenancy = Tenancy()
    objects = TenantQuerySet.as_manager()


class Impact(Job):
    """What a draft would do to whom, computed for exactly what it said when it was asked.

    `cursor` says how far the job is; `touched` holds the vehicles and carriers met so far.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="+")
    version_id = models.UUIDField(_("draft"))
    content_hash = models.CharField(_("hash of the draft"), max_length=64)
    cursor = models.JSONField(default=dict)
    counts = models.JSONField(_("counts"), default=dict)
    items = models.JSONField(_("cases whose verdict changes"), default=dict)
    touched = models.JSONField(default=dict)

    tenancy = Tenancy(organisation=None)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("impact of a draft")
        verbose_name_plural = _("impacts of drafts")
        ordering = ["-requested_at", "id"]
        indexes = [
            models.Index(fields=["version_id", "-requested_at"], name="impact_version"),
            models.Index(
                fields=["requested_at"],
                condition=models.Q(state="computing"),
                name="impact_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"
