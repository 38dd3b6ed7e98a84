"""Files of rules as jobs: small ones are done at once, large ones page by page by the tick.

Each page of items commits with the place up to which the file was taken. With `dry_run` each page
is written and undone; what earlier items of the file wrote under the same codes is written again
before, so that the report is that of the import itself.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from accounts.scopes import RULES_WRITE
from accounts.services import setup
from foundation import jobs
from zones import telling
from zones.exchange import formats
from zones.exchange.drafts import Context, Note, Reading, Unreadable, ZoneDraft
from zones.imports import RuleImport, RuleImportPart
from zones.services import importing
from zones.services.importing import Books, Figures
from zones.services.recording import require_city

SMALL = 256 * 1024
"""Bytes of a file that is read within the request; a larger one would keep others waiting."""
PAGE = 50
PAGES_A_TICK = 4
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 100


def ask(
    *, actor: Actor, name: str, content: bytes, form: str, now: datetime, dry_run: bool = False
) -> RuleImport:
    """Return the import of a file (`zones.exchange.formats`): finished when it is small, else
    under way. A file that cannot be read has failed, and its notes say why.

    Raises `zones.city_only`.
    """
    require_city(actor)
    job = RuleImport.objects.create(
        city=actor.city,
        requested_at=now,
        requested_by=actor.user_id or actor.client_id,
        client_id=actor.client_id,
        form=form,
        name=name,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        dry_run=dry_run,
        figures=importing.counts(Figures(files=1)),
    )
    return jobs.begin(job, advance, pages=1 if len(content) <= SMALL else 0, now=now)


def go_on(as_of: datetime) -> int:
    """Take some pages of the imports under way (a job of the tick)."""
    return jobs.go_on(RuleImport, advance, pages=PAGES_A_TICK, now=as_of)


@transaction.atomic
def advance(import_id: UUID, *, now: datetime) -> RuleImport | None:
    """Take one page of items; return the import, or None while somebody else works on it."""
    job = jobs.locked(RuleImport, import_id)
    if job is None:
        return None
    figures = Figures(**job.figures)
    try:
        reading = _read(job.form, bytes(job.content), importing.context(job.city, job.requested_at))
    except Unreadable as error:
        importing.note(figures, job.notes, job.name, Note("refused", error.code, error.detail))
        return _finished(job, figures, job.State.FAILED, now)
    if not job.looked_at:
        job.total = len(reading.zones)
        for one in reading.notes:
            importing.note(figures, job.notes, job.name, one)
    _take(job, reading.zones, figures, now)
    job.looked_at = min(job.looked_at + PAGE, job.total)
    if job.looked_at == job.total:
        return _finished(job, figures, job.State.DONE, now)
    job.figures = importing.counts(figures)
    job.save()
    return job


def report(job: RuleImport) -> Figures:
    """Return what became of a file, as far as it was taken, in the reader's language."""
    items = telling.items(item for part in job.parts.all() for item in part.items)
    return Figures(**job.figures, items=items, notes=[telling.note(one) for one in job.notes])


def forget_old(as_of: datetime) -> int:
    """Delete reports of imports that ended more than 30 days ago (a job of the tick, some at a
    time); returns how many."""
    old = RuleImport.objects.filter(finished_at__lt=as_of - KEPT).order_by("finished_at")
    ids = list(old.values_list("id", flat=True)[:FORGOTTEN_AT_ONCE])
    RuleImport.objects.filter(id__in=ids).delete()
    return len(ids)


@lru_cache(maxsize=1)
def _read(form: str, content: bytes, context: Context) -> Reading:
    """Return what a file says; the pages of one file follow each other, and it is read once."""
    return formats.read(form, content, context)


def _take(job: RuleImport, drafts: Sequence[ZoneDraft], figures: Figures, now: datetime) -> None:
    """Write a page of items, or with `dry_run` write and undo it; keep what became of each."""
    page = drafts[job.looked_at : job.looked_at + PAGE]
    if not page:
        return
    actor, items = _asker(job), figures.items
    with transaction.atomic():
        books = Books(actor)
        if job.dry_run:
            for draft in _before(page, drafts[: job.looked_at]):
                importing.item(actor, job.name, draft, now, Figures(), books)
        for draft in page:
            importing.item(actor, job.name, draft, now, figures, books)
        if job.dry_run:
            transaction.set_rollback(True)
    RuleImportPart.objects.create(job=job, number=job.looked_at, items=items)


def _before(page: Sequence[ZoneDraft], earlier: Sequence[ZoneDraft]) -> list[ZoneDraft]:
    """Return the earlier items of a file that a page meets in the books."""
    named = {code for draft in page for code in importing.marks_of(draft)}
    return [draft for draft in earlier if not named.isdisjoint(importing.marks_of(draft))]


def _asker(job: RuleImport) -> Actor:
    """Return who asked, as the audit names them."""
    return Actor(
        city=job.city,
        organisation=setup.city_organisation(job.city),
        user_id=None if job.client_id else job.requested_by,
        client_id=job.client_id,
        scopes=frozenset({RULES_WRITE}),
    )


def _finished(job: RuleImport, figures: Figures, state: Any, now: datetime) -> RuleImport:
    _read.cache_clear()
    job.figures, job.content = importing.counts(figures), b""
    if state == job.State.DONE and not job.dry_run:
        taken = {"items": job.total, "notes": len(job.notes)}
        importing.record(_asker(job), job.form, job.name, job.sha256, taken, now)
    return jobs.finish(job, state, now)
