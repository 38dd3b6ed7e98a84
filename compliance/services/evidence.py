"""Evidence: frozen when a finding is confirmed and whenever it changes after that, kept for its own
time, linked so that a change would show."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import City
from compliance import chain, codes
from compliance.chain import Break, Entry, Sealed
from compliance.models import Dispute, EvidenceBundle, Finding
from compliance.selectors import evidence
from kernel.refusals import Refusal

CHUNK = 100
"""Findings whose evidence is held in memory at once."""
FORGOTTEN_AT_ONCE = 2000


@dataclass(frozen=True)
class Bundle:
    """Evidence to be shown: frozen (with the time and the address), or as it is known now."""

    finding: Finding
    number: int
    frozen_at: datetime | None
    head: str
    previous: str
    entries: list[Entry]
    broken: Break | None

    def of(self, kind: str) -> Any:
        """Return the content of the first entry of a kind, None when there is none."""
        return next((entry.content for entry in self.entries if entry.kind == kind), None)

    @property
    def events(self) -> list[Any]:
        """Return the contents of all events, in order."""
        return [entry.content for entry in self.entries if entry.kind == "event"]


@transaction.atomic
def freeze(finding_ids: Sequence[UUID], at: datetime) -> dict[UUID, str]:
    """Freeze the evidence of findings as it is now and return the new heads by finding.

    The caller holds the findings. A bundle follows on the one before it.
    """
    heads: dict[UUID, str] = {}
    for ids in batched(sorted(finding_ids), CHUNK):
        rows = list(Finding.objects.filter(id__in=ids).order_by("id").select_related("city"))
        last = _last(ids)
        made = []
        for city in {row.city_id: row.city for row in rows}.values():
            made += _sealed(city, [row for row in rows if row.city_id == city.id], last, at)
        EvidenceBundle.objects.bulk_create(made)
        heads |= {row.finding_id: row.head for row in made}
    return heads


def _sealed(
    city: City, rows: Sequence[Finding], last: dict[UUID, tuple[int, str]], at: datetime
) -> list[EvidenceBundle]:
    made = []
    for finding_id, parts in evidence.parts_of(city, rows).items():
        number, head = last.get(finding_id, (0, ""))
        sealed = chain.seal(number + 1, head, parts)
        made.append(
            EvidenceBundle(
                finding_id=finding_id,
                number=sealed.number,
                frozen_at=at,
                previous=sealed.previous,
                head=sealed.head,
                document=sealed.document,
            )
        )
    return made


def _last(finding_ids: Iterable[UUID]) -> dict[UUID, tuple[int, str]]:
    """Return number and head of the last bundle of findings."""
    rows = EvidenceBundle.objects.filter(finding_id__in=list(finding_ids))
    latest = rows.order_by("finding_id", "-number").distinct("finding_id")
    return {id_: (number, head) for id_, number, head in latest.values_list(
        "finding_id", "number", "head")}  # fmt: skip


def bundle_of(finding: Finding, *, now: datetime) -> Bundle:
    """Return the evidence of a finding: the last that was frozen, else as it is known now.

    Raises Refusal finding.evidence_gone (410) when it was frozen and is kept no longer.
    """
    kept = list(finding.bundles.order_by("number"))
    if kept:
        last = kept[-1]
        broken = chain.first_break([_as_sealed(row) for row in kept])
        entries = _readable(last.document)
        return Bundle(
            finding, last.number, last.frozen_at, last.head, last.previous, entries, broken
        )
    if finding.state != Finding.State.PROVISIONAL and finding.changed_at < limit(now):
        raise Refusal(codes.EVIDENCE_GONE, _("The city does not keep this evidence any more."))
    city = finding.city
    sealed = chain.seal(1, "", evidence.parts_of(city, [finding])[finding.id])
    return Bundle(finding, 0, None, sealed.head, "", chain.entries_of(sealed.document), None)


def broken_link(finding: Finding) -> Break | None:
    """Return the first link of a finding's evidence that does not hold, or None."""
    rows = finding.bundles.order_by("number")
    return chain.first_break([_as_sealed(row) for row in rows])


def verified(findings: QuerySet[Finding]) -> Iterator[tuple[UUID, Break | None]]:
    """Yield each finding's id with the first link of its evidence that does not hold, or None;
    bundles are read in portions, however many there are."""
    rows = EvidenceBundle.objects.filter(finding__in=findings.values("id"))
    ordered = rows.order_by("finding_id", "number").iterator(chunk_size=CHUNK)
    for finding_id, bundles in groupby(ordered, key=lambda row: row.finding_id):
        yield finding_id, chain.first_break([_as_sealed(row) for row in bundles])


def limit(as_of: datetime) -> datetime:
    """Return the instant before which evidence that nobody asks about any more is forgotten."""
    return as_of - timedelta(days=settings.HUB_EVIDENCE_DAYS)


@transaction.atomic
def forget_old(as_of: datetime) -> int:
    """Delete the evidence of findings whose last bundle is older than the setting says; returns
    how many bundles (a job of the tick, some thousands at a time).

    All bundles of a finding go together, else what is left could not be verified; none goes while
    a dispute waits for a decision.
    """
    oldest = limit(as_of)
    young = EvidenceBundle.objects.filter(frozen_at__gte=oldest).values("finding_id")
    disputed = Dispute.objects.open().values("finding_id")
    due = (
        EvidenceBundle.objects.filter(frozen_at__lt=oldest)
        .exclude(finding_id__in=young)
        .exclude(finding_id__in=disputed)
        .order_by("frozen_at")
        .values_list("finding_id", flat=True)[:FORGOTTEN_AT_ONCE]
    )
    gone, _by_model = EvidenceBundle.objects.filter(finding_id__in=set(due)).delete()
    return gone


def _as_sealed(row: EvidenceBundle) -> Sealed:
    return Sealed(row.number, row.previous, row.head, row.document)


def _readable(document: str) -> list[Entry]:
    """Return the entries of a kept document; of one that cannot be read, none: that the chain is
    broken there is told beside."""
    try:
        return chain.entries_of(document)
    except ValueError:
        return []
