"""Audit: a row for every decision that touched somebody."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from foundation.models import AuditEntry


class Acting(Protocol):
    """Whoever acts, as far as the audit needs to know."""

    city_id: UUID
    organisation_id: UUID | None
    client_id: UUID | None
    user_id: UUID | None

    def as_json(self) -> dict[str, Any]: ...


def record(
    *,
    city_id: UUID,
    actor: Acting,
    action: str,
    subject: str | UUID,
    at: datetime,
    inputs: dict[str, Any],
    outcome: dict[str, Any],
    on_behalf_of: UUID | None = None,
) -> AuditEntry:
    """Write who did or decided what, inside the caller's transaction, and return the entry.

    `at` is domain time; `on_behalf_of` is the organisation whose mandate was used.
    """
    return AuditEntry.objects.create(
        city_id=city_id,
        at=at,
        action=action,
        subject=str(subject),
        organisation_id=actor.organisation_id,
        user_id=actor.user_id,
        client_id=actor.client_id,
        on_behalf_of=on_behalf_of,
        actor=actor.as_json(),
        inputs=inputs,
        outcome=outcome,
    )
