"""Jobs that a person waits for: begun in a request, finished by the tick, page by page.

A small one is done before its answer leaves; of a large one the request does a few pages and the
tick the rest, while a page shows how far it is. Each page commits with the place up to which it
came, so that a job that was interrupted goes on from there.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from foundation import stopped

log = structlog.get_logger(__name__)


class Job(models.Model):
    """What every job has: where it stands, who asked for it, how far it is of how much."""

    class State(models.TextChoices):
        COMPUTING = "computing", _("Being computed")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.COMPUTING
    )
    requested_at = models.DateTimeField(_("requested at"))
    requested_by = models.UUIDField(_("requested by"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    looked_at = models.PositiveIntegerField(_("cases looked at"), default=0)
    total = models.PositiveIntegerField(_("cases"), default=0)

    class Meta:
        abstract = True

    @property
    def running(self) -> bool:
        """Whether there is something left to do."""
        return self.state == self.State.COMPUTING


Advance = Callable[..., Any]
"""`advance(job_id, now=…)` does one page; returns the job, or None while somebody else works on
it."""


def begin[J: Job](job: J, advance: Advance, *, pages: int, now: datetime) -> J:
    """Do a few pages of a job in the request that asked for it; return it as it stands then."""
    for _page in range(pages):
        if not job.running:
            break
        job = advance(job.pk, now=now) or job
    return job


def go_on[J: Job](model: type[J], advance: Advance, *, pages: int, now: datetime) -> int:
    """Do some pages of the jobs that are not finished, the oldest first; return how many.

    A job whose page raises what will not pass by itself has failed, and stands in nobody's way.
    """
    done = 0
    for _page in range(pages):
        oldest = _open(model).order_by("requested_at", "pk")
        job_id = oldest.values_list("pk", flat=True).first()
        if job_id is None:
            break
        try:
            if advance(job_id, now=now) is None:
                break
        except Exception as error:
            if stopped.will_pass(error):
                raise
            log.exception("job_failed", job=model._meta.label, id=str(job_id))
            _fail(model, job_id, now)
        done += 1
    return done


def locked[J: Job](model: type[J], job_id: UUID) -> J | None:
    """Return an unfinished job with its city, locked until the transaction ends; None when it is
    finished or somebody else works on it."""
    rows = _open(model).filter(pk=job_id).select_related("city")
    return rows.select_for_update(of=("self",), skip_locked=True).first()


def finish[J: Job](job: J, state: str, now: datetime) -> J:
    """Save a job as done or failed, and return it."""
    job.state, job.finished_at = state, now
    job.save()
    return job


@transaction.atomic
def _fail[J: Job](model: type[J], job_id: UUID, now: datetime) -> None:
    job = locked(model, job_id)
    if job is not None:
        finish(job, Job.State.FAILED, now)


def _open[J: Job](model: type[J]) -> Any:
    return model._default_manager.filter(state=Job.State.COMPUTING)
