"""Who acts: a person in a membership, a machine client, or the public."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from accounts.models import City, Organisation

CITY_ROLES = frozenset({"city_official", "enforcement_officer"})


@dataclass(frozen=True)
class Grant:
    """A mandate in force for the actor's organisation; no vehicle ids = all vehicles."""

    principal_id: UUID
    scopes: frozenset[str]
    vehicle_ids: frozenset[UUID]
    mandate_id: UUID

    def covers(self, scope: str, vehicle_id: UUID | None = None) -> bool:
        """Return whether the mandate allows a scope, and that vehicle when one is named."""
        if scope not in self.scopes:
            return False
        return vehicle_id is None or not self.vehicle_ids or vehicle_id in self.vehicle_ids


@dataclass(frozen=True)
class Actor:
    """Who acts in which city, for which organisation, with which scopes and mandates."""

    city: "City"
    organisation: "Organisation | None" = None
    user_id: UUID | None = None
    client_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()

    @classmethod
    def public(cls, city: "City") -> "Actor":
        """Return the anonymous actor of a city: it may what needs no scope."""
        return cls(city=city)

    @property
    def city_id(self) -> UUID:
        return self.city.id

    @property
    def organisation_id(self) -> UUID | None:
        return None if self.organisation is None else self.organisation.id

    @property
    def is_public(self) -> bool:
        """Whether nobody has signed in."""
        return self.user_id is None and self.client_id is None

    @property
    def is_city(self) -> bool:
        """Whether this is the city itself: its own organisation's staff or machine client."""
        return self.organisation is not None and self.organisation.kind == "city"

    def may(self, scope: str) -> bool:
        """Return whether the actor holds a scope."""
        return scope in self.scopes

    def organisation_ids(self, scope: str) -> frozenset[UUID]:
        """Return whose rows a scope reaches: its own organisation and principals of mandates."""
        if self.organisation is None or not self.may(scope):
            return frozenset()
        principals = (grant.principal_id for grant in self.grants if scope in grant.scopes)
        return frozenset({self.organisation.id, *principals})

    def grant_for(
        self, organisation_id: UUID, scope: str, vehicle_id: UUID | None = None
    ) -> Grant | None:
        """Return the mandate under which a scope reaches another organisation (and vehicle)."""
        if not self.may(scope):
            return None
        for grant in self.grants:
            if grant.principal_id == organisation_id and grant.covers(scope, vehicle_id):
                return grant
        return None

    def acts_for(self, organisation_id: UUID, scope: str, vehicle_id: UUID | None = None) -> bool:
        """Return whether a scope reaches an organisation: one's own, or by a mandate in force."""
        if organisation_id == self.organisation_id:
            return self.may(scope)
        return self.grant_for(organisation_id, scope, vehicle_id) is not None

    def as_json(self) -> dict[str, Any]:
        """Return what the audit keeps."""
        return {
            "organisation": self.organisation.code if self.organisation else None,
            "roles": sorted(self.roles),
            "user_id": str(self.user_id) if self.user_id else None,
            "client_id": str(self.client_id) if self.client_id else None,
        }


def scopes_text(scopes: Iterable[str]) -> str:
    """Return scopes as OAuth writes them: sorted, separated by blanks (RFC 6749, section 3.3)."""
    return " ".join(sorted(scopes))
