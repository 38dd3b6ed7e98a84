"""Suspension: a published version does not rule for a while, and then does again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from zones.models import RegulationVersion, Suspension
from zones.services import versions
from zones.services.recording import require_city

State = RegulationVersion.State


@transaction.atomic
def suspend(
    *,
    actor: Actor,
    version_id: UUID,
    reason: str,
    now: datetime,
    since: datetime | None = None,
) -> RegulationVersion:
    """Return the version suspended from an instant on (default: now).

    Nothing takes its place: of this regulation no version rules while it is suspended. Raises
    `zones.city_only`, `zones.version_not_found`, `zones.state_differs`.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
    versions.require_state(version, State.PUBLISHED)
    Suspension.objects.create(
        version=version, reason=reason, legal_from=since or now, recorded_from=now
    )
    return _became(actor, version, State.SUSPENDED, "suspended", now, reason, since or now)


@transaction.atomic
def resume(
    *, actor: Actor, version_id: UUID, now: datetime, since: datetime | None = None
) -> RegulationVersion:
    """Return the version ruling again from an instant on (default: now).

    The open suspension is closed in the books and recorded anew with its end; one that would end
    before it began never was. Raises what `suspend` does.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
    versions.require_state(version, State.SUSPENDED)
    until = since or now
    running = Suspension.objects.running().get(version=version)
    running.recorded_until = max(now, running.recorded_from)
    running.save(update_fields=["recorded_until"])
    if until > running.legal_from:
        Suspension.objects.create(
            version=version,
            reason=running.reason,
            legal_from=running.legal_from,
            legal_until=until,
            recorded_from=running.recorded_until,
        )
    return _became(actor, version, State.PUBLISHED, "resumed", now, running.reason, until)


def _became(
    actor: Actor,
    version: RegulationVersion,
    state: State,
    change: str,
    now: datetime,
    reason: str,
    since: datetime,
) -> RegulationVersion:
    version.state = state
    version.save(update_fields=["state"])
    versions.tell(actor, version, change, now, reason=reason, since=since)
    return version
