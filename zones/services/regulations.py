"""Regulations: created, written as drafts, published, annulled.

A draft may be published once; from then on its rows and periods stand for ever. To change a rule
is to publish another version; to take it back is to annul it, which ends its record.

`publish` here asks for no review and no impact: it is how a city pack comes into the books. The
doors of officials go through `zones.services.publishing`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from foundation.texts import said
from kernel.refusals import Reason, Refusal
from zones import codes, language
from zones.models import AccessZone, Regulation, RegulationVersion
from zones.services import versions
from zones.services.recording import (
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
    versions.record(actor, "zones.regulation_created", regulation.id, now, {"code": code}, {})
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
    _require_rows(rows)
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
    versions.record(
        actor, "zones.version_written", version.id, now, {"regulation": regulation.code}, {}
    )
    return version


@transaction.atomic
def revise(
    *,
    actor: Actor,
    version_id: UUID,
    rows: list[Any],
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
    vacate_by_s: int = 0,
    title: str = "",
    legal_reference: str = "",
    seen: str = "",
) -> RegulationVersion:
    """Return the draft saying something else; who changed it is remembered.

    `seen` is the hash of what the writer began with. Raises what `add_version` does,
    `zones.version_not_found`, `zones.state_differs` for what is reviewed or published, and
    `zones.draft_changed` for what is not any more what was seen.
    """
    require_city(actor)
    require_period(legal_from, legal_until)
    _require_rows(rows)
    version = versions.locked(actor, version_id)
    versions.require_state(version, State.DRAFT)
    versions.require_seen(version, seen)
    version.rows, version.title, version.legal_reference = rows, title, legal_reference
    version.legal_from, version.legal_until = legal_from, legal_until
    version.vacate_by_s = vacate_by_s
    version.changed_at, version.changed_by = now, actor.user_id or actor.client_id
    version.save()
    said = {"regulation": version.regulation.code, "number": version.number}
    versions.record(actor, "zones.version_revised", version.id, now, said, {})
    return version


@transaction.atomic
def publish(
    *,
    actor: Actor,
    version_id: UUID,
    now: datetime,
    recorded_from: datetime | None = None,
    impact_id: UUID | None = None,
    bookings: str = "",
) -> RegulationVersion:
    """Return the version as published: recorded from now on, for ever as it stands.

    `recorded_from` is for imports: the publication date in the source, never after the load, and
    only for a regulation whose versions are all published in this load, at one `now`: nobody can
    have been judged by it before.
    Raises `zones.city_only`, `zones.version_not_found`, `zones.not_a_draft`,
    `zones.recorded_later`, `zones.already_evaluated`.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
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
    version.impact_id, version.bookings = impact_id, bookings
    version.content_hash = versions.content_hash(version)
    version.save()
    versions.name_states(version.regulation, now)
    versions.tell(actor, version, "published", now)
    return version


@transaction.atomic
def annul(*, actor: Actor, version_id: UUID, reason: str, now: datetime) -> RegulationVersion:
    """Return the version with its record ended: from now on it never was in force.

    Raises `zones.city_only`, `zones.version_not_found`, `zones.not_published`.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
    if version.recorded_from is None or version.recorded_until is not None:
        raise Refusal(
            codes.NOT_PUBLISHED, _("This version is not in the books."), state=version.state
        )
    version.state = State.ANNULLED
    version.recorded_until = max(now, version.recorded_from)
    version.save(update_fields=["state", "recorded_until"])
    versions.name_states(version.regulation, now)
    versions.tell(actor, version, "annulled", now, reason=reason)
    return version


def _require_rows(rows: Any) -> None:
    """Raises `zones.rule_invalid` with a pointer for each row that is not in the rule language."""
    if not isinstance(rows, list) or len(rows) > language.MOST_ROWS:
        detail = _("Rules are a list of at most %s rows.") % language.MOST_ROWS
        raise Refusal(codes.RULE_INVALID, detail, pointer="/rows")
    _read, faults = language.read(rows)
    if faults:
        raise Refusal.of(
            [Reason(codes.RULE_INVALID, said(detail), f"/rows{where}") for where, detail in faults]
        )
