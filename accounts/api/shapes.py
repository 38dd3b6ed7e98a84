"""What accounts' endpoints take and give."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from accounts.actors import Actor
from accounts.models import Mandate


class Clock(msgspec.Struct):
    """Domain time in the city's zone and in UTC."""

    now: datetime
    utc: datetime
    time_zone: str
    demo: bool
    standing: bool


class OrganisationOut(msgspec.Struct):
    """An organisation."""

    id: UUID
    code: str
    name: str
    kind: str


class MandateHeld(msgspec.Struct):
    """A mandate in force for the sender."""

    id: UUID
    principal_id: UUID
    scopes: list[str]
    vehicle_ids: list[UUID]


class Me(msgspec.Struct):
    """The sender of a request as the platform sees it."""

    city: str
    organisation: OrganisationOut
    user_id: UUID | None
    client_id: UUID | None
    roles: list[str]
    scopes: list[str]
    mandates: list[MandateHeld]


class MandateIn(msgspec.Struct, forbid_unknown_fields=True):
    """A mandate to give. `starts_at` is now when left out; no `vehicle_ids` = all vehicles."""

    agent_id: UUID
    scopes: Annotated[list[str], msgspec.Meta(min_length=1)]
    vehicle_ids: list[UUID] = []
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class MandateOut(msgspec.Struct):
    """A mandate."""

    id: UUID
    principal_id: UUID
    agent_id: UUID
    scopes: list[str]
    vehicle_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


def me(actor: Actor) -> dict[str, Any]:
    """Return an actor as JSON data."""
    organisation = actor.organisation
    return {
        "city": actor.city.code,
        "organisation": {
            "id": organisation.id,
            "code": organisation.code,
            "name": organisation.name,
            "kind": organisation.kind,
        },
        "user_id": actor.user_id,
        "client_id": actor.client_id,
        "roles": sorted(actor.roles),
        "scopes": sorted(actor.scopes),
        "mandates": [
            {
                "id": grant.mandate_id,
                "principal_id": grant.principal_id,
                "scopes": sorted(grant.scopes),
                "vehicle_ids": sorted(grant.vehicle_ids),
            }
            for grant in actor.grants
        ],
    }


def mandate(row: Mandate) -> dict[str, Any]:
    """Return a mandate as JSON data."""
    return {
        "id": row.id,
        "principal_id": row.principal_id,
        "agent_id": row.agent_id,
        "scopes": sorted(row.scopes),
        "vehicle_ids": row.vehicle_ids,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "revoked_at": row.revoked_at,
    }
