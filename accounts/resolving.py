"""From a request to its actor and its city."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, When
from django.utils.translation import gettext as _

from accounts import codes, scopes, tokens
from accounts.actors import Actor, Grant
from accounts.authentication import Machine
from accounts.models import City, Mandate, Membership, Organisation, User
from accounts.tokens import Token
from kernel.refusals import Refusal

SESSION_KEY = "membership_id"


def actor_of(request: Any, now: datetime) -> Actor:
    """Return who acts in a request at domain time `now`.

    Raises `city.unknown` when nobody is signed in and the Host names no city.
    """
    user = getattr(request, "user", None)
    if isinstance(user, Machine):
        return actor_of_token(user.token, now)
    if isinstance(user, User) and user.is_active:
        membership = chosen_membership(request, user)
        if membership is not None:
            return actor_of_membership(membership, now)
    return Actor.public(city_of_host(host_of(request)))


def actors_of_tokens(given: Collection[bytes], now: datetime) -> dict[bytes, Actor]:
    """Return the actors of bearer tokens at domain time `now`; those that sign nobody in are
    left out. One query, and one for each organisation that was ever given a mandate."""
    found = tokens.in_force(given)
    return {token: actor_of_token(said, now) for token, said in found.items()}


def actor_of_token(token: Token, now: datetime) -> Actor:
    """Return the actor of a machine client, limited to the token's and its own scopes."""
    client, organisation = token.client, token.client.organisation
    return Actor(
        city=organisation.city,
        organisation=organisation,
        client_id=client.id,
        scopes=_allowed(organisation, client.scopes) & token.scopes,
        grants=grants_of(organisation.id, now) if token.has_mandates else (),
    )


def _allowed(organisation: Organisation, client_scopes: Iterable[str]) -> frozenset[str]:
    allowed = frozenset(client_scopes)
    return allowed if organisation.kind == Organisation.Kind.CITY else allowed - scopes.CITY_ONLY


def actor_of_membership(membership: Membership, now: datetime) -> Actor:
    """Return the actor of a person: all roles they have in the membership's organisation."""
    organisation = membership.organisation
    roles = frozenset(
        Membership.objects.filter(
            user_id=membership.user_id, organisation_id=organisation.id
        ).values_list("role", flat=True)
    )
    return Actor(
        city=organisation.city,
        organisation=organisation,
        user_id=membership.user_id,
        roles=roles,
        scopes=frozenset[str]().union(*(scopes.BY_ROLE[role] for role in roles)),
        grants=grants_of(organisation.id, now),
    )


def grants_of(organisation_id: UUID, now: datetime) -> tuple[Grant, ...]:
    """Return the mandates in force for an organisation; never cached, so that revoking acts at
    once."""
    return tuple(
        Grant(
            principal_id=mandate.principal_id,
            scopes=frozenset(mandate.scopes),
            vehicle_ids=frozenset(mandate.vehicle_ids),
            mandate_id=mandate.id,
        )
        for mandate in Mandate.objects.given_to(organisation_id).in_force(now).order_by("id")
    )


def chosen_membership(request: Any, user: User) -> Membership | None:
    """Return the membership chosen in the session, else the person's first one, else None."""
    memberships = user.memberships.select_related("organisation__city").order_by("id")
    session = getattr(request, "session", {})
    chosen = session.get(SESSION_KEY)
    found = memberships.filter(pk=chosen).first() if chosen else None
    return found or memberships.first()


def host_of(request: Any) -> str:
    """Return the Host of a request without its port, in lower case."""
    raw = getattr(request, "_request", request)
    return raw.get_host().rsplit(":", 1)[0].lower()


def city_of_host(host: str) -> City:
    """Return the city of a public request: the one with this host, else the only one.

    Raises `city.unknown` (404).
    """
    named_first = Case(When(host=host, then=0), default=1)
    cities = list(City.objects.order_by(named_first, "code")[:2])
    if len(cities) == 1 or (cities and host and cities[0].host == host):
        return cities[0]
    raise Refusal(codes.CITY_UNKNOWN, _("No city answers under this host name."), host=host)
