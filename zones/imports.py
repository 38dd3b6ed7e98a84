"""Imports of files of rules: how far each is, and what became of its items."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import City
from accounts.querysets import Tenancy, TenantQuerySet
from foundation.jobs import Job
from kernel.identifiers import uuid7


class RuleImport(Job):
    """A file that is taken as drafts, or only looked at; the city's alone.

    `content` is kept until it is read; `figures` count, `notes` are about the file, and what
    became of its items stands in the parts, a page of them in each.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="+")
    client_id = models.UUIDField(_("API client"), null=True, blank=True)
    form = models.CharField(_("format"), max_length=16)
    name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    dry_run = models.BooleanField(_("only looked at"), default=False)
    figures = models.JSONField(_("figures"), default=dict)
    notes = models.JSONField(_("notes about the file"), default=list, encoder=DjangoJSONEncoder)

    tenancy = Tenancy(organisation=None)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of rules")
        verbose_name_plural = _("imports of rules")
        ordering = ["-requested_at", "id"]
        indexes = [
            models.Index(
                fields=["requested_at"], condition=Q(state="computing"), name="rule_import_open"
            ),
            models.Index(fields=["finished_at"], name="rule_import_age"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class RuleImportPart(models.Model):
    """What became of a page of items, as the report says it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(RuleImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(_("first item"))
    items = models.JSONField(_("items"), encoder=DjangoJSONEncoder)

    tenancy = Tenancy(city="job__city_id", organisation=None)
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of an import")
        verbose_name_plural = _("parts of imports")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="rule_import_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"
