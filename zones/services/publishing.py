"""The doors through which officials publish: reviewed, and knowing what it does to whom."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from kernel.refusals import Refusal
from zones import codes, impacts
from zones.models import RegulationVersion
from zones.services import regulations, versions
from zones.services.recording import require_city
from zones.terms import RuleTerms

State = RegulationVersion.State


@transaction.atomic
def publish(
    *,
    actor: Actor,
    version_id: UUID,
    impact_id: UUID,
    bookings: str,
    now: datetime,
    recorded_from: datetime | None = None,
) -> RegulationVersion:
    """Return the version as published on an impact that was computed for exactly this draft.

    `bookings` says what becomes of bookings made before: `grandfather` or `cancel`. Raises what
    `regulations.publish` does, `zones.review_needed` where the city wants a second person,
    `zones.contradiction` and `zones.impact_differs`.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
    if version.state in (State.DRAFT, State.REVIEWED):
        _require_reviewed(actor, version)
        versions.require_no_contradiction(actor, version, now)
        _require_impact(actor, version, impact_id)
    return regulations.publish(
        actor=actor,
        version_id=version_id,
        recorded_from=recorded_from,
        impact_id=impact_id,
        bookings=bookings,
        now=now,
    )


def _require_reviewed(actor: Actor, version: RegulationVersion) -> None:
    if version.state == State.DRAFT and RuleTerms.of(actor.city.settings).review:
        raise Refusal(codes.REVIEW_NEEDED, _("A second person has to review this draft first."))


def _require_impact(actor: Actor, version: RegulationVersion, impact_id: UUID) -> None:
    impact = impacts.find(actor.city_id, impact_id)
    said = None if impact is None else (impact.version_id, impact.content_hash)
    if said != (version.id, versions.content_hash(version)):
        raise Refusal(
            codes.IMPACT_DIFFERS,
            _("No finished impact of exactly this draft has this id."),
            pointer="/impact_id",
        )
