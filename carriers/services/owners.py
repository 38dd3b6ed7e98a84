"""For whom an actor writes: its own organisation, or a principal by mandate."""

from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from msgspec import UNSET

from accounts.actors import Actor
from accounts.models import Organisation
from carriers import codes
from foundation import audit
from kernel.refusals import Refusal


class Senders:
    """The organisations for whom an actor's scope lets it send, as messages name them: by UUID or
    `ref:<code>`. One query for all, none while only the actor's own organisation is named."""

    def __init__(self, actor: Actor, scope: str) -> None:
        self._actor = actor
        self._scope = scope
        self._own = _names(actor.organisation) if actor.may(scope) else {}

    def named(self, text: str) -> Organisation | None:
        """Return the organisation that a text names, None when the scope does not reach it."""
        said = text if text.startswith("ref:") else text.lower()
        return self._own.get(said) or self._others.get(said)

    @cached_property
    def _others(self) -> dict[str, Organisation]:
        reached = self._actor.organisation_ids(self._scope)
        rows = Organisation.objects.of_city(self._actor.city_id).filter(id__in=reached)
        return {name: row for row in rows for name in _names(row)}


def _names(organisation: Organisation | None) -> dict[str, Organisation]:
    if organisation is None:
        return {}
    return {f"ref:{organisation.code}": organisation, str(organisation.id): organisation}


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
