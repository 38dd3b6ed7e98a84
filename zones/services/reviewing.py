"""Review: a second person looks at a draft before it is published."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from kernel.refusals import Refusal
from zones import codes
from zones.models import RegulationVersion
from zones.services import versions
from zones.services.recording import require_city

State = RegulationVersion.State


@transaction.atomic
def review(*, actor: Actor, version_id: UUID, now: datetime, seen: str = "") -> RegulationVersion:
    """Return the draft as reviewed; from now on it says what the reviewer has read.

    `seen` is the hash of what was read. Raises `zones.city_only`, `zones.version_not_found`,
    `zones.state_differs`, `zones.draft_changed`, `zones.person_needed` for a machine,
    `zones.own_draft` for who wrote or last changed it, `zones.contradiction`.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
    versions.require_state(version, State.DRAFT)
    versions.require_seen(version, seen)
    if actor.user_id is None:
        raise Refusal(codes.PERSON_NEEDED, _("A machine client cannot review."))
    if actor.user_id in (version.created_by, version.changed_by):
        raise Refusal(codes.OWN_DRAFT, _("You wrote or changed this draft yourself."))
    versions.require_no_contradiction(actor, version, now)
    version.state, version.reviewed_at, version.reviewed_by = State.REVIEWED, now, actor.user_id
    version.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    _note(actor, version, "reviewed", now)
    return version


@transaction.atomic
def unreview(*, actor: Actor, version_id: UUID, reason: str, now: datetime) -> RegulationVersion:
    """Return the version as a draft again, open to changes.

    Raises `zones.city_only`, `zones.version_not_found`, `zones.state_differs`.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
    versions.require_state(version, State.REVIEWED)
    version.state, version.reviewed_at, version.reviewed_by = State.DRAFT, None, None
    version.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    _note(actor, version, "review_withdrawn", now, reason)
    return version


def _note(
    actor: Actor, version: RegulationVersion, what: str, now: datetime, reason: str = ""
) -> None:
    said = {"regulation": version.regulation.code, "number": version.number, "reason": reason}
    outcome = {"state": version.state, "hash": versions.content_hash(version)}
    versions.record(actor, f"zones.version_{what}", version.id, now, said, outcome)
