"""What was kept but not taken: doubtful events and conflicts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from carriers import codes
from carriers.models import Quarantined
from carriers.rules import Statement
from carriers.services import log
from foundation import audit
from kernel.refusals import Reason, Refusal


def keep(items: Sequence[tuple[Statement, list[Reason]]], receipt: Any) -> None:
    """Keep items with the reasons against them; the same content again renews the reasons.

    The first receipt stands: what came in time stays in time.
    """
    if not items:
        return
    rows = {
        (statement.key, statement.content_hash): Quarantined(
            city_id=receipt.city_id,
            organisation_id=statement.sender_id,
            event_id=statement.event_id,
            content_hash=statement.content_hash,
            event_type=statement.event.event_type,
            vehicle_id=statement.vehicle_id,
            code=str(reasons[0].code),
            reasons=[_as_kept(reason) for reason in reasons],
            payload=msgspec.to_builtins(statement.event),
            client_id=receipt.client_id,
            received_at=receipt.received_at,
        )
        for statement, reasons in items
    }
    ordered = [rows[key] for key in sorted(rows)]
    Quarantined.objects.bulk_create(
        ordered,
        update_conflicts=True,
        unique_fields=["organisation", "event_id", "content_hash"],
        update_fields=["code", "reasons", "resolved_at", "resolution", "note"],
    )


def _as_kept(reason: Reason) -> dict[str, str]:
    """Return a reason as a row keeps it; `named` is the sender's name for what is unknown."""
    told = {"code": str(reason.code), "detail": reason.detail, "pointer": reason.pointer}
    return told | {"named": reason.facts["named"]} if "named" in reason.facts else told


def resolve(taken: Mapping[log.Key, bytes], now: datetime) -> None:
    """Mark as taken what lay in quarantine, dismissed or not, and has now been accepted: content
    hashes by key."""
    rows = Quarantined.objects.filter(
        organisation_id__in={UUID(bytes=key[:16]) for key in taken},
        event_id__in=[UUID(bytes=key[16:]) for key in taken],
    ).exclude(resolution=Quarantined.Resolution.ACCEPTED)
    found = rows.only("organisation_id", "event_id", "content_hash")
    settle([row.pk for row in found if taken.get(_key(row)) == bytes(row.content_hash)], now)


def _key(row: Quarantined) -> log.Key:
    return row.organisation_id.bytes + row.event_id.bytes


def settle(ids: Sequence[UUID], now: datetime) -> None:
    """Note that the log holds these items. The log has the last word: also over a dismissal."""
    Quarantined.objects.filter(pk__in=ids).exclude(
        resolution=Quarantined.Resolution.ACCEPTED
    ).update(resolved_at=now, resolution=Quarantined.Resolution.ACCEPTED, note="")


@transaction.atomic
def dismiss(*, actor: Actor, quarantined_id: UUID, reason: str, now: datetime) -> Quarantined:
    """Let an item rest, with a reason, and return it; a conflict too. Audited.

    Raises `quarantine.not_found` (404) and `quarantine.not_open` (409) when it has been taken or
    dismissed before. Sent again, it opens anew.
    """
    rows = Quarantined.objects.visible_to(actor, scopes.EVENTS_WRITE)
    row = rows.select_for_update(of=("self",)).filter(pk=quarantined_id).first()
    if row is None:
        raise not_found()
    if row.resolved_at is not None or _in_log(row):
        raise Refusal(
            codes.NOT_OPEN, _("This event has been taken or dismissed before."), state=row.state
        )
    row.resolved_at, row.resolution, row.note = now, Quarantined.Resolution.DISMISSED, reason
    row.save(update_fields=["resolved_at", "resolution", "note"])
    record(actor, "quarantine.dismissed", row, {"reason": reason}, {"code": row.code}, now)
    return row


def _in_log(row: Quarantined) -> bool:
    """Return whether the log holds just this content: taken while this was being decided."""
    known = log.known([_key(row)]).get(_key(row))
    return known is not None and known.content_hash == bytes(row.content_hash)


def not_found() -> Refusal:
    """Return the refusal of what is not there or not theirs."""
    return Refusal(codes.QUARANTINED_NOT_FOUND, _("There is no such quarantined event."))


def record(
    actor: Actor,
    action: str,
    row: Quarantined,
    inputs: dict[str, Any],
    outcome: dict[str, Any],
    at: datetime,
) -> None:
    """Write what somebody did to an item into the audit, with the mandate's principal if any."""
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=row.pk,
        at=at,
        inputs={"event_id": row.event_id, "sender": row.organisation_id, **inputs},
        outcome=outcome,
        on_behalf_of=principal(actor, row.organisation_id),
    )


def principal(actor: Actor, organisation_id: UUID) -> UUID | None:
    """Return whose mandate an actor uses for an organisation's rows; the city needs none."""
    own = organisation_id == actor.organisation_id or actor.is_city
    return None if own else organisation_id
