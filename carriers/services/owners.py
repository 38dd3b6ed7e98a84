"""For whom an actor writes: its own organisation, or a principal by mandate."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET

from accounts.actors import Actor
from accounts.models import Organisation
from carriers import codes
from foundation import audit
from kernel.refusals import Refusal


def named(actor: Actor, text: str, scope: str) -> Organisation | None:
    """Return the organisation of the actor's city that a UUID or `ref:<code>` names, when the
    actor's scope reaches it; else None. One query, none for the actor's own organisation."""
    own = actor.organisation
    if own is not None and text in (f"ref:{own.code}", str(own.id)) and actor.may(scope):
        return own
    rows = Organisation.objects.of_city(actor.city_id).filter(id__in=actor.organisation_ids(scope))
    if text.startswith("ref:"):
        return rows.filter(code=text.removeprefix("ref:")).first()
    try:
        return rows.filter(id=UUID(text)).first()
    except ValueError:
        return None


def owner(
    *,
    actor: Actor,
    wanted: UUID | Any,
    scope: str,
    now: datetime,
    action: str,
    vehicle_id: UUID | None = None,
) -> Organisation:
    """Return the organisation that the rows will belong to; the use of a mandate is audited.

    Raises a Refusal (404) when the actor may not write for it.
    """
    own = actor.organisation
    if own is not None and (wanted is UNSET or wanted == own.id):
        return own
    grant = None if wanted is UNSET else actor.grant_for(wanted, scope, vehicle_id)
    found = None if grant is None else Organisation.objects.of_city(actor.city_id).get(id=wanted)
    if found is None or grant is None:
        raise Refusal(
            codes.ORGANISATION_NOT_FOUND,
            "You do not belong to this organisation and hold no mandate of it for this.",
            pointer="/organisation_id",
        )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=grant.mandate_id,
        at=now,
        inputs={"scope": scope},
        outcome={},
        on_behalf_of=found.id,
    )
    return found
