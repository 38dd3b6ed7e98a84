"""Regulations: created, written as drafts, published, annulled.

A draft may be published once; from then on its rows and periods stand for ever. To change a rule
is to publish another version; to take it back is to annul it, which ends its record.
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from foundation import audit, outbox
from kernel.refusals import Reason, Refusal
from zones import codes, language
from zones.models import AccessZone, Regulation, RegulationVersion
from zones.services.recording import (
    book_changed,
    constraint_means,
    recorded_since,
    require_city,
    require_period,
)

State = RegulationVersion.State


@transaction.atomic
def create(*, actor: Actor, zone_id: UUID, code: str, title: str, now: datetime) -> Regulation:
    """Return a new regulation of a zone, without versions.

    Raises `zones.city_only`, `zones.zone_not_found`, `zones.code_taken`.
    """
    require_city(actor)
    zone = AccessZone.objects.of_city(actor.city_id).filter(pk=zone_id).first()
    if zone is None:
        raise Refusal(codes.ZONE_NOT_FOUND, _("This city has no such zone."), pointer="/zone_id")
    taken = _("Another regulation has this code.")
    with constraint_means("regulation_code_once", codes.CODE_TAKEN, taken):
        regulation = Regulation.objects.create(city=actor.city, zone=zone, code=code, title=title)
    _record(actor, "zones.regulation_created", regulation.id, now, {"code": code}, {})
    return regulation


@transaction.atomic
def add_version(
    *,
    actor: Actor,
    regulation_id: UUID,
    rows: list[Any],
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
    vacate_by_s: int = 0,
    title: str = "",
    legal_reference: str = "",
) -> RegulationVersion:
    """Return a new draft.

    Raises `zones.city_only`, `zones.regulation_not_found`, `zones.period_empty`, and
    `zones.rule_invalid` with a pointer for each row that is not in the rule language.
    """
    require_city(actor)
    require_period(legal_from, legal_until)
    _compiled, faults = language.read(rows)
    if faults:
        raise Refusal.of(
            [Reason(codes.RULE_INVALID, detail, f"/rows{where}") for where, detail in faults]
        )
    regulation = (
        Regulation.objects.of_city(actor.city_id)
        .select_for_update()
        .filter(pk=regulation_id)
        .first()
    )
    if regulation is None:
        raise Refusal(codes.REGULATION_NOT_FOUND, _("This city has no such regulation."))
    last = regulation.versions.aggregate(last=Max("number"))["last"] or 0
    version = RegulationVersion.objects.create(
        regulation=regulation,
        number=last + 1,
        title=title,
        rows=rows,
        legal_reference=legal_reference,
        legal_from=legal_from,
        legal_until=legal_until,
        vacate_by_s=vacate_by_s,
        created_at=now,
        created_by=actor.user_id or actor.client_id,
    )
    _record(actor, "zones.version_written", version.id, now, {"regulation": regulation.code}, {})
    return version


@transaction.atomic
def publish(
    *, actor: Actor, version_id: UUID, now: datetime, recorded_from: datetime | None = None
) -> RegulationVersion:
    """Return the version as published: recorded from now on, for ever as it stands.

    `recorded_from` is for imports: the publication date in the source, never after the load, and
    only for a regulation whose versions are all published in this load, at one `now`: nobody can
    have been judged by it before.
    Raises `zones.city_only`, `zones.version_not_found`, `zones.not_a_draft`,
    `zones.recorded_later`, `zones.already_evaluated`.
    """
    require_city(actor)
    version = _locked(actor, version_id)
    if version.state not in (State.DRAFT, State.REVIEWED):
        raise Refusal(
            codes.NOT_A_DRAFT, _("This version is not a draft any more."), state=version.state
        )
    published = RegulationVersion.objects.filter(regulation=version.regulation).recorded()
    evaluated = published.exclude(published_at=now).exists()
    if recorded_from is not None and recorded_from != now and evaluated:
        raise Refusal(
            codes.ALREADY_EVALUATED,
            _("A regulation that was published before is recorded from now on."),
            pointer="/recorded_from",
        )
    newest = published.aggregate(last=Max("number"))["last"] or 0
    if version.number < newest:
        raise Refusal(codes.NOT_A_DRAFT, _("A later version has been published."), newest=newest)
    version.state = State.PUBLISHED
    version.recorded_from = recorded_since(recorded_from, now)
    version.published_at = now
    version.published_by = actor.user_id or actor.client_id
    version.content_hash = content_hash(version)
    version.save()
    _name_superseded(version)
    _tell(actor, version, "published", now)
    return version


@transaction.atomic
def annul(*, actor: Actor, version_id: UUID, reason: str, now: datetime) -> RegulationVersion:
    """Return the version with its record ended: from now on it never was in force.

    Raises `zones.city_only`, `zones.version_not_found`, `zones.not_published`.
    """
    require_city(actor)
    version = _locked(actor, version_id)
    if version.recorded_from is None or version.recorded_until is not None:
        raise Refusal(
            codes.NOT_PUBLISHED, _("This version is not in the books."), state=version.state
        )
    version.state = State.ANNULLED
    version.recorded_until = max(now, version.recorded_from)
    version.save(update_fields=["state", "recorded_until"])
    _tell(actor, version, "annulled", now, reason=reason)
    return version


def content_hash(version: RegulationVersion) -> str:
    """Return the SHA-256 of what the version says: rows, legal period, time to leave."""
    said = [
        version.regulation_id,
        version.number,
        version.rows,
        version.legal_from,
        version.legal_until,
        version.vacate_by_s,
    ]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _locked(actor: Actor, version_id: UUID) -> RegulationVersion:
    version = (
        RegulationVersion.objects.of_city(actor.city_id)
        .select_for_update(of=("self", "regulation"))
        .select_related("regulation")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise Refusal(codes.VERSION_NOT_FOUND, _("This city has no such version."))
    return version


def _name_superseded(version: RegulationVersion) -> None:
    """Name the earlier versions that no longer rule at any time to come."""
    if version.legal_until is None:
        RegulationVersion.objects.filter(
            regulation=version.regulation, state=State.PUBLISHED, number__lt=version.number
        ).update(state=State.SUPERSEDED)


def _tell(
    actor: Actor, version: RegulationVersion, change: str, now: datetime, reason: str = ""
) -> None:
    """Count the change, put it into the outbox and into the audit."""
    book_changed(actor.city_id)
    outbox.add(
        city_id=actor.city_id,
        topic="regulation.published",
        key=version.regulation.zone_id,
        payload={
            "change": change,
            "regulation_id": version.regulation_id,
            "version_id": version.id,
            "number": version.number,
            "zone_ids": [version.regulation.zone_id],
            "legal_from": version.legal_from,
            "legal_until": version.legal_until,
            "recorded_from": version.recorded_from,
            "vacate_by_s": version.vacate_by_s,
        },
        at=now,
    )
    _record(
        actor,
        f"zones.version_{change}",
        version.id,
        now,
        {"regulation": version.regulation.code, "number": version.number, "reason": reason},
        {"state": version.state, "hash": version.content_hash},
    )


def _record(
    actor: Actor,
    action: str,
    subject: UUID,
    now: datetime,
    inputs: dict[str, Any],
    outcome: dict[str, Any],
) -> None:
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=subject,
        at=now,
        inputs=inputs,
        outcome=outcome,
    )
