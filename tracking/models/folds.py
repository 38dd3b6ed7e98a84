"""What the projections remember: states of folds, and snapshots to go back to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class FoldState(models.Model):
    """All that the fold must know of a subject's past to go on.

    `due_at`: when silence itself will mean something; `lasting`: the exceptions that the clock has
    raised and no event has ended yet.
    """

    class Kind(models.TextChoices):
        VEHICLE = "vehicle", _("Vehicle")
        FACILITY = "facility", _("Facility")

    subject_id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.VEHICLE)
    city_id = models.UUIDField()
    shard = models.SmallIntegerField()
    head_at = models.DateTimeField(null=True, help_text=_("Effective time of the last event."))
    state = models.BinaryField()
    due_at = models.DateTimeField(null=True)
    lasting = ArrayField(models.UUIDField(), default=list)

    class Meta:
        verbose_name = _("state of a fold")
        verbose_name_plural = _("states of folds")
        indexes = [
            models.Index(
                fields=["due_at"], name="foldstate_due", condition=models.Q(due_at__isnull=False)
            )
        ]


class Snapshot(models.Model):
    """The state of a fold as it was after the events up to `at`; a late event goes back to one."""

    pk = models.CompositePrimaryKey("subject_id", "at")
    subject_id = models.UUIDField()
    at = models.DateTimeField()
    state = models.BinaryField()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        indexes = [models.Index(fields=["at"], name="snapshot_at")]
