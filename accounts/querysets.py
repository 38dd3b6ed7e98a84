"""The one way to see rows: `visible_to(actor, scope)`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.actors import Actor


@dataclass(frozen=True)
class Tenancy:
    """How a model's rows belong to tenants; a model states it as `tenancy = Tenancy(…)`.

    `city`, `organisation` and `vehicle` are paths to the ids (`"organisation_id"`,
    `"booking__organisation_id"`); `also` are further paths to organisations that see the row;
    `city_staff` says whether the city sees all of its rows; `public` whether everybody in the
    city does.
    """

    city: str = "city_id"
    organisation: str | None = "organisation_id"
    vehicle: str | None = None
    also: tuple[str, ...] = ()
    city_staff: bool = True
    public: bool = False


class TenantQuerySet(models.QuerySet):
    """The base of every tenant model's QuerySet; the model carries a `tenancy`."""

    def of_city(self, city_id: UUID) -> Self:
        """Return the rows of one city."""
        return self.filter(**{self.model.tenancy.city: city_id})

    def visible_to(self, actor: Actor, scope: str | None = None) -> Self:
        """Return the rows that an actor may see with a scope (None: what is public).

        The city's own actors see the city's rows where the model says so. Others see their
        organisation's, and a principal's while a mandate with that scope is in force; a mandate
        for some vehicles shows rows of those vehicles only.
        """
        tenancy = self.model.tenancy
        rows = self.filter(**{tenancy.city: actor.city.id})
        if tenancy.public:
            return rows
        if scope is None or not actor.may(scope) or actor.organisation is None:
            return rows.none()
        if actor.is_city and tenancy.city_staff:
            return rows
        conditions = [Q(**{path: actor.organisation.id}) for path in self._owners(tenancy)]
        conditions += self._by_mandate(tenancy, actor, scope)
        return rows.filter(_any(conditions)) if conditions else rows.none()

    @staticmethod
    def _owners(tenancy: Tenancy) -> list[str]:
        return [path for path in (tenancy.organisation, *tenancy.also) if path]

    @staticmethod
    def _by_mandate(tenancy: Tenancy, actor: Actor, scope: str) -> list[Q]:
        if not tenancy.organisation:
            return []
        conditions = []
        for grant in actor.grants:
            if scope not in grant.scopes:
                continue
            theirs = Q(**{tenancy.organisation: grant.principal_id})
            if not grant.vehicle_ids:
                conditions.append(theirs)
            elif tenancy.vehicle:
                conditions.append(theirs & Q(**{f"{tenancy.vehicle}__in": grant.vehicle_ids}))
        return conditions


def sees(actor: Actor, row: models.Model, scope: str) -> bool:
    """Return whether `visible_to` would show an actor this row, which has an organisation and is
    not public."""
    tenancy = row.tenancy  # type: ignore[attr-defined]
    if getattr(row, tenancy.city) != actor.city.id or not actor.may(scope):
        return False
    if actor.is_city and tenancy.city_staff:
        return True
    vehicle = getattr(row, tenancy.vehicle) if tenancy.vehicle else None
    return actor.acts_for(getattr(row, tenancy.organisation), scope, vehicle)


def _any(conditions: Iterable[Q]) -> Q:
    combined = Q(pk__in=[])
    for condition in conditions:
        combined |= condition
    return combined
