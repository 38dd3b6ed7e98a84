"""Mandates: given, revoked, used."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import codes, scopes
from accounts.actors import Actor, Grant
from accounts.models import Mandate, Organisation
from foundation import audit, outbox
from kernel.refusals import Code, Reason, Refusal


@transaction.atomic
def give(
    *,
    actor: Actor,
    agent_id: UUID,
    wanted: Sequence[str],
    vehicle_ids: Sequence[UUID],
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> Mandate:
    """Let another organisation of the same city act for the actor's own, and return the mandate.

    Raises a Refusal with all reasons: unknown agent (404), oneself, an empty period, scopes that
    do not exist or cannot be granted (422).
    """
    agent = Organisation.objects.of_city(actor.city_id).filter(pk=agent_id).first()
    starts_at = now if starts_at is None else starts_at
    reasons = _against(actor, agent, wanted, starts_at, ends_at)
    if reasons:
        raise Refusal.of(reasons)
    mandate = Mandate.objects.create(
        city=actor.city,
        principal_id=actor.organisation_id,
        agent_id=agent_id,
        scopes=sorted(set(wanted)),
        vehicle_ids=list(dict.fromkeys(vehicle_ids)),
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=now,
    )
    _tell(actor, mandate, "given", now)
    return mandate


def _against(
    actor: Actor,
    agent: Organisation | None,
    wanted: Sequence[str],
    starts_at: datetime,
    ends_at: datetime | None,
) -> list[Reason]:
    reasons = []
    if agent is None:
        detail = _("This city has no such organisation.")
        reasons.append(Reason(codes.ORGANISATION_NOT_FOUND, detail, "/agent_id"))
    elif agent.id == actor.organisation_id:
        detail = _("An organisation needs no mandate of its own.")
        reasons.append(Reason(codes.MANDATE_SELF, detail, "/agent_id"))
    if ends_at is not None and ends_at <= starts_at:
        detail = _("A mandate must end after it begins.")
        reasons.append(Reason(codes.MANDATE_PERIOD, detail, "/ends_at"))
    for index, scope in enumerate(wanted):
        if scope not in scopes.GRANTABLE:
            reasons.append(_scope_reason(scope, index))
    return reasons


def _scope_reason(scope: str, index: int) -> Reason:
    known = scope in scopes.ALL
    code: Code = codes.SCOPE_NOT_YOURS if known else codes.SCOPE_UNKNOWN
    detail = _("This scope cannot be granted.") if known else _("There is no such scope.")
    return Reason(code, detail, f"/scopes/{index}", {"scope": scope})


@transaction.atomic
def revoke(*, actor: Actor, mandate_id: UUID, now: datetime) -> Mandate:
    """End a mandate that the actor's organisation gave, at once; revoking again changes nothing.

    Raises `accounts.mandate_not_found` for anybody else's, also for the agent's own.
    """
    mandate = (
        Mandate.objects.of_city(actor.city_id)
        .filter(pk=mandate_id, principal_id=actor.organisation_id)
        .select_for_update()
        .first()
    )
    if mandate is None:
        raise Refusal(codes.MANDATE_NOT_FOUND, _("Your organisation gave no such mandate."))
    if mandate.revoked_at is None:
        mandate.revoked_at = now
        mandate.save(update_fields=["revoked_at"])
        _tell(actor, mandate, "revoked", now)
    return mandate


def use(
    *,
    actor: Actor,
    organisation_id: UUID,
    scope: str,
    action: str,
    subject: str | UUID,
    at: datetime,
    vehicle_id: UUID | None = None,
) -> Grant | None:
    """Check that the actor may act for an organisation; note the use of a mandate in the audit.

    Returns None for the actor's own organisation, else the mandate used. Raises
    `accounts.no_mandate` (404): who holds no mandate learns nothing of what there is.
    Call it inside the transaction of the effect.
    """
    if organisation_id == actor.organisation_id and actor.may(scope):
        return None
    grant = actor.grant_for(organisation_id, scope, vehicle_id)
    if grant is None:
        raise Refusal(
            codes.NO_MANDATE, _("No mandate of that organisation covers this."), scope=str(scope)
        )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=subject,
        at=at,
        inputs={"scope": str(scope), "vehicle_id": vehicle_id, "mandate_id": grant.mandate_id},
        outcome={"allowed": True},
        on_behalf_of=organisation_id,
    )
    return grant


def _tell(actor: Actor, mandate: Mandate, change: str, now: datetime) -> None:
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=f"mandate.{change}",
        subject=mandate.id,
        at=now,
        inputs={"agent_id": mandate.agent_id, "scopes": mandate.scopes},
        outcome={"ends_at": mandate.ends_at, "revoked_at": mandate.revoked_at},
    )
    outbox.add(
        city_id=actor.city_id,
        topic="mandate.changed",
        key=mandate.principal_id,
        payload={"mandate_id": str(mandate.id), "change": change},
        at=now,
    )
