"""The doors through which officials publish: reviewed."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from kernel.refusals import Refusal
from zones import codes
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
    now: datetime,
    recorded_from: datetime | None = None,
) -> RegulationVersion:
    """Return the version as published.

    Raises what `regulations.publish` does, `zones.review_needed` where the city wants a second
    person, and `zones.contradiction`.
    """
    require_city(actor)
    version = versions.locked(actor, version_id)
    if version.state == State.DRAFT and RuleTerms.of(actor.city.settings).review:
        raise Refusal(codes.REVIEW_NEEDED, _("A second person has to review this draft first."))
    versions.require_no_contradiction(actor, version, now)
    return regulations.publish(
        actor=actor,
        version_id=version_id,
        recorded_from=recorded_from,
        now=now,
    )
